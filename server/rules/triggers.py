"""Words without one of which a pattern cannot match: most patterns need not be tried on most answers."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from typing import Generic, TypeVar

from server.rules.lexicon import COMMON, FUNCTION
from server.rules.words import phrases

Key = TypeVar("Key", bound=Hashable)


class Table(Generic[Key]):
    """Patterns by key, of which only those are tried that one of the words could be part of."""

    def __init__(self, patterns: Mapping[Key, str]) -> None:
        self.patterns = [(key, phrases(pattern)) for key, pattern in patterns.items()]
        by_word: dict[str, set[int]] = {}
        self._always: frozenset[int] = frozenset()
        for number, pattern in enumerate(patterns.values()):
            needed = triggers(pattern)
            if needed is None:
                self._always |= {number}
            for word in needed or ():
                by_word.setdefault(word, set()).add(number)
        self._by_word = {word: frozenset(numbers) for word, numbers in by_word.items()}

    def of(self, words: set[str]) -> list[tuple[Key, re.Pattern[str]]]:
        """The patterns that could match, in their order."""
        by_word = self._by_word
        found = self._always.union(*[by_word[word] for word in by_word.keys() & words])
        return [self.patterns[number] for number in sorted(found)]


# Words a third of all answers hold.
_EVERYWHERE = FUNCTION | {"one", "what", "which", "who"}
_LITERAL = re.compile(r"[a-z]+")


def triggers(pattern: str) -> frozenset[str] | None:
    """One word of every way a pattern of `phrases` can match; None when it can match without any whole word."""
    found: set[str] = set()
    for one in _split(pattern, "|"):
        best: frozenset[str] | None = None
        for part in _split(one.strip(), " "):
            for here in _needed(part):
                if best is None or _rare(here) < _rare(best):
                    best = here
        if best is None:
            return None
        found |= best
    return frozenset(found)


def _needed(part: str) -> Iterator[frozenset[str]]:
    """What must be there of a part without spaces: itself, or one of each group that is neither left out nor the end of a word."""
    if _LITERAL.fullmatch(part):
        yield frozenset((part,))
        return
    at = 0
    while part.startswith("(", at):
        end, depth = at, 0
        while end < len(part):
            depth += (part[end] == "(") - (part[end] == ")")
            end += 1
            if not depth:
                break
        if part.startswith("(?!", end):  # what may not follow
            quantified = False
            end = len(part)
            within = triggers(part[at + 3 : part.index(")(?!", at)]) if part.startswith("(?:", at) else None
            if within is not None:
                yield within
            return
        quantified = part[end : end + 1] in ("?", "*", "{")
        follows = part[end : end + 1]
        if part.startswith("(?:", at) and not quantified and follows in ("", "("):
            within = triggers(part[at + 3 : end - 1])
            if within is not None:
                yield within
        while quantified and end < len(part) and part[end] not in "(":
            if part[end].isalpha():
                return
            end += 1
        if not quantified and follows not in ("", "("):
            return
        at = end


def _rare(words: frozenset[str]) -> tuple[int, int, int, int]:
    """Words that are not everywhere come first, then few and long ones."""
    return len(words & _EVERYWHERE), len(words & COMMON), len(words), -min(len(each) for each in words)


def _split(text: str, mark: str) -> Iterator[str]:
    """A pattern taken apart at a mark that stands in no group, and may not be left out."""
    depth, one = 0, ""
    for at, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if letter == mark and not depth and text[at + 1 : at + 2] != "?":
            yield one
            one = ""
        else:
            one += letter
    yield one
