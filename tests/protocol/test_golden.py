"""The wire is what it was."""

from __future__ import annotations

import msgspec
import pytest

from protocol import codec
from protocol.message import REGISTRY, Command, Message, fields_hash
from tests.protocol.golden import FOLDER, differences

COMMANDS = sorted(path.name.removesuffix(".command.txt") for path in FOLDER.glob("*.command.txt"))


def test_every_message_has_the_bytes_it_had() -> None:
    """New ones: python -P -m tests.protocol.golden --write. Changed ones: clients that are out there break; think twice, then --change."""
    assert differences() == {}


def test_every_example_has_golden_bytes() -> None:
    assert len(list(FOLDER.glob("*.txt"))) == len(REGISTRY.examples) + len(REGISTRY.refusals)


@pytest.mark.parametrize("name", COMMANDS)
def test_golden_commands_are_still_understood(name: str) -> None:
    packed, text, hashed = (FOLDER / f"{name}.command.txt").read_text("utf-8").splitlines()
    by_bytes, by_text = codec.decode(bytes.fromhex(packed), text=False), codec.decode(text.encode(), text=True)
    assert by_bytes == by_text
    assert by_bytes.hash == by_text.hash == bytes.fromhex(hashed)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_both_encodings_say_the_same(path: object) -> None:
    packed, text, *_ = path.read_text("utf-8").splitlines()  # type: ignore[attr-defined]  # a Path
    assert msgspec.msgpack.decode(bytes.fromhex(packed)) == msgspec.json.decode(text)


@pytest.mark.parametrize("kind", REGISTRY.examples, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_an_example_survives_the_journey(kind: type[Message]) -> None:
    example = REGISTRY.examples[kind]
    assert msgspec.msgpack.decode(codec.encode_fields(example), type=kind) == example
    assert msgspec.json.decode(msgspec.json.encode(example), type=kind) == example


def test_no_two_examples_hash_alike() -> None:
    hashes = [fields_hash(each) for each in REGISTRY.examples.values() if isinstance(each, Command)]
    assert len(set(hashes)) == len(hashes)
