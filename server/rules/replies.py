"""A model's reply: one JSON object of four scores and a line. Read while it is being written, and strictly once it is whole."""

from __future__ import annotations

import json
import math
from typing import NamedTuple

import msgspec

from server.rules.blending import Impression

SCORES = Impression._fields
LINE = "line"
SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {
        **{each: {"type": "number", "description": "0 to 1"} for each in SCORES},
        LINE: {"type": "string", "description": "What the guard says next, at most 240 characters; empty when no line is wanted."},
    },
    "required": [*SCORES, LINE],
    "additionalProperties": False,
}
MOST = 1e9  # of a score while it is being written; NaN is not between any two numbers
LONGEST = 8_192  # characters; five values and a line are some four hundred


class Reply(NamedTuple):
    """A whole reply."""

    impression: Impression
    line: str


class Partial(NamedTuple):
    """What is known of a reply so far: the impression once all of it is there, and the line as far as it goes."""

    impression: Impression | None
    line: str


class BadReply(Exception):
    """The model did not say what it was asked for."""


class _Whole(msgspec.Struct):
    persuasiveness: float
    confidence: float
    believability: float
    negotiation_skill: float
    line: str


_decoder = msgspec.json.Decoder(_Whole)
_json = json.JSONDecoder()


def whole(text: str) -> Reply:
    """The reply. Raises BadReply for what is no such object, and for numbers that are none."""
    if len(text) > LONGEST:
        raise BadReply
    try:
        found = _decoder.decode(text.encode())
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise BadReply from None
    impression = Impression(found.persuasiveness, found.confidence, found.believability, found.negotiation_skill)
    if not all(map(math.isfinite, impression)):
        raise BadReply
    return Reply(impression, found.line)


def partial(text: str) -> Partial:
    """What can be told of a reply that is still being written. Nonsense gives nothing; `whole` will refuse it."""
    values: dict[str, object] = {}
    line = ""
    at = _after_space(text, 0)
    if text[at : at + 1] != "{":
        return Partial(None, "")
    at += 1
    while True:
        at = _after_space(text, at)
        key, at = _value(text, at)
        at = _after_space(text, at)
        if not isinstance(key, str) or text[at : at + 1] != ":":
            break
        at = _after_space(text, at + 1)
        if key == LINE and text[at : at + 1] == '"':
            line = _string(text, at)
        value, at = _value(text, at)
        at = _after_space(text, at)
        # Only what a comma or a brace follows is whole: 0.1 may yet become 0.15.
        if value is None or text[at : at + 1] not in (",", "}"):
            break
        values[key] = value
        if text[at] == "}":
            break
        at += 1
    numbers = [number for each in SCORES if (number := _number(values.get(each))) is not None]
    return Partial(Impression(*numbers) if len(numbers) == len(SCORES) else None, line)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -MOST <= value <= MOST:
        return None
    return float(value)


def _after_space(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\n", "\r", "\t"):
        at += 1
    return at


def _value(text: str, at: int) -> tuple[object, int]:
    try:
        found: tuple[object, int] = _json.raw_decode(text, at)
        return found
    except (ValueError, RecursionError):
        return None, at


def _string(text: str, at: int) -> str:
    """The string that begins at a quote, as far as it goes."""
    whole, _ = _value(text, at)
    if isinstance(whole, str):
        return whole
    # An escape that is not whole yet, of up to two halves, is left for later.
    for cut in range(min(12, len(text) - at - 1) + 1):
        found, _ = _value(text[at : len(text) - cut] + '"', 0)
        if isinstance(found, str):
            return found[:-1] if "\ud800" <= found[-1:] <= "\udbff" else found
    return ""
