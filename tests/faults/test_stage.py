"""What a fault run takes for good: everything it must break was broken, and the planted bugs take turns."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults import schedules, versions
from tests.faults.checks import Violation
from tests.faults.planted import BUGS
from tests.faults.stage import Outcome, Plan
from tests.faults.verdict import Verdict


def outcome(plan: Plan, *injected: str) -> Outcome:
    """A run in which nothing was found."""
    found = Outcome(plan, Verdict([], {}))
    found.injected.update(injected)
    return found


PLAN = Plan("of three", 1, (("N1",), ("N7", "N21")), background=("N14",))


def test_a_run_is_good_when_all_it_must_break_was_broken() -> None:
    assert outcome(PLAN, "N1", "N7", "N21", "N14").good


@pytest.mark.parametrize("name", ["N1", "N7", "N21", "N14"])
def test_a_required_fault_that_was_never_injected_fails_the_run(name: str) -> None:
    found = outcome(PLAN, *({"N1", "N7", "N21", "N14"} - {name}))
    assert not found.good and found.missing == {name}


def test_a_required_fault_that_was_skipped_once_fails_the_run_though_it_was_injected_another_time() -> None:
    found = outcome(PLAN, "N1", "N7", "N21", "N14")
    found.skipped["N21"] = "the older version does not run"
    assert not found.good and found.missing == {"N21"}


def test_a_restore_that_did_not_happen_fails_the_run() -> None:
    plan = schedules.restore(1)[0]
    assert not outcome(plan).good and outcome(plan, "N22").good


def test_a_long_run_says_what_it_did_not_reach() -> None:
    short = schedules.missing([outcome(PLAN, "N1", "N7")])
    assert f"gateway kills: 1 of {schedules.KILLS}" in short and "N11 was never injected" in short


def test_without_history_there_is_no_older_version_and_ci_may_do_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert versions.past(tmp_path) == []
    monkeypatch.setattr(schedules, "past", lambda: ["only one"])
    assert {each.optional for each in schedules.ci(1, []) if not each.plant and not each.restore} == {frozenset(("N21",))}
    monkeypatch.setattr(schedules, "past", lambda: ["one", "two"])
    assert {each.optional for each in schedules.ci(1, [])} == {frozenset()}


def test_beside_a_drain_nothing_else_leaves_an_outcome_unknown() -> None:
    for seed in range(200):
        for step in schedules.shuffled(random.Random(seed)):
            assert not (schedules.DRAINS.intersection(step) and schedules.UNKNOWING.intersection(step)), (seed, step)


def test_the_planted_bugs_take_turns_by_commit_or_by_day() -> None:
    assert {schedules.todays(None, day) for day in range(10)} == set(BUGS)
    assert {schedules.todays(f"{commit:08x}{'0' * 32}", 0) for commit in range(0xABCDEF00, 0xABCDEF0A)} == set(BUGS)


def test_ci_looks_for_its_planted_bug_again_until_it_is_found_and_three_times_at_most() -> None:
    def looked_for(*found: bool) -> int:
        outcomes: list[Outcome] = []
        for plan in schedules.ci(1, outcomes):
            # Without a verdict nothing was found.
            here = outcome(plan)
            if plan.plant:
                here.verdict = None
                if found[sum(each.plan.plant is not None for each in outcomes)]:
                    here.verdict = Verdict([Violation(BUGS[plan.plant].caught_by[0], "found")], {})
            outcomes.append(here)
        return sum(each.plan.plant is not None for each in outcomes)

    assert looked_for(True) == 1
    assert looked_for(False, True) == 2
    assert looked_for(False, False, False) == 3
