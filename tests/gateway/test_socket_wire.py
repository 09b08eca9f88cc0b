"""What a session may count on: order, pauses, endings, failures, logs, and the same over any ASGI server."""

import asyncio
import logging
from typing import Any, ClassVar

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from server.gateway.accepting import serve
from server.gateway.framing import frame_binary, frame_text, payloads
from server.gateway.slow_socket import SlowSocket
from server.gateway.socket import FastSocket, Wire
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
    Pauser,
    both_loops,
    echo_app,
    frame,
    serving,
    until,
)  # fmt: skip

CANARY = "canary-0123456789"


def test_frames_can_be_made_joined_and_taken_apart() -> None:
    sizes = [0, 1, 125, 126, 65535, 65536]
    joined = b"".join(frame_binary(bytes(size)) + frame_text(b"x" * size) for size in sizes)
    assert list(payloads(joined)) == [one for size in sizes for one in ((False, bytes(size)), (True, b"x" * size))]


@both_loops
async def test_messages_of_every_making_arrive_in_order() -> None:
    async with serving(echo_app()) as (_, port):
        for subprotocol in (MSGPACK, JSON, None):
            client = await Client.connect(port, subprotocol)
            kind = client.opcode
            client.send(frame(kind, b"1"), frame(kind, b"2", fin=False), frame(PING, b"p"), frame(CONT, b"2"), frame(kind, b"3" * 9000))
            client.say(b"4")
            heard = [await client.hear() for _ in range(5)]
            assert [one for one in heard if one[0] != PONG] == [(kind, b"1"), (kind, b"22"), (kind, b"3" * 9000), (kind, b"4")]
            client.leave()


@both_loops
async def test_a_paused_session_hears_nothing_not_even_what_was_read() -> None:
    made: list[Echo] = []
    async with serving(echo_app(made, Pauser)) as (_, port):
        client = await Client.connect(port)
        client.send(*[frame(BINARY, b"%d" % number) for number in range(20)])
        await until(lambda: made and made[0].heard)
        assert made[0].heard == [b"0"]
        for number in range(20):
            assert await client.hear() == (BINARY, b"%d" % number)
            assert len(made[0].heard) <= number + 2
        client.leave()


@both_loops
async def test_a_pause_that_is_lifted_at_once_stops_nothing() -> None:
    class Blink(Echo):
        def receive(self, data: bytes) -> None:
            self.wire.pause()
            self.wire.resume()
            super().receive(data)

    async with serving(echo_app(kind=Blink)) as (_, port):
        client = await Client.connect(port)
        client.send(*[frame(BINARY, b"%d" % number) for number in range(20)])
        assert [(await client.hear())[1] for _ in range(20)] == [b"%d" % number for number in range(20)]
        client.say(b"more")
        assert await client.hear() == (BINARY, b"more")
        client.leave()


@both_loops
async def test_a_paused_session_does_not_lose_its_client_to_the_heartbeat() -> None:
    made: list[Echo] = []
    async with serving(echo_app(made), ws_ping_interval=0.1, ws_ping_timeout=0.05) as (_, port):
        client = await Client.connect(port)
        await until(lambda: made)
        made[0].wire.pause()
        await asyncio.sleep(0.4)
        made[0].wire.resume()
        client.say(b"still here")
        while (heard := await client.hear())[0] == PING:
            pass
        assert heard == (BINARY, b"still here")
        client.leave()


@both_loops
async def test_close_says_its_code_and_is_the_last_word() -> None:
    made: list[Echo] = []
    async with serving(echo_app(made)) as (_, port):
        client = await Client.connect(port)
        client.send(frame(BINARY, b"bye"), frame(BINARY, b"unheard"), frame(PING, b"unanswered"))
        assert await client.hear() == (CLOSE, b"\x10\x68as you wish")
        client.send(frame(PING, b"unanswered"), frame(BINARY, b"unheard"), frame(CLOSE, b"\x10\x68"))
        assert await client.reader.read() == b""
        client.leave()
        await until(lambda: made[0].ends)
        assert (made[0].ends, made[0].heard) == ([4200], [b"bye"])


@both_loops
async def test_close_while_paused_still_hears_the_clients_answer() -> None:
    made: list[Echo] = []
    async with serving(echo_app(made)) as (_, port):
        client = await Client.connect(port)
        await until(lambda: made)
        made[0].wire.pause()
        client.say(b"unheard")
        made[0].wire.close(4001, "server_restart;after_ms=1")
        assert (await client.hear())[0] == CLOSE
        client.send(frame(CLOSE, b"\x0f\xa1"))
        assert await client.reader.read() == b""
        client.leave()
        await until(lambda: made[0].ends)
        assert (made[0].ends, made[0].heard) == ([4001], [])


@pytest.mark.parametrize(("payload", "code"), [(b"\x03\xe9going", 1001), (b"\x10\x68", 4200), (b"", 1005)])
async def test_the_session_learns_the_clients_code(payload: bytes, code: int) -> None:
    made: list[Echo] = []
    async with serving(echo_app(made)) as (_, port):
        client = await Client.connect(port)
        client.send(frame(CLOSE, payload))
        assert await client.hear() == (CLOSE, payload)
        assert await client.reader.read() == b""
        client.leave()
        await until(lambda: made[0].ends)
        assert made[0].ends == [code]


