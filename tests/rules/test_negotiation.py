"""The guard's judgement: the vectors of the domain page, and what holds for every talk."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.guard import Mood, Outcome, Reading, Reason, ShipType, Skill, Trend
from server.rules import negotiation
from server.rules.negotiation import Approach, End
from server.rules.rarity import RARITIES

SHARES = st.integers(0, 100).map(lambda percent: percent / 100)
CLAIMS = st.sampled_from([ship for ship in ShipType if ship is not ShipType.ESCAPE_POD])
MODIFIERS = st.sampled_from((-0.10, 0.0, 0.10))


def read(
    p: float = 0.5,
    c: float = 0.5,
    k: float = 0.5,
    skill: float | None = None,
    *,
    contradictions: int = 0,
    cat: bool = False,
    kinds: tuple[str, ...] = (),
) -> Reading:
    """A reading of our own making."""
    reasons = [Reason(f"You were {kind}.", "quoted", kind) for kind in kinds]
    return Reading(p, c, k, round(0.4 * p + 0.3 * c + 0.3 * k, 4), skill, [], ["no"] * contradictions, cat, reasons)


READINGS = st.lists(
    st.builds(
        read, SHARES, SHARES, SHARES, st.none() | SHARES, contradictions=st.integers(0, 2), cat=st.booleans(),
        kinds=st.lists(st.sampled_from(("detail", "hedge", "cat")), unique=True).map(tuple),
    ),
    min_size=1,
    max_size=5,
)  # fmt: skip


def test_a_middling_account_of_a_scout_passes_a_neutral_guard() -> None:
    verdict = negotiation.judge(ShipType.SCOUT_SHIP, 0.0, [read()] * 5)
    assert (verdict.final_score, verdict.negotiation_skill, verdict.threshold) == (0.5, Skill.AVERAGE, 0.5)
    assert (verdict.outcome, verdict.awarded_ship, verdict.starting_credits) == (Outcome.SUCCESS, ShipType.SCOUT_SHIP, 2000)
    assert not verdict.bonus
    assert not verdict.notoriety


def test_consistency_weighs_most() -> None:
    verdict = negotiation.judge(ShipType.SCOUT_SHIP, 0.0, [read(0.9, 0.6, 0.8)])
    assert (verdict.final_score, verdict.negotiation_skill) == (0.76, Skill.STRONG)
    assert verdict.bonus


def test_three_contradictions_fail_whatever_the_score() -> None:
    verdict = negotiation.judge(ShipType.LIGHT_FREIGHTER, -0.1, [read(1, 1, 1, contradictions=1)] * 3)
    assert (verdict.outcome, verdict.awarded_ship, verdict.starting_credits, verdict.notoriety) == (
        Outcome.FAILURE,
        ShipType.ESCAPE_POD,
        300,
        True,
    )


@pytest.mark.parametrize("readings", [[read(k=0.29)], [read(1, 1, 1), read(1, 1, 0.19), read(1, 1, 1)]])
def test_an_inconsistent_account_fails_whatever_the_score(readings: list[Reading]) -> None:
    assert negotiation.caught(readings)


def test_the_cat_counts_once() -> None:
    plain, cat = read(0.6, 0.6, 0.6), read(0.6, 0.6, 0.6, cat=True)
    assert negotiation.score([plain, plain]) == 0.6
    assert negotiation.score([cat, plain]) == negotiation.score([cat, cat]) == 0.75
    assert negotiation.score([read(1, 1, 1, cat=True)]) == 1.0


def test_only_rare_ships_bring_the_bonus() -> None:
    strong = [read(0.9, 0.9, 0.9, 0.8)]
    assert not negotiation.judge(ShipType.LIGHT_FREIGHTER, 0.0, strong).bonus
    assert negotiation.judge(ShipType.SCOUT_SHIP, 0.0, strong).bonus


def test_the_skill_of_the_talk_picks_the_threshold_not_its_score() -> None:
    verdicts = [negotiation.judge(ShipType.FAST_COURIER, 0.0, [read(0.7, 0.7, 0.7, skill)]) for skill in (0.3, 0.5, 0.8)]
    assert [each.threshold for each in verdicts] == [0.75, 0.65, 0.55]
    assert [each.outcome for each in verdicts] == [Outcome.PARTIAL_SUCCESS, Outcome.SUCCESS, Outcome.SUCCESS]


@pytest.mark.parametrize("grave", ["mismatch", "admission", "injection", "insult"])
def test_nobody_talks_strongly_with_anything_grave_in_it(grave: str) -> None:
    good = [read(0.9, 0.9, 0.9, 0.95)] * 3
    assert negotiation.skill_of([*good, read(0.9, 0.9, 0.9, 0.9)], 0.9) is Skill.STRONG
    assert negotiation.skill_of([*good, read(0.9, 0.9, 0.9, 0.9, kinds=(grave,))], 0.9) is Skill.AVERAGE
    assert negotiation.skill_of([*good, read(0.9, 0.9, 0.9, 0.9, contradictions=1)], 0.9) is Skill.AVERAGE
    assert negotiation.skill_of([*good, read(0.9, 0.9, 0.9, 0.9, contradictions=2)], 0.9) is Skill.WEAK


def test_two_poor_answers_are_not_outweighed_by_good_ones() -> None:
    good, poor = read(skill=1.0), read(skill=0.4)
    assert negotiation.skill_of([good, good, good, poor], 0.9) is Skill.STRONG
    assert negotiation.skill_of([good, good, good, poor, poor], 0.9) is Skill.AVERAGE


def test_no_guard_is_convinced_by_the_answer_that_contradicts() -> None:
    assert negotiation.hear(0.1, read(0.9, 0.9, 0.9), 3).end is End.CONVINCED
    assert negotiation.hear(0.1, read(0.9, 0.9, 0.9, contradictions=1), 3).end is None


def test_a_near_miss_without_a_lie_is_forgiven() -> None:
    near, far, lied = [read(0.45, 0.45, 0.45, 0.5)], [read(0.44, 0.44, 0.44, 0.5)], [read(0.45, 0.45, 0.45, 0.5, contradictions=1)]
    verdict = negotiation.judge(ShipType.SCOUT_SHIP, 0.0, near)
    assert (verdict.outcome, verdict.starting_credits, verdict.notoriety) == (Outcome.PARTIAL_SUCCESS, 800, False)
    for readings in (far, lied):
        failed = negotiation.judge(ShipType.SCOUT_SHIP, 0.0, readings)
        assert (failed.outcome, failed.starting_credits, failed.notoriety) == (Outcome.FAILURE, 500, True)


def test_the_truth_needs_no_questions() -> None:
    verdict = negotiation.pod()
    assert (verdict.outcome, verdict.awarded_ship, verdict.starting_credits, verdict.negotiation_skill) == (
        Outcome.SUCCESS, ShipType.ESCAPE_POD, 1000, Skill.AVERAGE,
    )  # fmt: skip
    assert (verdict.final_score, verdict.bonus, verdict.notoriety) == (0.5, False, False)


def test_a_paranoid_guard_ends_it_after_one_bad_answer() -> None:
    assert negotiation.hear(0.70, read(0.1, 0.1, 0.1), 2) == (0.90, Trend.RISING, Mood.VERY_SUSPICIOUS, End.HIGH_SUSPICION)


def test_suspicion_is_carried_on_until_a_friendly_guard_is_convinced() -> None:
    first = negotiation.hear(0.30, read(0.8, 0.8, 0.8), 2)
    second = negotiation.hear(first.suspicion, read(0.8, 0.8, 0.8), 3)
    assert (first.suspicion, first.end) == (0.15, None)
    assert (second.suspicion, second.end) == (0.0, End.CONVINCED)


def test_the_claim_itself_moves_no_suspicion() -> None:
    assert negotiation.hear(0.70, read(0, 0, 0), 1) == (0.70, Trend.STEADY, Mood.VERY_SUSPICIOUS, None)


def test_the_fifth_answer_is_the_last() -> None:
    assert [negotiation.hear(0.5, read(), answers).end for answers in range(1, 6)] == [None, None, None, None, End.ANSWERED]


@pytest.mark.parametrize(
    ("believability", "change"), [(1.0, -0.15), (0.8, -0.15), (0.79, -0.08), (0.6, -0.08), (0.59, 0.0), (0.4, 0.0), (0.39, 0.10), (0.2, 0.10), (0.19, 0.20), (0.0, 0.20)]
)  # fmt: skip
def test_each_step_of_believability_moves_suspicion_so_much(believability: float, change: float) -> None:
    assert negotiation.moved(0.5, believability) == pytest.approx(0.5 + change)


def test_the_approach_that_dominated_is_remembered() -> None:
    official, evasive, honest, bluff = read(kinds=("detail",)), read(kinds=("hedge",)), read(kinds=("admission",)), read()
    assert negotiation.approach(ShipType.ESCAPE_POD, [evasive]) is Approach.HONEST
    assert negotiation.approach(ShipType.CARRIER, [official, official, bluff]) is Approach.OFFICIAL
    assert negotiation.approach(ShipType.CARRIER, [evasive, evasive, official]) is Approach.EVASIVE
    assert negotiation.approach(ShipType.CARRIER, [bluff, bluff, honest]) is Approach.BLUFF


@given(CLAIMS, MODIFIERS, READINGS)
def test_every_verdict_is_within_the_rules(ship: ShipType, modifier: float, readings: list[Reading]) -> None:
    verdict = negotiation.judge(ship, modifier, readings)
    assert 0.2 <= verdict.threshold <= 0.95
    assert 0.0 <= verdict.final_score <= 1.0
    assert verdict.awarded_ship is (ship if verdict.outcome is Outcome.SUCCESS else ShipType.ESCAPE_POD)
    assert (
        verdict.starting_credits
        in {Outcome.SUCCESS: {RARITIES[ship].credits}, Outcome.PARTIAL_SUCCESS: {800}, Outcome.FAILURE: {300, 500}}[verdict.outcome]
    )
    assert verdict.notoriety is (verdict.outcome is Outcome.FAILURE)
    assert verdict.outcome is not Outcome.SUCCESS or (verdict.final_score >= verdict.threshold and not negotiation.caught(readings))
    assert verdict.reasons
    assert len(verdict.reasons) <= negotiation.REASONS_AT_MOST + 2


@given(CLAIMS, READINGS)
def test_a_harder_guard_never_gives_more(ship: ShipType, readings: list[Reading]) -> None:
    worth = [negotiation.judge(ship, modifier, readings).starting_credits for modifier in (-0.10, 0.0, 0.10)]
    assert all(easier >= harder for easier, harder in pairwise(worth))


@given(SHARES, st.lists(st.builds(read, SHARES, SHARES, SHARES), min_size=5, max_size=5))
def test_every_talk_ends_and_suspicion_stays_a_share(base: float, readings: list[Reading]) -> None:
    suspicion = base
    for answers, each in enumerate(readings, 1):
        hearing = negotiation.hear(suspicion, each, answers)
        suspicion = hearing.suspicion
        assert 0.0 <= suspicion <= 1.0
        if hearing.end is not None:
            assert answers >= 2
            return
    raise AssertionError("it never ended")
