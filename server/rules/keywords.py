"""Bare keywords, which no order makes a sentence: their figures are those of the list in one order, so shuffling it changes nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from server.rules.figures import value
from server.rules.lexicon import FUNCTION, LABELS
from server.rules.manner import spoken
from server.rules.relevance import FIELDS
from server.rules.words import Word

FEWEST = 4  # words of a list
NAMED, SHARE = 2, 0.34  # words of a dock, and their share of the words that are no figures
LISTED = 0.45  # marks, of the places between words, from which a list is one; fewer, but some, are those of a speaker
STOPPED = 0.75  # full stops likewise; one may end the list, and go where its word goes
TERSE = 7  # words; fewer with several full stops are somebody of few words: "Courier. Wasp Nine. Pad twelve."
_MARK = re.compile(r"[,;](?!\d)")
_STOP = re.compile(r"[.!?](?=\s|$)")
_SMALL = frozenset(["past", "this", "um", "frueh", "half"])  # small words of times


def is_list(text: str, words: Sequence[Word]) -> bool:
    """Whether words are a list of keywords, in whatever order they stand."""
    if len(words) < FEWEST:
        return False
    if any(each.text in FUNCTION and each.text not in _SMALL for each in words):
        return False
    places = len(words) - 1
    stops = len(_STOP.findall(text))
    if 0 < len(_MARK.findall(text)) < LISTED * places or 1 < stops < (STOPPED * places if len(words) >= TERSE else len(words)):
        return False
    told = [each.text for each in words if each.kind == "word" and value(each.text) is None and each.text not in _SMALL]
    return sum(map(_is_keyword, told)) >= max(NAMED, SHARE * len(told))


@lru_cache(maxsize=2048)
def _is_keyword(text: str) -> bool:
    return text in LABELS or any(field.fullmatch(text) for field in FIELDS.values())


def in_order(text: str) -> str | None:
    """A list of keywords in its one order; None for an answer that is no list."""
    words = spoken(text).every
    if not is_list(text, words):
        return None
    return " ".join(sorted((each.raw for each in words), key=lambda each: (each.casefold(), each)))
