"""Clients that mean harm, over real sockets: each is put out with its code, in time, and nobody else notices."""

import asyncio
import socket
import time
from typing import Any

import pytest

from protocol.closes import parameter
from server.gateway.door import DeadlineHttp
from server.gateway.slow_socket import HIGH_WATER
from server.gateway.socket import FastSocket
from tests.gateway.echo_app import (
    BINARY,
    CLOSE,
    CONT,
    JSON,
    MSGPACK,
    PING,
    PONG,
    TEXT,
    Client,
    Echo,
    Flooder,
    both_loops,
    echo_app,
    frame,
    serving,
    until,
)  # fmt: skip


class Hasty(FastSocket):
    fragment_s = 0.3
    close_s = 0.4
    linger_s = 0.5


class HastyHttp(DeadlineHttp):
    header_s = 0.3
    body_s = 0.3


async def test_an_open_socket_keeps_nothing_in_a_dictionary_of_its_own() -> None:
    made: list[Echo] = []
    async with serving(echo_app(made)) as (_, port):
        client = await Client.connect(port)
        client.say(b"hello")
        await client.hear()
        # A newer uvicorn that keeps more of a connection belongs into framing.STOCK_ATTRIBUTES.
        assert vars(made[0].wire) == {}
        client.leave()


async def end_of(*frames: bytes, subprotocol: str | None = MSGPACK, ws: type[FastSocket] = FastSocket, **settings: Any) -> tuple[int, str]:
    """How the server ends a connection that says hello and then sends `frames`."""
    made: list[Echo] = []
    async with serving(echo_app(made), ws=ws, **settings) as (_, port):
        client = await Client.connect(port, subprotocol)
        client.say(b"hello")
        assert await client.hear() == (client.opcode, b"hello")
        client.send(*frames)
        end = await client.closed()
        client.leave()
        await until(lambda: made[0].ends)
        assert made[0].ends == [end[0]]
        assert made[0].heard == [b"hello"]
        return end


@pytest.mark.parametrize(
    ("frames", "subprotocol", "code"),
    [
        ([frame(TEXT, b"{}")], MSGPACK, 1003),
        ([frame(TEXT, b"{", fin=False)], MSGPACK, 1003),
        ([frame(BINARY, b"\x80")], JSON, 1003),
        ([frame(BINARY, b"\x80")], None, 1003),
        ([frame(BINARY, b"x", rsv=0x40)], MSGPACK, 1002),
        ([frame(BINARY, b"x", masked=False)], MSGPACK, 1002),
        ([frame(11, b"x")], MSGPACK, 1002),
        ([frame(PING, b"x" * 126)], MSGPACK, 1002),
        ([frame(PING, fin=False)], MSGPACK, 1002),
        ([frame(CONT, b"x")], MSGPACK, 1002),
        ([frame(CLOSE, b"\x03\xe8\xff\xfe")], MSGPACK, 1007),
        ([frame(CLOSE, b"\x03\xed")], MSGPACK, 1002),
        ([frame(CLOSE, b"\x00\x01")], MSGPACK, 1002),
        ([frame(CLOSE, b"\x03")], MSGPACK, 1002),
        ([frame(TEXT, b"\xff")], JSON, 1007),
        ([frame(TEXT, b"\xff", fin=False), frame(CONT, b"")], JSON, 1007),
        ([frame(BINARY, b"x" * 16385)], MSGPACK, 1009),
        ([frame(BINARY, b"", claim=16385)], MSGPACK, 1009),
        ([frame(BINARY, b"", claim=1 << 63)], MSGPACK, 1009),
        ([frame(BINARY, b"x" * 16000, fin=False), frame(CONT, b"", claim=385)], MSGPACK, 1009),
        ([frame(BINARY, b"x", fin=False)] + [frame(CONT, b"x", fin=False)] * 31 + [frame(CONT, b"x")], MSGPACK, 1009),
    ],
)
async def test_a_violation_ends_with_its_code(frames: list[bytes], subprotocol: str | None, code: int) -> None:
    assert (await end_of(*frames, subprotocol=subprotocol))[0] == code


@both_loops
async def test_thirty_two_fragments_are_one_message() -> None:
    async with serving(echo_app()) as (_, port):
        client = await Client.connect(port)
        client.send(frame(BINARY, b"x", fin=False), *[frame(CONT, b"x", fin=False)] * 30, frame(CONT, b"x"))
        client.say(b"after")
        assert [await client.hear(), await client.hear()] == [(BINARY, b"x" * 32), (BINARY, b"after")]
        client.leave()


