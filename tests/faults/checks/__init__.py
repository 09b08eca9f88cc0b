"""The judges: each reads a history and the database's own account, and says which promise was broken, by whom, and what shows it.

`judge` is the way in. A checker is a function of the story (the history in order), the world (the white-box pass) and the
limits; all are linear in the history's length.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from tests.faults.checks import (
    durability,
    idempotence,
    liveness,
    money,
    order,
    talks,
    visibility,
)
from tests.faults.checks.story import Limits, Story, Violation
from tests.faults.history import AnyRecord
from tests.faults.whitebox import World

__all__ = ["Limits", "Report", "Story", "Violation", "World", "judge"]

PROMISED = Limits()
MOST = 100  # violations a checker tells of; a broken server breaks the same promise a thousand times


@dataclass
class Report:
    """What a run came to."""

    violations: list[Violation]
    counts: dict[str, int]
    """What was checked: records, commands, connections, events, transfers, finals, resumes."""
    resume_s: list[float] = field(default_factory=list)
    """Seconds from each kill to a new connection with nothing missing, sorted."""
    took_s: float = 0.0

    def of(self, checker: str) -> list[Violation]:
        """The violations of one checker."""
        return [each for each in self.violations if each.checker == checker]

    @property
    def checkers(self) -> set[str]:
        """Which checkers found something."""
        return {each.checker for each in self.violations}


def judge(history: Iterable[AnyRecord], world: World, limits: Limits = PROMISED) -> Report:
    """Checks one run against every promise of guarantees.md 3.4 that a history can show."""
    began = time.perf_counter()
    was = gc.isenabled()
    gc.disable()
    try:
        story = Story(history)
        walks = {conn: order.walk(connection) for conn, connection in story.connections.items()}
        found: list[Violation] = []
        for checker in _checkers(story, world, walks, limits):
            found += islice(checker(), MOST)
        counts = {
            "records": story.count,
            "operations": len(story.invokes),
            "commands": len(story.commands),
            "connections": len(story.connections),
            "heard": sum(len(each.log) for each in story.connections.values()),
            "events": sum(map(len, world.events.values())),
            "transfers": len(world.transfers),
            "finals": len(story.finals),
        }
        resumed = sorted(seconds for seconds, _ in liveness.resumes(story))
        return Report(found, counts, resumed, time.perf_counter() - began)
    finally:
        if was:
            gc.enable()


def _checkers(story: Story, world: World, walks: dict[int, order.Walk], limits: Limits) -> list[Callable[[], Iterator[Violation]]]:
    return [
        lambda: durability.check(story, world),
        lambda: order.check(story, world, walks),
        lambda: idempotence.check(story, world, limits),
        lambda: talks.check(story, world, limits),
        lambda: money.check(world),
        lambda: money.check_rights(world),
        lambda: visibility.check(story, world, walks, limits),
        lambda: liveness.check_resume(story, limits),
        lambda: liveness.check_ends(story, limits),
        lambda: liveness.check_resources(story, limits),
    ]
