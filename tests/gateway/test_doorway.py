"""Crowds at the door, over real sockets from several addresses: who is let in, who is told when to come back, who is simply dropped."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest

from protocol.closes import parameter
from server.gateway.addresses import Proxies, network_of
from server.gateway.porter import Porter
from tests.gateway.echo_app import BINARY, CLOSE, Client, frame
from tests.gateway.neighbours import until
from tests.play import Game

Make = Callable[..., Awaitable[Game]]
ELSEWHERE = "127.0.0.2"
EAGER = {"scale": 1, "opens_per_address_s": 10_000.0, "opens_s": 10_000.0}
HEADER = (
    "GET /v1/ws HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: callisto.v1.msgpack\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)


class Door:
    """Knocks at a gateway, from any loopback address, and hangs up at the end."""

    def __init__(self, game: Game) -> None:
        self.game = game
        self.porter: Porter = game.app.porter
        self.clients: list[Client] = []

    async def connection(self, address: str = "127.0.0.1") -> Client:
        """A TCP connection that has said nothing."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.game.port, local_addr=(address, 0))
        self.clients.append(Client(reader, writer, "callisto.v1.msgpack"))
        return self.clients[-1]

    async def knock(self, address: str = "127.0.0.1", *headers: str) -> tuple[Client, bytes]:
        """A handshake, and the first line of what it is answered with."""
        client = await self.connection(address)
        client.writer.write((HEADER + "".join(f"{each}\r\n" for each in headers) + "\r\n").encode())
        async with asyncio.timeout(10):
            head = await client.reader.readuntil(b"\r\n\r\n")
        client.head = head  # type: ignore[attr-defined]
        return client, head.splitlines()[0]

    async def outcome(self, address: str = "127.0.0.1", *headers: str) -> tuple[str, int]:
        """`in`, or the close code, with the milliseconds that were told."""
        client, line = await self.knock(address, *headers)
        if b" 101 " not in line:
            return line.split()[1].decode(), 0
        opcode, payload = await client.hear()
        if opcode == CLOSE:
            return str(int.from_bytes(payload[:2], "big")), parameter(payload[2:].decode(), "retry_after_ms") or 0
        assert msgspec.msgpack.decode(payload)["t"] == "hello"
        return "in", 0

    async def leave(self) -> None:
        for each in self.clients:
            each.leave()
        await until(lambda: self.porter.inside == 0 and self.porter.silent_in_all == 0, "the doorway is empty again")


@pytest.fixture
async def door_of(make_game: Make) -> AsyncIterator[Callable[..., Awaitable[Door]]]:
    """A door with limits of the test's choosing."""
    doors: list[Door] = []

    async def make(limits: dict[str, Any], **settings: Any) -> Door:
        doors.append(Door(await make_game(limits=limits, **settings)))
        return doors[-1]

    yield make
    for each in doors:
        await each.leave()


DoorOf = Callable[..., Awaitable[Door]]


async def test_the_twenty_first_who_has_not_started_waits_outside_and_others_come_in(door_of: DoorOf) -> None:
    door = await door_of(EAGER)
    assert [(await door.outcome())[0] for _ in range(20)] == ["in"] * 20
    code, retry_ms = await door.outcome()
    assert (code, 0 < retry_ms < 15_000) == ("4008", True)
    assert (await door.outcome(ELSEWHERE))[0] == "in"
    # Whoever starts stands in the doorway no more; whoever goes, neither.
    ada = await door.game.captain(online=False)
    door.clients[0].say(msgspec.msgpack.encode({"t": "session.start", "id": "1", "d": {"token": ada.token}}))
    await until(lambda: door.porter.guests["127.0.0.1"] == 19, "the captain has left the doorway")
    assert (await door.outcome())[0] == "in"
    assert (await door.outcome())[0] == "4008"
    door.clients[1].leave()
    await until(lambda: door.porter.guests["127.0.0.1"] == 19, "one has gone")
    assert (await door.outcome())[0] == "in"


async def test_the_doorway_as_a_whole_is_full_for_everybody(door_of: DoorOf) -> None:
    door = await door_of({**EAGER, "unstarted": 6})
    assert [(await door.outcome(f"127.0.0.{number}"))[0] for number in range(2, 8)] == ["in"] * 6
    told = [await door.outcome(f"127.0.0.{number}") for number in range(8, 16)]
    assert {code for code, _ in told} == {"4013"}
    assert all(0 < retry_ms <= 15_001 for _, retry_ms in told)
    assert len({retry_ms for _, retry_ms in told}) > 1, "they would all come back at once"


