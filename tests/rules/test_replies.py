"""Reading a model's reply, whole and half."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.rules import replies
from server.rules.blending import Impression
from server.rules.replies import SCORES, BadReply, partial, whole

NUMBERS = st.floats(-1e6, 1e6) | st.integers(-1000, 1000)


@st.composite
def objects(draw: st.DrawFn) -> tuple[str, dict[str, float], str]:
    """A reply in any order of its keys and with any spelling of its line."""
    numbers = {each: draw(NUMBERS) for each in SCORES}
    line = draw(st.text(st.characters(codec="utf-8"), max_size=60))
    keys = draw(st.permutations([*SCORES, "line"]))
    values: dict[str, object] = {**numbers, "line": line}
    text = json.dumps({each: values[each] for each in keys}, ensure_ascii=draw(st.booleans()), indent=draw(st.none() | st.just(1)))
    return text, {each: float(value) for each, value in numbers.items()}, line


@given(objects())
def test_a_whole_reply_is_read(found: tuple[str, dict[str, float], str]) -> None:
    text, numbers, line = found
    reply = whole(text)
    assert reply.impression == Impression(**numbers)
    assert reply.line == line
    assert partial(text) == (reply.impression, line)


@given(objects(), st.integers(0, 400))
def test_half_a_reply_tells_nothing_that_is_not_so(found: tuple[str, dict[str, float], str], cut: int) -> None:
    text, numbers, line = found
    so_far = partial(text[:cut])
    assert line.startswith(so_far.line)
    assert so_far.impression in (None, Impression(**numbers))


@given(st.text(max_size=200) | st.binary(max_size=50).map(lambda some: some.decode("latin-1")))
def test_nonsense_is_refused_quietly(text: str) -> None:
    assert partial(text).impression is None
    with pytest.raises(BadReply):
        whole(text)


GOOD = '{"persuasiveness": 0.5, "confidence": 0.5, "believability": 0.5, "negotiation_skill": 0.5, "line": "Who?"}'


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("0.5", "NaN", 1),
        GOOD.replace("0.5", "Infinity", 1),
        GOOD.replace("0.5", "1e999", 1),
        GOOD.replace("0.5", "true", 1),
        GOOD.replace("0.5", "null", 1),
        GOOD.replace("0.5", '"0.5"', 1),
        GOOD.replace('"Who?"', "7"),
        GOOD.replace(', "line": "Who?"', ""),
        GOOD + GOOD,
        f"```json\n{GOOD}\n```",
        f"[{GOOD}]",
        "[" * 5_000,
        '{"a":' * 2_000,
        "",
        "null",
        GOOD[:-1],
        GOOD.replace("Who?", "x" * replies.LONGEST),
    ],
)
def test_what_is_no_reply_is_refused(text: str) -> None:
    with pytest.raises(BadReply):
        whole(text)
    partial(text)


def test_numbers_too_long_to_be_any_are_none() -> None:
    assert partial(GOOD.replace("0.5", "9" * 5_000, 1)).impression is None
