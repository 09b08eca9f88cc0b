"""How far a model can move a verdict: never further than the bounded blend, whatever it says."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.guard import Outcome, Reading, Reason, ShipType, Skill
from server.rules import negotiation
from server.rules.blending import REACH, Impression, blend, moved
from server.rules.rarity import RARITIES

SHARES = st.floats(0, 1).map(lambda value: round(value, 4))
ANYTHING = st.floats(allow_nan=False, allow_infinity=False)
IMPRESSIONS = st.builds(Impression, ANYTHING, ANYTHING, ANYTHING, ANYTHING)
ROUNDING = 0.00011  # of two values to four digits
# Of a talk's score: consistency is half of it and the reader's alone.
REACH_OF_SCORE = REACH * (negotiation.WEIGHTS[1] + negotiation.WEIGHTS[2])


def _reading(p: float, c: float, k: float, b: float, skill: float | None, contradictions: int, cat: bool) -> Reading:
    return Reading(p, c, k, b, skill, [], ["no"] * contradictions, cat, [Reason("You were brief.", None, "brief")])


READINGS = st.builds(_reading, SHARES, SHARES, SHARES, SHARES, st.none() | SHARES, st.integers(0, 2), st.booleans())
TALKS = st.lists(st.tuples(READINGS, st.none() | IMPRESSIONS), min_size=1, max_size=5)
CLAIMS = st.sampled_from([ship for ship in ShipType if ship is not ShipType.ESCAPE_POD])
MODIFIERS = st.sampled_from((-0.10, 0.0, 0.10))
COLUMNS = (Skill.WEAK, Skill.AVERAGE, Skill.STRONG)


@given(READINGS, IMPRESSIONS)
def test_no_score_is_moved_further_than_the_reach(reading: Reading, impression: Impression) -> None:
    blended = blend(reading, impression)
    for name in ("persuasiveness", "confidence", "believability"):
        assert abs(getattr(blended, name) - getattr(reading, name)) <= REACH + ROUNDING
        assert 0 <= getattr(blended, name) <= 1
    if reading.negotiation_skill is None:
        assert blended.negotiation_skill is None
    else:
        assert blended.negotiation_skill is not None
        assert abs(blended.negotiation_skill - reading.negotiation_skill) <= REACH + ROUNDING


@given(READINGS, IMPRESSIONS)
def test_what_is_on_record_is_the_readers_alone(reading: Reading, impression: Impression) -> None:
    blended = blend(reading, impression)
    for name in ("consistency", "claims", "contradictions", "mentions_cat", "reasons"):
        assert getattr(blended, name) == getattr(reading, name)


def _blended(talk: list[tuple[Reading, Impression | None]]) -> list[Reading]:
    return [reading if impression is None else blend(reading, impression) for reading, impression in talk]


@given(TALKS, CLAIMS, MODIFIERS)
def test_a_verdict_differs_from_the_rules_own_by_no_more_than_the_blend_allows(
    talk: list[tuple[Reading, Impression | None]], claimed: ShipType, modifier: float
) -> None:
    plain, mixed = [reading for reading, _ in talk], _blended(talk)
    own, verdict = negotiation.judge(claimed, modifier, plain), negotiation.judge(claimed, modifier, mixed)
    assert abs(verdict.final_score - own.final_score) <= REACH_OF_SCORE + ROUNDING
    # A hard fail is neither made nor undone.
    assert negotiation.caught(plain) == negotiation.caught(mixed)
    if negotiation.caught(plain):
        assert (verdict.outcome, verdict.awarded_ship, verdict.starting_credits, verdict.notoriety) == (
            own.outcome, own.awarded_ship, own.starting_credits, own.notoriety,
        )  # fmt: skip
    if verdict.outcome is not own.outcome:
        # Only on a threshold that was within reach, at a skill that was within reach.
        skills = {negotiation.skill_of(plain, own.final_score), negotiation.skill_of(mixed, verdict.final_score)}
        limits = [_threshold(claimed, skill, modifier) for skill in skills]
        edges = [edge for limit in limits for edge in (limit, limit - negotiation.NEAR_MISS)]
        low, high = own.final_score - REACH_OF_SCORE - ROUNDING, own.final_score + REACH_OF_SCORE + ROUNDING
        assert any(low <= edge <= high for edge in edges) or len(skills) > 1
    before, after = (negotiation.skill_of(plain, own.final_score), negotiation.skill_of(mixed, verdict.final_score))
    assert abs(COLUMNS.index(before) - COLUMNS.index(after)) <= 1
    values = [each.negotiation_skill for each in plain if each.negotiation_skill is not None]
    if values and before is not after:
        mean = sum(values) / len(values)
        on_the_edge = min(abs(mean - negotiation.STRONG_FROM), abs(mean - negotiation.AVERAGE_FROM)) <= REACH + ROUNDING
        # Two answers that are almost poor can be called poor, and a strong talk holds no two of those.
        almost_poor = sum(each < negotiation.POOR_BELOW + REACH + ROUNDING for each in values) > negotiation.POOR_AT_MOST
        assert on_the_edge or (Skill.STRONG in (before, after) and almost_poor)


def _threshold(claimed: ShipType, skill: Skill, modifier: float) -> float:
    return min(negotiation.THRESHOLD_MAX, max(negotiation.THRESHOLD_MIN, RARITIES[claimed].threshold(skill) + modifier))


@given(READINGS, IMPRESSIONS, SHARES)
def test_suspicion_moves_by_at_most_one_step_more_or_less(reading: Reading, impression: Impression, suspicion: float) -> None:
    own, other = negotiation.hear(suspicion, reading, 2), negotiation.hear(suspicion, blend(reading, impression), 2)
    assert abs(own.suspicion - other.suspicion) <= 0.1 + ROUNDING


def test_half_the_way_and_no_further() -> None:
    assert moved(0.5, 0.7) == 0.6
    assert moved(0.5, 1.0) == 0.65
    assert moved(0.5, -1e300) == 0.35
    assert moved(0.05, 0.0) == 0.025
    assert moved(0.95, 1e300) == 0.975


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="no number"):
        moved(0.5, number)


def test_a_bribed_model_cannot_win_the_carrier() -> None:
    honest = [_reading(0.6, 0.5, 0.8, 0.62, 0.5, 0, False)] * 5
    bribed = [blend(each, Impression(1e9, 1e9, 1e9, 1e9)) for each in honest]
    assert negotiation.judge(ShipType.CARRIER, 0.0, bribed).outcome is Outcome.FAILURE
