"""Which line the guard says next: the scene, a question not asked yet, or the last word. domain.md 2.5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from protocol.guard import Mood, Outcome, ShipType
from server.rules import guard_english as english
from server.rules.ships import title

INTRODUCTION, VERDICT, WRITTEN = "introduction", "verdict", "ai_generated"  # topics that are none of the bank
TOPICS = tuple(english.QUESTIONS)
DOUBT_FROM, STRAIGHT_FROM = 3, 4  # turns

FAMILIES = {
    ShipType.LIGHT_FREIGHTER: "freight",
    ShipType.CARGO_HAULER: "freight",
    ShipType.SCOUT_SHIP: "fast",
    ShipType.FAST_COURIER: "fast",
    ShipType.DEFENDER: "military",
    ShipType.CARRIER: "military",
    ShipType.COLONY_SHIP: "colony",
}


class Dice(Protocol):
    """Something that gives numbers from 0 up to 1."""

    def random(self) -> float:
        """The next number."""
        ...


class Line(NamedTuple):
    """What the guard says, and on which topic."""

    topic: str
    text: str


def scene(name: str, title: str, dice: Dice) -> str:
    """How a talk begins."""
    return _one(english.SCENES, dice).format(name=name, title=title)


def question(ship: ShipType, said: Sequence[Line], mood: Mood, contradictions: Sequence[str], dice: Dice) -> Line:
    """The next question after what was `said` (the scene first), on a topic not asked yet while there is one.

    What the guard feels about the last answer is put before it, in words not used before.
    """
    asked = [each.topic for each in said]
    topic = _one([each for each in TOPICS if each not in asked] or TOPICS, dice)
    text = _one(english.QUESTIONS[topic][FAMILIES[ship]], dice).format(ship=title(ship))
    kind = _pressing(len(said) + 1, mood, contradictions)
    if kind is None:
        return Line(topic, text)
    fresh = [each for each in english.PRESSING[kind] if not any(each.rpartition("}")[2] in line.text for line in said)]
    pressing = _one(fresh or english.PRESSING[kind], dice).replace("{contradiction}", next(iter(contradictions), ""))
    return Line(topic, f"{pressing} {text}")


def pressed(line: str) -> Line:
    """A question somebody else has written."""
    return Line(WRITTEN, line)


def closing(claimed: ShipType, awarded: ShipType, outcome: Outcome, credits: int, *, caught: bool, dice: Dice) -> Line:
    """The guard's last line. `caught` is for a story that contradicted itself."""
    kind = "honest" if claimed is ShipType.ESCAPE_POD else "caught" if caught else outcome.value
    return Line(VERDICT, _one(english.CLOSINGS[kind], dice).format(ship=title(awarded), claimed=title(claimed), credits=credits))


def _pressing(turn: int, mood: Mood, contradictions: Sequence[str]) -> str | None:
    if contradictions:
        return "contradiction"
    if turn < DOUBT_FROM:
        return None
    if mood is Mood.CONVINCED:
        return "warm"
    return "straight" if turn >= STRAIGHT_FROM else "doubt"


def _one(some: Sequence[str], dice: Dice) -> str:
    return some[min(int(dice.random() * len(some)), len(some) - 1)]