async def test_new_sockets_come_at_a_rate_and_whoever_waits_as_told_is_let_in(door_of: DoorOf) -> None:
    door = await door_of({"scale": 1, "unstarted_per_address": 5, "opens_per_address_s": 2.0})
    for _ in range(5):
        assert (await door.outcome())[0] == "in"
        door.clients[-1].leave()
    await until(lambda: door.porter.inside == 0, "all have gone")
    code, retry_ms = await door.outcome()
    assert (code, 0 < retry_ms < 2_000) == ("4008", True)
    assert (await door.outcome(ELSEWHERE))[0] == "in"
    await asyncio.sleep(retry_ms / 1000)
    assert (await door.outcome())[0] == "in"


async def test_new_sockets_of_everybody_together_come_at_a_rate(door_of: DoorOf) -> None:
    door = await door_of({"scale": 1, "unstarted": 8, "opens_s": 0.5})
    for number in range(8):
        assert (await door.outcome(f"127.0.0.{number + 2}"))[0] == "in"
        door.clients[-1].leave()
    await until(lambda: door.porter.inside == 0, "all have gone")
    told = [await door.outcome(f"127.0.0.{number + 20}") for number in range(3)]
    assert [code for code, _ in told] == ["4013"] * 3
    # Each is given a moment of its own, at the rate at which they can be let in.
    assert told[2][1] > 4_000, told


async def test_when_many_are_refused_the_rest_get_no_socket_at_all(door_of: DoorOf) -> None:
    door = await door_of({**EAGER, "unstarted_per_address": 40})
    for _ in range(40):
        await door.outcome()
    answers: list[str] = []
    while "503" not in answers and len(answers) < 1_000:
        answers.append((await door.outcome())[0])
    assert answers[-1] == "503", answers[-10:]
    assert set(answers[:-1]) == {"4008"}
    head = door.clients[-1].head.lower()  # type: ignore[attr-defined]
    assert b"retry-after: " in head and b"connection: close" in head
    assert await door.clients[-1].reader.read() == b""


async def test_whoever_is_turned_away_and_stays_is_dropped(door_of: DoorOf) -> None:
    door = await door_of({**EAGER, "unstarted_per_address": 1})
    assert (await door.outcome())[0] == "in"
    assert (await door.outcome())[0] == "4008"
    turned = door.clients[-1]
    # It goes on talking, and never answers the close: nothing of it is heard, and soon it is gone.
    with contextlib.suppress(OSError):
        while door.game.gateway.server_state.connections and len(door.game.gateway.server_state.connections) > 1:
            turned.send(frame(BINARY, b"x" * 10_000))
            await asyncio.sleep(0.05)
    assert door.porter.inside == 1


async def test_silent_connections_are_dropped_when_they_are_too_many(door_of: DoorOf) -> None:
    door = await door_of({**EAGER, "unstarted_per_address": 3})
    for _ in range(6):
        await door.connection()
    await until(lambda: door.porter.silent["127.0.0.1"] == 6, "six are silent")
    seventh = await door.connection()
    async with asyncio.timeout(5):
        with contextlib.suppress(ConnectionError):
            assert await seventh.reader.read() == b""
    assert door.porter.dropped == 1
    assert (await door.outcome(ELSEWHERE))[0] == "in"
    # One of the six speaks up, and there is room again.
    door.clients[0].writer.write(b"GET /livez HTTP/1.1\r\nHost: here\r\n\r\n")
    assert (await door.clients[0].reader.readline()).startswith(b"HTTP/1.1 200")
    assert (await door.outcome())[0] == "in"


async def test_silent_connections_of_everybody_together_are_dropped_when_they_are_too_many(door_of: DoorOf) -> None:
    door = await door_of({**EAGER, "unstarted": 2})
    for number in range(4):
        await door.connection(f"127.0.0.{number + 1}")
    await until(lambda: door.porter.silent_in_all == 4, "four are silent, each at an address of its own")
    fifth = await door.connection("127.0.0.9")
    async with asyncio.timeout(5):
        with contextlib.suppress(ConnectionError):
            assert await fifth.reader.read() == b""
    assert door.porter.dropped == 1


