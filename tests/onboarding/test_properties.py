"""What no way of talking may buy, and what telling more must not cost; for every answer of the labelled talks."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.guard import FactStatus, ShipType
from server.rules import reader
from server.rules.reader import Answer
from tests.onboarding.cases import SCORES, answered, scores, talks

CASES = [case for case in talks("tuning") if "injecting" not in case["tags"]]
ANSWERS = [(ShipType(case["ship"]), each) for case in CASES for each in answered(case)]

FILLERS = (
    "um",
    "uh",
    "you know",
    "I mean",
    "well",
    "basically",
    "honestly",
    "like I said",
    "so to speak",
    "\u00e4hm",
    "halt",
    "sozusagen",
    "hm",
)
DETAILS = (
    "Crate 17 still has the customs seal from Pallas on it.",
    "The aft hatch is blue since a man called Brisk Harlow painted it on Sunday.",
    "My locker key has 4402 scratched into it.",
    "There is a green mug with a cracked handle behind the second bulkhead.",
    "Am hinteren Schott klebt ein Zettel von Oberst Wenzel mit der Zahl 88.",
)
LISTS = (
    "Fighters bays hangar crew weapons turrets hull armour capacity number many.",
    "Destination delivery client contract route permit clearance official.",
    "Transporter Registrierung Lizenz Freigabe Genehmigung.",
)
KEYWORDS = (
    "registration", "license", "clearance", "manifest", "cargo", "captain", "officer", "authorization", "serial", "number", "code", "station", "dock",
    "certainly", "definitely", "protocol", "guild", "fuel", "crew", "engine", "Lizenz", "Kennung", "Freigabe",
)  # fmt: skip
quickly = settings(max_examples=60, derandomize=True, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def never_more(less: dict[str, float], than: dict[str, float]) -> None:
    """Asserts that no score is higher."""
    for name in SCORES:
        assert less[name] <= than[name] + 1e-9, name


@quickly
@given(
    st.sampled_from(ANSWERS), st.lists(st.sampled_from(FILLERS), min_size=1, max_size=5), st.integers(0, 60), st.sampled_from((" ", ", "))
)
def test_filler_never_buys_anything(case: tuple[ShipType, Answer], fillers: list[str], at: int, mark: str) -> None:
    ship, answer = case
    words = answer.text.split(" ")
    place = at % (len(words) + 1)
    before, after = " ".join(words[:place]), " ".join(words[place:])
    padded = mark.join(each for each in (before.rstrip(",") if mark == ", " else before, *fillers, after) if each)
    never_more(scores(ship, answer._replace(text=padded[:500])), scores(ship, answer))


@quickly
@given(
    st.sampled_from(ANSWERS),
    st.lists(st.tuples(st.sampled_from(FILLERS), st.integers(0, 60)), min_size=1, max_size=5),
    st.sampled_from(("", ",", "...")),
)
def test_filler_between_any_words_never_buys_anything(case: tuple[ShipType, Answer], fillers: list[tuple[str, int]], mark: str) -> None:
    ship, answer = case
    words = answer.text.split(" ")
    for filler, at in fillers:
        words.insert(at % (len(words) + 1), filler + mark)
    never_more(scores(ship, answer._replace(text=" ".join(words)[:500])), scores(ship, answer))


@quickly
@given(st.sampled_from(ANSWERS), st.integers(0, 60), st.integers(1, 60), st.sampled_from((" ", ". ", ", ", " and ")))
def test_saying_a_part_again_never_buys_anything(case: tuple[ShipType, Answer], first: int, length: int, mark: str) -> None:
    ship, answer = case
    words = answer.text.split(" ")
    first %= len(words)
    never_more(scores(ship, answer._replace(text=answer.text + mark + " ".join(words[first : first + length]))), scores(ship, answer))


@quickly
@given(st.sampled_from(ANSWERS), st.integers(2, 4), st.sampled_from((" ", ". ", "\n", ", ")))
def test_saying_it_twice_never_buys_anything(case: tuple[ShipType, Answer], times: int, mark: str) -> None:
    ship, answer = case
    never_more(scores(ship, answer._replace(text=mark.join([answer.text] * times))), scores(ship, answer))


@quickly
@given(st.sampled_from(ANSWERS), st.data())
def test_saying_again_what_was_said_is_worth_less_than_it_was(case: tuple[ShipType, Answer], data: st.DataObject) -> None:
    ship, answer = case
    again = answer._replace(turn=2, text=data.draw(st.sampled_from((answer.text, answer.text.upper(), answer.text + " " + answer.text))))
    told, first = scores(ship, again, answer), scores(ship, answer)
    for name in ("persuasiveness", "confidence", "negotiation_skill"):
        assert told[name] <= first[name], name


@quickly
@given(
    st.lists(st.sampled_from(KEYWORDS), min_size=4, max_size=14, unique=True), st.randoms(use_true_random=False), st.sampled_from(ANSWERS)
)
def test_shuffled_keywords_are_worth_as_little(keywords: list[str], dice: object, case: tuple[ShipType, Answer]) -> None:
    ship, answer = case
    ordered = scores(ship, answer._replace(text=" ".join(keywords)))
    dice.shuffle(keywords)  # type: ignore[attr-defined]
    assert scores(ship, answer._replace(text=" ".join(keywords))) == ordered
    assert ordered["negotiation_skill"] < 0.4


@quickly
@given(st.sampled_from(LISTS), st.randoms(use_true_random=False), st.sampled_from(ANSWERS))
def test_a_shuffled_list_is_worth_as_little_wherever_its_large_letter_stands(
    text: str, dice: object, case: tuple[ShipType, Answer]
) -> None:
    ship, answer = case
    words = text.split(" ")
    dice.shuffle(words)  # type: ignore[attr-defined]
    assert scores(ship, answer._replace(text=" ".join(words)))["negotiation_skill"] < 0.1


@quickly
@given(st.sampled_from(ANSWERS), st.booleans(), st.sampled_from((" ", " \n", " - ")))
def test_pasting_the_question_never_buys_anything(case: tuple[ShipType, Answer], first: bool, mark: str) -> None:
    ship, answer = case
    parts = (answer.question, answer.text) if first else (answer.text, answer.question)
    never_more(scores(ship, answer._replace(text=mark.join(parts))), scores(ship, answer))


@pytest.mark.parametrize("detail", DETAILS)
def test_one_more_detail_never_costs_anything(detail: str) -> None:
    for ship, answer in ANSWERS[::3]:
        if len(answer.text) + len(detail) < 499:
            never_more(scores(ship, answer), scores(ship, answer._replace(text=f"{answer.text.rstrip(' .!?')}. {detail}")))


OPPOSED = (
    ("I docked this morning.", "We got here three days ago.", "arrival_details"),
    ("I came in six hours ago.", "I docked yesterday around noon.", "arrival_details"),
    ("Wir sind heute fr\u00fch angekommen.", "Angekommen bin ich gestern Mittag.", "arrival_details"),
    ("My name is Ada Lark.", "I'm Bo Winter.", "identity_verification"),
    ("Mein Name ist Jana Kreutz.", "Ich hei\u00dfe Petra Wolf.", "identity_verification"),
    ("Registration KX-204.", "The registry number is BT-907.", "identity_verification"),
    ("I bought her last year.", "My uncle left her to me.", "identity_verification"),
    ("Ich habe sie gekauft.", "Das Schiff habe ich geerbt.", "identity_verification"),
    ("I fly alone.", "My crew of four is asleep.", "ship_knowledge"),
    ("Ich fliege allein.", "Meine drei Leute schlafen.", "ship_knowledge"),
    ("The hold is empty.", "I'm carrying medical supplies.", "situational_awareness"),
    ("I work for myself.", "My boss at Helix pays me.", "identity_verification"),
    ("Officer Tanaka cleared me.", "Nobody cleared me.", "arrival_details"),
    ("I came from Mars.", "We flew in from Titan.", "arrival_details"),
    ("She's brand new.", "She's thirty years old.", "ship_knowledge"),
    ("First time here.", "I come here every week.", "situational_awareness"),
    ("I docked at 0600.", "I docked at 1500.", "arrival_details"),
)


@pytest.mark.parametrize("order", [False, True])
@pytest.mark.parametrize(("one", "two", "topic"), OPPOSED)
def test_a_contradiction_lowers_consistency_whichever_comes_first(one: str, two: str, topic: str, order: bool) -> None:
    first, then = (two, one) if order else (one, two)
    ship = ShipType.LIGHT_FREIGHTER
    alone = reader.read(ship, Answer(2, then, "And?", topic), [Answer(1, "That ship.", "Which?", "introduction")])
    caught = reader.read(ship, Answer(2, then, "And?", topic), [Answer(1, first, "Well?", topic)])
    assert caught.consistency < alone.consistency
    assert caught.negotiation_skill is not None
    assert alone.negotiation_skill is not None
    assert caught.negotiation_skill < alone.negotiation_skill
    (fact,) = (each for each in caught.claims if each.status is FactStatus.CONTRADICTS)
    assert fact.with_turn == 1
    assert len(caught.contradictions) == 1
    for word in (first, then):
        assert any(part in caught.contradictions[0] for part in word.rstrip(".").split())


AGREED = (
    ("I docked this morning.", "About six hours ago, as I said.", "arrival_details"),
    ("We arrived this morning.", "Heute fr\u00fch.", "arrival_details"),
    ("I docked at 0600.", "I came in at six this morning.", "arrival_details"),
    ("My name is Ada Lark.", "I'm Captain Lark.", "identity_verification"),
    ("Registration KX-204.", "KX204, it's painted on the tail.", "identity_verification"),
    ("I bought her last year.", "Paid for her with my own money.", "identity_verification"),
    ("I came from Ganymede.", "From Jupiter space, Ganymede to be exact.", "arrival_details"),
    ("I left Mars yesterday.", "I docked this morning.", "arrival_details"),
    ("I fly alone.", "The yard crew helped me unload.", "ship_knowledge"),
    ("I was born on Mars.", "I came from Europa.", "arrival_details"),
    ("The hold is empty now.", "I unloaded grain this morning.", "situational_awareness"),
    ("I work for Helix Mining.", "My boss sent me.", "identity_verification"),
    ("We tied up at half past four.", "Around 4:30 pm.", "arrival_details"),
)


@pytest.mark.parametrize("order", [False, True])
@pytest.mark.parametrize(("one", "two", "topic"), AGREED)
def test_what_can_both_be_true_is_no_contradiction(one: str, two: str, topic: str, order: bool) -> None:
    first, then = (two, one) if order else (one, two)
    reading = reader.read(ShipType.LIGHT_FREIGHTER, Answer(2, then, "And?", topic), [Answer(1, first, "Well?", topic)])
    assert reading.contradictions == []


@quickly
@given(
    st.text(max_size=500) | st.text("aAi \n.,!?'\"-0127:/\u00e4\u00df\u200b\u0301\u4e2d\U0001f680{}<>[]#", max_size=500),
    st.lists(st.text(max_size=500), max_size=4),
    st.sampled_from(list(ShipType)),
    st.text(max_size=100),
    st.sampled_from(("introduction", "identity_verification", "ai_generated", "", "nonsense")),
)
def test_any_text_is_read_within_bounds_and_always_alike(text: str, earlier: list[str], ship: ShipType, question: str, topic: str) -> None:
    before = [Answer(turn, each, question, topic) for turn, each in enumerate(earlier, 1)]
    answer = Answer(len(before) + 1, text, question, topic)
    first, again = reader.read(ship, answer, before), reader.read(ship, answer, before)
    assert first == again
    for name in SCORES:
        assert 0.0 <= getattr(first, name) <= 1.0
    assert len(first.claims) <= 16
    assert all(len(each.text) <= 120 and len(each.kind) <= 32 for each in first.claims)
    assert len(first.contradictions) <= 16
    assert all(len(each) <= 200 for each in first.contradictions)
    assert len(first.reasons) <= 16
    assert all(len(each.evidence or "") <= 200 and len(each.text) <= 300 for each in first.reasons)
