"""`./callisto onboarding score` and bad lines: refused by number in plain words, and no later line goes unanswered."""

from __future__ import annotations

import io
import json
import sys

import pytest

from server import onboarding_score
from server.onboarding_score import MOST_BYTES, OK, USAGE

ASKED = {"ship": "CARGO_HAULER", "question": "When did you dock?", "topic": "arrival_details", "answer": "I came from Titan this morning."}
GOOD = json.dumps(ASKED).encode()
BAD = {
    "not JSON": (b"nonsense", "malformed"),
    "half": (GOOD[:-2], "malformed"),
    "wrong type": (json.dumps(ASKED | {"answer": 7}).encode(), "Expected `str`, got `int` - at `$.answer`"),
    "missing field": (json.dumps({"ship": "CARRIER", "question": "?", "topic": ""}).encode(), "missing required field `answer`"),
    "empty answer": (json.dumps(ASKED | {"answer": ""}).encode(), "length >= 1"),
    "no ship": (json.dumps(ASKED | {"ship": "TITANIC"}).encode(), "TITANIC"),
    "no object": (b"[]", "Expected `object`, got `array`"),
    "invalid UTF-8": (GOOD.replace(b"Titan", b"Tit\xff\xfean"), "utf-8"),
    "half a character": (GOOD.replace(b"Titan", b"\\ud83d"), "surrogate"),
    "too deep": (GOOD[:-1] + b', "more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
    "too long": (b"x" * (2 * MOST_BYTES + 7), "longer than"),
}


def run(monkeypatch: pytest.MonkeyPatch, said: bytes) -> int:
    """The exit code for what is said on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(said)))
    return onboarding_score.run()


def test_bad_lines_are_refused_by_number_and_the_others_answered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(monkeypatch, b"".join(line + b"\n" + GOOD + b"\n" for line, _ in BAD.values()))
    out, error = capsys.readouterr()
    assert code == USAGE
    assert [json.loads(each)["skill"] for each in out.splitlines()] == ["STRONG"] * len(BAD)
    assert len(error.splitlines()) == len(BAD)
    for number, (refused, (name, (_, why))) in enumerate(zip(error.splitlines(), BAD.items(), strict=True)):
        assert f"line {2 * number + 1}:" in refused, name
        assert why in refused, name
        assert len(refused) < 300, name


def test_a_megabyte_an_empty_line_and_a_missing_last_newline_are_no_trouble(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(monkeypatch, b"\n".join([json.dumps(ASKED | {"answer": "word " * 200_000}).encode(), b"", b"   \r", GOOD + b"\r", GOOD]))
    out, error = capsys.readouterr()
    assert (code, error) == (OK, "")
    long, *others = [json.loads(each) for each in out.splitlines()]
    assert long["cut"] is True
    assert len(others) == 2


def test_nothing_at_all_is_answered_with_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, b"") == OK
    assert capsys.readouterr() == ("", "")
