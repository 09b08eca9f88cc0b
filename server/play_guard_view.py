"""How the talk with the guard looks: the guard, the suspicion, the ships, what was perceived, what was claimed, the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from protocol.guard import Exchange, Fact, FactStatus, Guard, Mood, Offer, Outcome, Scores, ShipType, Specs, Trend, Verdict
from server.guard_words import Words

WIDEST = 120  # columns; wider is hard to read
WIDE = 110  # columns from which there is room for two things side by side
LEDGER = 50  # columns of the ledger beside something else
GAUGE = 24  # cells
QUESTIONS = 4  # after the claim, at most; wire.md 7
BARS = "▁▂▃▄▅▆▇█"
MOODS = {
    Mood.NEUTRAL: "white",
    Mood.SUSPICIOUS: "yellow",
    Mood.VERY_SUSPICIOUS: "red",
    Mood.CONVINCED: "green",
    Mood.ANNOYED: "magenta",
}
MARKS = {FactStatus.CONSISTENT: ("✓", "green"), FactStatus.CONTRADICTS: ("⚠", "bold red"), FactStatus.NEW: ("·", "dim")}
ENDS = {Outcome.SUCCESS: "green", Outcome.PARTIAL_SUCCESS: "yellow", Outcome.FAILURE: "red"}


class Claim(NamedTuple):
    """A line of the ledger: what was claimed in a turn."""

    turn: int
    fact: Fact


def width_of(columns: int) -> int:
    """How wide a panel is on a screen of so many columns."""
    return min(columns, WIDEST)


def title(ship: ShipType | str) -> str:
    """A hull as people call it: title("ESCAPE_POD") == "Escape Pod"."""
    return str(ship).replace("_", " ").title()


def gauge(words: Words, went: Sequence[float]) -> Text:
    """Suspicion as a bar and a number, where it went last, and all the way it went."""
    now = went[-1]
    filled = round(now * GAUGE)
    parts = [(f"{words.suspicion} ", "dim"), ("█" * filled, _heat(now)), ("░" * (GAUGE - filled), "dim")]
    text = Text.assemble(*parts, (f" {words.share(now)}", f"bold {_heat(now)}"))
    if len(went) > 1:
        change = round((now - went[-2]) * 100)
        trend = Trend.RISING if change > 0 else Trend.FALLING if change < 0 else Trend.STEADY
        text.append("  " + words.trends[trend].format(by=abs(change)), "red" if change > 0 else "green" if change < 0 else "dim")
        text.append("  ")
        for each in went:
            text.append(BARS[min(int(each * len(BARS)), len(BARS) - 1)], _heat(each))
    return text


def guard_panel(words: Words, guard: Guard, mood: Mood, went: Sequence[float], columns: int) -> Panel:
    """Who stands there, and how they feel about it."""
    feels = Text.assemble((words.character(guard), "italic"), (f"   {words.mood}: ", "dim"), (words.moods[mood], f"bold {MOODS[mood]}"))
    return Panel(
        Group(feels, Text(guard.description, "dim"), gauge(words, went)),
        title=Text.assemble((guard.name, "bold"), f" · {words.title(guard)}"),
        title_align="left",
        border_style=MOODS[mood],
        width=width_of(columns),
    )


def offers(words: Words, found: Sequence[Offer], columns: int) -> Table:
    """The ships, with a number each. A wide screen shows more of them."""
    table = Table(
        box=box.SIMPLE_HEAD, border_style="dim", header_style="dim", width=width_of(columns), pad_edge=False, padding=(0, 1, 0, 0)
    )
    table.add_column("#", style="bold cyan")
    table.add_column(words.ship, style="bold", ratio=1)
    wide = columns >= WIDE
    for name in words.specs if wide else words.specs[:7]:
        table.add_column(name, justify="right", no_wrap=True)
    for number, each in enumerate(found, 1):
        table.add_row(str(number), words.hull(each.ship), "★" * each.tier, *_specs(words, each.specs, wide=wide))
    return table


def _specs(words: Words, specs: Specs, *, wide: bool) -> list[str]:
    few = [words.number(each) for each in (specs.cargo, specs.speed, specs.hull, specs.shields, specs.drones)]
    few.append(words.share(specs.evasion / 100))
    more = [words.number(each) for each in (specs.attack, specs.defense, specs.scanner)]
    return [*few, *more, words.yes if specs.warp_capable else words.no] if wide else few


def said(guard: Guard, text: str, columns: int) -> RenderableType:
    """A line of the guard's."""
    return Padding(Text.assemble((f"{guard.name}  ", "bold"), text), (1, max(0, columns - width_of(columns)), 1, 2))


