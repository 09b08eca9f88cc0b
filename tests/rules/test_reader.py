"""What the word rules perceive, against the figures of the domain page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.guard import FactStatus, Reading, ShipType
from server.rules import negotiation, reader
from server.rules.reader import Answer

SCOUT = ShipType.SCOUT_SHIP


def read(text: str, *earlier: str, ship: ShipType = SCOUT) -> Reading:
    """The reading of `text` after the earlier words."""
    return reader.read(ship, Answer(len(earlier) + 1, text), [Answer(turn, each) for turn, each in enumerate(earlier, 1)])


def words(count: int, *some: str) -> str:
    """A text of `count` words, some of them given."""
    return " ".join([*some, *(["far"] * (count - len(some)))])


@pytest.mark.parametrize(
    ("text", "score"),
    [
        (words(5), 0.63),
        (words(15), 0.67),
        (words(25, "definitely", "serial", "clearance", "manifest"), 0.758),
        (words(15, "maybe", "perhaps"), 0.58),
    ],
)
def test_plain_answers_score_as_the_domain_page_reckons(text: str, score: float) -> None:
    assert negotiation.score([read(text)]) == pytest.approx(score)


@pytest.mark.parametrize(("count", "share"), [(1, 0.2), (2, 0.2), (3, 0.4), (9, 0.4), (10, 0.6), (24, 0.6), (25, 0.7), (80, 0.7)])
def test_longer_answers_persuade_more_up_to_a_point(count: int, share: float) -> None:
    assert read(words(count)).persuasiveness == share


def test_details_count_once_each_and_as_whole_words() -> None:
    assert read("registry registry registered codes did").persuasiveness == 0.43
    assert read(words(25, *reader.DETAILS)).persuasiveness == 0.9


@pytest.mark.parametrize(
    ("text", "share"),
    [("yes sure certain ship", 0.8), ("I think maybe this ship", 0.2), ("um uh um this ship", 0.3), ("um uh this ship", 0.5)],
)
def test_confidence_is_heard_in_the_words(text: str, share: float) -> None:
    assert read(text).confidence == share


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("well then", 0.5),
        ("I appreciate your procedure", 0.7),
        ("by the way, I respect protocol", 0.75),
        ("you idiot", 0.3),
        ("what a waste of time", 0.3),
    ],
)
def test_skill_is_heard_in_the_manner(text: str, share: float) -> None:
    assert read(text).negotiation_skill == share


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("I came this morning", "last week it was"),
        ("last month, I swear", "just now"),
        ("She is brand new!", "an OLD hull"),
        ("inherited it", "I purchased her"),
    ],
)
def test_a_changed_story_is_caught_in_both_directions(before: str, now: str) -> None:
    reading = read(now, before)
    assert len(reading.contradictions) == 1
    assert reading.consistency == 0.6
    (fact,) = (each for each in reading.claims if each.status is FactStatus.CONTRADICTS)
    assert fact.with_turn == 1


def test_the_same_story_again_is_consistent() -> None:
    reading = read("Yes, today", "I docked this morning")
    assert not reading.contradictions
    assert reading.claims[0].status is FactStatus.CONSISTENT
    assert reading.claims[0].with_turn == 1


def test_a_slip_is_held_against_one_only_once() -> None:
    assert read("yesterday, as I said", "today", "yesterday, sorry").contradictions == []


def test_words_inside_words_contradict_nothing() -> None:
    assert read("a renewed newsletter from Foundry", "I was told of gold").contradictions == []


@pytest.mark.parametrize(
    ("ship", "text", "misfits"),
    [
        (ShipType.CARGO_HAULER, "full of weapons", 1),
        (ShipType.CARGO_HAULER, "no weapons aboard", 0),
        (ShipType.SCOUT_SHIP, "nine tons of it", 1),
        (ShipType.SCOUT_SHIP, "I never carry freight", 0),
        (ShipType.DEFENDER, "weapons and cargo", 0),
    ],
)
def test_what_does_not_fit_the_ship_is_noticed(ship: ShipType, text: str, misfits: int) -> None:
    assert len(read(text, ship=ship).contradictions) == misfits


@pytest.mark.parametrize(
    ("text", "cat"),
    [("that cat!", True), ("an orange cat ran", True), ("Kitties.", True), ("a stray", True), ("catalog of cargo", False), ("concatenate, scatter", False), ("category", False)],
)  # fmt: skip
def test_the_cat_is_a_whole_word(text: str, cat: bool) -> None:
    assert read(text).mentions_cat is cat


@given(
    st.text(max_size=500),
    st.lists(st.text(max_size=500), max_size=4),
    st.sampled_from([each for each in ShipType if each is not ShipType.ESCAPE_POD]),
)
def test_any_text_is_read_within_bounds_and_always_alike(text: str, earlier: list[str], ship: ShipType) -> None:
    first, again = read(text, *earlier, ship=ship), read(text, *earlier, ship=ship)
    assert first == again
    for share in (first.persuasiveness, first.confidence, first.consistency, first.believability):
        assert 0.0 <= share <= 1.0
    assert all(len(each.text) <= 120 for each in first.claims)
    assert all(len(each.evidence or "") <= 200 for each in first.reasons)
