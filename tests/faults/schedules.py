"""Which faults, in which order, from which seed: smoke, ci, long, and the planted bugs."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterator

from tests.faults.planted import BUGS
from tests.faults.servers import CHECKOUT
from tests.faults.stage import NEWCOMERS, Outcome, Plan
from tests.faults.versions import past

SEED = 20_261
KILLS, POSTGRES_KILLS, CUTS = 300, 100, 500  # what a long run must reach
LONG_S, LONGEST_S = 3_600.0, 4_500.0
OTHERS = ("N2", "N3", "N4", "N5", "N6", "N8", "N9", "N10", "N12", "N13", "N20", "N21", "W7")
BESIDE = ("N14",)
JUMP_LATE_S = 2.0  # guarantees.md P11; what a clock does is no excuse for more
TRIES = 3  # to find the planted bug of the day
PAIRED = 0.3  # share of steps in which two things break at once


def smoke(seed: int) -> list[Plan]:
    """One short run: letters, lines and money while a gateway, Redis and PostgreSQL are killed, and commits are cut."""
    return [Plan("smoke", seed, (("N1",), ("N4",), ("N11",), ("N7",)), warm_s=1.5, after_s=1.0)]


def ci(seed: int, outcomes: list[Outcome]) -> Iterator[Plan]:
    """Five runs of less than a minute, one whose database is restored from a backup, and one with a planted bug that must be found.

    What a bug needs to show is partly chance: it may be looked for three times."""
    sets: list[tuple[tuple[str, ...], ...]] = [
        (("N1",), ("N7",), ("N1",), ("N1", "N7")),
        (("N4",), ("N6",), ("N5",), ("N4", "N6"), ("W7",)),
        (("N8",), ("N11",), ("N11", "N8"), ("N9",)),
        (("N13",), ("N2",), ("N12",), ("N2",)),
        (("N3",), ("N10",), ("N20",), ("N21",), ("N3", "N10")),
    ]
    beside: dict[int, tuple[str, ...]] = {3: ("N14",)}
    # A shallow clone has no older version: that is said and no fault of the submission's. A long run needs it in any case.
    optional = frozenset(("N21",) if len(past()) < 2 else ())
    for at, steps in enumerate(sets):
        yield Plan(
            f"ci {at + 1}",
            seed + at,
            steps,
            load_s=20.0,
            after_s=1.5,
            background=beside.get(at, ()),
            newcomers=NEWCOMERS,
            optional=optional,
        )
    yield from restore(seed + 5)
    bug = todays(_commit(), time.gmtime().tm_yday)
    for once_more in range(TRIES):
        if not any(each.good for each in outcomes if each.plan.plant == bug):
            yield _planted(seed + 100 * once_more, bug)


def restore(seed: int) -> list[Plan]:
    """The database is replaced by an older backup."""
    return [Plan("restore", seed, (), restore=True)]


def planted(seed: int, name: str | None = None) -> list[Plan]:
    """A short run for each planted bug, or for one."""
    return [_planted(seed, each) for each in ([name] if name else BUGS)]


def _planted(seed: int, name: str) -> Plan:
    under, lost = BUGS[name].under, BUGS[name].caught_by == ("C6",) and bool(BUGS[name].under)
    steps = tuple((each,) for each in under for _ in range(1 if len(under) > 2 else 2)) or (("W7",), ("N4",))
    # A lost word is made good by the next one of its stream: streams must be quiet, and nothing may come after the healing.
    pace, after_s = (0.4, 0.0) if lost else (1.0, 1.0)
    late_s = JUMP_LATE_S if "N15" in under else 10.0
    return Plan(f"planted: {name}", seed, steps, warm_s=3.0, late_s=late_s, after_s=after_s, load_s=10.0, gap_s=0.5, pace=pace, plant=name)


def todays(commit: str | None, day: int) -> str:
    """Which bug is this submission's: by its commit, or, where there is none, by the day of the year."""
    return list(BUGS)[(int(commit[:8], 16) if commit else day) % len(BUGS)]


def _commit() -> str | None:
    try:
        said = subprocess.run(["git", "rev-parse", "--verify", "HEAD"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
        return said.strip() or None
    except (OSError, subprocess.CalledProcessError):
        return None


def long(seed: int, outcomes: list[Outcome], *, minutes: float | None = None) -> Iterator[Plan]:
    """Runs of two minutes with everything in them, until an hour is over and the counts are reached, or an hour and a quarter."""
    began, number = time.monotonic(), 0
    while True:
        gone = time.monotonic() - began
        if minutes is not None:
            if gone > minutes * 60.0:
                return
        elif gone > LONGEST_S or (gone > LONG_S and reached(outcomes)):
            return
        number += 1
        dice = random.Random(f"{seed}:{number}")
        if number % 10 == 5:
            yield Plan(f"long {number} restore", seed + number, (), restore=True, quick=False)
            continue
        yield Plan(
            f"long {number}",
            seed + number,
            shuffled(dice),
            gap_s=0.6,
            after_s=2.0,
            background=(dice.choice(BESIDE),),
            quick=False,
            newcomers=NEWCOMERS,
        )


def shuffled(dice: random.Random) -> tuple[tuple[str, ...], ...]:
    """What a run of `long` breaks, step by step, some of it two at a time."""
    singles = ["N1"] * 12 + ["N7"] * 4 + ["N11"] * 3 + dice.sample(OTHERS, 4)
    dice.shuffle(singles)
    steps: list[tuple[str, ...]] = []
    while singles:
        first = singles.pop()
        other = next((each for each in singles if not _collide(first, each)), None)
        if other is not None and dice.random() < PAIRED * 2:
            singles.remove(other)
            steps.append((first, other))
        else:
            steps.append((first,))
    return tuple(steps)


SAME = (frozenset(("N7", "N8", "N9")), frozenset(("N4", "N5", "N6")), frozenset(("N10", "N11", "N7", "N9")))
"""Those that break the same thing, and would only undo each other's work."""
DRAINS, UNKNOWING = frozenset(("N2", "N21")), frozenset(("N7", "N8", "N9", "N10", "N11"))
"""A drain leaves no outcome unknown; what happens to PostgreSQL or on the way there may, and nobody could tell whose doing it was."""


def _collide(one: str, other: str) -> bool:
    # Beside slow clients nothing else may disturb their neighbours.
    if (one in DRAINS and other in UNKNOWING) or (other in DRAINS and one in UNKNOWING):
        return True
    return one == other or "N13" in (one, other) or any(one in same and other in same for same in SAME)


def reached(outcomes: list[Outcome]) -> bool:
    """Whether a long run has broken enough."""
    return not missing(outcomes)


def missing(outcomes: list[Outcome]) -> list[str]:
    """Which counts a long run has not reached."""
    counted = {
        "gateway kills": (sum(each.injected["N1"] for each in outcomes), KILLS),
        "PostgreSQL kills": (sum(each.injected["N7"] for each in outcomes), POSTGRES_KILLS),
        "commit cuts": (sum(each.cuts for each in outcomes), CUTS),
    }
    short = [f"{name}: {count} of {wanted}" for name, (count, wanted) in counted.items() if count < wanted]
    injected = {name for each in outcomes for name in each.injected}
    return short + [f"{name} was never injected" for name in ("N1", "N7", "N11", "N22", *OTHERS, *BESIDE) if name not in injected]
