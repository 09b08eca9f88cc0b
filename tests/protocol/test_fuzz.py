"""Hostile bytes: only Malformed or Rejected come out, soon, and without taking much memory.

CALLISTO_FUZZ is how many inputs are tried (20,000 unless told; 200,000 in the long run). The seed is fixed: a failure says
which input it was, and tests do not change by themselves.
"""

from __future__ import annotations

import json
import os
import random
import time
import tracemalloc
from collections.abc import Callable

import msgpack
import msgspec
import pytest

import protocol.describe  # noqa: F401  # declares every noun
from protocol import codec
from protocol.codec import Incoming, Malformed, Rejected
from protocol.describe.schemas import frame_of
from protocol.message import REGISTRY, Command

HOW_MANY = int(os.environ.get("CALLISTO_FUZZ", "20000"))
LONGEST_S = 0.020  # of CPU, for one input
# Bytes, at the peak of one input. msgpack makes room for an array as soon as its size is read: 1,000 places, 1,024 levels.
LARGEST = 10 * 1024 * 1024
FRAMES = [frame_of(each) for each in REGISTRY.examples.values() if isinstance(each, Command)]
PACKED = [msgspec.msgpack.encode(each) for each in FRAMES]
SPELLED = [json.dumps(each).encode() for each in FRAMES]

