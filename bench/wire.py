"""What every load needs of the wire: opening a socket, starting a session, finding frames in bytes, numbers for the report.

A frame is looked at, not decoded: names, ids and numbers stand at known places. Frames are masked with zeros, which spares
the load the work and the server none of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
from array import array
from base64 import b64encode
from typing import Any, cast

import msgpack

BINARY, PING, PONG, CLOSE = 0x82, 0x89, 0x8A, 0x88
EVENT, LONGEST_REPLY = 0x85, 0x84  # first byte of an event's map; a reply's map has two to four keys
RE = b"\xa2re\xd9\x24"  # what a reply's map begins with when the id has 36 bytes; the id follows
ID = 36
STAMP = 19  # digits of a time in nanoseconds
AT_ONCE = 32  # sockets being opened at the same time
START_S = 60.0  # for all of them
SPARE_FILES = 64
PLAYERS, SERVICES = "/v1/ws", "/v1/service/ws"


class Opening(asyncio.Protocol):
    """One socket from its handshake to the answer of session.start; then `frames` gets what comes."""

    def __init__(self, token: str, path: str = PLAYERS) -> None:
        self.token = token
        self.path = path
        self.cursors: dict[str, dict[str, Any]] = {}
        self.tail = b""
        self.greeted = False
        self.live = False
        self.retries = 0
        self.heads: dict[str, dict[str, Any]] = {}
        self.started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport = cast(asyncio.Transport, None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        key = b64encode(os.urandom(16)).decode()
        self.transport.write(
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: callisto.v1.msgpack\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if self.tail:
            data, self.tail = self.tail + data, b""
        if self.live:
            self.frames(data)
        else:
            self._opening(data)

    def frames(self, data: bytes) -> None:
        """Bytes of a started session; an incomplete frame at the end goes to `tail`."""
        raise NotImplementedError

    def begun(self) -> None:
        """The session has started: `heads` says where its streams are."""

    def _opening(self, data: bytes) -> None:
        if not self.greeted:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self.tail = head
                return
            if b" 101 " not in head.partition(b"\r\n")[0]:
                self.fail(head.decode(errors="replace"))
                return
            self.greeted = True
            self._start()
        at = 0
        while not self.live and (found := extent(data, at)) is not None:
            start, end_at = found
            if data[at] == BINARY:
                self._hear(msgpack.unpackb(data[start:end_at]))
            elif data[at] == CLOSE:
                self.fail(f"closed: {data[start:end_at]!r}")
            at = end_at
        self.tail = data[at:]
        if self.live and self.tail:
            data, self.tail = self.tail, b""
            self.frames(data)

    def _hear(self, frame: dict[str, Any]) -> None:
        if frame.get("re") != "start":
            return
        if "ok" in frame:
            self.heads = frame["ok"]["streams"]
            self.live = True
            self.begun()
            if not self.started.done():
                self.started.set_result(None)
        elif frame["error"].get("retryable"):
            # Too many at once for a busy machine: what any client does.
            self.retries += 1
            asyncio.get_running_loop().call_later(frame["error"].get("retry_after_ms", 500) / 1000, self._start)
        else:
            self.fail(str(frame))

    def _start(self) -> None:
        if not self.transport.is_closing():
            fields = {"token": self.token, **({"cursors": self.cursors} if self.cursors else {})}
            self.transport.write(framed(msgpack.packb({"t": "session.start", "id": "start", "d": fields})))

    def fail(self, why: str) -> None:
        """Nothing will start here."""
        if not self.started.done():
            self.started.set_exception(ConnectionError(why))

    def pong(self, payload: bytes) -> None:
        """Answers a ping."""
        self.transport.write(frame_head(PONG, len(payload)) + payload)

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail("the connection was closed")


def frame_head(kind: int, size: int) -> bytes:
    """A client's frame header with a mask of zeros, for at most 65,535 bytes."""
    return bytes((kind, 0x80 | size)) + bytes(4) if size < 126 else bytes((kind, 0xFE, size >> 8, size & 0xFF)) + bytes(4)


def framed(payload: bytes) -> bytes:
    """One binary frame of a client."""
    return frame_head(BINARY, len(payload)) + payload


def extent(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the payload of a server's frame starts and ends; None while it is incomplete."""
    if len(data) - at < 2:
        return None
    length, start = data[at + 1], at + 2
    if length == 126:
        if len(data) - at < 4:
            return None
        length, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
    elif length == 127:
        if len(data) - at < 10:
            return None
        length, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
    return (start, start + length) if start + length <= len(data) else None


def place(data: bytes, start: int) -> tuple[bytes, int]:
    """Stream and number of an event whose map begins at `start`: {t, st, s, ...} in this order."""
    size = data[start + 3]  # of the name, behind the map's head and the key
    at = start + 5 + data[start + 4] if size == 0xD9 else start + 4 + (size & 0x1F)
    at += 3  # "st"
    size = data[at]
    at, end = (at + 2, at + 2 + data[at + 1]) if size == 0xD9 else (at + 1, at + 1 + (size & 0x1F))
    stream, at = data[at:end], end + 2  # "s"
    seq = data[at]
    return stream, seq if seq < 0x80 else int.from_bytes(data[at + 1 : at + 1 + (1 << (seq - 0xCC))], "big")


def allow_files(wanted: int) -> int:
    """Raises this process's limit of open files and gives it. Raises OSError when it may not have so many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise OSError(f"{wanted} open files are needed, {hard} are allowed: see ulimit -Hn")
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)


def percentiles(some: array[int]) -> dict[str, float]:
    """p50 and p99 in milliseconds."""
    ordered = sorted(some)
    if not ordered:
        return {"p50": 0.0, "p99": 0.0}
    return {
        name: round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] / 1e6, 3) for name, share in (("p50", 0.5), ("p99", 0.99))
    }


def tell(event: str, **what: object) -> None:
    """One line to whoever started this."""
    sys.stdout.write(json.dumps({"event": event, **what}) + "\n")
    sys.stdout.flush()