@both_loops
async def test_a_client_that_vanishes_is_lost_once_and_the_wire_stays_harmless() -> None:
    made: list[Echo] = []
    async with serving(echo_app(made)) as (_, port):
        client = await Client.connect(port)
        client.say(b"hello")
        await client.hear()
        client.leave()
        session = made[0]
        await until(lambda: session.ends)
        wire = session.wire
        wire.write(frame_binary(b"x"))
        wire.pause()
        wire.resume()
        wire.close(4000, "unknown_error")
        wire.abort()
        assert wire.buffered() == 0
        await asyncio.sleep(0.05)
        assert session.ends == [1006]


@both_loops
async def test_abort_drops_the_connection_without_a_word() -> None:
    made: list[Echo] = []
    async with serving(echo_app(made)) as (_, port):
        client = await Client.connect(port)
        await until(lambda: made)
        made[0].wire.abort()
        made[0].wire.write(frame_binary(b"x"))
        assert await client.reader.read() == b""
        await until(lambda: made[0].ends)
        assert made[0].ends == [1006]
        client.leave()


@both_loops
async def test_a_stopping_server_tells_everybody_to_come_back() -> None:
    made: list[Echo] = []
    async with serving(echo_app(made)) as (server, port):
        client = await Client.connect(port)
        client.say(b"hello")
        await client.hear()
        stopping = asyncio.create_task(server.shutdown())
        assert await client.closed() == (4001, FastSocket.shutdown_reason)
        client.leave()
        await stopping
        assert made[0].ends == [4001]


@both_loops
async def test_a_session_that_breaks_is_logged_and_closed_with_1011(caplog: pytest.LogCaptureFixture) -> None:
    made: list[Echo] = []
    async with serving(echo_app(made)) as (_, port):
        client, neighbour = await Client.connect(port), await Client.connect(port)
        client.send(frame(BINARY, b"boom"), frame(BINARY, b"unheard"))
        assert await client.hear() == (CLOSE, b"\x03\xf3internal error")
        client.send(frame(CLOSE, b"\x03\xf3"))
        assert await client.reader.read() == b""
        neighbour.say(b"and you?")
        assert await neighbour.hear() == (BINARY, b"and you?")
        client.leave()
        await until(lambda: made[0].ends)
        assert (made[0].ends, made[0].heard) == ([1011], [b"boom"])
        neighbour.leave()
    assert "the session broke" in caplog.text


async def test_a_session_that_cannot_be_made_or_breaks_at_its_end_harms_nobody() -> None:
    class BadEnd(Echo):
        def lost(self, code: int) -> None:
            super().lost(code)
            raise RuntimeError

    made: list[Echo] = []
    async with serving(echo_app(made, BadEnd)) as (_, port):
        client = await Client.connect(port)
        client.leave()
        await until(lambda: made and made[0].ends)
        await asyncio.sleep(0.02)
        assert made[0].ends == [1006]

    class Unmade(Echo):
        def __init__(self, wire: Wire) -> None:
            raise RuntimeError("unmade")

    async with serving(echo_app(kind=Unmade)) as (_, port):
        client = await Client.connect(port)
        assert await client.hear() == (CLOSE, b"\x03\xf3internal error")
        client.leave()


@both_loops
async def test_what_arrives_before_the_session_is_bound_is_not_lost() -> None:
    """Also half a frame, a fragment, and a close."""
    heard: list[bytes] = []
    ends: list[int] = []
    accepted, ready = asyncio.Event(), asyncio.Event()

    class Late(Echo):
        def receive(self, data: bytes) -> None:
            heard.append(data)

        def lost(self, code: int) -> None:
            ends.append(code)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": MSGPACK})
        accepted.set()
        await ready.wait()
        fast = scope["extensions"]["callisto.fast"]
        fast.bind(Late(fast))
        await fast.gone

    async with serving(app) as (_, port):
        client = await Client.connect(port)
        await accepted.wait()
        whole = frame(BINARY, b"third")
        client.send(frame(BINARY, b"first"), frame(BINARY, b"sec", fin=False), whole[:0])
        await asyncio.sleep(0.02)
        client.send(frame(CONT, b"ond"), whole[:7])
        await asyncio.sleep(0.02)
        ready.set()
        await until(lambda: len(heard) >= 2)
        client.send(whole[7:], frame(CLOSE, b"\x03\xe8"))
        await until(lambda: len(heard) == 3)
        assert heard == [b"first", b"second", b"third"]
        assert await client.closed() == (1000, "")
        client.leave()
        await until(lambda: ends)
        assert ends == [1000]


