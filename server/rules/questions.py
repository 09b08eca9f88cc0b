"""Which line the guard says next: the scene, a question not asked yet, or the last word. domain.md 2.5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from protocol.guard import Mood, Outcome, ShipType, Trend
from server.rules import guards
from server.rules.catalogue import CATALOGUES, ENGLISH, words

INTRODUCTION, VERDICT, WRITTEN = "introduction", "verdict", "ai_generated"  # topics that are none of the bank
TOPICS = tuple(CATALOGUES[ENGLISH].questions)
DOUBT_FROM, STRAIGHT_FROM = 3, 4  # turns; domain.md 2.5


class Dice(Protocol):
    """Something that gives numbers from 0 up to 1."""

    def random(self) -> float:
        """The next number."""
        ...


class Line(NamedTuple):
    """What the guard says, and on which topic."""

    topic: str
    text: str


class Voice(NamedTuple):
    """Who asks, and in which language."""

    trait: str
    language: str = ENGLISH


class Answered(NamedTuple):
    """How the last answer was taken."""

    mood: Mood
    trend: Trend
    contradictions: Sequence[str] = ()
    rude: bool = False


def scene(name: str, title: str, voice: Voice, dice: Dice) -> str:
    """How a talk begins."""
    return _one(words(voice.language).scenes, dice).format(name=name, title=guards.titled(title, voice.language))


def question(ship: ShipType, said: Sequence[Line], answered: Answered, voice: Voice, dice: Dice) -> Line:
    """The next question after what was `said` (the scene first), on a topic not asked yet while there is one.

    What the guard makes of the last answer is put before it, in words not used before.
    """
    catalogue, asked = words(voice.language), [each.topic for each in said]
    topic = _one([each for each in TOPICS if each not in asked] or TOPICS, dice)
    text = _one(catalogue.questions[topic][ship], dice)
    pressing = _pressing(len(said) + 1, answered, voice)
    if not pressing:
        return Line(topic, text)
    fresh = [each for each in pressing if not any(each.rpartition("}")[2] in line.text for line in said)]
    before = _one(fresh or pressing, dice).replace("{contradiction}", next(iter(answered.contradictions), ""))
    return Line(topic, f"{before} {text}")


def pressed(line: str) -> Line:
    """A question somebody else has written."""
    return Line(WRITTEN, line)


def closing(claimed: ShipType, awarded: ShipType, outcome: Outcome, credits: int, voice: Voice, *, caught: bool, dice: Dice) -> Line:
    """The guard's last line. `caught` is for a story that contradicted itself."""
    catalogue = words(voice.language)
    kind = "honest" if claimed is ShipType.ESCAPE_POD else "caught" if caught else outcome.value
    by_trait = catalogue.closings[kind]
    lines = by_trait.get(voice.trait) or tuple(each for lines in by_trait.values() for each in lines)
    return Line(VERDICT, _one(lines, dice).format(ship=catalogue.hulls[awarded], claimed=catalogue.hulls[claimed], credits=credits))


def _pressing(turn: int, answered: Answered, voice: Voice) -> Sequence[str]:
    """The lines of which one is put before a question; none before the first, unless something is the matter."""
    catalogue = words(voice.language)
    manner = catalogue.manners.get(voice.trait) or next(iter(catalogue.manners.values()))
    if answered.contradictions:
        return catalogue.pressing["contradiction"]
    if answered.rude or answered.mood is Mood.ANNOYED:
        return catalogue.pressing["annoyed"]
    if answered.mood is Mood.VERY_SUSPICIOUS:
        return catalogue.pressing["alarmed"]
    if turn < DOUBT_FROM:
        return ()
    if answered.mood is Mood.CONVINCED or answered.trend is Trend.FALLING:
        return manner["warm"]
    if turn >= STRAIGHT_FROM:
        return manner["straight"]
    return (*catalogue.pressing["rising"], *manner["doubt"]) if answered.trend is Trend.RISING else manner["doubt"]


def _one(some: Sequence[str], dice: Dice) -> str:
    return some[min(int(dice.random() * len(some)), len(some) - 1)]
