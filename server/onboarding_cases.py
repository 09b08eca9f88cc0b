"""Labelled talks with the guard, one JSON object a line: read, checked, and read by the reader as the server would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from protocol.guard import Outcome, Reading, ShipType, Skill
from server.rules import guards, negotiation, reader
from server.rules.reader import Answer

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "onboarding" / "transcripts"
LONGEST = 500  # characters of an answer that the server takes
T = TypeVar("T")

Text = Annotated[str, Meta(min_length=1)]


class BadCase(ValueError):
    """A line that is no case; the text names file and line."""


class Said(msgspec.Struct, frozen=True):
    """A question, its topic, and what was answered."""

    question: str
    topic: str
    answer: Text


class Case(msgspec.Struct, frozen=True):
    """A talk and what a fair referee makes of it. The first exchange is the claim."""

    id: str
    ship: ShipType
    exchanges: Annotated[list[Said], Meta(min_length=1, max_length=20)]
    label: Skill
    language: str = "en"
    tags: list[str] = []


class Asked(msgspec.Struct, frozen=True):
    """One answer to be scored, with what was said before it."""

    ship: ShipType
    question: str
    topic: str
    answer: Text
    history: list[Said] = []
    language: str = ""

    @property
    def now(self) -> Said:
        """The exchange to be scored."""
        return Said(self.question, self.topic, self.answer)


def parsed(kind: type[T], line: str | bytes, where: str) -> T:
    """A line as one of `kind`. Raises BadCase when it is none, with where it stands."""
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BadCase(f"{where}: {error}") from None
    except RecursionError:
        raise BadCase(f"{where}: JSON is nested too deeply") from None


def parse(kind: type[T], lines: Iterable[str | bytes], name: str) -> Iterator[T]:
    """Each line as one of `kind`; empty lines are passed over. Raises BadCase for the first that is none."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield parsed(kind, line, f"{name}, line {number}")


def load(path: Path) -> list[Case]:
    """The cases of a file. Raises BadCase naming the line, OSError when there is no such file."""
    found: list[Case] = []
    ids = set[str]()
    with path.open("rb") as lines:
        for case in parse(Case, lines, str(path)):
            if case.id in ids:
                raise BadCase(f"{path}: the id {case.id!r} stands on two lines")
            ids.add(case.id)
            found.append(case)
    if not found:
        raise BadCase(f"{path} holds no case")
    return found


def answers(said: Sequence[Said]) -> list[Answer]:
    """What was said, as the reader takes it, cut where the server would refuse more."""
    return [Answer(turn, each.answer[:LONGEST], each.question, each.topic) for turn, each in enumerate(said, 1)]


def is_cut(answer: str) -> bool:
    """Whether an answer is longer than what is read of it."""
    return len(answer) > LONGEST


def readings(case: Case) -> list[Reading]:
    """What is perceived in each answer of a talk."""
    given = answers(case.exchanges)
    return [reader.read(case.ship, each, given[:number]) for number, each in enumerate(given)]


def skill(found: Sequence[Reading]) -> Skill:
    """The skill that picks the threshold."""
    return negotiation.skill_of(found, negotiation.score(found))


def heard_out(trait: str, found: Sequence[Reading]) -> Sequence[Reading]:
    """The answers a guard of this trait hears; who ends the talk early hears no more."""
    suspicion = guards.TEMPERS[trait].suspicion
    for heard, each in enumerate(found, 1):
        hearing = negotiation.hear(suspicion, each, heard)
        suspicion = hearing.suspicion
        if hearing.end is not None:
            return found[:heard]
    return found


def outcome(ship: ShipType, trait: str, heard: Sequence[Reading]) -> Outcome:
    """What a guard of this trait decides of what it has heard out."""
    if ship is ShipType.ESCAPE_POD:
        return Outcome.SUCCESS
    return negotiation.judge(ship, guards.TEMPERS[trait].modifier, heard).outcome
