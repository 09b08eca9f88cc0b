"""The short way in comes to the same as the long one, whatever the bytes."""

from __future__ import annotations

import random

import msgspec
import pytest

from protocol import codec, quick
from protocol.codec import MAX_TEXT, Incoming, Malformed, Rejected
from protocol.message import REGISTRY, name_of

encode = msgspec.msgpack.encode


def long_way(data: bytes, monkeypatch: pytest.MonkeyPatch) -> Incoming | None:
    """What the long way makes of a frame; None where it refuses."""
    with monkeypatch.context() as patch:
        patch.setattr(quick, "decode", lambda data, most: None)
        try:
            return codec.decode(data, text=False)
        except (Malformed, Rejected):
            return None


def pairs(items: list[tuple[str, bytes]]) -> bytes:
    """A msgpack map of these pairs, whether or not a key is there twice."""
    return bytes((0x80 + len(items),)) + b"".join(encode(key) + value for key, value in items)


def same(short: Incoming, long: Incoming | None) -> None:
    """Both came to the same command, and to the same hash of it."""
    assert long is not None
    assert (short.id, short.name, short.command, short.deadline_ms) == (long.id, long.name, long.command, long.deadline_ms)
    assert short.hash == long.hash


def test_every_example_goes_one_of_the_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    quickly = set()
    for spec in REGISTRY.commands.values():
        frame = encode({"t": spec.name, "id": "one", "d": msgspec.to_builtins(REGISTRY.examples[spec.type])})
        if quick.decode(frame, MAX_TEXT) is not None:
            quickly.add(spec.name)
        same(codec.decode(frame, text=False), long_way(frame, monkeypatch))
    assert "team.say" in quickly


def test_mutated_frames_never_part_the_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    dice, taken = random.Random(7), 0
    frames = [
        encode({"t": name_of(each), "id": "an-id", "d": msgspec.to_builtins(each)})
        for each in REGISTRY.examples.values()
        if type(each) in REGISTRY.names and name_of(each) in REGISTRY.commands
    ]
    for _ in range(8_000):
        data = bytearray(dice.choice(frames))
        for _ in range(dice.randint(0, 3)):
            at = dice.randrange(len(data))
            if dice.random() < 0.5:
                data[at] = dice.randrange(256)
            else:
                end = min(len(data), at + dice.randint(1, 24))
                where = dice.randrange(len(data) + 1)
                data[where:where] = data[at:end]
        if quick.decode(bytes(data), MAX_TEXT) is not None:
            taken += 1
            same(codec.decode(bytes(data), text=False), long_way(bytes(data), monkeypatch))
    assert taken > 500


def test_a_key_that_is_there_twice_never_goes_the_short_way() -> None:
    dice = random.Random(11)
    for _ in range(4_000):
        fields = [("text", encode(dice.choice("ab"))) for _ in range(dice.randint(0, 3))]
        fields += [("reply_to", encode(None)) for _ in range(dice.randint(0, 2))]
        dice.shuffle(fields)
        frame = [("t", encode("team.say")) for _ in range(dice.randint(1, 2))] + [("id", encode("x")) for _ in range(dice.randint(1, 2))]
        frame += [("d", pairs(fields)) for _ in range(dice.randint(0, 2))] + [
            ("deadline_ms", encode(700)) for _ in range(dice.randint(0, 2))
        ]
        dice.shuffle(frame)
        twice = any(len({key for key, _ in some}) != len(some) for some in (fields, frame))
        if twice:
            assert quick.decode(pairs(frame), MAX_TEXT) is None


@pytest.mark.parametrize("text", ["a\nb", "e\u0301", "a\u202eb", "\ud7ff\u0000", "x" * 13_000])
def test_texts_that_need_a_second_look_get_one(text: str) -> None:
    assert quick.decode(encode({"t": "team.say", "id": "x", "d": {"text": text}}), MAX_TEXT) is None