async def test_connections_that_come_much_too_fast_are_dropped_whatever_they_are_for(door_of: DoorOf) -> None:
    door = await door_of({"scale": 1, "unstarted_per_address": 4, "opens_per_address_s": 0.01})
    served = 0
    for _ in range(30):
        client = await door.connection()
        client.writer.write(b"GET /livez HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            served += (await client.reader.read()).startswith(b"HTTP/1.1 200")
    assert served == 20
    assert (await door.outcome(ELSEWHERE))[0] == "in"


async def test_a_scale_of_zero_lifts_the_doorway(door_of: DoorOf) -> None:
    door = await door_of({"scale": 0, "unstarted_per_address": 1, "unstarted": 1, "opens_per_address_s": 0.01, "opens_s": 0.01})
    assert {(await door.outcome())[0] for _ in range(60)} == {"in"}


async def test_a_refused_origin_or_path_does_not_stay_in_the_doorway(door_of: DoorOf) -> None:
    door = await door_of(EAGER)
    for _ in range(50):
        _, line = await door.knock("127.0.0.1", "Origin: https://evil.example")
        assert b" 403 " in line
    await until(lambda: door.porter.inside == 0, "nobody stands in the doorway")


async def test_a_forwarded_address_counts_from_a_proxy_and_from_nobody_else(door_of: DoorOf) -> None:
    limits = {**EAGER, "unstarted_per_address": 1}
    open_door = await door_of(limits)
    assert (await open_door.outcome("127.0.0.1", "X-Forwarded-For: 192.0.2.1"))[0] == "in"
    assert (await open_door.outcome("127.0.0.1", "X-Forwarded-For: 192.0.2.2"))[0] == "4008", "a spoofed address is no other address"
    behind = await door_of(limits, proxies=("127.0.0.1", "10.0.0.0/8"))
    assert (await behind.outcome("127.0.0.1", "X-Forwarded-For: 192.0.2.1"))[0] == "in"
    assert (await behind.outcome("127.0.0.1", "X-Forwarded-For: 192.0.2.2"))[0] == "in"
    for spoof in (
        ["X-Forwarded-For: 192.0.2.77, 192.0.2.2"],
        ["X-Forwarded-For: 192.0.2.77", "X-Forwarded-For: 192.0.2.2"],
        ["X-Forwarded-For: 192.0.2.77, 192.0.2.2, 10.1.2.3"],
        ["X-Forwarded-For: 192.0.2.2:4711"],
    ):
        assert (await behind.outcome("127.0.0.1", *spoof))[0] == "4008", spoof
    assert (await behind.outcome(ELSEWHERE, "X-Forwarded-For: 192.0.2.99"))[0] == "in"
    assert (await behind.outcome(ELSEWHERE, "X-Forwarded-For: 192.0.2.98"))[0] == "4008", "this peer is no proxy"
    # A neighbour of the same /64 is the same one.
    assert (await behind.outcome("127.0.0.1", "X-Forwarded-For: 2001:db8:0:7::1"))[0] == "in"
    assert (await behind.outcome("127.0.0.1", "X-Forwarded-For: [2001:db8:0:7:ffff::2]:443"))[0] == "4008"
    assert (await behind.outcome("127.0.0.1", "X-Forwarded-For: 2001:db8:0:8::1"))[0] == "in"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8:0:7:1:2:3:4", "2001:db8:0:7::/64"),
        ("fe80::1%eth0", "fe80::/64"), ("testclient", "testclient"), ("", ""),
    ],
)  # fmt: skip
def test_what_counts_as_one_neighbour(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_header_that_is_no_address_leaves_the_proxy_itself() -> None:
    proxies = Proxies(["192.0.2.1"])
    for said in ("nonsense", "", "unknown, ,", "192.0.2.1"):
        assert proxies.client("192.0.2.1", [said]) == "192.0.2.1"


async def test_the_first_frame_is_small_and_later_ones_may_be_large(make_game: Make) -> None:
    game = await make_game()
    ada = await game.captain(online=False)
    await ada.dial()
    await ada.send_raw(msgspec.msgpack.encode({"t": "session.start", "id": "1", "d": {"token": "x" * 4_096}}))
    await ada.is_closed(1009)
    await ada.start()
    await ada.send_raw(msgspec.msgpack.encode({"t": "team.say", "id": "large", "d": {"text": "x" * 5_000}}))
    assert (await ada.hears("unasked"))["error"]["code"] == "bad_request"
