"""Whether an answer is a list of key words, with whatever marks between them, and no sentence.

`echoes.is_stuffed` knows rows of the names of papers. Here the pieces may be names, codes and figures as well: "docked / 04:50 / Grell / stamp".
A terse answer of a few pieces is none, nor is a list within a sentence.
"""

from __future__ import annotations

import re

from server.rules.lexicon import ADVERBS, ARTICLES, AUXILIARIES, JOINING, PREPOSITIONS, PRONOUNS
from server.rules.words import Word, words_of

_NUMBERED = re.compile(r"(?:^|(?<=\s))[(\[]?([1-9]|[a-h])[.):\]]\s+(?=\S)")
_HARD = re.compile(r"\s*(?:[;|\u2022\u00b7\u2192\u21d2~#\n\t\\]|//|\s[-\u2013\u2014+=>*/]+\s|(?<=[^\W\d_])/(?=[^\W\d_])|->|=>)\s*")
_SOFT = re.compile(r"\s*(?:,|\.(?=\s|$)|!|:\s|" + _HARD.pattern[3:-3] + r")\s*")
_ALONE = re.compile(r"(?<!\S)[-\u2013\u2014+=>*/|]+(?!\S)")  # marks that stand like words, wherever they stand
HARD, HARD_LONG, HARD_GLUE = 4, 3.0, 0.15  # pieces, words in each, part of the words that join
SOFT, SOFT_LONG, SOFT_GLUE = 6, 2.4, 0.06
HEAP = 9  # words in a row without a mark, and none that joins them
_GLUE = ARTICLES | AUXILIARIES | JOINING | PREPOSITIONS | PRONOUNS


def is_list(text: str, words: tuple[Word, ...]) -> bool:
    """Whether a text of these words is a list and says nothing of anything."""
    if len(words) < HARD:
        return False
    glue = sum(each.text in _GLUE for each in words) / len(words)
    if glue > HARD_GLUE:
        return False
    run = 0
    for word in words:
        run = 0 if word.text in _GLUE or word.text in ADVERBS else 1 if word.gap else run + 1
        if run >= HEAP:
            return True
    marks = len(_ALONE.findall(text))
    if marks >= HARD - 1 and len(words) <= HARD_LONG * (marks + 1):
        return True
    numbers = [each.group(1) for each in _NUMBERED.finditer(text)]
    if len(numbers) >= 3 and numbers == sorted(numbers) and len(set(numbers)) == len(numbers):
        return True
    for pattern, many, long, joined in ((_HARD, HARD, HARD_LONG, HARD_GLUE), (_SOFT, SOFT, SOFT_LONG, SOFT_GLUE)):
        if glue > joined:
            continue
        pieces = [len(words_of(each)) for each in pattern.split(text) if each and each.strip()]
        pieces = [each for each in pieces if each]
        if len(pieces) >= many and sum(pieces) / len(pieces) <= long:
            return True
    return False
