"""What is loaded, and how much of it, by the nouns that stand where goods are named. For the ledger alone."""

from __future__ import annotations

from collections.abc import Iterator

from server.rules import frame_words as said
from server.rules.figures import value
from server.rules.frame_tree import Hit
from server.rules.heard import Claim, Heard, claim_at, german_at
from server.rules.lexicon import COMMON, FUNCTION, LABELS, PLACES, TITLES
from server.rules.words import stem

LONGEST_GOODS = 3  # words
_ONE = frozenset(("a", "an", "ein", "eine", "einen"))
_BEFORE_GOODS = said.each_of(
    "of about around some a an the my our full load crate crates mostly only just nothing but also all von etwa rund ungefaehr gut knapp lauter nur voller eine ein einen ladung die der das den and und mit noch"
)
# Where one of these stands, so many are a part of the load, or what there could be.
_PARTS = said.each_of(
    """first last left remaining already so more each per every went another half up max capacity takes fits can could used room limit most least under over stolen broke broken lost missing short damaged extra rated
    noch davon je pro jede jeder weitere erste letzte ersten letzten bis passen fasst kann fehlen fehlte verloren kaputt maximal hoechstens weigh weighs mass thrust empty leer heavy schwer wiegt holds"""
)


def goods(heard: Heard, hit: Hit) -> Iterator[Claim]:
    """What is loaded, by the nouns that stand where goods are named."""
    words = heard.words
    sentence = words[hit.first].sentence
    german = german_at(heard, hit.first)
    if not hit.frame.after:
        end = first = hit.first
        while (
            first > 0
            and words[first - 1].sentence == sentence
            and end - first < LONGEST_GOODS
            and not (words[first].gap and first < end)
            and _is_goods(heard, first - 1, german=german)
        ):
            first -= 1
        found = (
            [(first, end)]
            if first < end and (first == 0 or words[first - 1].sentence != sentence or not _is_goods(heard, first - 1, german=german))
            else []
        )
    else:
        found = list(things(heard, hit.end, sentence, german=german))
        if (
            hit.frame.tail
            and found
            and tuple(each.text for each in words[found[-1][1] : found[-1][1] + len(hit.frame.tail)]) != hit.frame.tail
        ):
            return
    for first, end in found:
        yield claim_at(heard, "cargo", thing(heard, first, end), min(hit.first, first), max(hit.end, end))


def begun(heard: Heard) -> Iterator[Claim]:
    """The goods that an answer to "What did you bring?" begins with: "Rope for the riggers"."""
    words = heard.words
    if not words:
        return
    german = german_at(heard, 0) or sum(each.raw[:1].isupper() for each in words[:4]) >= LARGE
    place = next(things(heard, 0, words[0].sentence, german=german), None)
    if place is not None:
        first, end = place
        closed = end >= len(words) or words[end].gap or words[end].text in _AFTER_GOODS
        named = any(each.text in ("the", "der", "die", "das", "my", "mein", "meine") for each in words[:first])
        if (
            closed
            and not named
            and all(each.text in _BEFORE_GOODS or each.text in said.CONTAINERS or value(each.text) is not None for each in words[:first])
        ):
            yield claim_at(heard, "cargo", thing(heard, first, end), first, end)


_AFTER_GOODS = frozenset(("for", "from", "in", "to", "on", "aus", "fuer", "von", "vom", "nach", "mit"))
LARGE = 2  # words written large among the first four: German nouns


def thing(heard: Heard, first: int, end: int) -> str:
    """The stems of goods, to compare."""
    return " ".join(stem(each.text) for each in heard.words[first:end])


def things(heard: Heard, at: int, sentence: int, *, german: bool) -> Iterator[tuple[int, int]]:
    """Where goods stand, one after the other, from a word on."""
    words = heard.words
    while at < len(words) and words[at].sentence == sentence:
        counted = {each.first: each.end for each in heard.figures}
        start = at
        while (
            at < len(words)
            and words[at].sentence == sentence
            and (words[at].text in _BEFORE_GOODS or at in counted or words[at].text in said.CONTAINERS)
            and (not words[at].gap or at == start)
        ):
            at = counted.get(at, at + 1)
        end = at
        while (
            end < len(words)
            and words[end].sentence == sentence
            and end - at < LONGEST_GOODS
            and (end == at or not words[end].gap)
            and _is_goods(heard, end, german=german)
        ):
            end += 1
        if german and any(each.raw[:1].isupper() for each in words[1:]):  # the noun is the last that is written large
            while end > at and not words[end - 1].raw[:1].isupper():
                end -= 1
        if end == at or (words[at - 1].text in _ONE and start == at - 1):
            return  # "there is a cat aboard"
        yield at, end
        if end >= len(words) or words[end].sentence != sentence or not (words[end].text in ("and", "und", "plus") or words[end].gap):
            return
        at = end + (words[end].text in ("and", "und", "plus"))


def _is_goods(heard: Heard, at: int, *, german: bool) -> bool:
    word = heard.words[at]
    if (
        word.kind != "word"
        or word.text in FUNCTION
        or word.text in COMMON
        or word.text in said.NO_GOODS
        or word.text in PLACES
        or word.text in TITLES
        or value(word.text) is not None
    ):
        return False
    if word.text in said.CONTAINERS or word.text in LABELS:
        return False
    if word.text.endswith(("ly", "ing")) or (
        not german and word.raw[:1].isupper() and at and heard.words[at - 1].sentence == word.sentence
    ):
        return False
    return not any(each.first <= at < each.end and each.end - each.first >= 2 for each in heard.names if not german)


def amounts(heard: Heard) -> Iterator[Claim]:
    """How many crates there are, of what: not how many there might be, and no part of them."""
    words = heard.words
    for each in heard.figures:
        if each.end >= len(words) or (held := said.CONTAINERS.get(words[each.end].text)) is None or each.value < 2:
            continue
        sentence = words[each.first].sentence
        around = [word.text for word in words if word.sentence == sentence]
        if (
            _PARTS.intersection(around)
            or sum(
                number.end < len(words) and words[number.end].text in said.CONTAINERS
                for number in heard.figures
                if words[number.first].sentence == sentence
            )
            > 1
        ):
            continue
        found = (
            next(things(heard, each.end, sentence, german=german_at(heard, each.first) or words[each.end].raw[:1].isupper()), None)
            if each.end + 1 < len(words) and words[each.end + 1].sentence == sentence
            else None
        )
        goods = f" {thing(heard, *found)}" if found else ""
        if found:
            yield claim_at(heard, "cargo", goods.strip(), each.first, found[1])
        yield claim_at(heard, "amount", f"{each.value:g} {held}{goods}", each.first, found[1] if found else each.end + 1)
