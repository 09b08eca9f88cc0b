"""What a set of runs came to, as a table for people and as JSON for machines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.faults.stage import Outcome

MOST = 1_200  # characters of a violation


def as_map(outcomes: Sequence[Outcome], *, good: bool, took_s: float) -> dict[str, Any]:
    """Everything that was counted."""
    injected: Counter[str] = sum((each.injected for each in outcomes), Counter())
    return {
        "good": good,
        "took_s": round(took_s, 1),
        "injected": dict(sorted(injected.items())),
        "commit_cuts": sum(each.cuts for each in outcomes),
        "redis_lies": sum(each.lies for each in outcomes),
        "operations": sum(each.verdict.counts["operations"] for each in outcomes if each.verdict),
        "heard": sum(each.verdict.counts["heard"] for each in outcomes if each.verdict),
        "violations": sum(len(each.verdict.violations) for each in outcomes if each.verdict and not each.plan.plant),
        "runs": [_run(each) for each in outcomes],
    }


def _run(outcome: Outcome) -> dict[str, Any]:
    verdict = outcome.verdict
    found: dict[str, Any] = {
        "name": outcome.plan.name,
        "seed": outcome.plan.seed,
        "plant": outcome.plan.plant,
        "good": outcome.good,
        "took_s": round(outcome.took_s, 1),
        "phases_s": {name: round(value, 1) for name, value in outcome.phases.items()},
        "injected": dict(outcome.injected),
        "skipped": outcome.skipped,
        "commit_cuts": outcome.cuts,
        "redis_lies": outcome.lies,
        "wrong": outcome.wrong,
        "notes": {name: [round(value, 3) for value in values] for name, values in outcome.notes.items()},
    }
    if verdict is not None:
        found |= {
            "counts": verdict.counts,
            "ok": verdict.ok,
            "refused": verdict.refused,
            "unknown": verdict.unknown,
            "violations": [str(each) for each in verdict.violations],
            "judged_s": round(verdict.judged_s, 2),
            "resume_s": dict(zip(("p50", "p99", "count"), verdict.resume_s, strict=True)) if verdict.resume_s else None,
        }
    return found


def line(outcome: Outcome) -> str:
    """One run in one line, as soon as it is over."""
    if outcome.plan.plant:
        found = sorted({each.checker for each in outcome.verdict.violations}) if outcome.verdict else []
        said = f"{'found' if outcome.good else 'NOT FOUND'} by {', '.join(found) or 'nobody'}"
    else:
        said = "good" if outcome.good else "BAD"
    return f"{said}: {outcome.plan.name}, seed {outcome.plan.seed}, {outcome.took_s:.0f} s"


def reasons(outcome: Outcome) -> list[str]:
    """What was skipped, and what went wrong."""
    found = [f"  skipped: {name}: {why}" for name, why in outcome.skipped.items()]
    if outcome.plan.plant:
        return found
    violations = outcome.verdict.violations if outcome.verdict else []
    found += [f"  missing: {name} was not injected" for name in sorted(outcome.missing - set(outcome.skipped))]
    found += [f"  wrong: {what}" for what in outcome.wrong]
    found += [f"  violation: {str(each)[:MOST]}" for each in violations[:20]]
    return found


def show(console: Console, outcomes: Sequence[Outcome]) -> None:
    """The table."""
    table = Table(
        "run", "seed", "faults injected", "cuts", "lies", "sends", "ok / refused / unknown", "heard", "resume p50 / p99", "violations", "s"
    )
    for each in outcomes:
        verdict = each.verdict
        faults = " ".join(
            f"{name}×{count}" for name, count in sorted(each.injected.items(), key=lambda item: (item[0][0], int(item[0][1:])))
        )
        resumed = f"{verdict.resume_s[0]:.2f} / {verdict.resume_s[1]:.2f}" if verdict and verdict.resume_s else "–"
        table.add_row(
            each.plan.name,
            str(each.plan.seed),
            faults,
            str(each.cuts),
            str(each.lies),
            str(verdict.counts["operations"]) if verdict else "–",
            f"{verdict.ok} / {verdict.refused} / {verdict.unknown}" if verdict else "–",
            str(verdict.counts["heard"]) if verdict else "–",
            resumed,
            str(len(verdict.violations) if verdict else "?"),
            f"{each.took_s:.0f}",
        )
    console.print(table)


def write(path: Path, found: dict[str, Any]) -> None:
    """The same, as a file."""
    path.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
