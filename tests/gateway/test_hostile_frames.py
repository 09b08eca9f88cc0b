"""Hostile bytes and hostile manners over a live socket, while a neighbour goes on talking."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest
import websockets
from websockets.asyncio.client import connect

from protocol import codec, team
from protocol.session import Ping
from server.gateway.framing import frame_binary
from tests.play import Game, Someone

Make = Callable[..., Awaitable[Game]]
CANARY = "canary0123456789canary0123456789canary01234"


def packed(frame: Any) -> bytes:
    """A frame in msgpack."""
    return msgspec.msgpack.encode(frame)


@pytest.fixture
async def pair(make_game: Make) -> AsyncIterator[tuple[Game, Someone, Someone]]:
    """A gateway with a team of two: Ada, who must not notice anything, and Bo, who misbehaves."""
    game = await make_game()
    ada, bo = await game.crew(2)
    yield game, ada, bo
    # The server goes on serving a neighbour.
    await ada.does(team.Say("still here"))
    await ada.hears_line("still here")


async def refusal(someone: Someone, frame: bytes | str) -> dict[str, Any]:
    """What a frame is refused with."""
    heard = len(someone.heard)
    await someone.send_raw(frame)
    async with asyncio.timeout(5):
        while True:
            for each in someone.heard[heard:]:
                if each["t"] == "unasked":
                    error: dict[str, Any] = {"re": each["re"], **each["error"]}
                    return error
            await asyncio.sleep(0.002)


DEEP: Any = []
for _ in range(40):
    DEEP = [DEEP]

MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "noise": b"\xc1\xc1\xc1",
    "no map": packed([1, 2]),
    "two maps": packed({"t": "session.ping", "id": "1"}) * 2,
    "cut short": packed({"t": "session.ping", "id": "1"})[:-2],
    "too deep": packed({"t": "session.ping", "id": "1", "d": {"at": DEEP}}),
    "deeper than the stack": b"\x81\xa1t" + b"\x91" * 15_000 + b"\xc0",
    "an array of four billion": b"\xdd\xff\xff\xff\xff",
    "a map of four billion": b"\xdf\xff\xff\xff\xff",
    "too many items": packed({"t": "session.ping", "id": "1", "d": {"at": [0] * 2_000}}),
    "a key twice": b"\x83\xa1t\xacsession.ping\xa2id\xa11\xa2id\xa12",
    "a key twice inside": b"\x83\xa1t\xacsession.ping\xa2id\xa11\xa1d\x82\xa2at\x01\xa2at\x02",
    "a number as key": b"\x81\x01\x01",
    "a list as key": b"\x83\xa1t\xacsession.ping\xa2id\xa11\xa1d\x81\x90\x01",
    "an extension": b"\x83\xa1t\xacsession.ping\xa2id\xa11\xa1d\x81\xa2at\xd4\x01x",
    "no UTF-8": b"\x82\xa1t\xacsession.ping\xa2id\xa2\xff\xfe",
    "no name": packed({"id": "1"}),
    "no id": packed({"t": "session.ping"}),
    "an empty id": packed({"t": "session.ping", "id": ""}),
    "a long id": packed({"t": "session.ping", "id": "x" * 65}),
    "a number as id": packed({"t": "session.ping", "id": 7}),
    "NUL in the id": packed({"t": "session.ping", "id": "a\0b"}),
    "an unknown frame key": packed({"t": "session.ping", "id": "1", "x": 1}),
    "a deadline in words": packed({"t": "session.ping", "id": "1", "deadline_ms": "soon"}),
}


async def test_what_is_no_frame_is_a_strike_and_the_third_closes(pair: tuple[Game, Someone, Someone]) -> None:
    _, _, bo = pair
    names = list(MALFORMED)
    for at in range(0, len(names), 3):
        for name in names[at : at + 3]:
            said = await refusal(bo, MALFORMED[name])
            assert (said["re"], said["code"]) == (None, "bad_request"), name
        await bo.is_closed(4500)
        await bo.start(resume=True)


BAD: dict[str, Any] = {
    "an unknown field": {"t": "team.say", "d": {"text": "x", "color": "red"}},
    "a missing field": {"t": "team.say"},
    "a number for words": {"t": "team.say", "d": {"text": 7}},
    "words for a number": {"t": "session.ping", "d": {"at": "now"}},
    "a list for fields": {"t": "team.say", "d": ["x"]},
    "nothing for fields": {"t": "team.say", "d": None},
    "NUL": {"t": "team.say", "d": {"text": "a\0b"}},
    "a control character": {"t": "team.say", "d": {"text": "a\x1bb"}},
    "a direction override": {"t": "team.say", "d": {"text": "a\u202eb"}},
    "no words": {"t": "team.say", "d": {"text": ""}},
    "too many words": {"t": "team.say", "d": {"text": "x" * 2_001}},
    "not a number": {"t": "session.ping", "d": {"at": float("nan")}},
    "infinity": {"t": "session.ping", "d": {"at": float("inf")}},
    "bytes": {"t": "session.ping", "d": {"at": b"x"}},
    "a number as key inside": {"t": "session.ping", "d": {7: 1}},
    "a fraction": {"t": "session.ping", "d": {"at": 1.5}},
    "more than 64 bits": {"t": "session.ping", "d": {"at": 2**64 - 1}},
    "no id": {"t": "team.join", "d": {"team_id": "../../etc/passwd"}},
    "an id in capitals": {"t": "team.say", "d": {"text": "x", "reply_to": "0" * 31 + "'--"}},
}


async def test_bad_contents_are_refused_under_their_id_and_cost_no_strike(pair: tuple[Game, Someone, Someone]) -> None:
    _, _, bo = pair
    for number, (name, frame) in enumerate(BAD.items()):
        said = await refusal(bo, packed({"id": f"bad {number}", **frame}))
        assert (said["re"], said["code"], said["retryable"]) == (f"bad {number}", "bad_request", False), (name, said)
        assert said["fields"] or name in ("a list for fields", "nothing for fields"), name
    unknown = await refusal(bo, packed({"t": "team.explode", "id": "u"}))
    assert (unknown["re"], unknown["code"]) == ("u", "unknown_command")
    # None of them took its id: it may be used properly now.
    await bo.ask("team.say", {"text": "better"}, id="bad 0")


async def test_commands_of_the_server_itself_are_not_the_players(pair: tuple[Game, Someone, Someone]) -> None:
    _, _, bo = pair
    said = await refusal(bo, packed({"t": "upkeep.sessions", "id": "mine"}))
    assert said["code"] in ("forbidden", "unknown_command")


async def test_json_has_the_same_guards(pair: tuple[Game, Someone, Someone]) -> None:
    game, _, bo = pair
    json = Someone(game, "Bo in a browser", bo.player, bo.user, text=True)
    await json.sign_in()
    for three in (
        ("", "nonsense", "[1]"),
        ('{"t":"session.ping","id":"1"} {}', '{"t":"session.ping","id":"1","id":"2"}', "[" * 16_000),
        (
            '{"t":"session.ping","id":"\\ud800"}',
            '{"t":"session.ping","id":"1","d":{"at":1,"at":2}}',
            '{"t":"session.ping","id":"1","deadline_ms":1.5}',
        ),
    ):
        await json.start()
        for frame in three:
            said = await refusal(json, frame)
            assert (said["re"], said["code"]) == (None, "bad_request"), frame
        await json.is_closed(4500)
    await json.start()
    for frame in (
        '{"t":"session.ping","id":"1","d":{"at":NaN}}',
        '{"t":"session.ping","id":"1","d":{"at":1e999}}',
        '{"t":"session.ping","id":"1","d":{"at":' + "9" * 400 + "}}",
        '{"t":"team.say","id":"1","d":{"text":"\\u0000"}}',
        '{"t":"team.say","id":"1","d":{"text":"\\ud800"}}',
    ):
        said = await refusal(json, frame)
        assert (said["re"], said["code"]) == ("1", "bad_request"), frame
    await json.hang_up()


async def test_a_text_frame_on_msgpack_and_bytes_on_json_are_closed(pair: tuple[Game, Someone, Someone]) -> None:
    game, _, bo = pair
    await bo.send_raw('{"t":"session.ping","id":"1"}')
    await bo.is_closed(1003)
    json = Someone(game, "Bo in a browser", bo.player, bo.user, text=True)
    await json.sign_in()
    await json.start()
    await json.send_raw(b"\x80")
    await json.is_closed(1003)


async def test_a_frame_that_is_too_big_is_closed(pair: tuple[Game, Someone, Someone]) -> None:
    _, _, bo = pair
    await bo.send_raw(packed({"t": "team.say", "id": "big", "d": {"text": "x" * 16_384}}))
    await bo.is_closed(1009)


async def test_a_command_before_the_start_is_refused_and_the_second_closes(pair: tuple[Game, Someone, Someone]) -> None:
    _, _, bo = pair
    await bo.dial()
    said = await refusal(bo, packed({"t": "team.say", "id": "1", "d": {"text": "hello"}}))
    assert said["code"] == "unauthenticated"
    await bo.send_raw(packed({"t": "team.say", "id": "2", "d": {"text": 7}}))
    await bo.is_closed(4510)
    # After one of them the door is still open.
    await bo.dial()
    await refusal(bo, packed({"t": "session.ping", "id": "1"}))
    assert "ok" in await bo.ask("session.start", {"token": bo.token})


async def test_a_second_start_closes(pair: tuple[Game, Someone, Someone]) -> None:
    _, _, bo = pair
    said = await refusal(bo, packed({"t": "session.start", "id": "again", "d": {"token": bo.token}}))
    assert said["code"] == "conflict"
    await bo.is_closed(4505)


async def test_a_client_that_never_starts_is_closed(make_game: Make) -> None:
    game = await make_game(limits={"scale": 0, "start_s": 0.2})
    ada = await game.captain()
    silent = Someone(game, "silent", ada.player, ada.user)
    began = time.monotonic()
    await silent.dial()
    await silent.is_closed(4005)
    assert 0.15 < time.monotonic() - began < 1.0
    await asyncio.sleep(0.3)
    await ada.does(Ping())


async def test_a_token_that_opens_nothing(make_game: Make) -> None:
    game = await make_game()
    spoil = {
        "nonsense": "select 1", "none": "select 1",
        "expired": "update access_tokens set expires_at = clock_timestamp() - interval '1 second'",
        "revoked": "update sessions set revoked_at = clock_timestamp() where revoked_at is null",
    }  # fmt: skip
    for case, sql in spoil.items():
        ada = await game.captain(online=False)
        await game.world.owner.execute(sql)
        await ada.dial()
        answer = await (await ada.send("session.start", {"nonsense": {"token": "x" * 43}, "none": None}.get(case, {"token": ada.token})))
        assert answer["error"]["code"] == "unauthenticated"
        await ada.is_closed(4400 if case == "expired" else 4510)


async def test_a_token_in_the_query_is_refused_and_never_logged(
    make_game: Make, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    game = await make_game()
    ada = await game.captain()
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, logger="websockets.client")  # the test's own side
    for query in (f"token={CANARY}", f"access_token={CANARY}", f"a=b&TOKEN={CANARY}"):
        async with connect(f"{game.ws}?{query}", subprotocols=[websockets.Subprotocol(codec.MSGPACK)], compression=None) as socket:
            with pytest.raises(websockets.ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 4510
    await ada.hang_up()
    ada.token = CANARY
    await ada.dial()
    assert (await (await ada.send("session.start", {"token": CANARY})))["error"]["code"] == "unauthenticated"
    await ada.is_closed(4510)
    assert CANARY not in "".join(each.getMessage() for each in caplog.records)
    said = capfd.readouterr()
    assert CANARY not in said.out + said.err


async def test_the_token_may_stand_in_the_header_and_the_frame_wins(pair: tuple[Game, Someone, Someone]) -> None:
    game, ada, bo = pair
    for header, fields, who in ((bo.token, {}, bo), ("x" * 43, {"token": bo.token}, bo), (ada.token, {"token": bo.token}, bo)):
        async with connect(
            game.ws,
            subprotocols=[websockets.Subprotocol(codec.MSGPACK)],
            compression=None,
            additional_headers={"Authorization": f"Bearer {header}"},
        ) as socket:
            await socket.recv()
            await socket.send(packed({"t": "session.start", "id": "1", **({"d": fields} if fields else {})}))
            answer = msgspec.msgpack.decode(await socket.recv())  # type: ignore[arg-type]
            assert answer["ok"]["player_id"] == str(who.player)


async def test_only_known_origins_open_a_socket(make_game: Make) -> None:
    game = await make_game(origins=("https://ours.example",))
    for origin in (None, f"http://127.0.0.1:{game.port}", "https://ours.example"):
        async with connect(game.ws, origin=websockets.Origin(origin) if origin else None, compression=None) as socket:
            assert msgspec.json.decode(await socket.recv())["t"] == "hello"
    for origin in ("https://evil.example", "null", "https://ours.example.evil.example", f"http://127.0.0.1:{game.port}.evil.example", ""):
        with pytest.raises(websockets.InvalidStatus) as refused:
            await connect(game.ws, additional_headers={"Origin": origin}, compression=None)
        assert refused.value.response.status_code == 403


async def test_no_subprotocol_is_json_and_an_unknown_one_is_told_so(pair: tuple[Game, Someone, Someone]) -> None:
    game, _, _ = pair
    async with connect(game.ws, compression=None) as socket:
        assert socket.subprotocol is None
        assert msgspec.json.decode(await socket.recv())["d"]["protocol"] == "1.0"
    async with connect(game.ws, subprotocols=[websockets.Subprotocol("callisto.v9.cbor")], compression=None) as socket:
        assert socket.subprotocol == "callisto.v9.cbor"
        with pytest.raises(websockets.ConnectionClosed):
            await socket.recv()
        assert socket.close_code == 4511
    async with connect(game.ws, subprotocols=[websockets.Subprotocol("x"), websockets.Subprotocol(codec.JSON)], compression=None) as socket:
        assert socket.subprotocol == codec.JSON


async def test_the_sixth_socket_closes_the_oldest_and_the_same_session_twice_the_first(make_game: Make) -> None:
    game = await make_game()
    ada = await game.captain()
    devices = []
    for number in range(4):
        device = Someone(game, f"device {number}", ada.player, ada.user)
        await device.sign_in()
        await device.start()
        devices.append(device)
    again = Someone(game, "same session", ada.player, ada.user)
    again.token = devices[3].token
    await again.start()
    await devices[3].is_closed(4520)
    assert ada.connected
    sixth = Someone(game, "sixth", ada.player, ada.user)
    await sixth.sign_in()
    await sixth.start()
    await ada.is_closed(4520)
    assert all(each.connected for each in (*devices[:3], again, sixth))
    for each in (*devices, again, sixth):
        await each.hang_up()


async def test_ten_thousand_commands_at_once_are_all_answered_and_a_neighbour_does_not_wait(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    neighbour = (await game.crew(1))[0]
    frames = b"".join(_masked(packed({"t": "team.get", "id": f"g{number}"})) for number in range(1_000))
    lines = b"".join(_masked(packed({"t": "team.say", "id": f"s{number}", "d": {"text": f"line {number}"}})) for number in range(9_000))
    heard = len(bo.heard)
    assert bo.socket is not None
    most = 0
    transport = bo.socket.transport
    transport.write(lines + frames)
    spans = []
    async with asyncio.timeout(40):
        while sum(each["t"] == "unasked" for each in bo.heard[heard:]) < 10_000:
            began = time.monotonic()
            await neighbour.does(team.Say("hello"))
            spans.append(time.monotonic() - began)
            most = max(most, *(each.in_flight + len(each.backlog) for each in game.app.gate.live.values()))
            await asyncio.sleep(0.05)
    answers = {each["re"]: each for each in bo.heard[heard:] if each["t"] == "unasked"}
    assert len(answers) == 10_000
    assert all("ok" in each for each in answers.values())
    assert most <= 64, f"{most} commands of one socket at once"
    spans.sort()
    assert spans[len(spans) // 2] < 0.5, spans
    await ada.hears_line("line 8999")
    assert ada.lines() == [f"line {number}" for number in range(9_000)]


def _masked(payload: bytes) -> bytes:
    frame = bytearray(frame_binary(payload))
    frame[1] |= 0x80
    at = 2 if len(payload) < 126 else 4
    return bytes(frame[:at]) + b"\0\0\0\0" + payload


async def test_a_flood_of_random_bytes_hurts_only_itself(pair: tuple[Game, Someone, Someone]) -> None:
    game, ada, _ = pair
    dice = random.Random(3)
    for _ in range(40):
        reader, writer = await asyncio.open_connection("127.0.0.1", game.port)
        if dice.random() < 0.7:
            writer.write(
                b"GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: callisto.v1.msgpack\r\n\r\n"
            )
        writer.write(dice.randbytes(dice.randrange(1, 4_000)))
        with contextlib.suppress(OSError):
            await writer.drain()
        await ada.does(Ping())
        writer.close()
        del reader
