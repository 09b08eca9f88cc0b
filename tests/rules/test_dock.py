"""Who stands at the dock, what is laid before a newcomer, what is asked, and which names are heard."""

from __future__ import annotations

from random import Random
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.guard import Mood, Outcome, ShipType, Skill
from server.rules import callsign, guards, introductions, offers, questions, rarity, ships
from server.rules import guard_english as english


def dice(seed: int) -> Random:
    """Dice that fall the same way each time."""
    return Random(seed)


SEEDS = st.binary(min_size=16, max_size=16).map(bytes.hex)


@pytest.mark.parametrize(
    ("roll", "tiers"),
    [
        (0, [2, 3]),
        (60, [2, 3]),
        (61, [2, 3, 4]),
        (85, [2, 3, 4]),
        (86, [3, 4, 5]),
        (95, [3, 4, 5]),
        (96, [4, 5, 6, 7]),
        (100, [4, 5, 6, 7]),
    ],
)
def test_the_roll_opens_its_window(roll: int, tiers: list[int]) -> None:
    assert list(offers.window(roll)) == tiers


@given(SEEDS)
def test_every_seed_gives_the_pod_and_two_others_and_always_the_same(seed: str) -> None:
    draw = offers.draw(seed)
    assert draw == offers.draw(seed)
    assert draw.ships[0] is ShipType.ESCAPE_POD
    assert len(set(draw.ships)) == 3
    assert all(rarity.RARITIES[ship].tier in offers.window(draw.roll) for ship in draw.ships[1:])


def test_a_seed_gives_these_ships_for_years() -> None:
    assert offers.draw("00" * 16) == (22, [ShipType.ESCAPE_POD, ShipType.LIGHT_FREIGHTER, ShipType.FAST_COURIER])


def test_rare_ships_are_as_rare_as_they_should_be() -> None:
    some, tries = dice(7), 20_000
    seen = [ship for _ in range(tries) for ship in offers.draw(f"{some.getrandbits(128):032x}").ships]
    # Wider than chance: the domain page drew the second ship a little differently.
    for ship, share in (
        (ShipType.LIGHT_FREIGHTER, 0.71),
        (ShipType.SCOUT_SHIP, 0.58),
        (ShipType.FAST_COURIER, 0.49),
        (ShipType.CARRIER, 0.007),
    ):
        assert seen.count(ship) / tries == pytest.approx(share, abs=0.03)


def test_an_id_always_meets_the_same_guard() -> None:
    talk = str(uuid4())
    assert guards.choose(talk) == guards.choose(talk)
    # "ab" hashes to 97 * 31 + 98 = 3105: name 3105 % 12, title 194 % 6, trait 12 % 6.
    assert guards.choose("ab")[:3] == ("Petrov", "Security Chief", "Friendly Veteran")


def test_every_guard_is_met() -> None:
    met = {guards.choose(str(uuid4()))[:3] for _ in range(20_000)}
    assert len(met) == 432


@pytest.mark.parametrize(
    ("trait", "suspicion", "modifier"),
    [("Paranoid Newbie", 0.1, 0.1), ("Cynical Bureaucrat", 0.9, 0.0), ("Jolly", 0.59, -0.1), ("Jolly", 0.6, 0.1)],
)
def test_an_unknown_trait_is_judged_by_its_suspicion(trait: str, suspicion: float, modifier: float) -> None:
    assert guards.modifier(trait, suspicion) == modifier


def test_four_questions_are_on_four_topics_and_press_harder() -> None:
    for ship in ShipType:
        if ship is ShipType.ESCAPE_POD:
            continue
        said = [questions.Line("introduction", "Which one is yours?")]
        for turn in range(2, 6):
            line = questions.question(ship, said, Mood.NEUTRAL, [], dice(turn))
            said.append(line)
            assert "{" not in line.text
            plain = [each.format(ship=ships.title(ship)) for each in english.QUESTIONS[line.topic][questions.FAMILIES[ship]]]
            assert any(line.text.endswith(each) for each in plain)
            assert (line.text in plain) is (turn == 2)
        assert {each.topic for each in said[1:]} == set(questions.TOPICS)


def test_a_contradiction_is_thrown_back_at_once() -> None:
    said = [questions.Line("introduction", "Which one is yours?")]
    line = questions.question(ShipType.SCOUT_SHIP, said, Mood.SUSPICIOUS, ['You said "today" before, and now "yesterday".'], dice(1))
    assert "yesterday" in line.text


@given(st.integers())
def test_the_guard_never_presses_twice_with_the_same_words(seed: int) -> None:
    some, said = dice(seed), [questions.Line("introduction", "Which one is yours?")]
    for _ in range(4):
        said.append(questions.question(ShipType.CARRIER, said, Mood.SUSPICIOUS, ["You changed it."], some))
    for each in english.PRESSING["contradiction"]:
        assert sum(each.rpartition("}")[2] in line.text for line in said) in (1, 2)  # three ways for four turns


def test_every_bank_is_full_and_every_hole_is_filled() -> None:
    for topic, families in english.QUESTIONS.items():
        assert set(families) == set(questions.FAMILIES.values()), topic
        assert all(len(set(bank)) >= 3 for bank in families.values())
    for outcome in Outcome:
        for caught in (True, False):
            text = questions.closing(ShipType.CARRIER, ShipType.ESCAPE_POD, outcome, 500, caught=caught, dice=dice(1)).text
            assert "{" not in text
    assert set(english.TRAITS_IN_WORDS) == set(guards.TRAITS)
    assert len(questions.scene("Sato", "Guard", dice(1))) < 600


def test_thresholds_fall_with_skill_and_rise_with_rarity() -> None:
    for each in rarity.RARITIES.values():
        assert each.threshold(Skill.WEAK) >= each.threshold(Skill.AVERAGE) >= each.threshold(Skill.STRONG)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("I'm Ada.", "Ada"),
        ("My name is ada lark, and I want my ship", "Ada Lark"),
        ("Call me Nemo", "Nemo"),
        ("I'm the captain of this scout", None),
        ("This is Captain Nemo of the Nautilus", "Nemo"),
        ("Pilot Iris flies her", "Iris"),
        ("I'm not sure", None),
        ("name\u2019s Bo", "Bo"),
        ("no names today", None),
        ("I'm McCoy!", "McCoy"),
    ],
)
def test_a_name_is_heard_in_an_introduction(text: str, name: str | None) -> None:
    assert introductions.heard_name(text) == name


@given(st.text(max_size=200))
def test_whatever_is_said_a_heard_name_is_short(text: str) -> None:
    name = introductions.heard_name("call me " + text)
    assert name is None or 1 <= len(name.split()) <= 3


def test_a_heard_name_may_be_a_nickname() -> None:
    assert callsign.flaw(introductions.heard_name("my name is ada lark") or "") is None
