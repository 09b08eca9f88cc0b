"""Frames in and out, for both subprotocols, with every guard against hostile bytes.

In: msgpack's unpacker (or the json module) under explicit limits, duplicate keys refused through the pairs hook, then msgspec
turns `d` into the one struct that `t` names; never a Union, which msgspec would analyse anew on every call. Out: answers,
refusals and events are encoded once as msgpack; a JSON client's text is made from those same bytes.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from typing import Any

import msgpack
import msgspec

from protocol import quick
from protocol.message import (
    REGISTRY,
    Answer,
    Command,
    Message,
    Refusal,
    fields_hash,
    name_of,
)
from protocol.refusals import BadRequest, UnknownCommand

MSGPACK = "callisto.v1.msgpack"
JSON = "callisto.v1.json"
SUBPROTOCOLS = (MSGPACK, JSON)

MAX_FRAME = 16_384  # bytes; wire.md 2
MAX_DEPTH = 16  # guarantees.md 4.2
MAX_ITEMS = 1_000  # guarantees.md 4.2
MAX_TEXT = 12_288  # bytes; 4,000 characters of any script (message.send), above the 8 KiB of guarantees.md 4.2
DEADLINE_MS = 5_000  # wire.md 2
DEADLINE_MS_MIN, DEADLINE_MS_MAX = 100, 15_000  # wire.md 7

# C0 except newline, DEL, C1, lone surrogates, bidi overrides, embeddings and isolates (wire.md 7, Text).
FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_FRAME_KEYS = frozenset(("t", "id", "d", "deadline_ms"))
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1


class Malformed(Exception):
    """The bytes are no frame: a strike against the connection. The text says what is wrong, never what was sent."""


class Incoming(msgspec.Struct, frozen=True, eq=False):
    """One command as it arrived. `fields` is its canonical encoding, where it is known already."""

    id: str
    name: str
    command: Command[Answer]
    deadline_ms: int
    fields: bytes | None = None

    @property
    def hash(self) -> bytes:
        """What the command's id stands for, from now on: its name and its fields."""
        return fields_hash(self.command, self.fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Incoming) and (self.id, self.name, self.command, self.deadline_ms) == (
            other.id,
            other.name,
            other.command,
            other.deadline_ms,
        )

    def __hash__(self) -> int:
        return hash((self.id, self.name))


