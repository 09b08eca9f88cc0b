"""`./callisto onboarding score`: what the reader perceives in an answer, as JSON for programs and in plain words at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable

import msgspec
from rich.console import Console

from protocol.guard import FactStatus, Reading, ShipType
from server.onboarding_cases import Asked, BadCase, Said, answers, parse, skill
from server.rules import reader
from server.rules.ships import title

OK, USAGE = 0, 2  # wire.md 6
WORDS = ((0.8, "very"), (0.6, "fairly"), (0.4, "half"), (0.2, "hardly"), (0.0, "not"))


def run() -> int:
    """Scores each line of standard input; at a terminal, asks instead. Gives the exit code."""
    if sys.stdin.isatty():
        return converse(Console(), input)
    try:
        for asked in parse(Asked, sys.stdin.buffer, "standard input"):
            print(msgspec.json.encode(scored(asked)).decode(), flush=True)
    except BadCase as error:
        print(f"callisto: {error}", file=sys.stderr)
        return USAGE
    return OK


def read(asked: Asked) -> Reading:
    """What is perceived in the answer."""
    given = answers([*asked.history, Said(asked.question, asked.topic, asked.answer)])
    return reader.read(asked.ship, given[-1], given[:-1])


def scored(asked: Asked) -> dict[str, object]:
    """The reading with the skill as a level, ready for JSON."""
    reading = read(asked)
    return {"skill": skill([reading]).value, **msgspec.to_builtins(reading)}


def converse(console: Console, ask: Callable[[str], str]) -> int:
    """Asks for a ship, questions and answers, and explains each; an empty answer ends it."""
    names = {str(number): ship for number, ship in enumerate(ShipType, 1)}
    console.print("Which ship do you claim? " + ", ".join(f"{number} {title(ship)}" for number, ship in names.items()), highlight=False)
    try:
        ship = names.get(ask("ship> ").strip(), ShipType.SCOUT_SHIP)
        console.print(f"A {title(ship)}. Give a question and your answer to it; an empty answer ends this.", highlight=False)
        history: list[Said] = []
        while True:
            question = ask("the guard asks> ").strip()
            answer = ask("you> ").strip()
            if not answer:
                return OK
            said = Said(question, "introduction" if not history and not question else "", answer)
            explain(console, read(Asked(ship, said.question, said.topic, answer, history)))
            history.append(said)
    except (EOFError, KeyboardInterrupt):
        console.print()
        return OK


def explain(console: Console, reading: Reading) -> None:
    """A reading in plain words."""
    for name, value in (
        ("persuasive", reading.persuasiveness), ("sure of yourself", reading.confidence), ("consistent", reading.consistency),
        ("believable", reading.believability), ("skilled", reading.negotiation_skill or 0.0),
    ):  # fmt: skip
        word = next(word for least, word in WORDS if value >= least)
        console.print(f"  {value:4.0%}  {word} {name}", highlight=False)
    for fact in reading.claims:
        note = {
            FactStatus.NEW: "noted",
            FactStatus.CONSISTENT: f"as you said in turn {fact.with_turn}",
            FactStatus.CONTRADICTS: f"but turn {fact.with_turn} said otherwise",
        }[fact.status]
        console.print(f"  you claimed {fact.kind.replace('_', ' ')}: “{fact.text}”, {note}", highlight=False, markup=False)
    for each in reading.contradictions:
        console.print(f"  ⚠ {each}", highlight=False, markup=False)
    for reason in reading.reasons:
        console.print(f"  • {reason.text}" + (f" “{reason.evidence}”" if reason.evidence else ""), highlight=False, markup=False)
