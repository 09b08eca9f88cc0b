"""Whoever contradicts himself is heard, in whatever words, order and distance; who says it again in other words is not. And it always costs consistency."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import permutations, product

import pytest

from protocol.guard import FactStatus, ShipType
from server.rules import ledger, reader
from server.rules.claims import hear
from server.rules.reader import Answer
from tests.onboarding.asked_pairs import AGREEING, CODES_OF_OTHERS, OPPOSED
from tests.onboarding.sayings import ASKED, FRAMES, SEVERAL, SIDES

Asked = tuple[str, str]
BETWEEN = {
    "en": ("She pulls a little to port when the tanks are cold.", "How does she handle?", "ship_knowledge"),
    "de": ("Sie zieht ein wenig nach links, wenn die Tanks kalt sind.", "Wie fliegt sie sich?", "ship_knowledge"),
}
HEARD, FALSELY = 0.95, 0.01  # wanted: of opposed pairs, and of agreeing ones at most
PADDING = {
    "en": (
        "", "Well, you know, um, basically.", "The tower, the dock, the bay, clearance, manifest, licence, code, hull, cargo.", "Ask my mother, you idiot.", "Is it cold out there or what?",
        "The left pump on berth 14 whistles, Sergeant Holm heard it at 0715, and she wrote it into book 22.",
    ),
    "de": ("", "Ehrlich gesagt, na ja, keine Ahnung.", "Ist es kalt da draußen oder was?", "Fragen Sie doch meine Mutter.", "Die linke Pumpe pfeift, wenn die Tanks kalt sind."),
}  # fmt: skip
KINDS = sorted({(kind, language) for table in (FRAMES, SIDES) for kind in table for language in ("en", "de")})


def asked(kind: str, language: str) -> Asked:
    english, german, topic = ASKED[(FRAMES.get(kind) or SIDES[kind])[0]]
    return (english if language == "en" else german), topic


def opposed(kind: str, language: str) -> Iterator[tuple[str, str]]:
    if kind in FRAMES:
        frames, values = FRAMES[kind][1][language]
        for (one, two), (here, there) in product(permutations(frames, 2), permutations(values, 2)):
            yield one.format(here), two.format(there)
    else:
        for side, other in permutations(SIDES[kind][1][language].values(), 2):
            yield from product(side, other)


def agreeing(kind: str, language: str) -> Iterator[tuple[str, str]]:
    if kind in FRAMES:
        frames, values = FRAMES[kind][1][language]
        for (one, two), value in product(permutations(frames, 2), values):
            yield one.format(value), two.format(value)
    else:
        for name, side in SIDES[kind][1][language].items():
            if name not in SEVERAL:
                yield from permutations(side, 2)


def caught(turns: list[tuple[str, Asked]]) -> bool:
    heard = [(turn, hear(text, topic, question)) for turn, (text, (question, topic)) in enumerate(turns, 1)]
    return any(each.status is FactStatus.CONTRADICTS for each in ledger.enter(*heard[-1], heard[:-1]))


def settings(one: str, two: str, kind: str, language: str) -> Iterator[list[tuple[str, Asked]]]:
    """Both in one turn, in neighbouring ones, and two apart."""
    ask = asked(kind, language)
    text, question, topic = BETWEEN[language]
    yield [(f"{one} {two}", ask)]
    yield [(one, ask), (two, ask)]
    yield [(one, ask), (text, (question, topic)), (two, ask)]


def some(pairs: Iterator[tuple[str, str]], most: int, seed: str) -> list[tuple[str, str]]:
    every = list(pairs)
    return random.Random(seed).sample(every, min(most, len(every)))


@pytest.mark.parametrize(("kind", "language"), KINDS)
def test_opposed_claims_are_heard_and_agreeing_ones_are_not(kind: str, language: str) -> None:
    missed = [turns for pair in some(opposed(kind, language), 60, kind) for turns in settings(*pair, kind, language) if not caught(turns)]
    falsely = [turns for pair in some(agreeing(kind, language), 40, kind) for turns in settings(*pair, kind, language) if caught(turns)]
    assert len(missed) <= (1 - HEARD) * 180, missed[:5]
    assert len(falsely) <= FALSELY * 120, falsely[:5]


@pytest.mark.parametrize(("kind", "language"), KINDS)
def test_a_contradiction_costs_consistency_in_any_padding(kind: str, language: str) -> None:
    ask, dice = asked(kind, language), random.Random(kind)

    def consistency(text: str, *earlier: str) -> float:
        before = [Answer(turn, each, *ask) for turn, each in enumerate(earlier, 1)]
        return reader.read(ShipType.LIGHT_FREIGHTER, Answer(len(earlier) + 1, text, *ask), before).consistency

    quiet = 0
    for one, two in some(opposed(kind, language), 6, kind):
        first, last, around = (dice.choice(PADDING[language]) for _ in range(3))
        if not caught([(f"{around} {one}", ask), (f"{first} {two} {last}", ask)]):
            quiet += 1
            continue
        both = consistency(f"{first} {two} {last}", f"{around} {one}")
        assert both < consistency(f"{first} {two} {last}"), (one, two)
        assert both < consistency(f"{first} {last}".strip() or "Hm.", f"{around} {one}"), (one, two)
        within = f"{first} {one} {last} {two}"
        if caught([(within, ask)]):
            assert consistency(within) < min(consistency(f"{first} {one} {last}"), consistency(f"{first} {last} {two}")), within
    assert quiet <= 1


BOTH_TRUE = (
    ("I fly alone these days.", "Two years ago there were three of us."), ("I'm Abel Munk.", "Abel, but friends call me Abe."), ("My name is Wilhelmina Stroud.", "Everybody calls me Bee."),
    ("I docked this morning.", "The 0600 shuttle was just leaving when I came in."), ("I docked three days ago.", "The cook opens at 0600 and I was at his counter today."), ("I came from Ceres.", "My engine was built on Mars."),
    ("I came from Ceres.", "Next I go to Titan, then home to Ganymede."), ("I brought forty crates of lentils.", "Twenty of them went to the canteen already."), ("I brought lentils.", "I have also got some coffee for the guard."),
    ("She's mine, I bought her five years ago.", "My brother owns the hauler on pad six."), ("The Morning Hare is mine.", "The scout next to her is called the Patient Margit."), ("I work for the Harrow Line.", "I used to work for Tamsin Freight."),
    ("I work for the Harrow Line.", "The cargo is for Tamsin Freight."), ("Officer Tann cleared me.", "Controller Mboya cleared the ship behind me."), ("My registration is CL-4471.", "The hauler beside me has TF-6120 on her hull."),
    ("My crew is two people.", "We are three, with me."), ("I've never been here before.", "My brother comes here every month."), ("She holds five hundred crates.", "I brought sixty crates."),
    ("I've had her for two months.", "I docked three days ago."), ("I've been flying for twenty years.", "I've been here two days."), ("The hold's empty now.", "I delivered ore to the smelter this morning."),
    ("I haul ore, mostly.", "This time I brought lentils."), ("I have two hundred crates of lentils.", "Forty crates of tea I left on Ceres."), ("I'm bound for Titan or Europa, whichever pays.", "Europa, I think."),
    ("I was born on Mars.", "I came in from Ceres."), ("I fly alone.", "I have a cat aboard."), ("I left Ceres six days ago.", "I docked this morning."), ("My ship is the Morning Hare.", "Captain Okoro of the Second Wind lent me a wrench."),
    ("Ich fliege allein.", "Früher waren wir zu dritt."), ("Ich heiße Mads Ritter.", "Alle nennen mich Matz."), ("Ich bin heute früh gelandet.", "Seit drei Jahren fliege ich diese Strecke."),
    ("Das Schiff gehört mir.", "Der Kurier daneben gehört meinem Bruder."), ("Ich komme von Ceres.", "Morgen geht es weiter nach Titan."), ("Ich arbeite für die Reederei Brandvik.", "Die Ladung ist für die Spedition Kolbe."),
    ("Frau Tann hat mich freigegeben.", "Der Lotse Kern hat das Schiff hinter mir freigegeben."), ("Ich habe sechzig Kisten gebracht.", "Zwanzig Kisten davon sind schon weg."), ("Vor sechs Tagen bin ich auf Ceres gestartet.", "Ich bin heute früh gelandet."),
)  # fmt: skip


@pytest.mark.parametrize(("one", "two"), BOTH_TRUE)
def test_what_can_both_be_true_contradicts_nothing(one: str, two: str) -> None:
    for first, then in ((one, two), (two, one)):
        for english, german, topic in ASKED.values():
            question = german if any(each in first for each in ("ich ", "Ich ", "Schiff")) else english
            assert not caught([(f"{first} {then}", (question, topic))]), question
            assert not caught([(first, (question, topic)), (then, (question, topic))]), question


def paired(pair: tuple[str, str, str, str]) -> Iterator[tuple[str, bool]]:
    """Whether the second answer is caught, for both orders."""
    one, two = (pair[0], pair[1]), (pair[2], pair[3])
    for (asked_first, first), (then_asked, then) in ((one, two), (two, one)):
        topic = "identity_verification"
        yield f"{first} / {then}", caught([(first, (asked_first, topic)), (then, (then_asked, topic))])


def test_a_bare_answer_is_the_value_of_what_was_asked() -> None:
    missed = [said for pair in OPPOSED for said, heard in paired(pair) if not heard]
    assert len(missed) <= (1 - HEARD) * 2 * len(OPPOSED), missed


def test_bare_answers_that_agree_contradict_nothing() -> None:
    assert not [said for pair in AGREEING for said, heard in paired(pair) if heard]


def test_a_code_or_name_told_beside_is_not_the_one_that_was_asked_for() -> None:
    topic = "identity_verification"
    assert not [text for question, text in CODES_OF_OTHERS if caught([(text, (question, topic))])]
