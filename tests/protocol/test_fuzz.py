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

from protocol import codec
from protocol.codec import Incoming, Malformed, Rejected
from tests.protocol.hostile import PACKED, hostile

HOW_MANY = int(os.environ.get("CALLISTO_FUZZ", "20000"))
LONGEST_S = 0.020  # of CPU, for one input
# Bytes, at the peak of one input. msgpack makes room for an array as soon as its size is read: 1,000 places, 1,024 levels.
LARGEST = 10 * 1024 * 1024
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
    _only_what_may_come(lambda dice: hostile(dice, text=False), text=False)


def test_any_json_is_a_command_a_refusal_or_malformed() -> None:
    _only_what_may_come(lambda dice: hostile(dice, text=True), text=True)


def test_what_is_said_of_bad_bytes_never_quotes_control_characters() -> None:
    dice = random.Random(2801)
    for _ in range(HOW_MANY // 10):
        text = dice.random() < 0.5
        data = hostile(dice, text=text)
        said = ""
        try:
            codec.decode(data, text=text)
        except Malformed as no:
            said = str(no)
        except Rejected as no:
            said = json.dumps(no.refusal.body("0"), ensure_ascii=False)
        assert not codec.FORBIDDEN.search(said), data.hex()
        assert len(said) < 1_000, data.hex()