@both_loops
async def test_a_whole_megabyte_is_refused_without_being_kept_and_the_reason_is_heard() -> None:
    assert (await end_of(frame(BINARY, bytes(1 << 20))))[0] == 1009


@both_loops
async def test_a_message_that_is_never_finished_ends_in_time() -> None:
    assert await end_of(frame(BINARY, b"half", fin=False), frame(PING), ws=Hasty) == (1002, "unfinished message")


async def test_a_finished_message_stops_its_clock() -> None:
    async with serving(echo_app(), ws=Hasty) as (_, port):
        client = await Client.connect(port)
        client.send(frame(BINARY, b"a", fin=False), frame(CONT, b"b"))
        assert await client.hear() == (BINARY, b"ab")
        await asyncio.sleep(Hasty.fragment_s + 0.1)
        client.say(b"still here")
        assert await client.hear() == (BINARY, b"still here")
        client.leave()


@pytest.mark.parametrize(
    "flood",
    [
        [frame(PING, b"x")] * 5000,
        [frame(PONG, b"x")] * 5000,
        [frame(BINARY, b"x", fin=False)] + [frame(CONT, fin=False)] * 5000,
        [frame(BINARY, fin=False), frame(CONT, fin=False), frame(CONT, b"hello")] * 2000,
    ],
    ids=["pings", "pongs", "empty fragments", "messages of empty fragments"],
)
async def test_a_flood_is_told_to_come_back_later(flood: list[bytes]) -> None:
    async with serving(echo_app()) as (_, port):
        client = await Client.connect(port)
        client.send(*flood)
        code, reason = await client.closed()
        assert code == 4008
        assert 5_000 < (parameter(reason, "retry_after_ms") or 0) <= 7_501
        client.leave()


async def test_a_hundred_pings_at_once_are_still_answered() -> None:
    async with serving(echo_app()) as (_, port):
        client = await Client.connect(port)
        client.send(*[frame(PING, b"%d" % number) for number in range(100)])
        assert [await client.hear() for _ in range(100)] == [(PONG, b"%d" % number) for number in range(100)]
        client.leave()


async def test_a_close_in_the_middle_of_a_message_is_answered() -> None:
    """Autobahn 7.1.5, which the stock protocol fails."""
    assert await end_of(frame(BINARY, b"half", fin=False), frame(CLOSE, b"\x03\xe8"), frame(CONT, b"way")) == (1000, "")


@both_loops
async def test_a_client_that_never_pongs_is_gone_after_two_misses() -> None:
    started = time.monotonic()
    assert await end_of(ws_ping_interval=0.2, ws_ping_timeout=0.2) == (4003, "heartbeat_timeout")
    assert 0.4 < time.monotonic() - started < 0.8


async def test_the_production_heartbeat_is_over_within_25_s() -> None:
    interval = 10  # wire.md section 3
    assert interval * FastSocket.max_missed + FastSocket.pong_share * interval + FastSocket.missed_linger_s < 25


async def test_one_missed_pong_is_forgiven() -> None:
    async with serving(echo_app(), ws_ping_interval=0.1, ws_ping_timeout=0.05) as (_, port):
        client = await Client.connect(port)
        for turn in range(8):
            opcode, payload = await client.hear()
            assert opcode == PING
            if turn % 2:
                client.send(frame(PONG, payload))
        client.leave()


@both_loops
async def test_a_client_that_neither_reads_nor_closes_is_gone_after_our_close() -> None:
    made: list[Echo] = []
    async with serving(echo_app(made, Flooder), ws=Hasty) as (_, port):
        client = await deaf_client(port)
        client.say(b"flood")
        await until(lambda: made and made[0].flow == [False])
        started = time.monotonic()
        made[0].wire.close(4002, "slow_consumer")
        made[0].wire.write(b"never sent")
        await until(lambda: made[0].ends)
        assert made[0].ends == [4002]
        assert time.monotonic() - started < Hasty.close_s + 0.3
        client.leave()


@both_loops
async def test_a_client_that_ends_its_side_and_never_reads_is_gone_too() -> None:
    made: list[Echo] = []
    async with serving(echo_app(made, Flooder), ws=Hasty) as (_, port):
        client = await deaf_client(port)
        client.say(b"flood")
        await until(lambda: made and made[0].flow == [False])
        client.writer.write_eof()
        await until(lambda: made[0].ends, Hasty.linger_s + 0.5)
        assert made[0].ends == [1006]
        client.leave()


