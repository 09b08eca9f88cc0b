"""The judge of the dock finds a second session, a second reward, a reward that is not there, and words nobody took up."""

from __future__ import annotations

from tests.faults.checks import Limits, judge, talks
from tests.faults.checks.story import Story, Violation
from tests.faults.history import AnyRecord, Done, Invoke, canonical, digest
from tests.faults.whitebox import Head, Stored, World

ADA = "ada"
EVENTS = ("started", "claimed", "guard_spoke", "answered", "guard_spoke", "verdict", "completed")
COMMANDS = ("start", "claim", "answer", "complete")


def told(*names: str) -> list[Stored]:
    """A stream in which this happened at the dock."""
    body = canonical({})
    return [Stored(seq, 0, f"onboarding.{name}", digest(body), body, None) for seq, name in enumerate(names, 1)]


def right() -> tuple[list[AnyRecord], World]:
    """One talk, as it should be."""
    history: list[AnyRecord] = []
    for op, name in enumerate(COMMANDS):
        history.append(Invoke(op, float(op), ADA, 1, "g1", f"c{op}", f"onboarding.{name}", {}))
        history.append(Done(op, op + 0.5, {}, None, False, {}, b""))
    stream = f"player:{ADA}"
    return history, World({stream: told(*EVENTS)}, {stream: Head("e", len(EVENTS))}, rewards={ADA: 1}, talks={ADA: 1}, hulls={ADA: 1})


def found(history: list[AnyRecord], world: World, *, finished: bool = True) -> list[Violation]:
    """What the judge says."""
    return list(talks.check(Story(history), world, Limits(finished=finished)))


def test_a_right_talk_passes() -> None:
    assert found(*right()) == []


def test_each_wrong_talk_is_found() -> None:
    stream = f"player:{ADA}"
    history, world = right()
    world.talks[ADA] = 2
    assert [each.checker for each in found(history, world)] == ["C3"]
    assert found([*history, Invoke(9, 9.0, ADA, 1, "g1", "c9", "onboarding.restart", {})], world) == [], "who asks for two has two"
    for of in ("rewards", "hulls"):
        history, world = right()
        getattr(world, of)[ADA] = 2
        assert [each.checker for each in found(history, world)] == ["C3"], of
        getattr(world, of)[ADA] = 0
        assert [each.checker for each in found(history, world)] == ["C1"], of
    history, world = right()
    world.events[stream] = told(*EVENTS, "completed")
    assert [each.checker for each in found(history, world)] == ["C3"]
    history, world = right()
    twice: list[AnyRecord] = [Invoke(9, 9.0, ADA, 1, "g2", "c9", "onboarding.complete", {}), Done(9, 9.5, {}, None, False, {}, b"")]
    assert [each.checker for each in found([*history, *twice], world)] == ["C3"]
    replayed: list[AnyRecord] = [Invoke(9, 9.0, ADA, 1, "g2", "c3", "onboarding.complete", {}), Done(9, 9.5, {}, None, True, {}, b"")]
    assert found([*history, *replayed], world) == [], "one command answered twice is one reward"
    for said in ("claimed", "answered"):
        history, world = right()
        world.events[stream] = told("started", "claimed", "guard_spoke", said)
        assert "C12" in [each.checker for each in found(history, world)]
        assert "C12" not in [each.checker for each in found(history, world, finished=False)], "not yet"


def test_the_judges_ask_it() -> None:
    history, world = right()
    world.rewards[ADA] = 2
    assert any("rewarded more than once" in each.text for each in judge(history, world).of("C3"))
