"""`./callisto onboarding score`: what the reader perceives in an answer, as JSON for programs and in plain words at a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from itertools import count
from typing import BinaryIO, NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from protocol.guard import FactStatus, Reading, ShipType
from server.guard_words import WORDS
from server.onboarding_cases import LONGEST, Asked, BadCase, Said, answers, is_cut, parsed, skill
from server.rules import reader
from server.rules.catalogue import ENGLISH, GERMAN, spoken
from server.rules.catalogue import words as catalogue
from server.terminal_language import terminal_language

OK, USAGE = 0, 2  # wire.md 6
INTERRUPTED = 130  # Ctrl-C, as shells have it
MOST_BYTES = 4 << 20  # of a line; a whole talk is some 20 KiB
STEPS = (0.8, 0.6, 0.4, 0.2, 0.0)


class Told(NamedTuple):
    """What is said at the terminal, in one language."""

    which: str
    ship: str
    no_ship: str
    begins: str
    asks: str
    you: str
    cut: str
    figures: tuple[str, ...]
    steps: tuple[str, ...]
    claimed: str
    notes: dict[FactStatus, str]
    quote: str


TOLD = {
    ENGLISH: Told(
        "Which ship do you claim?",
        "ship> ",
        "Type the number of a ship, or how its name begins.",
        "You claim this one: {ship}. Give a question and your answer to it; an empty answer ends this.",
        "the guard asks> ",
        "you> ",
        "  Only the first {longest} characters are read; the server would refuse more.",
        ("persuasive", "sure of yourself", "consistent", "believable", "skilled"),
        ("very", "fairly", "half", "hardly", "not"),
        "you claimed",
        {
            FactStatus.NEW: "noted",
            FactStatus.CONSISTENT: "as you said in turn {turn}",
            FactStatus.CONTRADICTS: "but turn {turn} said otherwise",
        },
        "“{}”",
    ),
    GERMAN: Told(
        "Welches Schiff beanspruchst du?",
        "Schiff> ",
        "Gib die Nummer eines Schiffs ein oder den Anfang seines Namens.",
        "Du beanspruchst: {ship}. Gib eine Frage und deine Antwort darauf; eine leere Antwort beendet das.",
        "die Wache fragt> ",
        "du> ",
        "  Nur die ersten {longest} Zeichen werden gelesen; der Server nähme nicht mehr.",
        ("überzeugend", "selbstsicher", "widerspruchsfrei", "glaubwürdig", "geschickt"),
        ("sehr", "ziemlich", "halbwegs", "kaum", "nicht"),
        "behauptet:",
        {
            FactStatus.NEW: "notiert",
            FactStatus.CONSISTENT: "wie in Runde {turn} gesagt",
            FactStatus.CONTRADICTS: "doch Runde {turn} sagte anderes",
        },
        "„{}“",
    ),
}


def run() -> int:
    """Scores each line of standard input; at a terminal, asks instead. Gives the exit code."""
    if sys.stdin.isatty():
        sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]  # a text stream
        return converse(Console(), input)
    try:
        return answer_all(sys.stdin.buffer, print)
    except BrokenPipeError:
        # Whoever read the answers has enough. What is still buffered goes nowhere, so that the interpreter's own end is quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except KeyboardInterrupt:
        return INTERRUPTED


def answer_all(lines: BinaryIO, say: Callable[..., None]) -> int:
    """Answers each line with one; a line that is no question is refused on standard error by its number, and the next is answered."""
    code = OK
    for number, line in bounded(lines):
        where = f"standard input, line {number}"
        try:
            if line is None:
                raise BadCase(f"{where}: longer than {MOST_BYTES:,} bytes")
            if line.strip():
                say(msgspec.json.encode(scored(parsed(Asked, line, where))).decode(), flush=True)
        except BadCase as error:
            print(f"callisto: {error}", file=sys.stderr)
            code = USAGE
    return code


def bounded(lines: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """The lines with their numbers; None for one that is too long, which is not kept."""
    for number in count(1):
        line = lines.readline(MOST_BYTES + 1)
        if not line:
            return
        if len(line) <= MOST_BYTES or line.endswith(b"\n"):
            yield number, line
            continue
        while line and not line.endswith(b"\n"):
            line = lines.readline(MOST_BYTES)
        yield number, None


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
    """Asks for a language, a ship, questions and answers, and explains each; an empty answer ends it."""
    try:
        chosen = ask("language / Sprache (en, de)> ").strip()
        language = spoken(chosen or terminal_language())
        told, hulls = TOLD[language], catalogue(language).hulls
        ships = {str(number): ship for number, ship in enumerate(hulls, 1)}
        console.print(f"{told.which} " + ", ".join(f"{number} {hulls[ship]}" for number, ship in ships.items()), highlight=False)
        while (ship := _chosen(ask(told.ship).strip(), ships, hulls)) is None:
            console.print(told.no_ship, highlight=False)
        console.print(told.begins.format(ship=hulls[ship]), highlight=False)
        history: list[Said] = []
        while True:
            question = ask(told.asks).strip()
            answer = ask(told.you).strip()
            if not answer:
                return OK
            said = Said(question, "introduction" if not history and not question else "", answer)
            if is_cut(answer):
                console.print(told.cut.format(longest=LONGEST), highlight=False)
            explain(console, read(Asked(ship, said.question, said.topic, answer, history, language)), language)
            history.append(said)
    except (EOFError, KeyboardInterrupt):
        console.print()
        return OK


def explain(console: Console, reading: Reading, language: str) -> None:
    """A reading in plain words."""
    told = TOLD[language]
    for name, value in zip(
        told.figures,
        (
            reading.persuasiveness,
            reading.confidence,
            reading.consistency,
            reading.believability,
            reading.negotiation_skill or 0.0,
        ),
        strict=True,
    ):
        word = next(word for least, word in zip(STEPS, told.steps, strict=True) if value >= least)
        console.print(f"  {value:4.0%}  {word} {name}", highlight=False)
    for fact in reading.claims:
        note = told.notes[fact.status].format(turn=fact.with_turn)
        kind = WORDS[language].kind(fact.kind)
        _say(console, "·", f"{told.claimed} {kind}: {told.quote.format(fact.text)}, {note}")
    for each in reading.contradictions:
        _say(console, "⚠", each)
    for reason in reading.reasons:
        shown = f" {told.quote.format(reason.evidence)}" if reason.evidence else ""
        _say(console, "•", f"{reason.text}{shown}")


def _say(console: Console, mark: str, text: str) -> None:
    """A line with a mark, that stays behind the mark where it is wrapped."""
    line = Table.grid(padding=(0, 1))
    line.add_column(no_wrap=True)
    line.add_column()
    line.add_row(Text(f"  {mark}"), Text(text))
    console.print(line)


def _chosen(said: str, ships: dict[str, ShipType], hulls: dict[ShipType, str]) -> ShipType | None:
    """The ship of a number, or of a name begun."""
    if said in ships:
        return ships[said]
    return next((ship for ship, name in hulls.items() if said and name.casefold().startswith(said.casefold())), None)