def past(words: Words, guard: Guard, each: Exchange, columns: int) -> RenderableType:
    """A turn that was, when a talk is resumed."""
    shown: list[RenderableType] = [said(guard, each.text, columns)]
    if each.answer is not None:
        shown.append(Padding(Text.assemble((f"{words.you}  ", "bold cyan"), each.answer), (0, max(0, columns - width_of(columns)), 0, 2)))
    if each.scores is not None:
        shown.append(perceived(words, each.scores, each.claims, each.contradictions, columns))
    return Group(*shown)


def perceived(words: Words, scores: Scores | None, claims: Sequence[Fact], contradictions: Sequence[str], columns: int) -> RenderableType:
    """How an answer came across: what was claimed and how that fits, then the figures."""
    rows = Table.grid(padding=(0, 1))
    rows.add_column(no_wrap=True)
    rows.add_column()
    for each in claims:
        mark, colour = MARKS[each.status]
        rows.add_row(Text(mark, colour), Text.assemble((each.text, colour), (f"  {_about(words, each)}", "dim")))
    for contradiction in contradictions:
        rows.add_row(Text("⚠", "red"), Text(contradiction, "red"))
    figures = Text()
    if scores is not None:
        values = (scores.persuasiveness, scores.confidence, scores.consistency, scores.believability)
        figures = Text("   ".join(f"{name} {words.share(value)}" for name, value in zip(words.scores, values, strict=True)), "dim")
    return Padding(Group(rows, figures), (0, max(0, columns - width_of(columns)), 0, 2))


def heard(words: Words, guard: Guard, mood: Mood, went: Sequence[float], turn: int | None, columns: int) -> RenderableType:
    """What the answer did to the guard: mood, suspicion, and which question comes next."""
    feels, _, rest = words.feels.format(name=guard.name, mood="\0").partition("\0")
    line = Text.assemble((feels, "dim"), (words.moods[mood], f"bold {MOODS[mood]}"), (rest, "dim"))
    if turn is not None:
        line.append(f"   {words.question.format(number=turn - 1, most=QUESTIONS)}", "dim")
    return Padding(Group(line, gauge(words, went)), (0, 0, 0, 2))


def ledger(words: Words, claims: Sequence[Claim], columns: int) -> Panel:
    """Everything claimed so far, by turn, with the mark it got."""
    rows = Table.grid(padding=(0, 1))
    for style in ("dim", "", ""):
        rows.add_column(style=style)
    turn = 0
    for each in claims:
        mark, colour = MARKS[each.fact.status]
        about = Text.assemble((each.fact.text, colour), (f"  {_about(words, each.fact, new=False)}", "dim"))
        rows.add_row(str(each.turn) if each.turn != turn else "", Text(mark, colour), about)
        turn = each.turn
    shown = rows if claims else Text(words.nothing_claimed, "dim")
    return Panel(shown, title=words.ledger, title_align="left", border_style="dim", width=width_of(columns))


def beside(left: Sequence[RenderableType], claims: Panel, columns: int) -> RenderableType:
    """Something with the ledger on its right."""
    both = Table.grid(padding=(0, 1))
    both.add_column(width=width_of(columns) - LEDGER - 1)
    both.add_column(width=LEDGER)
    both.add_row(Group(*left), claims)
    return both


def verdict(words: Words, found: Verdict, claimed: ShipType | None, columns: int) -> Panel:
    """What was decided, and why."""
    colour = ENDS[found.outcome]
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column()
    if claimed is not None:
        facts.add_row(words.claimed, words.hull(claimed))
    gets = words.gets.format(ship=words.hull(found.awarded_ship), credits=words.number(found.starting_credits))
    facts.add_row(words.get, Text(gets, "bold"))
    account = words.accounted.format(
        score=words.share(found.final_score), threshold=words.share(found.threshold), skill=words.skills[found.negotiation_skill]
    )
    facts.add_row(words.account, account)
    if found.bonus:
        facts.add_row(words.besides, Text(words.bonus, "green"))
    if found.notoriety:
        facts.add_row(words.besides, Text(words.notoriety, "red"))
    why = Table.grid(padding=(0, 1))
    why.add_column(no_wrap=True)
    why.add_column()
    for each in found.reasons:
        why.add_row("•", Text.assemble(each.text, (f"  {words.quote.format(each.evidence)}" if each.evidence else "", "dim")))
    return Panel(
        Group(facts, Text(), why),
        title=Text(words.outcomes[found.outcome], f"bold {colour}"),
        title_align="left",
        border_style=colour,
        width=width_of(columns),
    )


def _about(words: Words, fact: Fact, *, new: bool = True) -> str:
    """What a claim is about and how it fits; not what its own words say already ("registration KX-2040")."""
    kind = words.kind(fact.kind)
    parts = [] if fact.text.casefold().startswith(kind.casefold()) else [kind]
    if new or fact.status is not FactStatus.NEW:
        parts.append(words.notes[fact.status].format(turn=fact.with_turn))
    return ", ".join(parts)


def _heat(suspicion: float) -> str:
    return "green" if suspicion < 0.35 else "yellow" if suspicion < 0.65 else "red"
