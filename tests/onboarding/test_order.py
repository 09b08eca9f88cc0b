"""What the order of words buys: nothing for keywords, and next to nothing for the words of an answer; and what it never costs."""

from __future__ import annotations

import random

import pytest

from protocol.guard import ShipType
from server.rules import manner, order, word_bags
from server.rules.keywords import in_order
from server.rules.manner import spoken
from server.rules.proper import is_german
from server.rules.reader import Answer
from server.rules.words import line
from tests.onboarding import shuffles
from tests.onboarding.cases import scores

SPOKEN = (
    "We put in for coolant and a new filter, nothing more.",
    "Ask the harbour clerk, she stamped it twice.",
    "Tied up around nine, once the ferry had gone.",
    "My cousin keeps the books, I only fly.",
    "The left pump whines when it gets cold.",
    "kam gestern abend an, der lotse war ein netter kerl",
    "Die Papiere liegen im Fach unter dem Sitz.",
    "Ich warte auf den Mechaniker, der kommt um zwei.",
    "Unser Kran klemmt seit heute Morgen, darum dauert es.",
    "Sechs Leute, und alle schlafen noch.",
    "no idea mate, they just told me where to park",
    "Grain. Forty tons, for the mill at Dunhaven.",
)
LISTS = (
    "cargo tower KX-204 yesterday pilot licence",
    "Turbine Zoll 0600 Ladung Tanaka Freigabe 14-C",
    "manifest, crew, half past four, berth, Reyes, fuel",
    "Route Vertrag 2,500 Lieferung Station heute früh",
)
SAID = (
    ("I would rather not talk about my employer.", "evasion"),
    ("That is none of your damn business.", "evasion"),
    ("Das geht dich gar nichts an.", "evasion"),
    ("Honestly I can't remember.", "ignorance"),
    ("Ich glaube, das war der Blaue.", "hedges"),
    ("Get lost and leave me be.", "insults"),
    ("Please let me through now.", "pleas"),
)


def stands(text: str) -> order.Order:
    """How the words of a text stand."""
    said = spoken(text)
    return order.order(said.text, said.kept, is_german(said.kept))


def test_words_that_are_spoken_stand_in_order_and_shuffled_ones_mostly_do_not() -> None:
    dice = random.Random(4)
    assert [each for each in SPOKEN if stands(each).lost > 0.06] == []
    tried = [stands(shuffles.words(each, dice)) for each in SPOKEN for _ in range(10)]
    assert sum(each.lost > 0.06 or each.unheld > 0.06 for each in tried) >= 0.75 * len(tried)


@pytest.mark.parametrize("text", LISTS)
def test_keywords_with_codes_names_and_times_are_worth_the_same_in_any_order(text: str) -> None:
    mark = ", " if ", " in text else " "
    items = text.split(mark)
    was = scores(ShipType.CARGO_HAULER, Answer(1, text, "When did you arrive?", "arrival_details"))
    dice = random.Random(2)
    for _ in range(5):
        dice.shuffle(items)
        assert scores(ShipType.CARGO_HAULER, Answer(1, mark.join(items), "When did you arrive?", "arrival_details")) == was


@pytest.mark.parametrize(
    "text", ["Courier. Wasp Nine. Pad twelve.", "Rim Haulers Guild, number 771.", "Six crates for the clinic", "Light freighter, pad 7."]
)
def test_few_words_of_a_speaker_are_no_list_of_keywords(text: str) -> None:
    assert in_order(text) is None


@pytest.mark.parametrize(("text", "kind"), SAID)
def test_what_is_said_is_heard_in_any_order_where_there_is_none(text: str, kind: str) -> None:
    dice = random.Random(5)
    for _ in range(5):
        words = spoken(shuffles.words(text, dice)).every
        found = word_bags.jumbled(manner.manner("", line(words), []), words)
        assert getattr(found, kind)


def test_a_shuffled_answer_is_rarely_worth_more() -> None:
    found = shuffles.raises(150, seed=11)
    for way, most in (("words", 0.08), ("sentences", 0.1), ("clauses", 0.14)):
        tried, rose = found[way]
        assert len(rose) <= most * tried, [each.after for each in rose]


def test_a_sentence_in_the_other_language_does_not_look_shuffled() -> None:
    text = "A guy called Bekker on approach. Am hinteren Schott klebt ein Zettel von Oberst Wenzel mit der Zahl 88."
    assert stands(text).lost == 0.0
