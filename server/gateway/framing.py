"""What a session and a socket agree on, and the frames a server sends. No I/O and no state here."""

import math
from collections.abc import Iterator
from typing import Protocol

try:
    from websockets.speedups import apply_mask as unmask
except ImportError:  # pragma: no cover
    from websockets.utils import apply_mask as unmask

__all__ = ["BINARY", "MASKED", "TEXT", "Sink", "Wire", "extent", "frame_binary", "frame_text", "payloads", "unmask"]

TEXT = 0x81  # first byte of a whole, final text frame without reserved bits
BINARY = 0x82
CLOSE = 8
OPCODES = frozenset((0, 1, 2, CLOSE, 9, 10))
PONG = 0x8A  # first byte of one, final and without reserved bits
PING_SIZE = 8  # bytes of what our pings carry
PING_HEAD = bytes((0x89, PING_SIZE))
PONG_HEAD = bytes((PONG, 0x80 | PING_SIZE))  # of a client's
MAX_REASON = 123  # bytes; RFC 6455 section 5.5
# What uvicorn's sans-I/O protocol keeps of a connection. Beyond thirty attributes a dictionary is each object's own, twice as large and
# slow to search; these get fixed places.
STOCK_ATTRIBUTES = (
    "config", "app", "loop", "logger", "root_path", "asgi_version", "app_state", "connections", "tasks", "default_headers",
    "transport", "server", "client", "scheme", "queue", "handshake_initiated", "handshake_complete", "close_sent", "disconnected",
    "close_timer", "close_timeout", "initial_response", "conn", "read_paused", "writable", "ping_interval", "ping_timeout",
    "ping_timer", "pong_timer", "pending_ping_payload", "ping_sent_at", "last_ping_rtt", "frames", "curr_msg_data_type", "request",
    "response", "scope",
)  # fmt: skip
MASKED = 0x80  # of the second byte: everything a client sends is masked


class Wire(Protocol):
    """What a session holds: a way to write ready-made frames, and to stop, close or drop the connection."""

    text: bool  # JSON in text frames; otherwise msgpack in binary frames
    peer: str  # the client's address, "" when unknown

    def write(self, data: bytes) -> None:
        """Send frames made by `frame_binary` or `frame_text`, as many as were joined. Ignored after a close."""

    def buffered(self) -> int:
        """Bytes the process still holds for this client."""

    def pause(self) -> None:
        """Hear nothing more until `resume`, not even what was read already."""

    def resume(self) -> None:
        """Go on where `pause` stopped, in a later loop turn."""

    def close(self, code: int, reason: str) -> None:
        """Say goodbye; nothing is written or heard afterwards. The TCP connection is gone within 10 s."""

    def abort(self) -> None:
        """Drop the connection without a word."""


class Sink(Protocol):
    """What a socket calls. An exception is logged and closes the connection with 1011."""

    def receive(self, data: bytes) -> None:
        """One whole message, in order, in the loop turn it arrived in."""

    def writable(self, yes: bool) -> None:
        """False: more than the high-water mark is waiting for the client. True: it has drained."""

    def lost(self, code: int) -> None:
        """The connection is gone. Exactly once, and the last call. 1006 when nobody said goodbye."""


def frame_binary(payload: bytes) -> bytes:
    """One final, unmasked binary frame."""
    return _frame(BINARY, payload)


def frame_text(payload: bytes) -> bytes:
    """One final, unmasked text frame. `payload` is UTF-8."""
    return _frame(TEXT, payload)


def _frame(first: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:
        return bytes((first, length)) + payload
    if length < 65536:
        return bytes((first, 126, length >> 8, length & 0xFF)) + payload
    return bytes((first, 127)) + length.to_bytes(8, "big") + payload


def in_step(now: float, interval_s: float) -> float:
    """When the next ping is due: one interval from now, or up to a fortieth of it sooner, at a moment that all sockets share."""
    step = interval_s / 40
    return math.floor((now + interval_s) / step + 1e-6) * step


def extent(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the header at `at` ends (the mask not counted) and the length it declares; None while it is incomplete."""
    if len(data) - at < 2:
        return None
    length = data[at + 1] & 0x7F
    if length < 126:
        return at + 2, length
    end = at + (4 if length == 126 else 10)
    if len(data) < end:
        return None
    return end, int.from_bytes(data[at + 2 : end], "big")


def payloads(frames: bytes) -> Iterator[tuple[bool, bytes]]:
    """Undo `frame_text` and `frame_binary` for servers that frame by themselves: (is text, payload), in order."""
    at = 0
    while (found := extent(frames, at)) is not None:
        start, length = found
        yield frames[at] == TEXT, frames[start : start + length]
        at = start + length
