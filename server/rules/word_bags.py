"""Phrases as bags of words: what a pattern finds in its order, found in any order. Of use only where words stand in none (`order`).

The bags are made of the pattern itself, so that every phrase has one: "(?:dont|cant) (?:really )?know" gives {dont, know} and {cant, know}.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set

from server.rules import manner
from server.rules.words import Word

FEWEST = 2  # words of a bag: a single word is found by its pattern wherever it stands
_TOKEN = re.compile(r"\(\?[!=<]|\(\?:|[()|]|\\[wWbd]|\{[\d,]+\}|.", re.DOTALL)
_ANY = "~"  # any further letters

Bags = Mapping[str, Sequence[frozenset[str]]]


def bags(*patterns: re.Pattern[str]) -> Bags:
    """The bags of some patterns, by one of their words."""
    found: dict[str, list[frozenset[str]]] = defaultdict(list)
    for pattern in patterns:
        for phrase in sorted(set(_alternatives(iter(_TOKEN.findall(pattern.pattern))))):
            words = frozenset(each for each in phrase.split() if each.strip(_ANY).isalpha())
            whole = [each for each in words if _ANY not in each]
            if len(words) >= FEWEST and whole and words not in found[max(whole, key=len)]:
                found[max(whole, key=len)].append(words)
    return {word: tuple(some) for word, some in found.items() if some}


def held(some: Bags, words: Set[str]) -> list[str]:
    """The bags that are all among the words, as text."""
    return [
        " ".join(sorted(each)).replace(_ANY, "")
        for word in sorted(words)
        for each in some.get(word, ())
        if all(part in words or (_ANY in part and any(one.startswith(part.rstrip(_ANY)) for one in words)) for part in each)
    ]


def _alternatives(tokens: Iterator[str]) -> list[str]:
    """What a pattern stands for, up to its end or a closing bracket."""
    found: list[str] = []
    parts = [""]
    last: list[str] | None = None  # what a quantifier would speak of

    def take() -> None:
        nonlocal parts, last
        if last is not None:
            parts = [one + two for one in parts for two in last]
        last = None

    for part in tokens:
        if part == ")":
            break
        if part == "|":
            take()
            found, parts = found + parts, [""]
        elif part in ("?", "*") or part.startswith("{0"):
            # "(?:really )?" may be left out, and then it is in no bag; "glaub(?:e)?" is two words.
            last = (
                (last or []) + [""] if last and not any(" " in each or _ANY in each for each in last) else last if last == [_ANY] else [""]
            )
        elif part == "+" or part.startswith("{"):
            pass
        elif part in ("(?:", "("):
            take()
            last = _alternatives(tokens)
        elif part.startswith("(?"):
            take()
            _alternatives(tokens)
            last = [""]
        elif part.startswith("\\"):
            take()
            last = [_ANY] if part == "\\w" else [""]
        else:
            take()
            last = [part]
    take()
    return found + parts


_BAGS = {name: bags(pattern) for name, pattern in manner.BY_NAME.items()}


def jumbled(found: manner.Manner, words: Sequence[Word]) -> manner.Manner:
    """The manner of words that stand in no order: what is said in it whatever the order, of what was not found."""
    said = {each.text for each in words}
    return found._replace(**{name: getattr(found, name) or held(some, said) for name, some in _BAGS.items()})