async def deaf_client(port: int) -> Client:
    """Takes a few KiB into its buffers and then reads no more."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=sock, limit=1024)
    writer.write(
        b"GET /ws HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: callisto.v1.msgpack\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    return Client(reader, writer, MSGPACK)


@both_loops
async def test_a_reader_that_never_reads_costs_bounded_memory_and_the_session_is_told() -> None:
    made: list[Echo] = []
    async with serving(echo_app(made, Flooder)) as (_, port):
        client = await deaf_client(port)
        client.say(b"flood")
        await until(lambda: made and made[0].flow)
        session = made[0]
        assert isinstance(session, Flooder)
        assert session.flow == [False]
        assert HIGH_WATER < session.most <= HIGH_WATER + 2 * 65600
        for _ in range(20):  # it reads again
            await client.hear()
        await until(lambda: True in session.flow)
        assert HIGH_WATER < session.most <= HIGH_WATER + 2 * 65600
        client.leave()


@both_loops
async def test_neighbours_of_the_hostile_echo_on() -> None:
    made: list[Echo] = []
    async with serving(echo_app(made, Flooder)) as (_, port):
        deaf = await deaf_client(port)
        deaf.say(b"flood")
        hostile = [await Client.connect(port) for _ in range(20)]
        neighbour = await Client.connect(port)
        waits: list[float] = []
        for turn in range(200):
            if turn % 10 == 0:
                hostile[turn // 10].send(*[frame(PING, b"x")] * 20000)
            started = time.perf_counter()
            neighbour.say(b"are you well?")
            assert await neighbour.hear() == (BINARY, b"are you well?")
            waits.append(time.perf_counter() - started)
        assert sorted(waits)[-10] < 0.1, sorted(waits)[-20:]
        for client in (*hostile, neighbour, deaf):
            client.leave()


async def put_out(port: int, *parts: bytes, pause_s: float = 0.05, wait_s: float = 5) -> bytes:
    """What the server says to a client that sends `parts` slowly, until it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = b""
    try:
        async with asyncio.timeout(wait_s):
            answer = asyncio.ensure_future(reader.read(-1))
            for part in parts:
                if answer.done():
                    break
                writer.write(part)
                await asyncio.sleep(pause_s)
            said = await answer
    except ConnectionError:
        pass
    writer.transport.abort()
    return said


@both_loops
async def test_silence_before_the_first_byte_is_cut() -> None:
    async with serving(echo_app(), http=HastyHttp) as (_, port):
        started = time.monotonic()
        assert await put_out(port) == b""
        assert time.monotonic() - started < HastyHttp.header_s + 0.3


@both_loops
async def test_a_dripping_header_is_cut() -> None:
    async with serving(echo_app(), http=HastyHttp) as (_, port):
        started = time.monotonic()
        await put_out(port, b"GET /ws HTTP/1.1\r\n", *[b"X-A: b\r\n"] * 50)
        assert time.monotonic() - started < HastyHttp.header_s + 0.3


async def test_a_dripping_second_request_and_a_dripping_body_are_cut() -> None:
    async with serving(echo_app(), http=HastyHttp) as (_, port):
        started = time.monotonic()
        said = await put_out(port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", *[b"G"] + [b"x"] * 50)
        assert said.startswith(b"HTTP/1.1 404")
        await put_out(port, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999\r\n\r\n", *[b"x"] * 50)
        assert time.monotonic() - started < 2 * (HastyHttp.header_s + 0.3)


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /" + b"x" * 17000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 17000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 17000,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 65 + b"\r\n",
    ],
    ids=["url", "value", "endless line", "65 headers"],
)
async def test_too_much_header_is_refused(request_: bytes) -> None:
    async with serving(echo_app()) as (_, port):
        assert (await put_out(port, request_)).startswith(b"HTTP/1.1 431 ")


async def test_a_handshake_with_a_line_too_long_is_answered_and_not_left_hanging() -> None:
    head = b"Host: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    async with serving(echo_app()) as (_, port):
        said = await put_out(port, b"GET /ws?" + b"x" * 9000 + b" HTTP/1.1\r\n" + head)
        assert said.startswith(b"HTTP/1.1 414 ")


@both_loops
async def test_the_kernel_holds_little_for_a_client_so_that_slowness_is_seen() -> None:
    made: list[Echo] = []
    async with serving(echo_app(made)) as (_, port):
        client = await Client.connect(port)
        await until(lambda: made)
        assert isinstance(made[0].wire, FastSocket)
        kernel = made[0].wire.transport.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        assert kernel <= 2 * FastSocket.send_buffer == 128 * 1024  # Linux counts its own book-keeping double
        client.leave()
