"""What padding of every sort may buy, and what a detail may cost: as a share of tries, for words that no rule was made from."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest

from protocol.guard import ShipType
from server.rules.proper import is_german
from server.rules.reader import Answer
from server.rules.words import words_of
from tests.onboarding.cases import SCORES, answered, scores, talks
from tests.onboarding.padding import FIRST, SECOND

TRIES = 300
LEAST = 0.005  # a difference no one would see
LONGEST = 500  # characters of an answer
_TURNED = {
    "i": "you", "you": "I", "my": "your", "your": "my", "me": "you", "mine": "yours", "yours": "mine", "am": "are", "are": "am",
    "ich": "Sie", "sie": "ich", "mein": "Ihr", "ihr": "mein", "meine": "Ihre", "ihre": "meine", "bin": "sind", "sind": "bin",
}  # fmt: skip
Case = tuple[ShipType, Answer, list[Answer]]
CASES: list[Case] = [
    (ShipType(case["ship"]), answer, answered(case)[:number])
    for name in ("tuning", "strangers_4")
    for case in talks(name)
    if "injecting" not in case["tags"]
    for number, answer in enumerate(answered(case))
    if answer.text.strip()
]
Words = dict[str, dict[str, list[str]]]
Way = Callable[[random.Random, Case, dict[str, list[str]]], str]


def stopped(text: str) -> str:
    return text if text.rstrip()[-1:] in ".!?" else text + "."


def turned(text: str) -> str:
    """What I said of me as you would say it."""
    return re.sub(r"\w+", lambda hit: _TURNED.get(hit.group().lower(), hit.group()), text)


def filled(dice: random.Random, case: Case, words: dict[str, list[str]]) -> str:
    text = case[1].text
    start, middle, end = (dice.choice(words[each]) for each in ("start", "mid", "end"))
    return dice.choice(
        (
            f"{start} {text}",
            f"{stopped(text)} {end}",
            re.sub(r"(?<=[a-z][.!?]) (?=[A-Z])", lambda _: f" {end} ", text, count=1),
            text.replace(", ", f", {middle}, ", 1),
            f"{start} {stopped(text)} {end}",
        )
    )


def repeated(dice: random.Random, case: Case, _: dict[str, list[str]]) -> str:
    text, earlier = case[1].text, [each.text for each in case[2] if each.text.strip()]
    words = text.split(" ")
    first = dice.randrange(len(words))
    ways = [f"{stopped(text)} {text}", f"{text}. {' '.join(words[first : first + dice.randint(1, 25)])}", f"{stopped(text)} {turned(text)}"]
    if earlier:
        before = dice.choice(earlier)
        ways += [f"{stopped(text)} {before}", f"{stopped(before)} {text}"]
    return dice.choice(ways)


def asked(dice: random.Random, case: Case, _: dict[str, list[str]]) -> str:
    text, question = case[1].text, case[1].question
    return dice.choice(
        (
            f"{question} {text}",
            f"{stopped(text)} {question}",
            f'"{question}" {text}',
            f"{stopped(turned(question).rstrip('?'))} {text}",
            f"{stopped(text)} {turned(question)}",
        )
    )


def detailed(dice: random.Random, case: Case, words: dict[str, list[str]]) -> str:
    text = case[1].text
    bare, joint = text.rstrip(" .!?"), "and" if words in (FIRST["en"], SECOND["en"]) else "und"
    return dice.choice(
        (
            f"{stopped(text)} {dice.choice(words['detail'])}",
            f"{dice.choice(words['detail'])} {text}",
            f"{bare}, {joint} {dice.choice(words['and'])}.",
            f"{bare}, {dice.choice(words['with'])}.",
        )
    )


# Most of the tries in a hundred that may go wrong; what was measured over 3,000 tries of each is in docs/reader.md.
@pytest.mark.parametrize(
    ("way", "words", "most"),
    [
        (filled, FIRST, 3.0),
        (filled, SECOND, 45.0),  # figures of speech with a thing in them are taken for things
        (repeated, FIRST, 2.0),
        (asked, FIRST, 1.0),
        (detailed, FIRST, 4.0),
        (detailed, SECOND, 4.0),
    ],
)
def test_padding_buys_nothing_and_a_detail_costs_nothing_but_for_few(way: Way, words: Words, most: float) -> None:
    dice = random.Random(8)
    tried, wrong = 0, []
    for case in dice.sample(CASES, TRIES):
        ship, answer, earlier = case
        language = "de" if is_german(words_of(f"{answer.question} {answer.text}")) else "en"
        text = way(dice, case, words[language])
        if text == answer.text or len(text) > LONGEST:
            continue
        before, now = scores(ship, answer, *earlier), scores(ship, answer._replace(text=text), *earlier)
        less, more = (before, now) if way is detailed else (now, before)
        tried += 1
        if any(less[each] > more[each] + LEAST for each in SCORES):
            wrong.append((answer.text, text))
    assert tried > TRIES / 2
    assert 100 * len(wrong) / tried <= most, wrong[:5]