class Rejected(Exception):
    """The frame is well-formed and has an id, but its contents are refused."""

    def __init__(self, id: str, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.id = id
        self.refusal = refusal


def decode(data: bytes | memoryview, *, text: bool) -> Incoming:
    """The command in one frame. Raises Malformed (a strike) or Rejected (a refusal to answer with)."""
    if not text and (found := quick.decode(data, MAX_TEXT)) is not None:
        deadline = found[3]
        clamped = DEADLINE_MS if deadline is None else min(max(deadline, DEADLINE_MS_MIN), DEADLINE_MS_MAX)
        return Incoming(found[0], found[1], found[2], clamped, found[4])
    frame = _json(data) if text else _msgpack(data)
    if type(frame) is not dict:
        raise Malformed("a frame is one map")
    if not _FRAME_KEYS.issuperset(frame):
        raise Malformed("unknown frame key")
    name, id, deadline = frame.get("t"), frame.get("id"), frame.get("deadline_ms", DEADLINE_MS)
    if type(name) is not str or not 1 <= len(name) <= 64:
        raise Malformed("t is a name")
    if type(id) is not str or not 1 <= len(id) <= 64 or FORBIDDEN.search(id) or "\n" in id or not unicodedata.is_normalized("NFC", id):
        # Two ids that read alike must not be two: what asks about one would ask about the other.
        raise Malformed("id is 1-64 characters in NFC, none of them a control")
    if type(deadline) is not int:
        raise Malformed("deadline_ms is a whole number")
    fields = frame.get("d")
    if fields is None and "d" not in frame:
        fields = {}
    if type(fields) in (dict, list):
        _measure(fields)
    spec = REGISTRY.commands.get(name)
    if spec is None:
        raise Rejected(id, UnknownCommand())
    try:
        command = msgspec.convert(_clean(fields, ""), spec.type)
    except msgspec.ValidationError as error:
        raise Rejected(id, _bad(str(error))) from None
    except (BadRequest, RecursionError) as error:
        raise Rejected(id, error if isinstance(error, BadRequest) else BadRequest()) from None
    return Incoming(id, name, command, min(max(deadline, DEADLINE_MS_MIN), DEADLINE_MS_MAX))


def convert(fields: object, type_: type[Any]) -> Any:
    """`fields` (already parsed, of an HTTP body) as a struct, under the same rules as a frame. Raises BadRequest."""
    try:
        return msgspec.convert(_clean(fields, ""), type_)
    except msgspec.ValidationError as error:
        raise _bad(str(error)) from None


def parse_json(data: bytes) -> object:
    """The value in `data`, with duplicate keys, NaN and lone surrogates refused. Raises BadRequest."""
    try:
        value = _json(data)
        _measure(value)
    except Malformed as error:
        raise BadRequest(str(error)) from None
    return value


def _msgpack(data: bytes | memoryview) -> object:
    try:
        return msgpack.unpackb(
            data,
            raw=False,
            # What is inside `d` is refused under the command's id, so it must be readable first.
            strict_map_key=False,
            object_pairs_hook=_pairs,
            max_str_len=MAX_FRAME,
            max_bin_len=MAX_FRAME,
            max_array_len=MAX_ITEMS,
            max_map_len=MAX_ITEMS,
            max_ext_len=0,
        )
    except (msgpack.exceptions.UnpackException, ValueError, UnicodeDecodeError, RecursionError, TypeError, OverflowError):
        # No text of the library's: it quotes what was sent.
        raise Malformed("not one msgpack map within the limits") from None


def _json(data: bytes | memoryview) -> object:
    try:
        return json.loads(bytes(data).decode("utf-8"), object_pairs_hook=_pairs, parse_int=_whole)
    except (ValueError, RecursionError):
        raise Malformed("not one JSON object within the limits") from None


def _whole(digits: str) -> int:
    """The number; one of absurd length becomes one that is merely out of range, and is refused as such."""
    return int(digits) if len(digits) <= 40 else _INT_MAX + 1


def _pairs(pairs: list[tuple[object, object]]) -> dict[object, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _measure(value: object) -> None:
    """Raises Malformed for more depth or items than a frame may have."""
    items = 0
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for each in level:
            if type(each) is dict:
                items += len(each)
                below += [v for v in each.values() if type(v) in (dict, list)]
            elif type(each) is list:
                items += len(each)
                below += [v for v in each if type(v) in (dict, list)]
        if items > MAX_ITEMS:
            raise Malformed("too many items")
        if not below:
            return
        level = below
    raise Malformed("too deep")


def _clean(value: Any, path: str) -> Any:
    """`value` with its texts in NFC. Raises BadRequest for what no field may hold."""
    kind = type(value)
    if kind is str:
        if FORBIDDEN.search(value):
            raise _field(path, "text", "Control, surrogate and direction characters may not be sent.")
        if not value.isascii():
            value = unicodedata.normalize("NFC", value)
        if len(value) > MAX_TEXT or len(value.encode()) > MAX_TEXT:
            raise _field(path, "length", "The text is too long.")
        return value
    if kind is bytes:
        raise _field(path, "type", "Bytes are no value of any field.")
    if kind is dict:
        if not all(type(key) is str for key in value):
            raise _field(path, "type", "Keys are text.")
        found = {_clean(key, path): _clean(each, f"{path}.{key}" if path else key) for key, each in value.items()}
        if len(found) != len(value):
            raise _field(path, "duplicate", "Two keys are the same text.")
        return found
    if kind is int:
        if not _INT_MIN <= value <= _INT_MAX:
            raise _field(path, "range", "The number does not fit into 64 bits.")
        return value
    if kind is float:
        if not math.isfinite(value):
            raise _field(path, "range", "The number is not finite.")
        return value
    if kind is list:
        return [_clean(each, f"{path}[{index}]") for index, each in enumerate(value)]
    return value


def _field(path: str, code: str, message: str) -> BadRequest:
    return BadRequest(fields=[{"path": _printable(path), "code": code, "message": message}])


def _printable(path: str) -> str:
    return FORBIDDEN.sub("?", path)[:120]


_AT = re.compile(r" - at `(?P<path>[^`]*)`$")
_CODES = (("unknown field", "unknown"), ("missing required", "missing"), ("length", "length"), ("matching regex", "pattern"))


def _bad(text: str) -> BadRequest:
    found = _AT.search(text)
    path = found["path"].removeprefix("$").removeprefix(".") if found else ""
    message = text[: found.start()] if found else text
    low = message.lower()
    code = next((code for word, code in _CODES if word in low), "range" if "`int` " in low or "`float` " in low else "type")
    if code in ("unknown", "missing") and "`" in message:
        path = ".".join(filter(None, (path, message.split("`")[1])))
    return BadRequest(fields=[{"path": _printable(path), "code": code, "message": _printable(message)}])


# Frames out.

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


def encode_fields(message: Message) -> bytes:
    """The msgpack map of a message's fields: what is stored of an event, and what goes under `d` or `ok`."""
    return _encode(message)


def answer(ok: Answer | bytes, positions: dict[str, int] | None = None) -> bytes:
    """The outcome `{ok, pos?}` of a command that succeeded, without `re`: this is what a receipt keeps."""
    body = ok if isinstance(ok, bytes) else _encode(ok)
    if positions:
        return b"\x82\xa2ok" + body + b"\xa3pos" + _encode(positions)
    return b"\x81\xa2ok" + body


def refused(refusal: Refusal, trace_id: str) -> bytes:
    """The outcome `{error}` of a command that was refused, without `re`."""
    return b"\x81\xa5error" + _encode(refusal.body(trace_id))


def reply(id: str | None, outcome: bytes, *, replayed: bool = False) -> bytes:
    """The frame that answers `id` with an outcome. A stored `ok` also says `replayed`."""
    count = outcome[0] & 0x0F
    if replayed and outcome.startswith(b"\xa2ok", 1):
        return bytes((0x82 + count,)) + b"\xa2re" + _encode(id) + outcome[1:] + b"\xa8replayed\xc3"
    return bytes((0x81 + count,)) + b"\xa2re" + _encode(id) + outcome[1:]


def tell(name: str, stream: str, seq: int, at: int, fields: bytes) -> bytes:
    """The frame of one event; `fields` is its stored map."""
    return (
        b"\x85\xa1t" + _encode(name) + b"\xa2st" + _encode(stream) + b"\xa1s" + _encode(seq) + b"\xa2at" + _encode(at) + b"\xa1d" + fields
    )


def signal(message: Message, at: int) -> bytes:
    """The frame of one signal."""
    return signal_of(name_of(message), at, _encode(message))


def signal_of(name: str, at: int, fields: bytes) -> bytes:
    """The frame of one signal whose fields are encoded already."""
    return b"\x83\xa1t" + _encode(name) + b"\xa2at" + _encode(at) + b"\xa1d" + fields


def as_text(frame: bytes) -> bytes:
    """The same frame for a JSON client, as UTF-8."""
    return msgspec.json.encode(_decode(frame))


def as_map(frame: bytes) -> dict[str, Any]:
    """The map in one of our own frames or outcomes."""
    decoded: dict[str, Any] = _decode(frame)
    return decoded
