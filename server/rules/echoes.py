"""What in an answer is no answer: words of the question, words said before, words strung together, words in no order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import fuzz

from server.rules.figures import value
from server.rules.lexicon import ADVERBS, ARTICLES, AUXILIARIES, FUNCTION, LABELS, PRONOUNS
from server.rules.words import Word, bag, compatible, sentences, words_of

SAME = 86.0  # of 100: sentences that alike, with their words in any order, are one sentence twice
LISTED, SENTENCES_OF = 5, 0.75  # so many names of papers, of the words that tell: a list in the shape of a sentence
LISTED_SHARE = 0.25  # of the words of one sentence in short pieces: a list with figures
LIST, LIST_SHARE = 6, 0.5  # words in a row with nothing between them; the part of an answer that they make
MOSTLY, MOST_OF_IT = 0.75, 0.6  # of the answer is the question, of the question is in the answer
BARE = 4  # words: fewer are no list and no sentence
DISORDER = 0.12  # misplaced words, of all
SCENE = "introduction"  # the topic of what the guard says first
_QUOTED = re.compile(r'"[^"]*"')
GRAM = 4  # words in a row that are no coincidence


def grams(words: Sequence[Word], size: int = GRAM) -> set[tuple[str, ...]]:
    """All runs of so many words."""
    return set(_runs(words, size))


def _runs(words: Sequence[Word], size: int) -> Iterator[tuple[str, ...]]:
    """Every so many words in a row."""
    texts = [each.text for each in words]
    return zip(*(texts[at:] for at in range(size)), strict=False)


def covered(words: Sequence[Word], known: set[tuple[str, ...]], size: int = GRAM) -> set[int]:
    """The numbers of the words that stand in a known run."""
    found = set[int]()
    for at, gram in enumerate(_runs(words, size)):
        if gram in known:
            found.update(range(at, at + size))
    return found


@lru_cache(maxsize=512)
def question_words(topic: str, question: str) -> tuple[Word, ...]:
    """The guard's own words in a question. What the guard quotes is the captain's; the scene is quoted whole."""
    return words_of(compatible(question if topic == SCENE else _QUOTED.sub(" ", question)))


def copied(words: Sequence[Word], question: Sequence[Word]) -> set[int]:
    """The words that are the question's own, in its order."""
    if not question or not words:
        return set()
    found = covered(words, grams(question, min(GRAM, len(question))), min(GRAM, len(question)))
    # Beside the question as it is, in another order it is the question once more.
    pasted = covered(words, grams(question, len(question)), len(question))
    rest = [each for number, each in enumerate(words) if number not in pasted]
    asked = Counter(each.text for each in question)
    both = (Counter(each.text for each in rest) & asked).total()
    if both >= BARE and both >= MOSTLY * len(rest) and both >= MOST_OF_IT * len(question):
        found |= {number for number, each in enumerate(words) if each.text in asked}
    return found


