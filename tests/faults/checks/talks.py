"""C3 and C12 at the dock: one session, one reward, and nobody whose words the guard never takes up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.faults.checks.story import Limits, Story, Violation
from tests.faults.history import Done
from tests.faults.whitebox import Stored, World

SPOKEN = ("onboarding.claimed", "onboarding.answered")
REPLIED = ("onboarding.guard_spoke", "onboarding.verdict", "onboarding.started")


def check(story: Story, world: World, limits: Limits) -> Iterator[Violation]:
    """What is wrong with the talks of those who said anything at the dock."""
    asked: defaultdict[str, set[str]] = defaultdict(set)
    rewarded: defaultdict[str, set[str]] = defaultdict(set)
    for op, invoke in story.invokes.items():
        if not invoke.name.startswith("onboarding."):
            continue
        asked[invoke.who].add(invoke.name)
        end = story.ends.get(op)
        if invoke.name == "onboarding.complete" and isinstance(end, Done) and end.ok is not None:
            rewarded[invoke.who].add(invoke.id)
    for who, names in asked.items():
        events = world.events.get(f"player:{who}", [])
        if world.talks.get(who, 0) > 1 and "onboarding.restart" not in names:
            yield Violation("C3", f"{who} has {world.talks[who]} sessions at the dock and asked for one")
        told = sum(each.name == "onboarding.completed" for each in events)
        counts = (len(rewarded[who]), world.rewards.get(who, 0), told, world.hulls.get(who, 0))
        evidence = (f"commands answered ok {counts[0]}", f"talks rewarded {counts[1]}", f"events {counts[2]}", f"ships {counts[3]}")
        if max(counts) > 1:
            yield Violation("C3", f"{who} was rewarded more than once", evidence)
        elif counts[0] and min(counts) == 0:
            yield Violation("C1", f"the reward of {who} was acknowledged and is not there", evidence)
        if limits.finished:
            yield from _unheard(who, events)


def _unheard(who: str, events: list[Stored]) -> Iterator[Violation]:
    waits: Stored | None = None
    for each in events:
        if each.name in SPOKEN:
            waits = each
        elif each.name in REPLIED:
            waits = None
    if waits is not None:
        yield Violation("C12", f"the guard never took up what {who} said", (f"number {waits.seq}: {waits.name}",))
