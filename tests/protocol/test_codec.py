"""Frames in and out, at the edges of what they may hold: the same rules over both encodings, and nothing changed on the way."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import msgpack
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import protocol.describe  # noqa: F401  # declares every noun
from protocol import codec
from protocol.codec import Malformed, Rejected
from protocol.message import REGISTRY, Command
from protocol.refusals import BadRequest, UnknownCommand
from protocol.team import Say

LEAVE = "team.leave"
SAY = "team.say"
BOTH = pytest.mark.parametrize("text", [False, True], ids=["msgpack", "json"])


def packed(frame: object, *, text: bool) -> bytes:
    """A frame as a client sends it."""
    return (
        json.dumps(frame, ensure_ascii=False).encode("utf-8", "surrogatepass")
        if text
        else msgpack.packb(frame, unicode_errors="surrogatepass")
    )


def sent(name: str, d: Any = None, *, text: bool, **more: Any) -> codec.Incoming:
    """What the server makes of a command."""
    return codec.decode(packed({"t": name, "id": "c-1", **({} if d is None else {"d": d}), **more}, text=text), text=text)


def refused(name: str, d: Any, *, text: bool) -> dict[str, str]:
    """The one field that a bad request complains about."""
    with pytest.raises(Rejected) as no:
        sent(name, d, text=text)
    assert no.value.id == "c-1"
    assert isinstance(no.value.refusal, BadRequest)
    assert no.value.refusal.fields is not None
    return no.value.refusal.fields[0]


@BOTH
@pytest.mark.parametrize("name", sorted(REGISTRY.commands))
def test_every_example_is_understood_as_it_was_meant(name: str, text: bool) -> None:
    example = REGISTRY.examples[REGISTRY.commands[name].type]
    assert isinstance(example, Command)
    incoming = sent(name, msgspec.to_builtins(example), text=text)
    assert incoming.command == example
    assert incoming.name == name


@BOTH
def test_fields_may_be_left_out_when_there_are_none(text: bool) -> None:
    assert sent(LEAVE, text=text) == sent(LEAVE, {}, text=text)


# Frames.

FRAMES: dict[str, object] = {
    "no map": [],
    "nothing": None,
    "no name": {"id": "c"},
    "no id": {"t": LEAVE},
    "empty name": {"t": "", "id": "c"},
    "long name": {"t": "t" * 65, "id": "c"},
    "name of a number": {"t": 1, "id": "c"},
    "empty id": {"t": LEAVE, "id": ""},
    "long id": {"t": LEAVE, "id": "x" * 65},
    "number as id": {"t": LEAVE, "id": 7},
    "bool as id": {"t": LEAVE, "id": True},
    "null as id": {"t": LEAVE, "id": None},
    "id with a newline": {"t": LEAVE, "id": "a\nb"},
    "id with a nul": {"t": LEAVE, "id": "a\0"},
    "id with a direction": {"t": LEAVE, "id": "a\u202e"},
    "unknown key": {"t": LEAVE, "id": "c", "x": 1},
    "deadline of a bool": {"t": LEAVE, "id": "c", "deadline_ms": True},
    "deadline of a float": {"t": LEAVE, "id": "c", "deadline_ms": 1.0},
    "deadline of null": {"t": LEAVE, "id": "c", "deadline_ms": None},
}


@BOTH
@pytest.mark.parametrize("frame", FRAMES.values(), ids=list(FRAMES))
def test_what_is_no_frame_is_malformed(frame: object, text: bool) -> None:
    with pytest.raises(Malformed):
        codec.decode(packed(frame, text=text), text=text)


@BOTH
@pytest.mark.parametrize("length", [1, 64])
def test_an_id_may_be_1_to_64_characters(length: int, text: bool) -> None:
    frame = packed({"t": LEAVE, "id": "é" * length}, text=text)
    assert codec.decode(frame, text=text).id == "é" * length


@BOTH
@pytest.mark.parametrize(
    ("asked", "given_ms"), [(None, 5_000), (1, 100), (-5, 100), (100, 100), (15_000, 15_000), (15_001, 15_000), (2**63, 15_000)]
)
def test_a_deadline_is_clamped(asked: int | None, given_ms: int, text: bool) -> None:
    more = {} if asked is None else {"deadline_ms": asked}
    assert sent(LEAVE, text=text, **more).deadline_ms == given_ms


@BOTH
def test_an_unknown_command_is_refused_with_its_id(text: bool) -> None:
    with pytest.raises(Rejected) as no:
        sent("no.such", {}, text=text)
    assert (no.value.id, type(no.value.refusal)) == ("c-1", UnknownCommand)


# Fields.


@BOTH
@pytest.mark.parametrize(
    ("name", "fields", "path", "code"),
    [
        (SAY, {}, "text", "missing"),
        (SAY, {"text": "a", "volume": 11}, "volume", "unknown"),
        (SAY, {"text": ""}, "text", "length"),
        (SAY, {"text": "a" * 2001}, "text", "length"),
        (SAY, {"text": None}, "text", "type"),
        (SAY, {"text": 7}, "text", "type"),
        (SAY, {"text": ["a"]}, "text", "type"),
        (SAY, {"text": "a\0b"}, "text", "text"),
        (SAY, {"text": "a", "reply_to": "no id"}, "reply_to", "type"),
        (SAY, {"text": "a", "reply_to": "{01920000-0000-7000-8000-000000000001}"}, "reply_to", "type"),
        ("team.directory", {"limit": 0}, "limit", "range"),
        ("team.directory", {"limit": 101}, "limit", "range"),
        ("team.directory", {"limit": True}, "limit", "type"),
        ("team.directory", {"limit": 20.0}, "limit", "type"),
        ("team.directory", {"limit": -0.0}, "limit", "type"),
        ("team.directory", {"limit": "20"}, "limit", "type"),
        ("team.directory", {"limit": None}, "limit", "type"),
        ("team.directory", {"limit": 2**63}, "limit", "range"),
        ("team.directory", {"limit": float("nan")}, "limit", "range"),
        ("team.directory", {"limit": float("inf")}, "limit", "range"),
        ("team.directory", {"open_only": 1}, "open_only", "type"),
        ("team.directory", {"open_only": "true"}, "open_only", "type"),
        ("team.create", {"name": "abc", "recruitment_status": "open"}, "recruitment_status", "type"),
        ("session.start", {"cursors": {"system": {"epoch": "e", "seq": -1}}}, "cursors[...].seq", "range"),
        ("session.start", {"client": {"name": "x", "extra": 1}}, "client.extra", "unknown"),
    ],
)
def test_bad_fields_are_named(name: str, fields: dict[str, Any], path: str, code: str, text: bool) -> None:
    complaint = refused(name, fields, text=text)
    assert (complaint["path"], complaint["code"]) == (path, code)


@BOTH
@pytest.mark.parametrize("d", [None, [], ["hello"], "text", 7])
def test_fields_are_a_map(d: object, text: bool) -> None:
    with pytest.raises(Rejected):
        codec.decode(packed({"t": SAY, "id": "c-1", "d": d}, text=text), text=text)


@BOTH
@pytest.mark.parametrize(
    "character", [*map(chr, [*range(0x0A), *range(0x0B, 0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)])]
)
def test_control_and_direction_characters_are_refused(character: str, text: bool) -> None:
    assert refused(SAY, {"text": f"a{character}b"}, text=text)["code"] == "text"


@BOTH
@pytest.mark.parametrize("character", ["\n", " ", "\u00a0", "\u200b", "\u200d", "\u200e", "\u2028", "\ufeff", "\ufffd", "🚀", "\U000e0001"])
def test_other_characters_may_be_said(character: str, text: bool) -> None:
    assert sent(SAY, {"text": f"a{character}b"}, text=text).command == Say(text=f"a{character}b")


def test_what_python_calls_printable_may_be_said() -> None:
    """A faster codec may ask `isprintable` first: it lets nothing through that is forbidden."""
    assert [hex(each) for each in range(0x110000) if chr(each).isprintable() and codec.FORBIDDEN.search(chr(each))] == []


def test_lone_surrogates_are_refused_in_json() -> None:
    with pytest.raises(Rejected):
        codec.decode(rb'{"t":"team.say","id":"c","d":{"text":"\ud800"}}', text=True)
    with pytest.raises(Malformed):
        codec.decode(packed({"t": SAY, "id": "c", "d": {"text": "\ud800"}}, text=False), text=False)


@BOTH
@given(said=st.text(min_size=1, max_size=300))
def test_text_arrives_in_nfc_or_not_at_all(text: bool, said: str) -> None:
    try:
        arrived = sent(SAY, {"text": said}, text=text).command
    except (Rejected, Malformed):
        assert codec.FORBIDDEN.search(said)
        return
    assert isinstance(arrived, Say)
    assert arrived.text == unicodedata.normalize("NFC", said)
    assert not codec.FORBIDDEN.search(arrived.text)


@given(said=st.text(min_size=1, max_size=100), reply_to=st.none() | st.uuids())
def test_both_encodings_mean_the_same(said: str, reply_to: object) -> None:
    fields = {"text": said, "reply_to": str(reply_to)} if reply_to else {"text": said}
    try:
        by_bytes = sent(SAY, fields, text=False)
    except (Rejected, Malformed):
        with pytest.raises((Rejected, Malformed)):
            sent(SAY, fields, text=True)
        return
    by_text = sent(SAY, dict(reversed(fields.items())), text=True)
    assert by_bytes == by_text
    assert by_bytes.hash == by_text.hash


# Limits.


def nested(depth: int) -> object:
    """A list in a list in a list."""
    value: object = []
    for _ in range(depth - 1):
        value = [value]
    return value


@BOTH
def test_fields_are_at_most_16_deep(text: bool) -> None:
    with pytest.raises(Rejected):
        sent(LEAVE, {"x": nested(codec.MAX_DEPTH - 1)}, text=text)
    with pytest.raises(Malformed):
        sent(LEAVE, {"x": nested(codec.MAX_DEPTH)}, text=text)


@BOTH
@pytest.mark.parametrize("shape", ["list", "map", "lists"])
def test_fields_hold_at_most_1000_items(shape: str, text: bool) -> None:
    def fields(items: int) -> object:
        match shape:
            case "list":
                return [0] * items
            case "map":
                return {str(number): 0 for number in range(items)}
            case _:
                return [[0] * (items // 2 - 1), [0] * (items - items // 2 - 1)]

    with pytest.raises(Rejected):
        sent(LEAVE, fields(codec.MAX_ITEMS), text=text)
    with pytest.raises(Malformed):
        sent(LEAVE, fields(codec.MAX_ITEMS + 1), text=text)


@BOTH
def test_a_text_has_at_most_twelve_kibibytes_whatever_its_field_would_take(text: bool) -> None:
    for character in ("x", "\u20ac"):  # of one byte, of three
        fits = character * (codec.MAX_TEXT // len(character.encode()))
        sent("player.update_settings", {"patch": {"audio": {"music": fits}}}, text=text)
        no = refused("player.update_settings", {"patch": {"audio": {"music": fits + "x"}}}, text=text)
        assert (no["path"], no["code"]) == ("patch.audio.music", "length")


@pytest.mark.parametrize("ext", [b"\xd4\x01a", b"\xd6\xff\0\0\0\0", b"\xc7\x03\x05abc"], ids=["fixext", "timestamp", "ext8"])
@pytest.mark.parametrize("frame", [b"\x83\xa1t\xa8team.say\xa2id\xa11\xa1d\x81\xa4text", b"\x82\xa1t\xaateam.leave\xa2id", b""])
def test_extension_types_are_malformed_wherever_they_stand(frame: bytes, ext: bytes) -> None:
    with pytest.raises(Malformed):
        codec.decode(frame + ext, text=False)


@pytest.mark.parametrize(
    "data",
    [
        b"\x82\xa1t\xaateam.leave\xa2id\xa11\xa2id\xa12",
        b"\x83\xa1t\xaateam.leave\xa2id\xa11\xa2id\xa11",
        b"\x83\xa1t\xa8team.say\xa2id\xa11\xa1d\x82\xa4text\xa1a\xa4text\xa1a",
        b"\x83\xa1t\xa8team.say\xa2id\xa11\xa1d\x82\xa4text\xa1a\xd9\x04text\xa1a",
    ],
)
def test_duplicate_keys_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        codec.decode(data, text=False)


@pytest.mark.parametrize(
    "data",
    [
        b'{"t":"team.leave","id":"1","id":"1"}',
        b'{"t":"team.say","id":"1","d":{"text":"a","text":"a"}}',
        rb'{"t":"team.say","id":"1","d":{"text":"a","te\u0078t":"a"}}',
    ],
)
def test_duplicate_keys_are_malformed_in_json(data: bytes) -> None:
    with pytest.raises(Malformed):
        codec.decode(data, text=True)


# Frames out.


@given(
    replayed=st.booleans(),
    pos=st.dictionaries(st.text(max_size=20), st.integers(0, 2**53), max_size=3),
    id=st.text(min_size=1, max_size=64),
)
def test_a_reply_is_one_map_in_either_encoding(replayed: bool, pos: dict[str, int], id: str) -> None:
    example = REGISTRY.examples[REGISTRY.commands[SAY].answer]
    frame = codec.reply(id, codec.answer(codec.encode_fields(example), pos), replayed=replayed)
    expected = {"re": id, "ok": msgspec.to_builtins(example)} | ({"pos": pos} if pos else {}) | ({"replayed": True} if replayed else {})
    assert codec.as_map(frame) == json.loads(codec.as_text(frame)) == expected


def test_a_stored_refusal_never_says_replayed() -> None:
    frame = codec.reply("c", codec.refused(BadRequest(), "0"), replayed=True)
    assert "replayed" not in codec.as_map(frame)


@pytest.mark.parametrize("fields", [{"at": b"x"}, {1: 2}, {"at": {b"k": 1}}, {"at": [b"x"]}, {None: 1}])
def test_bytes_and_odd_keys_among_the_fields_are_refused_under_the_id(fields: dict[Any, Any]) -> None:
    with pytest.raises(Rejected) as no:
        codec.decode(msgspec.msgpack.encode({"t": "session.ping", "id": "c-1", "d": fields}), text=False)
    assert no.value.id == "c-1"
    assert no.value.refusal.code == "bad_request"
    assert no.value.refusal.fields is not None
