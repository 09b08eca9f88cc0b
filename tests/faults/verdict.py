"""From a history and a database to a verdict: the judges', and the promise about resuming after a kill that nothing else disturbed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.faults import whitebox
from tests.faults.checks import Limits, Story, Violation, judge
from tests.faults.checks.liveness import resumes
from tests.faults.history import AnyRecord, Done, Fault, Unknown, read

RESUME_P99_S = 3.0  # guarantees.md P13
DISTURBED_S = 60.0  # the judges' own bound: in most runs other things are broken at the same time
RECOVERY_S = 4.0  # after another fault has ended, a kill is not disturbed by it any more
PASSING_BY = ("N1", "N4", "N5", "N6", "W7", "heal", "N13", "N14")
"""Faults that resuming must not feel."""


@dataclass
class Verdict:
    """What the judges found, and what was counted."""

    violations: list[Violation]
    counts: dict[str, int]
    ok: int = 0
    refused: int = 0
    unknown: int = 0
    resume_s: tuple[float, float, int] | None = None
    """p50, p99 and count of the resumes after undisturbed kills."""
    judged_s: float = 0.0


async def judged(path: Path, owner_url: str, patient: float = 1.0) -> Verdict:
    """The verdict on a finished run."""
    world = await whitebox.read(owner_url)
    return judged_in(read(path), world, patient)


def judged_in(history: list[AnyRecord], world: whitebox.World, patient: float = 1.0, *, finished: bool = True) -> Verdict:
    """The verdict, of what has been read."""
    limits = Limits(resume_p99_s=DISTURBED_S * patient, heal_s=10.0 * patient, late_s=10.0 * patient, finished=finished)
    report = judge(history, world, limits)
    found = Verdict(report.violations, report.counts, judged_s=report.took_s)
    for each in history:
        if isinstance(each, Done):
            if each.ok is not None:
                found.ok += 1
            else:
                found.refused += 1
        elif isinstance(each, Unknown):
            found.unknown += 1
    times = undisturbed(Story(history))
    if times:
        p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
        found.resume_s = (times[len(times) // 2], p99, len(times))
        if p99 > RESUME_P99_S * patient:
            found.violations.append(Violation("C9", f"p99 of {len(times)} resumes after undisturbed kills is {p99:.2f} s", ()))
    return found


def undisturbed(story: Story) -> list[float]:
    """Sorted seconds from kills to being live and complete again, of those kills during which nothing else was broken."""
    broken = _stretches(story.faults)
    found = []
    for seconds, connection in resumes(story):
        closed = connection.closed.t if connection.closed is not None else story.end_t
        if not any(begin <= closed + seconds and closed <= end + RECOVERY_S for begin, end in broken):
            found.append(seconds)
    return sorted(found)


def _stretches(faults: list[Fault]) -> list[tuple[float, float]]:
    begun: dict[tuple[str, str], float] = {}
    found = []
    for each in faults:
        if each.name in PASSING_BY:
            continue
        if each.phase == "begin":
            begun[each.name, each.what] = each.t
        else:
            found.append((begun.pop((each.name, each.what), each.t), each.t))
    return found + [(t, float("inf")) for t in begun.values()]
