"""What one fault run saw, record by record: written while the load runs, read back by the checkers.

A history is a file of records in the order of their writing: four bytes of length (big-endian), then one msgpack array whose first
element is the record's tag. `t` is time.monotonic() of the one runner process. Writing costs a few microseconds, because
it stands in the load's hot path; nothing is decided here.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import msgspec

BUFFER = 256 * 1024  # bytes kept before they go to the file

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class Record(msgspec.Struct, frozen=True, tag=True, array_like=True, gc=False):
    """What was seen once. Every record says when: `t`, in seconds of the runner's monotonic clock."""


class Invoke(Record, frozen=True, tag=True, array_like=True, gc=False):
    """One send of one command. `op` is unique per send, `id` is the command's and may be sent often; `altered` says that these
    fields are not those the id was first sent with."""

    op: int
    t: float
    who: str
    conn: int
    gateway: str
    id: str
    name: str
    fields: dict[str, Any]
    altered: bool = False


class Done(Record, frozen=True, tag=True, array_like=True, gc=False):
    """One reply to one send: exactly one of `ok` and `error`. `raw` is the reply in canonical bytes, without `replayed`."""

    op: int
    t: float
    ok: dict[str, Any] | None
    error: dict[str, Any] | None
    replayed: bool
    pos: dict[str, int]
    raw: bytes


class Unknown(Record, frozen=True, tag=True, array_like=True, gc=False):
    """A send that has no reply: the connection was lost, time was up, or the reply was `unavailable` with outcome `unknown`."""

    op: int
    t: float
    why: str


class Began(Record, frozen=True, tag=True, array_like=True, gc=False):
    """A connection started. `streams` is the answer's {stream: {epoch, head, from?}}, `cursors` is {stream: {epoch, seq}} as sent."""

    t: float
    who: str
    conn: int
    gateway: str
    streams: dict[str, dict[str, Any]]
    cursors: dict[str, dict[str, Any]]
    session_id: str


class Heard(Record, frozen=True, tag=True, array_like=True, gc=False):
    """One durable event on one connection. `fields` is its map in canonical msgpack, `digest` the first 8 bytes of their SHA-256."""

    t: float
    who: str
    conn: int
    stream: str
    epoch: str
    seq: int
    at: int
    name: str
    digest: bytes
    fields: bytes

    @property
    def d(self) -> dict[str, Any]:
        """The event's fields."""
        return read_fields(self.fields)


class Reset(Record, frozen=True, tag=True, array_like=True, gc=False):
    """A stream of one connection goes on live from `head`, in `epoch`; what lies before was not sent."""

    t: float
    who: str
    conn: int
    stream: str
    epoch: str
    head: int
    reason: str


class Closed(Record, frozen=True, tag=True, array_like=True, gc=False):
    """A connection ended; 1006 when it broke without a word."""

    t: float
    who: str
    conn: int
    code: int
    reason: str


class Fault(Record, frozen=True, tag=True, array_like=True, gc=False):
    """A nemesis began or ended. `what` names the target (of N1 to N3 the gateway). The name `heal` (phase `end`) is the
    moment from which nothing is broken any more."""

    t: float
    name: str
    what: str
    phase: Literal["begin", "end"]


class Settled(Record, frozen=True, tag=True, array_like=True, gc=False):
    """The two later asks of session.command_status about an unknown command: its answers, {state, frame?}."""

    t: float
    who: str
    id: str
    first: dict[str, Any]
    second: dict[str, Any]


class Final(Record, frozen=True, tag=True, array_like=True, gc=False):
    """The last quiet read of one stream by one player, from their first cursor: rows of (seq, name, digest)."""

    t: float
    who: str
    conn: int
    stream: str
    epoch: str
    rows: list[tuple[int, str, bytes]]


class Resources(Record, frozen=True, tag=True, array_like=True, gc=False):
    """What one gateway process held at one moment."""

    t: float
    gateway: str
    fds: int
    tasks: int
    pool: int
    rss_kib: int


AnyRecord = Invoke | Done | Unknown | Began | Heard | Reset | Closed | Fault | Settled | Final | Resources
History = Sequence[AnyRecord]

_records = msgspec.msgpack.Decoder(AnyRecord)


def canonical(fields: object) -> bytes:
    """The one encoding of a decoded map, the same whether it came as msgpack or as JSON."""
    return _encode(fields)


def read_fields(payload: bytes) -> dict[str, Any]:
    """The map in an event's bytes."""
    found: dict[str, Any] = _decode(payload)
    return found


def digest(canonical_fields: bytes) -> bytes:
    """What stands for a payload in comparisons."""
    return sha256(canonical_fields).digest()[:8]


def heard(t: float, who: str, conn: int, epoch: str, frame: dict[str, Any]) -> Heard:
    """The record of one event frame as decoded from the wire."""
    body = _encode(frame["d"])
    return Heard(t, who, conn, frame["st"], epoch, frame["s"], frame["at"], frame["t"], digest(body), body)


def replied(t: float, op: int, frame: dict[str, Any]) -> Done | Unknown:
    """The record of one reply frame as decoded from the wire."""
    error = frame.get("error")
    if error is not None and error.get("outcome") == "unknown":
        return Unknown(op, t, "unavailable")
    raw = _encode({key: value for key, value in frame.items() if key != "replayed"})
    return Done(op, t, frame.get("ok"), error, frame.get("replayed", False), frame.get("pos", {}), raw)


class Writer:
    """Appends records to a file. Call it with a record; `close` it, or what is buffered is lost."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")
        self._buffer = bytearray()
        self.count = 0

    def __call__(self, record: AnyRecord) -> None:
        """Adds one record. Never waits, save for the file's own write every 256 KiB."""
        body = _encode(record)
        buffer = self._buffer
        buffer += len(body).to_bytes(4, "big")
        buffer += body
        self.count += 1
        if len(buffer) >= BUFFER:
            self.flush()

    def flush(self) -> None:
        """Hands what is buffered to the file."""
        self._file.write(self._buffer)
        self._file.flush()
        self._buffer.clear()

    def close(self) -> None:
        """Ends the history."""
        self.flush()
        self._file.close()


def records(data: bytes) -> Iterator[AnyRecord]:
    """The records in a file's bytes. A last one that was cut short (the runner was killed) is left out."""
    view, at, decode = memoryview(data), 0, _records.decode
    while at + 4 <= len(view):
        end = at + 4 + int.from_bytes(view[at : at + 4], "big")
        if end > len(view):
            return
        yield decode(view[at + 4 : end])
        at = end


def read(path: Path) -> list[AnyRecord]:
    """A whole history."""
    # Millions of small objects, none of them in a cycle: the collector would only walk over them again and again.
    was = gc.isenabled()
    gc.disable()
    try:
        return list(records(path.read_bytes()))
    finally:
        if was:
            gc.enable()


def write(path: Path, history: Iterable[AnyRecord]) -> None:
    """A whole history at once, as tests do."""
    writer = Writer(path)
    for each in history:
        writer(each)
    writer.close()
