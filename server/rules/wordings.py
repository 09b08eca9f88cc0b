"""The ways an answer may be taken once what adds nothing is gone. Whichever is worth least counts, so padding buys nothing.

A filler brings its marks along, or stands where a mark stood before: "Ada, um, Lark" is "Ada Lark" to the reader and "Ada, Lark"
here. And words at the end that were all said before are no more than the answer without them. An answer that was padded
so comes to the wordings of the plain one, and cannot be worth more than that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from server.rules.manner import spoken
from server.rules.words import Word, words_of

_ENDS = re.compile(r"(?<!\.)[.!?\n](?!\.)")  # three dots end nothing
_JOINS = frozenset(("and", "or", "und", "oder"))


@lru_cache(maxsize=512)
def wordings(text: str) -> tuple[str, ...]:
    """The other texts an answer comes to; none for an answer that is plain already."""
    whole = spoken(text)
    as_read = _key(whole.kept)
    end = _end(whole.every)
    found: dict[tuple[tuple[str, bool, bool, int], ...], str] = {}

    def take(text: str, words: Sequence[Word]) -> None:
        if words and (key := _key(words)) != as_read:
            found.setdefault(key, text)

    for said in (whole, spoken(whole.text[: whole.every[end - 1].end])) if 0 < end < len(whole.every) else (whole,):
        bare, words = said.text, said.every
        if said is not whole:
            take(said.text, said.kept)
        if len(said.kept) < len(said.every):
            bare = _without(said.text, said.every, {each.start for each in said.kept})
            words = words_of(bare)
        take(bare, words)
        if 0 < (shorter := _end(words)) < len(words):
            take(bare[: words[shorter - 1].end], words[:shorter])
    return tuple(found.values())


def _without(text: str, words: Sequence[Word], kept: set[int]) -> str:
    """The text without the words that are not kept, and without the marks after them, unless a sentence ends there."""
    parts: list[str] = []
    last, dropped = 0, False
    for word in words:
        if word.start in kept:
            between = text[last : word.start]
            parts.append(" " if dropped and not _ENDS.search(between) else between)
            parts.append(word.raw)
            dropped = False
        else:
            if not dropped:
                parts.append(text[last : word.start])
            dropped = True
        last = word.end
    return "".join(parts)


def _end(words: Sequence[Word]) -> int:
    """Where an answer ends, but for words at its end that were all said before."""
    counts: dict[str, int] = {}
    for each in words:
        counts[each.text] = counts.get(each.text, 0) + 1
    end = len(words)
    while end and (counts[words[end - 1].text] > 1 or (end < len(words) and words[end - 1].text in _JOINS)):
        end -= 1
        counts[words[end].text] -= 1
    return end


def _key(words: Sequence[Word]) -> tuple[tuple[str, bool, bool, int], ...]:
    first = words[0].sentence if words else 0
    return tuple((each.raw, each.gap and number > 0, each.soft, each.sentence - first) for number, each in enumerate(words))