async def test_no_log_line_down_to_debug_has_a_query_or_a_payload(caplog: pytest.LogCaptureFixture) -> None:
    # Below debug, at uvicorn's trace, its ASGI logger prints whole scopes: no class of ours can stop that, a setting must.
    names = ("", "uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", "asyncio", "websockets", "callisto.gateway.socket")
    levels = {name: logging.getLogger(name).level for name in names}
    try:
        for name in names:
            if name != "callisto.gateway.socket":
                logging.getLogger(name).setLevel(logging.DEBUG)
        async with serving(echo_app(), access_log=True) as (_, port):
            client = await Client.connect(port, path=f"/ws?token={CANARY}")
            client.say(CANARY.encode())
            await client.hear()
            client.send(frame(11))
            assert (await client.closed())[0] == 1002
            client.leave()
            for path in (f"/nowhere?token={CANARY}", f"/ws?token={CANARY}"):
                for upgrade in ("", "Upgrade: websocket\r\nConnection: Upgrade\r\n"):  # 404, 403 and a bad handshake
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                    key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" if "nowhere" in path else ""
                    writer.write(f"GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n{upgrade}{key}\r\n".encode())
                    assert (await reader.read()).startswith(b"HTTP/1.1 4")
                    writer.close()
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
    assert caplog.records  # somebody was listening
    assert CANARY not in caplog.text
    assert not any(CANARY in repr(record.__dict__) for record in caplog.records)


async def test_compression_is_never_agreed_to() -> None:
    async with serving(echo_app(), ws_per_message_deflate=True) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"GET /ws HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        )
        answer = await reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in answer
        assert b"extensions" not in answer.lower()
        writer.transport.abort()


async def test_an_ordinary_starlette_route_works_on_the_fast_socket() -> None:
    async def route(websocket: WebSocket) -> None:
        await websocket.accept()
        while True:
            await websocket.send_text(await websocket.receive_text())

    async with serving(Starlette(routes=[WebSocketRoute("/ws", route)])) as (_, port):
        client = await Client.connect(port, None)
        client.send(frame(TEXT, b"1"), frame(TEXT, b"2", fin=False), frame(CONT, b"2"))
        assert [await client.hear(), await client.hear()] == [(TEXT, b"1"), (TEXT, b"22")]
        client.send(frame(CLOSE, b"\x03\xe8"))
        assert await client.closed() == (1000, "")
        client.leave()


# The slow socket


@pytest.mark.parametrize("subprotocol", [MSGPACK, JSON, None])
def test_the_test_client_hears_the_same_echo(subprotocol: str | None) -> None:
    made: list[Echo] = []
    app = echo_app(made)
    with TestClient(app).websocket_connect("/ws", subprotocols=[subprotocol] if subprotocol else None) as client:
        assert client.accepted_subprotocol == subprotocol
        for word in ("hello", "é" * 100, ""):
            if subprotocol == MSGPACK:
                client.send_bytes(word.encode())
                assert client.receive_bytes() == word.encode()
            else:
                client.send_text(word)
                assert client.receive_text() == word
        client.close(4200)
    assert made[0].ends == [4200]
    assert isinstance(made[0].wire, SlowSocket)
    assert made[0].wire.peer == "testclient"


@pytest.mark.parametrize(("word", "code"), [(b"boom", 1011), (b"bye", 4200), (b"x" * 16385, 1009), ("text", 1003)])
def test_the_test_client_is_closed_with_the_same_codes(word: bytes | str, code: int) -> None:
    made: list[Echo] = []
    with TestClient(echo_app(made)).websocket_connect("/ws", subprotocols=[MSGPACK]) as client:
        if isinstance(word, str):
            client.send_text(word)
        else:
            client.send_bytes(word)
        with pytest.raises(WebSocketDisconnect) as gone:
            client.receive_bytes()
    assert gone.value.code == code
    assert made[0].ends == [code]


def test_the_test_client_respects_a_pause() -> None:
    made: list[Echo] = []
    with TestClient(echo_app(made, Pauser)).websocket_connect("/ws", subprotocols=[MSGPACK]) as client:
        for number in range(5):
            client.send_bytes(b"%d" % number)
        assert [client.receive_bytes() for _ in range(5)] == [b"%d" % number for number in range(5)]
    assert len(made[0].ends) == 1  # also when the test client cancels a paused session


@both_loops
async def test_the_slow_socket_works_on_the_stock_protocol_too() -> None:
    made: list[Echo] = []
    async with serving(echo_app(made), ws=WebSocketsSansIOProtocol) as (_, port):
        client = await Client.connect(port)
        client.send(*[frame(BINARY, b"%d" % number) for number in range(20)])
        assert [(await client.hear())[1] for _ in range(20)] == [b"%d" % number for number in range(20)]
        client.say(b"bye")
        assert await client.hear() == (CLOSE, b"\x10\x68as you wish")
        client.leave()
        await until(lambda: made[0].ends)
        assert made[0].ends == [4200]


async def test_serve_returns_when_the_client_went_before_it_was_accepted() -> None:
    class Vanished:
        scope: ClassVar[dict[str, Any]] = {"type": "websocket", "subprotocols": []}
        client = None

        async def accept(self, subprotocol: str | None) -> None:
            raise OSError

    await serve(Vanished(), None, Echo)  # type: ignore[arg-type]
