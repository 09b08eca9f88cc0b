"""How the talk with the guard looks: the guard, the suspicion, the ships, what was perceived, the verdict."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from protocol.guard import Exchange, Fact, FactStatus, Guard, Mood, Offer, Outcome, Scores, ShipType, Specs, Verdict

WIDEST = 120  # columns; wider is hard to read
GAUGE = 24  # cells
MOODS = {
    Mood.NEUTRAL: ("calm", "white"),
    Mood.SUSPICIOUS: ("suspicious", "yellow"),
    Mood.VERY_SUSPICIOUS: ("very suspicious", "red"),
    Mood.CONVINCED: ("convinced", "green"),
    Mood.ANNOYED: ("annoyed", "magenta"),
}
MARKS = {FactStatus.CONSISTENT: ("✓", "green"), FactStatus.CONTRADICTS: ("⚠", "bold red"), FactStatus.NEW: ("·", "dim")}
ENDS = {
    Outcome.SUCCESS: ("BELIEVED", "green"),
    Outcome.PARTIAL_SUCCESS: ("NOT QUITE", "yellow"),
    Outcome.FAILURE: ("NOT BELIEVED", "red"),
}


def width_of(columns: int) -> int:
    """How wide a panel is on a screen of so many columns."""
    return min(columns, WIDEST)


def title(ship: ShipType | str) -> str:
    """A hull as people call it: title("ESCAPE_POD") == "Escape Pod"."""
    return str(ship).replace("_", " ").title()


def gauge(now: float, before: float | None = None) -> Text:
    """Suspicion as a bar, a number, and where it went."""
    colour = "green" if now < 0.35 else "yellow" if now < 0.65 else "red"
    filled = round(now * GAUGE)
    text = Text.assemble(("suspicion ", "dim"), ("█" * filled, colour), ("░" * (GAUGE - filled), "dim"), (f" {now:4.0%}", f"bold {colour}"))
    if before is not None:
        change = round((now - before) * 100)
        text += Text(f"  ▲ up {change}" if change > 0 else f"  ▼ down {-change}" if change < 0 else "  = steady", _worse(change))
    return text


def guard_panel(guard: Guard, mood: Mood, suspicion: float, before: float | None, columns: int) -> Panel:
    """Who stands there, and how they feel about it."""
    says, colour = MOODS[mood]
    words = Text.assemble((guard.trait, "italic"), ("   mood: ", "dim"), (says, f"bold {colour}"))
    head = f"[bold]{guard.name}[/] · {guard.title}"
    return Panel(
        Group(words, Text(guard.description, "dim"), gauge(suspicion, before)),
        title=head,
        title_align="left",
        border_style=colour,
        width=width_of(columns),
    )


def mood_line(guard: Guard, mood: Mood, suspicion: float, before: float, columns: int) -> RenderableType:
    """Between two questions: mood and suspicion on one line."""
    says, colour = MOODS[mood]
    return Padding(
        Text.assemble((f"{guard.name} is ", "dim"), (f"{says:<15}", f"bold {colour}"), " ") + gauge(suspicion, before), (0, 0, 0, 2)
    )


def offers(found: Sequence[Offer], columns: int) -> Table:
    """The ships, with a number each. A wide screen shows more of them."""
    table = Table(box=box.SIMPLE_HEAD, border_style="dim", header_style="dim", width=width_of(columns), pad_edge=False)
    table.add_column("#", style="bold cyan")
    table.add_column("ship", style="bold", ratio=1, no_wrap=True)
    wide = columns >= 100
    for name in ("tier", "cargo", "speed", "hull", "shield", "drones", "evade") + (
        ("attack", "defence", "scanner", "warp") if wide else ()
    ):
        table.add_column(name, justify="right", no_wrap=True)
    for number, each in enumerate(found, 1):
        table.add_row(str(number), title(each.ship), "★" * each.tier, *_specs(each.specs, wide=wide))
    return table


def _specs(specs: Specs, *, wide: bool) -> list[str]:
    few = [f"{specs.cargo:,}", f"{specs.speed:g}", f"{specs.hull:,}", f"{specs.shields:,}", str(specs.drones), f"{specs.evasion}%"]
    return [*few, str(specs.attack), str(specs.defense), str(specs.scanner), "yes" if specs.warp_capable else "no"] if wide else few


def said(guard: Guard, text: str, columns: int) -> RenderableType:
    """A line of the guard's."""
    return Padding(Text.assemble((f"{guard.name}  ", "bold"), text), (1, max(0, columns - width_of(columns)), 1, 2))


def past(guard: Guard, each: Exchange, columns: int) -> RenderableType:
    """A turn that was, when a talk is resumed."""
    answer = [Padding(Text.assemble(("you  ", "bold cyan"), each.answer), (0, 0, 0, 2))] if each.answer is not None else []
    return Group(said(guard, each.text, columns), *answer)


def perceived(scores: Scores | None, claims: Sequence[Fact], contradictions: Sequence[str], columns: int) -> RenderableType:
    """How an answer came across: what was claimed and how that fits, then the figures."""
    lines = []
    for each in claims:
        mark, colour = MARKS[each.status]
        turn = f" turn {each.with_turn}" if each.with_turn else ""
        note = {FactStatus.CONSISTENT: f"as in{turn}", FactStatus.CONTRADICTS: f"contradicts{turn}", FactStatus.NEW: "noted"}[each.status]
        kind = each.kind.replace("_", " ")
        named = each.text.casefold().startswith(kind)  # "registration KX-2040" says what it is
        lines.append(Text.assemble((f"{mark} {each.text}", colour), (f"  {note}" if named else f"  {kind}, {note}", "dim")))
    lines += [Text(f"⚠ {each}", "red") for each in contradictions]
    if scores is not None:
        shown = (
            ("persuasive", scores.persuasiveness),
            ("sure", scores.confidence),
            ("consistent", scores.consistency),
            ("believed", scores.believability),
        )
        lines.append(Text("   ".join(f"{name} {value:.0%}" for name, value in shown), "dim"))
    return Padding(Group(*lines), (0, max(0, columns - width_of(columns)), 0, 2))


def verdict(found: Verdict, claimed: ShipType | None, columns: int) -> Panel:
    """What was decided, and why."""
    words, colour = ENDS[found.outcome]
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_column()
    if claimed is not None:
        facts.add_row("you claimed", title(claimed))
    facts.add_row("you get", Text(f"{title(found.awarded_ship)} and {found.starting_credits:,} credits", "bold"))
    facts.add_row(
        "your account", f"{found.final_score:.0%}, asked for {found.threshold:.0%}; {found.negotiation_skill.value.lower()} negotiator"
    )
    if found.bonus:
        facts.add_row("besides", Text("better prices when you trade", "green"))
    if found.notoriety:
        facts.add_row("besides", Text("the Terran Federation thinks less of you", "red"))
    reasons = [Text.assemble("• ", each.text, (f"  “{each.evidence}”" if each.evidence else "", "dim")) for each in found.reasons]
    return Panel(
        Group(facts, Text(), *reasons), title=f"[bold {colour}]{words}[/]", title_align="left", border_style=colour, width=width_of(columns)
    )


def _worse(change: int) -> str:
    return "red" if change > 0 else "green" if change < 0 else "dim"
