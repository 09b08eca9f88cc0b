"""Hostile frames for every test and load that wants some: good ones with something wrong in them, and noise. The same dice, the same frames."""

from __future__ import annotations

import json
import random

import msgpack
import msgspec

import protocol.describe  # noqa: F401  # declares every noun
from protocol import codec
from protocol.describe.schemas import frame_of
from protocol.message import REGISTRY, Command

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


def hostile(dice: random.Random, *, text: bool) -> bytes:
    """One frame: mutated bytes, or a frame with one thing in it that is not what it was. Some of them are still good."""
    whole, bits = (SPELLED, JSON_BITS) if text else (PACKED, MSGPACK_BITS)
    if dice.random() < 0.5:
        frame = _odd(dice, dice.choice(FRAMES))
        return msgpack.packb(frame) if whole is PACKED else json.dumps(frame, ensure_ascii=dice.random() < 0.5).encode()
    if dice.random() < 0.1:
        return dice.randbytes(dice.randint(0, 64))
    if dice.random() < 0.1:
        return b"".join(dice.choices(bits, k=dice.randint(1, 12)))
    return _mutated(dice, dice.choice(whole), bits)
