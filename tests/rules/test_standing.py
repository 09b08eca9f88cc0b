"""Standing: the 17 tiers, rivals, the throttle, and personal reputation. The vectors are domain.md 11."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.reputation import NextTier
from server.rules import alignment, standing, tiers

VALUES = st.integers(tiers.LEAST, tiers.MOST)
DELTAS = st.integers(-2_000, 2_000)
FACTIONS = st.sampled_from([*standing.RIVALS, "frontier_coalition", "nova_scientific_institute", "pirates", "galactic_concord"])


@pytest.mark.parametrize(
    ("value", "level"),
    [
        (-800, "PUBLIC_ENEMY"), (-701, "PUBLIC_ENEMY"), (-700, "CRIMINAL"), (-600, "OUTLAW"), (-500, "PIRATE"), (-400, "SMUGGLER"),
        (-300, "UNTRUSTWORTHY"), (-200, "SUSPICIOUS"), (-101, "SUSPICIOUS"), (-100, "QUESTIONABLE"), (-51, "QUESTIONABLE"),
        (-50, "NEUTRAL"), (49, "NEUTRAL"), (50, "RECOGNIZED"), (99, "RECOGNIZED"), (100, "ACKNOWLEDGED"), (200, "TRUSTED"),
        (300, "RESPECTED"), (400, "VALUED"), (500, "HONORED"), (600, "REVERED"), (699, "REVERED"), (700, "EXALTED"), (800, "EXALTED"),
    ],
)  # fmt: skip
def test_each_tier_begins_where_the_table_says(value: int, level: str) -> None:
    assert tiers.of(value).level == level


@pytest.mark.parametrize(
    ("value", "price"),
    [(700, 0.85), (699, 0.90), (99, 1.00), (-99, 1.00), (-100, 1.05), (-700, 1.50), (-699, 1.30), (-499, 1.15), (500, 0.90), (300, 0.95)],
)
def test_a_price_follows_its_bucket(value: int, price: float) -> None:
    assert tiers.price(value) == price
    assert tiers.effects(value).trade_modifier == pytest.approx(price - 1)


@pytest.mark.parametrize(
    ("value", "port", "fight"),
    [(600, 3, "friendly"), (599, 2, "friendly"), (400, 2, "friendly"), (399, 2, "neutral"), (199, 1, "neutral"), (-200, 1, "neutral"), (-201, 0, "hostile")],
)  # fmt: skip
def test_ports_and_patrols_follow_the_value(value: int, port: int, fight: str) -> None:
    assert (tiers.effects(value).port_access_level, tiers.effects(value).combat_response) == (port, fight)


def test_work_opens_up_with_standing() -> None:
    assert tiers.effects(49).mission_availability == ()
    assert tiers.effects(600).mission_availability == ("courier", "escort", "supply", "contract", "special")


def test_titles_are_for_people_and_numbers_go_from_minus_8_to_8() -> None:
    assert (tiers.TIERS[0].title, tiers.TIERS[-1].title) == ("Public Enemy", "Exalted")
    assert [tier.number for tier in tiers.TIERS] == list(range(-8, 9))


@given(VALUES)
def test_the_tier_above_begins_above(value: int) -> None:
    above = tiers.above(value)
    if above is None:
        assert tiers.of(value).level == "EXALTED"
    else:
        assert above.at_value > value
        assert tiers.of(above.at_value).level == above.level
        assert tiers.of(above.at_value).number == tiers.of(value).number + 1


def test_there_is_no_tier_above_for_those_who_cannot_be_pleased() -> None:
    assert tiers.above(0, standing.cap("pirates")) is None
    assert tiers.above(-60, standing.cap("pirates")) == NextTier("NEUTRAL", -50)


def test_a_pleased_rival_leaves_less_room() -> None:
    assert standing.applied("terran_federation", 500, 150, 200) == 100
    assert standing.cascade(100) == -50


def test_a_displeased_rival_leaves_all_the_room() -> None:
    assert standing.applied("terran_federation", 500, 150, 0) == 150
    assert standing.applied("mercantile_guild", 500, 150, 200) == 0


def test_pirates_and_the_concord_are_never_pleased() -> None:
    assert standing.applied("pirates", -10, 50, 0) == 10
    assert standing.applied("galactic_concord", 0, 50, 0) == 0


@given(FACTIONS, VALUES, DELTAS, VALUES)
def test_a_value_never_leaves_its_range(faction: str, old: int, delta: int, rival: int) -> None:
    old = min(old, standing.cap(faction))
    done = standing.applied(faction, old, delta, rival)
    assert tiers.LEAST <= old + done <= standing.cap(faction)
    assert done * delta >= 0
    assert abs(done) <= abs(delta)


@given(FACTIONS, VALUES, st.integers(1, 2_000), VALUES)
def test_a_gain_never_breaks_what_both_may_be_together(faction: str, old: int, delta: int, rival: int) -> None:
    old = min(old, standing.cap(faction))
    done = standing.applied(faction, old, delta, rival)
    if done and rival > 0 and faction in standing.RIVALS:
        assert old + done + rival <= standing.RIVALS[faction].cap


@given(DELTAS)
def test_a_cascade_is_never_a_gain_and_never_more_than_half(gained: int) -> None:
    lost = standing.cascade(gained)
    assert lost <= 0
    assert -2 * lost <= max(0, gained)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(-50, 40)), max_size=60))
def test_no_day_pays_more_than_100_points_or_10_events_of_a_faction(day: list[tuple[str, int]]) -> None:
    paid: dict[str, int] = {}
    points = 0
    for faction, figure in day:
        done = standing.throttled(figure, paid.get(faction, 0), points)
        if figure <= 0:
            assert done == figure
        elif done > 0:
            paid[faction] = paid.get(faction, 0) + 1
            points += done
    assert points <= standing.POINTS_A_DAY
    assert all(count <= standing.EVENTS_A_DAY for count in paid.values())


def test_the_10th_event_pays_and_the_11th_does_not() -> None:
    assert standing.throttled(5, 9, 45) == 5
    assert standing.throttled(5, 10, 50) == 0
    assert standing.throttled(30, 0, 90) == 10


@given(st.lists(st.integers(1, 20_000), max_size=20))
def test_what_makes_no_whole_point_is_carried(amounts: list[int]) -> None:
    worth = carried = 0
    for amount in amounts:
        more, carried = standing.points(1, 5_000, carried, amount)
        worth += more
    assert (worth, carried) == divmod(sum(amounts), 5_000)


def test_every_event_names_factions_there_are() -> None:
    everybody = set(standing.EVENTS["gate_destroyed"].own)
    assert len(everybody) == 9
    for figure in standing.EVENTS.values():
        assert {*figure.changes, *figure.own} <= everybody
    assert standing.figures("marshal_killed", None) == {"terran_federation": -250}
    assert standing.figures("marshal_killed", "pirates") is None
    assert standing.figures("trade_volume", None) is None
    assert standing.figures("trade_volume", "astral_mining_consortium") == {"astral_mining_consortium": 2}
    assert standing.figures("tea_party", None) is None


@pytest.mark.parametrize(
    ("value", "name", "color", "price"),
    [
        (1000, "Legendary", "#00FFFF", 0.90), (500, "Legendary", "#00FFFF", 0.90), (499, "Heroic", "#00FF00", 0.95),
        (250, "Heroic", "#00FF00", 0.95), (249, "Lawful", "#88FF88", 0.97), (0, "Neutral", "#FFFFFF", 1.00),
        (-100, "Suspicious", "#FFCC00", 1.05), (-249, "Suspicious", "#FFCC00", 1.05), (-250, "Outlaw", "#FF8800", 1.10),
        (-500, "Criminal", "#FF4400", 1.15), (-749, "Criminal", "#FF4400", 1.15), (-750, "Villain", "#FF0000", 1.20),
        (-1000, "Villain", "#FF0000", 1.20),
    ],
)  # fmt: skip
def test_a_name_has_the_colour_of_its_deeds(value: int, name: str, color: str, price: float) -> None:
    tier = alignment.of(value)
    assert (tier.name, tier.color, tier.price) == (name, color, price)


@given(st.integers(-1_000, 1_000), DELTAS)
def test_personal_reputation_never_leaves_its_range(old: int, delta: int) -> None:
    done = alignment.applied(old, delta)
    assert alignment.LEAST <= old + done <= alignment.MOST
    assert done * delta >= 0


def test_trading_is_good_for_ten_points_a_day() -> None:
    assert alignment.throttled("complete_trade", 1, 9) == 1
    assert alignment.throttled("complete_trade", 1, 10) == 0
    assert alignment.throttled("planet_chartered", 25, 500) == 25
