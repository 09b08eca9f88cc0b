"""Text as words: folded, with their places, in sentences. The reader's modules speak of nothing else."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from server.rules.typing_habits import spelled

# A code holds a digit; "KX-204", "20-8813", "14-C", "7/330". Then times and figures, then words.
_TOKEN = re.compile(
    r"(?P<time>\b\d{1,2}:\d{2}\b)"
    r"|(?P<code>\b(?:[^\W\d_]+\d|\d+(?!(?:am|pm|th|st|nd|rd|h|t|k|kg|km|x|uhr)\b)[^\W\d_])[^\W_]*(?:[-/][^\W_]+)*\b"
    r"|\b(?=[^\s]*\d)[^\W_]+(?:[-/][^\W_]+)+\b)"
    r"|(?P<number>\d+(?:[.,]\d+)*(?:am|pm|th|st|nd|rd|h|t|k|kg|km|x|uhr)?\b|\d+)"
    r"|(?P<word>[^\W\d_]+(?:['\u2019`][^\W\d_]+)*)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?\n\u2026]")
_ABBREVIATED = frozenset(
    ["dr", "mr", "mrs", "ms", "lt", "sgt", "capt", "cmdr", "prof", "st", "nr", "hr", "fr", "bzw", "ca"]
)  # their full stop ends nothing
_VOWELS = frozenset("aeiouy")
_SOUNDS = re.compile("sch|ch|ck|tz|ng|pf|ph|th|sh|st")
_KEYBOARD = ("qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm", "poiuytrewq", "lkjhgfdsa", "mnbvcxz")
_UMLAUTS = str.maketrans({"\u00e4": "ae", "\u00f6": "oe", "\u00fc": "ue", "\u00df": "ss", "\u00f8": "o", "\u0142": "l", "\u00e6": "ae"})


class Word(NamedTuple):
    """One word: folded, as written, where, of which kind, in which sentence, whether a mark stands before it, or stood before a filler."""

    text: str
    raw: str
    start: int
    end: int
    kind: str
    sentence: int
    gap: bool
    soft: bool = False


class Line(NamedTuple):
    """Words as one string to match patterns on: "im ada , i fly . yes". `at` holds where each word begins in it."""

    text: str
    words: tuple[Word, ...]
    at: tuple[int, ...]

    def between(self, start: int, end: int) -> list[Word]:
        """The words that stand within a part of the string."""
        return [word for word, place in zip(self.words, self.at, strict=True) if start <= place < end]

    def word_at(self, place: int) -> int:
        """The number of the first word that begins at or after a place."""
        return bisect_left(self.at, place)


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """A word without case, marks and umlauts: fold("Müller's") == "muellers"."""
    plain = text.casefold().translate(_UMLAUTS)
    if not plain.isascii():
        plain = "".join(each for each in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(each))
    return plain.replace("'", "").replace("\u2019", "").replace("`", "")


def compatible(text: str) -> str:
    """The text in compatible letters; what is quoted is quoted from this."""
    return unicodedata.normalize("NFKC", text)


@lru_cache(maxsize=256)
def words_of(text: str) -> tuple[Word, ...]:
    """The words of a text in compatible letters."""
    found: list[Word] = []
    sentence, last = 0, 0
    for each in _TOKEN.finditer(text):
        between = text[last : each.start()]
        abbreviated = bool(found) and between.strip() == "." and found[-1].text in _ABBREVIATED
        if found and not abbreviated and _SENTENCE_END.search(between):
            sentence += 1
        gap = (bool(between.strip(" \t-")) and not abbreviated) or sentence != (found[-1].sentence if found else 0)
        folded = fold(each.group())
        if folded:
            found.append(Word(spelled(folded), each.group(), each.start(), each.end(), each.lastgroup or "word", sentence, gap))
        last = each.end()
    return tuple(found)


def line(words: Sequence[Word]) -> Line:
    """The words as a string to match on."""
    parts: list[str] = []
    places: list[int] = []
    length = 0
    for number, word in enumerate(words):
        mark = " "
        if number:
            mark = " . " if word.sentence != words[number - 1].sentence else " , " if word.gap else " "
        parts.append(mark + word.text)
        places.append(length + len(mark))
        length += len(mark) + len(word.text)
    return Line("".join(parts) + " ", tuple(words), tuple(places))


def sentences(words: Sequence[Word]) -> list[list[Word]]:
    """The words by sentence."""
    found: dict[int, list[Word]] = {}
    for word in words:
        found.setdefault(word.sentence, []).append(word)
    return list(found.values())


def bag(words: Sequence[Word]) -> str:
    """A sentence with its words sorted, so that their order does not matter."""
    return " ".join(sorted(each.text for each in words))


def quote(text: str, words: Sequence[Word], most: int = 120) -> str:
    """What was written from the first to the last of the words."""
    return text[words[0].start : words[-1].end][:most] if words else ""


def phrases(*some: str) -> re.Pattern[str]:
    """A pattern for any of several phrases as whole words on a `Line`. `_` stands for up to two words in between."""
    parts = (
        each.strip().replace(" _ ", r" (?:\w+ ){0,2}").replace(" ", " ") for block in some for each in block.split("\n") if each.strip()
    )
    return re.compile(r"(?<![\w])(?:" + "|".join(parts) + r")(?![\w])")


def alternatives(pattern: str) -> Iterator[str]:
    """The alternatives of a pattern as `phrases` makes it, each with the groups that stand in it."""
    depth, one = 0, ""
    for letter in pattern[pattern.index("(?:") + 3 : pattern.rindex(")(?!")]:
        depth += (letter == "(") - (letter == ")")
        if letter == "|" and not depth:
            yield one
            one = ""
        else:
            one += letter
    yield one


def stems(words: Iterable[str]) -> set[str]:
    """The words without their commonest endings."""
    return {stem(each) for each in words}


def as_written(words: Sequence[Word], phrase: str) -> str:
    """A phrase of folded words in the letters it was written in: as_written(..., "schiff gehoert") == "Schiff gehört"; itself if it does not stand there."""
    parts = [each for each in phrase.split() if each not in (",", ".")]
    for at, word in enumerate(words):
        if parts and word.text == parts[0] and all(one.text == part for one, part in zip(words[at:], parts, strict=False)):
            return " ".join(each.raw for each in words[at : at + len(parts)])
    return phrase


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A word without its commonest ending, English or German: stem("docked") == stem("docking") == "dock"."""
    if len(word) == 5 and word.endswith("ed"):  # filed, named; owned, asked
        return word[:-1] if word[1] in "aeiou" and word[2] not in "aeiou" else word[:-2]
    for ending in ("ungen", "ing", "ern", "ers", "ies", "ed", "er", "en", "es", "em", "st", "s", "e", "n"):
        if len(word) - len(ending) >= 4 and word.endswith(ending):
            return word[: -len(ending)]
    return word


def is_word(text: str) -> bool:
    """Whether letters could be a word of some language, and no hand on a keyboard: is_word("asdfgh") is False."""
    if any(text[at : at + 4] in row for row in _KEYBOARD for at in range(max(1, len(text) - 3)) if len(text) >= 4):
        return False
    if any(text[at] == text[at + 1] == text[at + 2] for at in range(len(text) - 2)):
        return False
    run = longest = 0
    for letter in _SOUNDS.sub("c", text):  # one sound in however many letters: "Rechtschreibung", "Angstschrei"
        run = 0 if letter in _VOWELS or not letter.isascii() else run + 1
        longest = max(longest, run)
    return longest <= 5 and (not text.isascii() or bool(_VOWELS & set(text)))
