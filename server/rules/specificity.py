"""How much of an answer could be checked: codes, figures, times, names, and things that only somebody who was there would mention."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence, Set
from itertools import accumulate
from math import exp
from typing import NamedTuple

from rapidfuzz import fuzz

from server.rules.claims import Heard
from server.rules.figures import VAGUE
from server.rules.lexicon import COMMON, COMMON_STEMS, LABELS, MULTIPLES, ORDINALS, SPOKEN
from server.rules.words import Word, is_word, quote, stem

# How much one detail of a kind tells.
CODE, NAME, FIGURE, ORDINAL, CLOCK, AGO, TIME, THING = 1.0, 0.8, 0.8, 0.35, 0.8, 0.6, 0.35, 0.2
MOST_NAMES, MOST_THINGS = 4, 8
HALFWAY = 2.0  # details this heavy make 1 - 1/e
ASIDE = 0.35  # what a detail counts that is about nobody here and nothing asked for
IDLE = 0.0  # what a thing counts in a sentence that names nothing else
MANY = 20  # a number in words from which it is one that is remembered
DENSE, THIN = 0.3, 0.3  # details a word from which things count in full; the least they count
ABSTRACT = 7  # letters from which an ending tells
# "transparency", "Vertrauenswuerdigkeit", "holistically": of such words whole speeches are made, and nothing can be seen in them.
_ABSTRACT = ("ment", "ness", "ence", "ance", "ency", "ancy", "ity", "ities", "tion", "tions", "ism", "ship", "ful", "ically", "ally", "ingly", "edly", "heit", "keit", "schaft", "taet", "ismus", "heiten", "keiten", "ierung", "lichen")  # fmt: skip


class Details(NamedTuple):
    """The details of an answer: their share 0 to 1, those that can be checked, and the things mentioned by the way."""

    share: float
    weight: float
    checkable: list[str]
    things: list[str]
    gibberish: list[str]


def details(
    heard: Heard,
    sound: Set[int],
    question: frozenset[str],
    not_these: Set[str],
    aside: Set[int] = frozenset(),
    idle: Set[int] = frozenset(),
) -> Details:
    """The details among the words whose numbers are `sound`; words of the question and of mere manner are none, those told `aside` count less.

    Things in sentences that say nothing of the matter otherwise (`idle`) count little: "Forgive the croaky voice" shows nothing.
    """
    found: dict[str, tuple[float, str]] = {}
    facts = Counter[int]()
    clause = list(accumulate(each.gap for each in heard.words))

    def add(key: str, weight: float, first: int, end: int) -> None:
        if all(number in sound for number in range(first, end)) and end > first and key not in found:
            facts[clause[first]] += 1
            found[key] = (weight * (ASIDE if first in aside else 1.0), quote(heard.text, heard.words[first:end], 60))

    taken = set[int]()
    for first, end in heard.codes:
        add("".join(each.text for each in heard.words[first:end]), CODE, first, end)
        taken |= set(range(first, end))
    for when in heard.times:
        first, end = heard.line.word_at(when.start), heard.line.word_at(when.end)
        add(
            heard.line.text[when.start : when.end].strip(),
            CLOCK if when.clock and not when.ago else AGO if any(first <= each.first < end for each in heard.figures) else TIME,
            first,
            end,
        )
        taken |= set(range(first, end))
    for each in heard.figures:
        word = heard.words[each.first]
        single = each.end - each.first == 1
        if each.first in taken or (single and (word.text in VAGUE or word.text in MULTIPLES)) or word.text in ("first", "second"):
            continue
        add(f"{each.value:g}", FIGURE if each.value <= 10**7 else 0.0, each.first, each.end)
        taken |= set(range(each.first, each.end))
    named: list[str] = []
    for name in heard.names:
        if name.first in taken or len(named) >= MOST_NAMES or any(fuzz.ratio(name.text, other) >= 90 for other in named):
            continue
        named.append(name.text)
        add(name.text, NAME, name.first, name.end)
        taken |= set(range(name.first, name.end))
    checkable = [text for _, text in found.values()]
    weight = sum(each for each, _ in found.values())
    things: dict[str, str] = {}
    told_in: dict[str, set[int]] = defaultdict(set)  # by thing
    gibberish: list[str] = []
    for number, word in enumerate(heard.words):
        if number in taken or number not in sound or word.kind != "word" or word.text in not_these:
            continue
        if word.text in ORDINALS:
            weight += ORDINAL if "ordinal" not in found else 0.0
            found["ordinal"] = (0.0, word.raw)
        elif _tells(word, question):
            if is_word(word.text):
                things.setdefault(stem(word.text), word.raw)
                told_in[stem(word.text)].add(number)
            else:
                gibberish.append(word.raw)
    # A thing every ten words is talk, one every four is a description; by clause, so that none thins out another, whichever stands first.
    spoken = Counter(clause[number] for number in sound)
    filled = Counter(at for numbers in told_in.values() for at in {clause[number] for number in numbers})
    dense = {at: min(1.0, max(THIN, (filled[at] + facts[at]) / many / DENSE)) for at, many in spoken.items()}
    told = sum(
        max((ASIDE if number in aside else IDLE if number in idle else 1.0) * dense[clause[number]] for number in numbers)
        for numbers in told_in.values()
    )
    weight += THING * min(MOST_THINGS, told)
    return Details(round(1 - exp(-weight / HALFWAY), 4), round(weight, 4), checkable, list(things.values()), gibberish)


def checkable(heard: Heard) -> set[int]:
    """The numbers of the words that are codes, names, times, and figures that are no "one" or "four"."""
    found = {number for first, end in heard.codes for number in range(first, end)}
    told = [each for each in heard.figures if each.value >= MANY or heard.words[each.first].kind == "number"]
    found |= {number for each in heard.names for number in range(each.first, each.end)}
    found |= {number for each in told for number in range(each.first, each.end)}
    return found | {heard.line.word_at(each.start) for each in heard.times}


def _tells(word: Word, question: frozenset[str]) -> bool:
    text = word.text
    if len(text) < 3 or text in COMMON or text in LABELS or text in SPOKEN:
        return False
    if len(text) >= ABSTRACT and text.endswith(_ABSTRACT):
        return False
    root = stem(text)
    return root not in COMMON_STEMS and root not in question


def is_shouted(words: Sequence[Word]) -> bool:
    """Whether most of an answer is in capitals."""
    letters = [each for word in words if word.kind == "word" for each in word.raw if each.isalpha()]
    return len(letters) >= 10 and sum(each.isupper() for each in letters) / len(letters) > 0.7
