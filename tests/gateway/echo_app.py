"""An echo behind `serve`, the servers and raw clients the socket tests share. Test code only."""

import asyncio
import contextlib
import functools
import inspect
import os
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from server.gateway.accepting import serve
from server.gateway.door import DeadlineHttp
from server.gateway.framing import frame_binary, frame_text
from server.gateway.socket import FastSocket, Wire

MSGPACK, JSON = "callisto.v1.msgpack", "callisto.v1.json"
TEXT, BINARY, CONT, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10


class Echo:
    """Sends every message back. Some messages are orders: boom, flood, pause, bye."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.heard: list[bytes] = []
        self.flow: list[bool] = []
        self.ends: list[int] = []

    def receive(self, data: bytes) -> None:
        self.heard.append(data)
        if data == b"boom":
            raise RuntimeError("the session broke")
        if data == b"bye":
            self.wire.close(4200, "as you wish")
        self.answer(data)

    def answer(self, data: bytes) -> None:
        self.wire.write((frame_text if self.wire.text else frame_binary)(data))

    def writable(self, yes: bool) -> None:
        self.flow.append(yes)

    def lost(self, code: int) -> None:
        self.ends.append(code)


class Flooder(Echo):
    """Answers "flood" with 64 KiB pieces until the transport is full, and goes on whenever it has drained."""

    most = 0

    def receive(self, data: bytes) -> None:
        if data != b"flood":
            super().receive(data)
        else:
            self.pour()

    def pour(self) -> None:
        while not self.flow or self.flow[-1]:
            self.answer(bytes(65536))
            self.most = max(self.most, self.wire.buffered())

    def writable(self, yes: bool) -> None:
        super().writable(yes)
        if yes:
            self.pour()


class Pauser(Echo):
    """Hears one message, pauses, and goes on 10 ms later: at most one per turn may come."""

    def receive(self, data: bytes) -> None:
        super().receive(data)
        self.wire.pause()
        asyncio.get_running_loop().call_later(0.01, self.wire.resume)


def echo_app(made: list[Echo] | None = None, kind: type[Echo] = Echo) -> Starlette:
    """One route, /ws, that takes the first subprotocol offered. Every session is appended to `made`."""

    async def route(websocket: WebSocket) -> None:
        def make(wire: Wire) -> Echo:
            session = kind(wire)
            if made is not None:
                made.append(session)
            return session

        await serve(websocket, next(iter(websocket.scope["subprotocols"]), None), make)

    return Starlette(routes=[WebSocketRoute("/ws", route)])


@contextlib.asynccontextmanager
async def serving(app: Any, **settings: Any) -> AsyncIterator[tuple[uvicorn.Server, int]]:
    """A real uvicorn in this loop on a free port of the loopback."""
    defaults: dict[str, Any] = {
        "ws": FastSocket, "http": DeadlineHttp, "ws_max_size": 16384, "ws_ping_interval": None, "lifespan": "off",
        "log_config": None, "port": 0, "timeout_graceful_shutdown": 2,
    }  # fmt: skip
    server = uvicorn.Server(uvicorn.Config(app, **(defaults | settings)))
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup()
    try:
        yield server, server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.force_exit = True  # waits for nobody
        for one in list(server.server_state.connections):
            if one.transport is not None:
                one.transport.abort()
        await server.shutdown()


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, masked: bool = True, rsv: int = 0, claim: int | None = None) -> bytes:
    """A client frame, right or wrong. `claim` is the length to declare."""
    length = len(payload) if claim is None else claim
    head = bytes(((0x80 if fin else 0) | rsv | opcode,))
    bit = 0x80 if masked else 0
    if length < 126:
        head += bytes((bit | length,))
    elif length < 65536:
        head += bytes((bit | 126,)) + length.to_bytes(2, "big")
    else:
        head += bytes((bit | 127,)) + length.to_bytes(8, "big")
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[at & 3] for at, byte in enumerate(payload))


class Client:
    """A raw WebSocket client that does only what it is told: no pongs, no close replies."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, subprotocol: str | None) -> None:
        self.reader, self.writer, self.subprotocol = reader, writer, subprotocol
        self.opcode = TEXT if subprotocol in (None, JSON) else BINARY

    @classmethod
    async def connect(cls, port: int, subprotocol: str | None = MSGPACK, path: str = "/ws", **options: Any) -> "Client":
        reader, writer = await asyncio.open_connection("127.0.0.1", port, **options)
        offer = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol else ""
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{offer}"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = await reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in answer.splitlines()[0], answer
        return cls(reader, writer, subprotocol)

    def send(self, *frames: bytes) -> None:
        self.writer.write(b"".join(frames))

    def say(self, payload: bytes) -> None:
        self.send(frame(self.opcode, payload))

    async def hear(self, wait_s: float = 10) -> tuple[int, bytes]:
        """The next frame: opcode and payload."""
        async with asyncio.timeout(wait_s):
            first, length = await self.reader.readexactly(2)
            if length >= 126:
                length = int.from_bytes(await self.reader.readexactly(2 if length == 126 else 8), "big")
            return first & 0x0F, await self.reader.readexactly(length)

    async def closed(self, wait_s: float = 10) -> tuple[int, str]:
        """Code and reason of the server's close, after which it must end the stream. Other frames are skipped."""
        async with asyncio.timeout(wait_s):
            while True:
                opcode, payload = await self.hear(wait_s)
                if opcode == CLOSE:
                    assert await self.reader.read() == b"", "something was written after the close"
                    return (struct.unpack("!H", payload[:2])[0] if payload else 1005), payload[2:].decode()

    def leave(self) -> None:
        self.writer.transport.abort()


async def until(true: Any, wait_s: float = 5.0) -> None:
    """Let the loop turn until `true()` holds."""
    async with asyncio.timeout(wait_s):
        while not true():
            await asyncio.sleep(0.005)


def both_loops(test: Callable[..., Coroutine[Any, Any, None]]) -> Any:
    """Run an async test on asyncio's own loop and on uvloop: their transports differ where it hurts."""

    @pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
    @functools.wraps(test)
    def run(loop: Callable[[], asyncio.AbstractEventLoop], **fixtures: Any) -> None:
        problems: list[dict[str, Any]] = []

        async def watched() -> None:
            asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context))
            await test(**fixtures)

        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(watched())
        assert not problems

    wanted = inspect.signature(test)
    first = inspect.Parameter("loop", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    run.__signature__ = wanted.replace(parameters=[first, *wanted.parameters.values()])
    return run