def repeated(words: Sequence[Word], earlier: Sequence[str]) -> set[int]:
    """The words of sentences said before: in this answer, or one of the `earlier` sentences as `bag` gives them."""
    found = set[int]()
    texts = [each.text for each in words]
    for period in range(1, len(words) // 2 + 1):
        if len(words) % period == 0 and texts[period] == texts[0] and texts[:-period] == texts[period:]:
            return set(range(period, len(words)))
    seen = set[tuple[str, ...]]()
    for at, gram in enumerate(_runs(words, GRAM)):
        if gram in seen:
            found.update(range(at, at + GRAM))
        seen.add(gram)
    bags: list[str] = list(earlier)
    here = set[tuple[str, ...]]()
    at = 0
    for each in sentences(words):
        mine, exact = bag(each), tuple(word.text for word in each)
        if exact in here or (len(each) >= 3 and any(fuzz.ratio(mine, other) >= SAME for other in bags)):
            found |= set(range(at, at + len(each)))
        bags.append(mine)
        here.add(exact)
        at += len(each)
    return found


def is_stuffed(words: Sequence[Word]) -> bool:
    """Whether names of papers and posts are strung together, in whatever order, instead of said."""
    if _listed(words) >= max(LIST, LIST_SHARE * len(words)) or _is_enumeration(words):
        return True
    labels = sum(each.text in LABELS for each in words)
    if (
        len(words) >= BARE
        and labels
        and not any(each.text in FUNCTION or each.kind != "word" or value(each.text) is not None for each in words)
    ):
        # One large letter may begin the list; it is the same list wherever that word stands.
        bare = sum(each.raw[:1].isupper() for each in words) <= 1 or labels / len(words) >= 0.5
        if bare and labels / len(words) >= 0.25:
            return True
    if labels < 4:
        return False
    telling = sum(each.text not in FUNCTION for each in words)
    if labels >= LISTED and labels / telling >= SENTENCES_OF:
        return True
    run = longest = 0
    for before, word in pairwise([None, *words]):
        run = run + 1 if word and word.text in LABELS else 0
        longest = max(longest, run if word and (not word.gap or before is None) else run - 1)
    return labels / len(words) >= 0.5 or longest >= 4


def _is_enumeration(words: Sequence[Word]) -> bool:
    """Whether bare words stand one by one between marks, and some are names of papers and posts: "Ankunft, Tower, Freigabe, Dock". Goods may."""
    alone = sum(each.gap or not number for number, each in enumerate(words))
    labels = sum(each.text in LABELS for each in words)
    plain = not any(each.text in FUNCTION or each.kind != "word" or value(each.text) is not None for each in words)
    if plain and len(words) >= LIST and alone >= MOSTLY * len(words) and labels >= 2:
        return True
    # With figures among them: "tower, dock, bay, 6 drones, hold 400, speed 1.0".
    said = any(each.text in PRONOUNS or each.text in AUXILIARIES or each.text in ARTICLES for each in words)
    return (
        not said
        and alone >= LIST
        and len(words) <= 2 * alone
        and labels >= LISTED_SHARE * len(words)
        and words[0].sentence == words[-1].sentence
    )


def _listed(words: Sequence[Word]) -> int:
    """How many words stand in rows, unmarked, with nothing that joins words to a sentence: no small word and no name. Figures do not matter."""
    found = run = 0
    large = sum(each.raw[:1].isupper() for each in words) > len(words) / 2  # German nouns, or a heading: no names by that
    for number, word in enumerate(words):
        before = words[number - 1] if number else None
        name = not large and before is not None and before.sentence == word.sentence and word.raw[:1].isupper()
        joins = word.text in FUNCTION or word.text in ADVERBS or word.kind == "code" or name
        if joins or word.gap:
            found, run = found + (run if run >= BARE else 0), 0
        run += not joins and word.kind == "word" and value(word.text) is None
    return found + (run if run >= BARE else 0)


def disorder(words: Sequence[Word]) -> int:
    """How many words of an answer stand where no speaker would put them."""
    found = 0
    cased = (sum(each.raw[:1].isupper() for each in words) >= 2 and words[0].raw[:1].isupper()) or any(
        each.raw[:1].isupper() and each.text in _SMALL for each in words
    )
    for number, word in enumerate(words):
        before = words[number - 1] if number else None
        after = words[number + 1] if number + 1 < len(words) else None
        begins = before is None or before.sentence != word.sentence
        if cased and word.text in _SMALL and word.kind == "word":
            found += word.raw[:1].isupper() and not (word.raw.isupper() and len(word.raw) > 1) and not begins and not word.gap
            found += not word.raw[:1].isupper() and begins and before is not None
        if after is None or after.sentence != word.sentence or after.gap:
            found += word.text in _NEVER_LAST
        else:
            found += _clashes(word.text, after.text)
    return found


def is_salad(words: Sequence[Word]) -> bool:
    """Whether the words of an answer stand in no order that a speaker would choose."""
    wrong = disorder(words) if len(words) >= BARE else 0
    return wrong >= 3 or (wrong >= 2 and wrong / len(words) >= DISORDER)


@lru_cache(maxsize=16_384)
def _clashes(one: str, two: str) -> bool:
    """Whether two words never stand so beside each other."""
    if (one, two) in _ALLOWED:
        return False
    return any(one in first and two in second for first, second in _NEVER)


# fmt: off
_ALWAYS_LARGE = frozenset(["i", "im", "ive", "id", "ill", "sie", "ihr", "ihre", "ihren", "ihrem", "ihrer", "ihnen"])
_SMALL = FUNCTION - _ALWAYS_LARGE
_POSSESSIVE = frozenset(["the", "a", "an", "my", "your", "our", "their", "every", "mein", "meine", "meinen", "meinem", "unser", "unsere", "unseren", "ein", "eine", "einen", "einem", "einer", "des", "dem", "den"])
_FINITE = frozenset(["am", "is", "are", "was", "were", "has", "had", "does", "did", "will", "would", "can", "could", "should", "isnt", "wasnt", "dont", "doesnt", "didnt", "cant", "bin", "bist", "ist", "sind", "war", "hat", "hatte", "wird", "wurde"])
_NEVER_LAST = frozenset(["the", "a", "an", "and", "or", "of", "my", "your", "our", "their", "if", "because", "from", "with", "into", "than", "as", "und", "oder", "weil", "dass", "ein", "eine", "einem", "einer", "des", "im", "am", "zum", "zur"])
_LINKS = frozenset(["and", "or", "but", "und", "oder", "aber"])
_WE = frozenset(["i", "we", "he", "she", "they", "ich", "wir", "im", "ive"])
_NEVER = (
    (_POSSESSIVE - {"her", "den", "dem", "des"}, _FINITE | _LINKS | _WE | frozenset(["the", "a", "an", "my", "your", "our", "of", "from", "with", "into", "for", "at", "by", "mein", "meine", "unser", "der", "die"])),
    (frozenset(["of", "from", "with", "into", "for", "at"]), _FINITE | _LINKS | frozenset(["i", "we", "he", "she", "they", "ich", "wir", "im", "of", "to", "into", "for", "at"])),
    (frozenset(["i", "we", "he", "she", "they", "ich", "wir"]), frozenset(["the", "of", "from", "into", "for", "at", "by", "i", "we", "he", "she", "they", "im"])),
    (frozenset(["im", "ive"]), frozenset(["is", "are", "was", "i", "we", "he", "she", "they", "has", "will", "of", "and"])),
    (_LINKS, _LINKS | frozenset(["of", "is", "are"])),
    (frozenset(["is", "are", "was", "were", "am"]), frozenset(["is", "are", "was", "were", "am", "of", "has", "had", "and", "or", "into", "will"])),
    (frozenset(["to"]), frozenset(["of", "is", "are", "was", "were", "and", "or", "from", "for", "at", "to", "i", "we"])),
    (frozenset(["has", "had", "have"]), frozenset(["is", "are", "am", "of", "and", "or", "will"])),
    (frozenset(["me"]), frozenset(["am", "are"])),
    (frozenset(["by", "without"]), frozenset(["in", "at", "of", "to", "with", "from", "is", "was"])),
    (frozenset(["von", "vom", "aus", "fuer", "gegen"]), frozenset(["ist", "sind", "war", "hat", "und", "oder", "ich", "wir", "von", "vom", "fuer"])),
    (frozenset(["ist", "sind", "war", "hat", "bin"]), frozenset(["ist", "sind", "war", "hat", "bin", "und", "oder"])),
)
_ALLOWED = frozenset((("from", "of"), ("from", "for"), ("she", "the"), ("of", "i"), ("at", "to"), ("for", "at"), ("for", "i"), ("with", "is"), ("with", "i"), ("from", "i"), ("from", "at"), ("to", "from"), ("der", "die"), ("was", "of"), ("is", "of"), ("is", "and"), ("was", "and"), ("am", "and"), ("an", "im")))
# fmt: on
