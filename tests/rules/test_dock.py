"""Who stands at the dock, what is laid before a newcomer, what is asked, and which names are heard."""

from __future__ import annotations

from collections import Counter
from random import Random
from string import Formatter
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.guard import Mood, Outcome, ShipType, Skill, Trend
from server.rules import callsign, guards, introductions, offers, questions, rarity
from server.rules.catalogue import CATALOGUES, spoken, words

CLAIMABLE = [each for each in ShipType if each is not ShipType.ESCAPE_POD]  # the truth is asked nothing


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


VOICES = [questions.Voice(trait, language) for trait in guards.TRAITS for language in CATALOGUES]
UNMOVED = questions.Answered(Mood.NEUTRAL, Trend.STEADY)


@pytest.mark.parametrize("voice", VOICES, ids=str)
def test_four_questions_are_on_four_topics_and_press_harder(voice: questions.Voice) -> None:
    for ship in CLAIMABLE:
        said = [questions.Line("introduction", "Which one is yours?")]
        for turn in range(2, 6):
            line = questions.question(ship, said, UNMOVED, voice, dice(turn))
            said.append(line)
            assert "{" not in line.text
            plain = words(voice.language).questions[line.topic][ship]
            assert any(line.text.endswith(each) for each in plain)
            assert (line.text in plain) is (turn == 2)
        assert {each.topic for each in said[1:]} == set(questions.TOPICS)


@pytest.mark.parametrize(
    ("answered", "kind"),
    [
        (questions.Answered(Mood.SUSPICIOUS, Trend.RISING, ['You said "today" before, and now "yesterday".']), "contradiction"),
        (questions.Answered(Mood.NEUTRAL, Trend.STEADY, rude=True), "annoyed"),
        (questions.Answered(Mood.ANNOYED, Trend.STEADY), "annoyed"),
        (questions.Answered(Mood.VERY_SUSPICIOUS, Trend.RISING), "alarmed"),
    ],
)
@pytest.mark.parametrize("language", CATALOGUES)
def test_what_is_the_matter_is_said_at_once(answered: questions.Answered, kind: str, language: str) -> None:
    said = [questions.Line("introduction", "Which one is yours?")]
    line = questions.question(ShipType.SCOUT_SHIP, said, answered, questions.Voice("Friendly Veteran", language), dice(1))
    assert any(each.rpartition("}")[2] in line.text for each in words(language).pressing[kind])
    assert kind != "contradiction" or "yesterday" in line.text


def test_a_guard_presses_in_their_own_manner() -> None:
    said = [questions.Line("introduction", "Which?"), questions.Line("ship_knowledge", "How fast?")]
    for mood, trend, kind in ((Mood.CONVINCED, Trend.FALLING, "warm"), (Mood.NEUTRAL, Trend.STEADY, "doubt")):
        for trait in guards.TRAITS:
            line = questions.question(ShipType.CARRIER, said, questions.Answered(mood, trend), questions.Voice(trait), dice(1))
            assert line.text.startswith(words("en").manners[trait][kind])
    later = [*said, questions.Line("arrival_details", "When?")]
    line = questions.question(ShipType.CARRIER, later, UNMOVED, questions.Voice("Cynical Bureaucrat"), dice(1))
    assert line.text.startswith(words("en").manners["Cynical Bureaucrat"]["straight"])


@given(st.integers())
def test_the_guard_never_presses_twice_with_the_same_words(seed: int) -> None:
    some, said = dice(seed), [questions.Line("introduction", "Which one is yours?")]
    answered = questions.Answered(Mood.SUSPICIOUS, Trend.RISING, ["You changed it."])
    for _ in range(4):
        said.append(questions.question(ShipType.CARRIER, said, answered, questions.Voice("Friendly Veteran"), some))
    for each in words("en").pressing["contradiction"]:
        assert sum(each.rpartition("}")[2] in line.text for line in said) == 1


def test_every_language_says_everything() -> None:
    english = words("en")
    for language, catalogue in CATALOGUES.items():
        assert set(catalogue.hulls) == set(ShipType)
        assert set(catalogue.traits) == set(catalogue.manners) == set(guards.TRAITS)
        assert set(catalogue.questions) == set(questions.TOPICS) == {
            "identity_verification", "arrival_details", "ship_knowledge", "situational_awareness",
        }  # fmt: skip
        for topic, banks in catalogue.questions.items():
            assert set(banks) == set(CLAIMABLE), topic
            assert all(len(set(bank)) >= 6 for bank in banks.values()), (language, topic)
            assert all("{" not in each and len(each) < 200 for bank in banks.values() for each in bank)
        everything = [each for banks in catalogue.questions.values() for bank in banks.values() for each in bank]
        assert len(set(everything)) == len(everything), "no question stands twice"
        assert catalogue.pressing.keys() == english.pressing.keys()
        assert all(set(each) == {"doubt", "straight", "warm"} for each in catalogue.manners.values())
        assert catalogue.closings.keys() == english.closings.keys() == {"honest", "caught", *(each.value for each in Outcome)}
        for kind, by_trait in catalogue.closings.items():
            assert set(by_trait) == set(guards.TRAITS), kind
        assert all(len(each.format(name="Sato", title="Guard")) < 700 for each in catalogue.scenes)
    assert not {*everything} & {each for banks in english.questions.values() for bank in banks.values() for each in bank}


def _holes(text: str) -> list[str]:
    return sorted((name, spec) for _, name, spec, _ in Formatter().parse(text) if name)  # type: ignore[misc]


def test_every_language_gives_every_reason() -> None:
    english, said = words("en"), Counter[str]()
    for catalogue in CATALOGUES.values():
        assert catalogue.reasons.keys() == english.reasons.keys()
        assert catalogue.endings.keys() == english.endings.keys()
        for kind, text in catalogue.endings.items():
            assert _holes(text) == _holes(english.endings[kind]), kind
        for own, theirs in (
            (catalogue.changed, english.changed),
            (catalogue.misfit, english.misfit),
            (catalogue.admitted, english.admitted),
        ):
            assert _holes(own) == _holes(theirs)
            # The longest quotes and hull leave the sentence whole; wire limit 200.
            assert len(own.format(before=80 * "x", after=80 * "x", word=80 * "x", words=80 * "x", ship="Schwertransporter")) <= 200
        said.update({*catalogue.reasons.values(), *catalogue.endings.values(), catalogue.changed, catalogue.misfit, catalogue.admitted})
    assert set(said.values()) == {1}, "no two languages say the same"


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_hole_is_filled(language: str) -> None:
    for trait in (*guards.TRAITS, "Jolly"):
        voice = questions.Voice(trait, language)
        assert "{" not in questions.scene("Sato", "Guard", voice, dice(1))
        for claimed in (ShipType.CARRIER, ShipType.ESCAPE_POD):
            for outcome in Outcome:
                for caught in (True, False):
                    text = questions.closing(claimed, ShipType.ESCAPE_POD, outcome, 500, voice, caught=caught, dice=dice(1)).text
                    assert "{" not in text
                    assert "500" in text
        assert "{" not in questions.question(ShipType.CARRIER, [questions.Line("introduction", "?")] * 3, UNMOVED, voice, dice(1)).text


@pytest.mark.parametrize(
    ("wishes", "language"),
    [((None, ""), "en"), (("de",), "de"), (("de-AT", "en"), "de"), ((None, "DE"), "de"), (("fr", "de-CH"), "de"), (("fr", "tlh"), "en")],
)
def test_the_guard_speaks_what_is_wished_for_if_they_can(wishes: tuple[str | None, ...], language: str) -> None:
    assert spoken(*wishes) == language


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
