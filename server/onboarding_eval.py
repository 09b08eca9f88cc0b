"""`./callisto onboarding eval`: how well the reader agrees with labelled talks, and who gets past which guard with which ship."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from protocol.guard import Outcome, Reading, ShipType, Skill
from server.onboarding_cases import FOLDER, LONGEST, BadCase, Case, answers, heard_out, load, outcome, readings, skill
from server.rules import caught, claims, guards, manner, padding, reader, relevance

OK, USAGE = 0, 2  # wire.md 6
BINS = 10
BAR = 30  # cells
RATE_S = 10.0  # how long --rate measures
MARKS = {Skill.WEAK: "░", Skill.AVERAGE: "▒", Skill.STRONG: "█"}


class Judged(NamedTuple):
    """A case and what was perceived in it."""

    case: Case
    readings: list[Reading]
    skill: Skill

    @property
    def mean(self) -> float:
        """The mean negotiation skill, before it becomes a level."""
        return sum(each.negotiation_skill or 0.0 for each in self.readings) / len(self.readings)


def run(json_path: Path | None, cases_path: Path | None, *, rate: bool, wrong: bool) -> int:
    """Prints the agreement; gives the exit code."""
    console = Console()
    paths = [cases_path] if cases_path else sorted(FOLDER.glob("*.jsonl"))
    if not paths:
        print("callisto: the labelled talks are in a checkout only; name a file with --cases", file=sys.stderr)
        return USAGE
    try:
        files = {path: load(path) for path in paths}
    except (BadCase, OSError) as error:
        print(f"callisto: {error}", file=sys.stderr)
        return USAGE
    cases = [case for found in files.values() for case in found]
    for case in cases:
        if any(len(each.answer) > LONGEST for each in case.exchanges):
            print(
                f"callisto: {case.id}: only the first {LONGEST} characters of an answer are read, as the server takes no more",
                file=sys.stderr,
            )
    judged = [Judged(case, found := readings(case), skill(found)) for case in cases]
    result = summary(judged)
    if len(files) > 1:
        ids = {path.stem: {case.id for case in found} for path, found in files.items()}
        result["files"] = {name: summary([each for each in judged if each.case.id in some], short=True) for name, some in ids.items()}
    show(console, result, judged, wrong=wrong)
    if rate:
        result["rate"] = measured(cases)
        console.print(
            "{dialogues_per_minute:,} dialogues a minute on one core; an answer takes {mean_ms} ms on average, {p95_ms} ms at the 95th percentile, {p99_ms} ms at the 99th".format(
                **result["rate"]
            )
        )
    if json_path is not None:
        try:
            json_path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", "utf-8")
        except OSError as error:
            print(f"callisto: {error}", file=sys.stderr)
            return USAGE
    return OK


def summary(judged: Sequence[Judged], *, short: bool = False) -> dict[str, Any]:
    """Agreement, confusion (label, then what was read) and pass rates."""
    n = len(judged)
    confusion = {label.value: {read.value: 0 for read in Skill} for label in Skill}
    for each in judged:
        confusion[each.case.label.value][each.skill.value] += 1
    agreed = sum(each.case.label is each.skill for each in judged)
    found: dict[str, Any] = {
        "n": n,
        "exact_agreement": round(agreed / n, 4),
        "weak_read_as_strong": confusion["WEAK"]["STRONG"],
        "confusion": confusion,
    }
    return found if short else found | {"pass_rates": pass_rates(judged), "reliability": reliability(judged)}


def pass_rates(judged: Sequence[Judged]) -> dict[str, Any]:
    """The share of talks that win, by label: over all guards and ships, by ship, and by the guard's trait.

    Every talk is put before every guard, for every ship but the pod, with what was perceived in it: its own words against other thresholds.
    """
    won: Counter[tuple[str, str, Skill]] = Counter()
    all: Counter[tuple[str, str, Skill]] = Counter()
    for each in judged:
        if each.case.ship is ShipType.ESCAPE_POD:
            continue
        for trait in guards.TRAITS:
            heard = heard_out(trait, each.readings)
            for ship in ShipType:
                if ship is ShipType.ESCAPE_POD:
                    continue
                key = (ship.value, trait, each.case.label)
                all[key] += 1
                won[key] += outcome(ship, trait, heard) is Outcome.SUCCESS

    def share(label: Skill, ship: str | None = None, trait: str | None = None) -> float | None:
        keys = [key for key in all if key[2] is label and ship in (None, key[0]) and trait in (None, key[1])]
        total = sum(all[key] for key in keys)
        return round(sum(won[key] for key in keys) / total, 4) if total else None

    ships = [each.value for each in ShipType if each is not ShipType.ESCAPE_POD]
    return {
        "skill": {label.value: share(label) for label in Skill},
        "ship": {ship: {label.value: share(label, ship=ship) for label in Skill} for ship in ships},
        "trait": {trait: {label.value: share(label, trait=trait) for label in Skill} for trait in guards.TRAITS},
    }


def reliability(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """By tenths of the mean skill perceived: how many talks, and what the referee called them."""
    found = []
    for number in range(BINS):
        inside = [each for each in judged if min(BINS - 1, int(each.mean * BINS)) == number]
        labels = Counter(each.case.label for each in inside)
        found.append({"from": number / BINS, "n": len(inside), **{label.value: labels[label] for label in Skill}})
    return found


def measured(cases: Sequence[Case]) -> dict[str, Any]:
    """How many talks are read in a minute, with nothing remembered from one to the next."""
    took: list[float] = []
    talks, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < RATE_S:
        case = cases[talks % len(cases)]
        claims.hear.cache_clear()
        claims.question_heard.cache_clear()
        padding.remembered.cache_clear()
        relevance.asked.cache_clear()
        manner.spoken.cache_clear()
        caught.unfit.cache_clear()
        given = answers(case.exchanges)
        for number, each in enumerate(given):
            start = time.perf_counter()
            reader.read(case.ship, each, given[:number])
            took.append((time.perf_counter() - start) * 1000)
        talks += 1
    took.sort()
    return {
        "dialogues_per_minute": round(talks / elapsed * 60),
        "mean_ms": round(sum(took) / len(took), 2),
        "p95_ms": round(took[int(len(took) * 0.95)], 2),
        "p99_ms": round(took[int(len(took) * 0.99)], 2),
    }


def show(console: Console, result: dict[str, Any], judged: Sequence[Judged], *, wrong: bool) -> None:
    """Prints the tables."""
    console.print(
        f"{result['n']} talks, {result['exact_agreement']:.1%} read as labelled, {result['weak_read_as_strong']} weak ones read as strong"
    )
    for name, each in result.get("files", {}).items():
        console.print(
            f"  {name}: {each['n']} talks, {each['exact_agreement']:.1%} as labelled, {each['weak_read_as_strong']} weak ones read as strong"
        )
    table = Table(title="label \\ read as", title_justify="left")
    table.add_column("")
    for read in Skill:
        table.add_column(read.value, justify="right")
    for label, row in result["confusion"].items():
        table.add_row(label, *(str(row[read.value]) for read in Skill))
    console.print(table)
    console.print("Reliability: mean skill perceived, and what the referee called those talks")
    for each in result["reliability"]:
        bar = "".join(MARKS[label] * each[label.value] for label in Skill)
        scale = max(1, -(-len(bar) // (2 * BAR)))
        console.print(f"  {each['from']:.1f} to {each['from'] + 1 / BINS:.1f}  {each['n']:4}  {bar[::scale]}", highlight=False)
    console.print("  " + "  ".join(f"{mark} {label.value}" for label, mark in MARKS.items()), highlight=False)
    rates = result["pass_rates"]
    for title, rows in (("who passes, by ship", rates["ship"]), ("who passes, by guard", rates["trait"])):
        table = Table(title=title, title_justify="left")
        table.add_column("")
        for label in Skill:
            table.add_column(label.value, justify="right")
        for name, row in [*rows.items(), ("all", rates["skill"])]:
            table.add_row(name, *("-" if row[label.value] is None else f"{row[label.value]:.0%}" for label in Skill))
        console.print(table)
    for case, _, found in [each for each in judged if each.skill is not each.case.label] if wrong else []:
        console.print(f"{case.id}: {case.label.value} read as {found.value}", highlight=False)
