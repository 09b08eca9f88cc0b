"""`./callisto onboarding score`: what the reader perceives in an answer, as JSON for programs and in plain words at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable

import msgspec
from rich.console import Console

from protocol.guard import FactStatus, Reading, ShipType
from server.onboarding_cases import LONGEST, Asked, BadCase, Said, answers, is_cut, parse, skill
from server.rules import reader
from server.rules.catalogue import spoken
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
    given = answers([*asked.history, asked.now])
    return reader.read(asked.ship, given[-1], given[:-1], spoken(asked.language))


def scored(asked: Asked) -> dict[str, object]:
    """The reading with the skill as a level, ready for JSON. `cut` is there when the answer was longer than what is read of it,
    `cut_history` when turns of the history were: their numbers, from 1."""
    reading = read(asked)
    found = {"skill": skill([reading]).value, **msgspec.to_builtins(reading)}
    if is_cut(asked.answer):
        found["cut"] = True
    if cut := [turn for turn, each in enumerate(asked.history, 1) if is_cut(each.answer)]:
        found["cut_history"] = cut
    return found


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
            if is_cut(answer):
                console.print(f"  Only the first {LONGEST} characters are read; the server would refuse more.", highlight=False)
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