# Bytes that mean something: sizes, depths and kinds that a decoder must not believe.
MSGPACK_BITS = (
    *(bytes((kind,)) + size for kind in b"\xdd\xdf\xdb\xc6\xc9" for size in (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x00")),
    *(bytes((kind,)) + size for kind in b"\xdc\xde\xda\xc5\xc8" for size in (b"\xff\xff", b"\x03\xe9", b"\x00\x00")),
    b"\xc1", b"\xc0", b"\xc2", b"\xc3", b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00",
    b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", b"\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00", b"\xcb\x80\x00\x00\x00\x00\x00\x00\x00",
    b"\xd4\x05\x00", b"\xd6\xff\x00\x00\x00\x00", b"\xc7\x0c\xff" + b"\x00" * 12, b"\x91" * 40, b"\x81\xa1a" * 40, b"\xa2\xff\xfe",
    b"\xa3\xed\xa0\x80", b"\xa1\x00", b"\xa3\xe2\x80\xae", b"\x82\xa1t\xa1a\xa1t\xa1b", b"\x80", b"\x90", b"\xa0",
)  # fmt: skip
JSON_BITS = (
    b"NaN", b"-Infinity", b"1e999", b"-0", b"-0.0", b"1E400", b"9" * 25, b"9" * 5000, b"[" * 40, b'{"a":' * 40, b"null", b"true", b"\xff",
    b"\xed\xa0\x80", rb"\ud800", rb"\u0000", rb"\u202e", b'"t":"a",', b'"id":"x",', b"{}", b"[]", b'""', b"\x00", b"\xef\xbb\xbf", b"//",
    b"'", b",", b":", b'"', b"\\", b"}", b"]", b"0x10", b"01", b".5", b"+1", b"1_000",
)  # fmt: skip

WHOLE = {
    "an array of 2^32-1": b"\xdd\xff\xff\xff\xff",
    "a map of 2^32-1": b"\xdf\xff\xff\xff\xff",
    "a text of 2^32-1": b"\xdb\xff\xff\xff\xff",
    "bytes of 2^32-1": b"\xc6\xff\xff\xff\xff",
    "an extension of 2^32-1": b"\xc9\xff\xff\xff\xff\x01",
    "arrays 16,000 deep": b"\x91" * 16_000,
    "arrays 100,000 deep": b"\x91" * 100_000,
    "maps 100,000 deep": b"\x81\xa1a" * 100_000,
    "fields 16,000 deep": b"\x83\xa1t\xaateam.leave\xa2id\xa11\xa1d" + b"\x91" * 16_000,
    "nested large arrays": b"\xdc\x03\xe8" * 5_000,
    "a frame and another": PACKED[0] * 2,
    "a key that is a list": b"\x81\x91\x01\x01",
    "a key that is a number": b"\x81\x01\x01",
    "a key that is bytes": b"\x81\xc4\x00\x01",
    "a timestamp": msgpack.packb({"t": "team.say", "id": "1", "d": {"text": msgpack.Timestamp(0)}}),
    "nothing": b"",
}
WHOLE_TEXT = {
    "lists 100,000 deep": b"[" * 100_000,
    "maps 100,000 deep": b'{"a":' * 100_000,
    "a number of 16,000 digits": b'{"t":"team.directory","id":"1","d":{"limit":' + b"9" * 16_000 + b"}}",
    "a number with a huge exponent": b'{"t":"team.directory","id":"1","d":{"limit":1e999999999}}',
    "5,000 empty maps": b'{"t":"team.leave","id":"1","d":[' + b"{}," * 5_000 + b"{}]}",
    "UTF-16": '{"t":"team.leave","id":"1"}'.encode("utf-16"),
    "a byte order mark": '\ufeff{"t":"team.leave","id":"1"}'.encode(),
    "two objects": b'{"t":"team.leave","id":"1"}{"t":"team.leave","id":"1"}',
    "nothing": b"",
}


def tried(data: bytes, *, text: bool) -> tuple[Incoming | None, float]:
    """What came of it, and the CPU seconds it took. Only the two expected exceptions do not come through."""
    began = time.process_time()
    try:
        return codec.decode(data, text=text), time.process_time() - began
    except (Malformed, Rejected):
        return None, time.process_time() - began


def check_bounded(data: bytes, *, text: bool) -> Incoming | None:
    """Tries it, within the bounds. A slow one may be the machine's fault: it is slow when it is slow three times."""
    assert min(tried(data, text=text)[1] for _ in range(3)) < LONGEST_S, data[:200]
    tracemalloc.start()
    found, _ = tried(data, text=text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < LARGEST, f"{peak} bytes for {data[:200]!r}"
    return found


@pytest.mark.parametrize("data", WHOLE.values(), ids=list(WHOLE))
def test_hostile_msgpack_is_refused_at_once(data: bytes) -> None:
    assert check_bounded(data, text=False) is None


@pytest.mark.parametrize("data", WHOLE_TEXT.values(), ids=list(WHOLE_TEXT))
def test_hostile_json_is_refused_at_once(data: bytes) -> None:
    assert check_bounded(data, text=True) is None


def _mutated(dice: random.Random, data: bytes, bits: tuple[bytes, ...]) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(changed) + 1)
        match dice.randrange(6):
            case 0:
                changed[at : at + 1] = dice.randbytes(1)
            case 1:
                changed[at:at] = dice.choice(bits)
            case 2:
                del changed[at : at + dice.randint(1, 4)]
            case 3:
                bit = dice.choice(bits)
                changed[at : at + len(bit)] = bit
            case 4:
                # A slice again: duplicate keys, trailing bytes.
                changed[at:at] = changed[(start := dice.randrange(len(changed) + 1)) : start + dice.randint(1, 40)]
            case _:
                del changed[at:]
    return bytes(changed[: codec.MAX_FRAME])


ODD: tuple[object, ...] = (
    None, True, 0, -1, 1, 50, 101, 2**31, 2**53, 2**63 - 1, 2**63, 2**64 - 1, -(2**63), 0.0, -0.0, 1.5, 1e308, float("nan"), float("inf"),
    "", "a", "\0", "\n", "\t", "\u202e", "\u2066", "\u200b", "e\u0301", "\u212a", "ＡＢ", "🚀" * 500, "x" * 2001, "x" * 8193, "OPEN", "leader",
    "01920000-0000-7000-8000-000000000001", "01920000000070008000000000000001", "team.say", [], [[]], [0] * 400, {}, {"a": {}}, {"": 0}, {"t": "t"},
)  # fmt: skip


def _odd(dice: random.Random, value: object) -> object:
    """A frame with one thing in it that is not what it was: a value, a key too many, a key too few."""
    if isinstance(value, dict) and value and dice.random() < 0.85:
        key = dice.choice(list(value))
        rest = {each: value[each] for each in value if each != key}
        match dice.randrange(8):
            case 0:
                return rest
            case 1:
                return {**value, dice.choice(("x", "text", "e\u0301", "\u202e", "deadline_ms", "limit", "reply_to")): dice.choice(ODD)}
            case 2:
                return dict(sorted(value.items(), key=lambda _: dice.random()))
            case _:
                return {**rest, key: _odd(dice, value[key])}
    if dice.random() < 0.1:
        for _ in range(dice.randint(1, 20)):
            value = [value]
        return value
    return dice.choice(ODD)


def _random(dice: random.Random, whole: list[bytes], bits: tuple[bytes, ...]) -> bytes:
    if dice.random() < 0.5:
        frame = _odd(dice, dice.choice(FRAMES))
        return msgpack.packb(frame) if whole is PACKED else json.dumps(frame, ensure_ascii=dice.random() < 0.5).encode()
    if dice.random() < 0.1:
        return dice.randbytes(dice.randint(0, 64))
    if dice.random() < 0.1:
        return b"".join(dice.choices(bits, k=dice.randint(1, 12)))
    return _mutated(dice, dice.choice(whole), bits)


def _only_what_may_come(make: Callable[[random.Random], bytes], *, text: bool) -> None:
    dice = random.Random(8102)
    for number in range(HOW_MANY // 2):
        data = make(dice)
        try:
            incoming, took_s = tried(data, text=text)
        except BaseException as error:
            raise AssertionError(f"input {number}, {data.hex()}: {error!r}") from error
        if took_s > LONGEST_S:
            check_bounded(data, text=text)
        if incoming is not None:
            # What is taken means the same when it is sent again, plainly.
            frame = {"t": incoming.name, "id": incoming.id, "d": msgspec.to_builtins(incoming.command), "deadline_ms": incoming.deadline_ms}
            again = codec.decode(msgspec.msgpack.encode(frame), text=False)
            assert again == incoming, f"input {number}, {data.hex()}"
            assert again.hash == incoming.hash, f"input {number}, {data.hex()}"


def test_any_msgpack_is_a_command_a_refusal_or_malformed() -> None:
    _only_what_may_come(lambda dice: _random(dice, PACKED, MSGPACK_BITS), text=False)


def test_any_json_is_a_command_a_refusal_or_malformed() -> None:
    _only_what_may_come(lambda dice: _random(dice, SPELLED, JSON_BITS), text=True)


def test_what_is_said_of_bad_bytes_never_quotes_control_characters() -> None:
    dice = random.Random(2801)
    for _ in range(HOW_MANY // 10):
        text = dice.random() < 0.5
        data = _random(dice, SPELLED if text else PACKED, JSON_BITS if text else MSGPACK_BITS)
        said = ""
        try:
            codec.decode(data, text=text)
        except Malformed as no:
            said = str(no)
        except Rejected as no:
            said = json.dumps(no.refusal.body("0"), ensure_ascii=False)
        assert not codec.FORBIDDEN.search(said), data.hex()
        assert len(said) < 1_000, data.hex()
