"""The labelled talks, for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from protocol.guard import Reading, ShipType
from server.rules import reader
from server.rules.reader import Answer

FOLDER = Path(__file__).parent / "transcripts"
SCORES = ("persuasiveness", "confidence", "consistency", "believability", "negotiation_skill")


def talks(name: str) -> list[dict[str, Any]]:
    """The talks of one file."""
    return [json.loads(each) for each in (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines()]


def answered(case: dict[str, Any]) -> list[Answer]:
    """The answers of a talk, with their questions."""
    return [Answer(turn, each["answer"], each["question"], each["topic"]) for turn, each in enumerate(case["exchanges"], 1)]


def scores(ship: ShipType, answer: Answer, *earlier: Answer) -> dict[str, float]:
    """The scores of an answer, by name."""
    reading = reader.read(ship, answer, earlier)
    return of(reading)


def of(reading: Reading) -> dict[str, float]:
    """The scores of a reading, by name."""
    return {each: getattr(reading, each) for each in SCORES}
