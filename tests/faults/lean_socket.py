"""A WebSocket client of a hundred lines: 40 captains with three devices each must leave both cores to the servers.

Frames are masked with zeros, which spares this side the work and the server none of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket as sockets
import struct
from base64 import b64encode
from collections.abc import Callable
from typing import cast

BINARY, CLOSE, PING, PONG = 0x82, 0x88, 0x89, 0x8A
CUT = 1006  # ended without a word
OPEN_S = 3.0


class Socket(asyncio.Protocol):
    """One connection. `heard` gets each message's bytes, `closed` once the code and reason of the end."""

    def __init__(self, heard: Callable[[bytes], None], closed: Callable[[int, str], None]) -> None:
        self.heard = heard
        self.closed = closed
        self.transport = cast(asyncio.Transport, None)
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.last_heard = asyncio.get_running_loop().time()
        self._buffer = b""
        self._open = False
        self._said: tuple[int, str] | None = None
        self._over = False

    @classmethod
    async def dial(cls, port: int, heard: Callable[[bytes], None], closed: Callable[[int, str], None]) -> Socket:
        """An open connection. Raises OSError or TimeoutError."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(OPEN_S):
            _, made = await loop.create_connection(lambda: cls(heard, closed), "127.0.0.1", port)
            try:
                await made.opened
            except BaseException:
                made._over = True
                made.transport.abort()
                raise
        return made

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        key = b64encode(os.urandom(16)).decode()
        self.transport.write(
            f"GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: callisto.v1.msgpack\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self.last_heard = asyncio.get_running_loop().time()
        buffer = self._buffer + data if self._buffer else data
        if not self._open:
            head, end, rest = buffer.partition(b"\r\n\r\n")
            if not end:
                self._buffer = buffer
                return
            if b" 101 " not in head[:20]:
                self.transport.abort()
                return
            self._open, buffer = True, rest
            if not self.opened.done():
                self.opened.set_result(None)
        at, size = 0, len(buffer)
        while size - at >= 2:
            length, start = buffer[at + 1], at + 2
            if length == 126:
                length, start = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
            elif length == 127:
                length, start = int.from_bytes(buffer[at + 2 : at + 10], "big"), at + 10
            if start + length > size:
                break
            kind, payload, at = buffer[at], buffer[start : start + length], start + length
            if kind == BINARY:
                self.heard(payload)
            elif kind == PING:
                self._write(PONG, payload)
            elif kind == CLOSE:
                self._said = (int.from_bytes(payload[:2], "big") or 1005, payload[2:].decode(errors="replace"))
                self._write(CLOSE, payload[:2])
                self.transport.close()
                self._buffer = b""
                return
            if self._over:
                return
        self._buffer = buffer[at:]

    def send(self, payload: bytes) -> None:
        """Sends a message."""
        self._write(BINARY, payload)

    def _write(self, kind: int, payload: bytes) -> None:
        if self.transport.is_closing():
            return
        size = len(payload)
        head = bytes((kind, 0x80 | size)) if size < 126 else bytes((kind, 0xFE)) + size.to_bytes(2, "big")
        self.transport.write(head + bytes(4) + payload)

    def leave(self) -> None:
        """Says goodbye."""
        self._write(CLOSE, b"\x03\xe8")
        self._end(1000, "")
        self.transport.close()

    def cut(self) -> None:
        """Breaks the connection without a word, as a phone in a tunnel does."""
        sock = self.transport.get_extra_info("socket")
        if sock is not None:
            with contextlib.suppress(OSError, ValueError):  # it may be closed already
                sock.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
        self._end(CUT, "cut by the client")
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("closed while opening"))
            self._over = True
        self._end(*(self._said or (CUT, "")))

    def _end(self, code: int, reason: str) -> None:
        if not self._over:
            self._over = True
            self.closed(code, reason)
