"""Claims by the frame of a sentence: who knows what stands around a value need not know the value. For the ledger alone.

The frames are in `frame_words.py`, the tree they are matched in is `frame_tree.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from server.rules import frame_words as said
from server.rules import loads
from server.rules.claim_words import DENIALS
from server.rules.figures import value
from server.rules.frame_tree import CODE, OWNED, Frame, Hit, hits
from server.rules.heard import Claim, Heard, claim_at, german_at
from server.rules.lexicon import COMMON, FUNCTION, LABELS, PLACES, SPOKEN, TITLES
from server.rules.words import Word

DIGITS = 3  # of a number that may be a code
LONGEST_NAME, LONGEST_SMALL = 4, 3  # words
PLACED = frozenset(("origin", "destination", "birthplace"))
_SKIPPED = said.each_of(
    "the a an lady man woman fellow lad girl called named good old young der die das dem den einem einer ein eine namens and"
)
_JOINS = frozenset(("of", "von", "vom", "der", "and", "und", "the"))
_DESKS = said.each_of(
    "tower control traffic security harbour harbor port nobody somebody someone everybody everyone they your whoever lotse turm schalter wache"
)
_LOADED = (
    "did you bring",
    "are you carrying",
    "do you carry",
    "your cargo",
    "in your hold",
    "you haul",
    "hauling",
    "you deliver",
    "delivering",
    "haben sie gebracht",
    "geladen",
    "ihre ladung",
    "ihre fracht",
    "bringen sie",
    "was bringst",
)
_PAST = said.each_of("used once formerly former previously earlier before ex damals frueher ehemals vorher")


def framed(heard: Heard, asked: str) -> Iterator[Claim]:
    """The claims an answer makes by its frames."""
    ship_asked = any(
        each in asked
        for each in (
            "ship called",
            "her name",
            "ship's name",
            "schiff heisst",
            "heisst das schiff",
            "name des schiffs",
            "heisst sie",
            "ihr schiff",
            "boat called",
        )
    )
    for hit in hits(heard):
        frame = hit.frame
        if ship_asked and frame.kind == "ship_name" and not frame.sure:
            frame = frame._replace(sure=True)
            hit = hit._replace(frame=frame)
        if frame.side == "n" or frame.side == "n+1":
            yield from _heads(heard, hit)
        elif frame.side == "#":
            yield claim_at(heard, frame.kind, f"{hit.figures[0].value:g}", hit.first, hit.end)
        elif frame.side == CODE:
            yield from _coded(heard, hit)
        elif frame.side and frame.side != OWNED:
            if not _unsaid(heard, hit):
                kind = frame.kind
                yield claim_at(heard, kind, frame.side, hit.first, hit.end)
        elif frame.kind == "cargo":
            found = list(loads.goods(heard, hit))
            if found and not _denied(heard, hit.first) and not _past(heard, hit.first):
                yield from found
        elif (
            frame.kind == "name"
            and not frame.after
            and heard.words[hit.end - 1].text in ("here", "name")
            and hit.end < len(heard.words)
            and not heard.words[hit.end].gap
        ):
            continue  # "Dr. Adebayo here knows me", "Brass Monkey is the name on her papers"
        elif (place := _after(heard, hit) if frame.after else _before(heard, hit)) is not None:
            first, end = place
            text = " ".join(each.text for each in heard.words[first:end] if each.text not in TITLES)
            if frame.side == OWNED:
                text = text.removesuffix("s")
            if (
                text
                and not (frame.kind in PLACED and not frame.after and _denied(heard, first))
                and not _denied(heard, min(hit.first, first))
            ):
                kind = "nickname" if frame.kind == "name" and end - first == 1 and _is_nick(heard, hit) else frame.kind
                yield claim_at(heard, kind, text, min(hit.first, first), max(hit.end, end))
    if any(each in asked for each in _LOADED) and "carrying there" not in asked:
        yield from loads.begun(heard)
    if not any(each in asked for each in ("hold", "take", "capacity", "fit", "carry", "fasst", "passt", "kapazit", "laderaum")):
        yield from loads.amounts(heard)
    if (
        heard.words[:1]
        and heard.words[0].text in ("for", "to", "nach", "zum", "zur")
        and any(each in asked for each in ("where", "wohin", "bound", "destination", "next"))
    ):
        hit = Hit(Frame("destination", "", after=True, sure=False), 0, 1, ())
        if (place := _after(heard, hit)) is not None:
            yield claim_at(heard, "destination", " ".join(each.text for each in heard.words[place[0] : place[1]]), 0, place[1])


def _coded(heard: Heard, hit: Hit) -> Iterator[Claim]:
    """The code a frame speaks of."""
    known = [*heard.codes, *((each.first, each.end) for each in heard.figures if len(heard.words[each.first].text) >= DIGITS)]
    for first, end in known:
        near = hit.end <= first <= hit.end + 1 if hit.frame.after else end == hit.first
        if near and heard.words[first].sentence == heard.words[hit.first].sentence:
            yield claim_at(heard, hit.frame.kind, code_text(heard, first, end), min(first, hit.first), max(end, hit.end))
            return


def code_text(heard: Heard, first: int, end: int) -> str:
    """A code without hyphens, spoken letters and figures as such: "KX two-zero" is KX20."""
    whole = next(
        (each.value for each in heard.figures if each.first <= first and each.end >= end and each.end - each.first == end - first), None
    )
    parts = (
        each.text[0]
        if each.text in SPOKEN and each.text != "niner"
        else str(int(whole))
        if whole is not None and each.kind != "code"
        else each.text
        for each in heard.words[first:end]
    )
    return "".join(parts).replace("-", "").replace("/", "")


def _is_nick(heard: Heard, hit: Hit) -> bool:
    """Whether a name is what others say: "friends call me Abe" gives no other name than "Abel Munk"."""
    return any(each.text in ("call", "calls", "me", "nennt", "nennen", "kennt", "kennen") for each in heard.words[hit.first : hit.end])


def _heads(heard: Heard, hit: Hit) -> Iterator[Claim]:
    if not hit.figures or _past(heard, hit.first):
        return
    heads = hit.figures[0].value + (hit.frame.side == "n+1")
    if 2 <= heads <= 500 and heads == int(heads):
        yield claim_at(heard, "crew", f"{heads:g}", hit.first, hit.end)


def _past(heard: Heard, at: int) -> bool:
    """Whether the sentence of a word, or its clause, speaks of old times."""
    sentence = [each.text for each in heard.words if each.sentence == heard.words[at].sentence]
    return bool(_PAST.intersection(sentence)) or ("ago" in sentence or ("vor" in sentence and "jahren" in sentence))


def _unsaid(heard: Heard, hit: Hit) -> bool:
    """Whether a fixed thing is denied, wished, or long past."""
    words = heard.words
    near = [each.text for each in words[max(0, hit.first - 3) : hit.first] if each.sentence == words[hit.first].sentence]
    after = words[hit.end].text if hit.end < len(words) and words[hit.end].sentence == words[hit.first].sentence else ""
    if hit.frame.side == "alone" and after in ("who", "that", "with", "whose", "to", "der", "die", "das", "zu", "mit"):
        return True  # "the only one aboard who knows"
    if hit.frame.kind in ("crew", "cargo") and _past(heard, hit.first):
        return True
    if {"if", "were", "wenn", "wish", "waere", "when"}.intersection(near[-3:]) and hit.frame.kind == "ownership":
        return True
    behind = words[hit.end : hit.end + 2]
    if hit.frame.side == "own" and any(
        each.text in DENIALS and each.sentence == words[hit.first].sentence for each in behind if not each.gap
    ):
        return True  # "es gehört mir nicht"
    return _denied(heard, hit.first)


def _denied(heard: Heard, at: int, reach: int = 3) -> bool:
    words = heard.words
    return any(
        words[number].text in DENIALS
        and words[number].sentence == words[at].sentence
        and not any(each.gap for each in words[number + 1 : at + 1])
        for number in range(max(0, at - reach), at)
    )


def _is_large(word: Word) -> bool:
    return (word.raw[:1].isupper() and word.kind == "word" and word.text not in ("i", "im", "ive", "id", "ill")) or word.kind == "code"


def _after(heard: Heard, hit: Hit) -> tuple[int, int] | None:
    """The name that begins where a frame ends."""
    words, at = heard.words, hit.end
    sentence = words[hit.first].sentence
    if hit.end - hit.first == 1 and words[hit.first].text == "name" and hit.first and words[hit.first - 1].sentence == sentence:
        return None  # "in the name of", "her name"

    def on(number: int) -> bool:
        if number >= len(words) or words[number].sentence != sentence:
            return False
        opened = number == hit.end and (
            ":" in heard.text[words[number - 1].end : words[number].start] or words[number - 1].text == "gestatten"
        )
        return not words[number].gap or opened

    while (
        on(at)
        and (words[at].text in _SKIPPED or (words[at].text in TITLES and on(at + 1)))
        and (not _is_large(words[at]) or words[at].text in TITLES | _SKIPPED)
    ):
        at += 1
    if not on(at):
        return None
    end = at
    while on(end) and end - at < LONGEST_NAME and (_is_large(words[end]) or (end > at and value(words[end].text) is not None)):
        end += 1
        if on(end) and words[end].text in _JOINS and on(end + 1) and _is_large(words[end + 1]) and end + 2 - at <= LONGEST_NAME + 1:
            end += 1
    if end == at:
        return _small(heard, hit, at)
    tail = hit.frame.tail
    if tail and tuple(each.text for each in words[end : end + len(tail)]) != tail:
        return None
    return (at, end) if _is_named(heard, hit, at, end) else None


def _small(heard: Heard, hit: Hit, at: int) -> tuple[int, int] | None:
    """A name written small, where nothing is written large."""
    words = heard.words
    if words[at].kind != "word" or words[at].text in FUNCTION:
        return None
    sentence = [each for each in words if each.sentence == words[at].sentence]
    if any(each.raw[:1].isupper() for each in sentence[1:] if each.text not in ("i", "im", "ive")) or sentence[0].raw[:1].isupper():
        return None
    end = at
    while (
        end < len(words)
        and end - at < LONGEST_SMALL
        and words[end].kind == "word"
        and words[end].text not in FUNCTION
        and (end == at or not words[end].gap)
    ):
        end += 1
    known = [each for each in words[at:end] if each.text in PLACES]
    if hit.frame.kind in PLACED:
        return (at, at + 1) if known and words[at].text in PLACES else None
    closed = end >= len(words) or words[end].gap or words[end].text in FUNCTION
    if end == at or not closed or all(each.text in COMMON for each in words[at:end]) or not hit.frame.sure:
        return None
    return at, end


def _before(heard: Heard, hit: Hit) -> tuple[int, int] | None:
    """The name that ends where a frame begins."""
    words, end = heard.words, hit.first
    first = end
    if hit.frame.side == OWNED and (end == 0 or not words[end - 1].raw.endswith("s")):
        return None
    marked = words[end].text in ("der", "die", "who", "that", "thats", "at", "zu") or hit.frame.kind in ("name", "ship_name", "callsign")
    while first > 0 and end - first <= LONGEST_NAME and words[first - 1].sentence == words[end].sentence:
        if words[first].gap and not (first == end and marked):
            break
        word = words[first - 1]
        numbered = first == end and value(word.text) is not None
        joined = first < end and word.text in _JOINS and first >= 2 and _is_large(words[first - 2]) and not word.gap and word.raw.islower()
        if not (_is_large(word) or numbered or joined):
            break
        first -= 1
    while (
        first < end
        and (words[first].text in _SKIPPED or words[first].text in FUNCTION)
        and not (hit.frame.kind == "ship_name" and words[first].text in ("second", "first", "last"))
    ):
        first += 1
    if first == end:
        return None
    return (first, end) if _is_named(heard, hit, first, end) else None


def _is_named(heard: Heard, hit: Hit, first: int, end: int) -> bool:
    """Whether words written large are a name where they stand."""
    words, kind = heard.words, hit.frame.kind
    run = words[first:end]
    if any(each.kind == "code" for each in run) and kind not in ("ship_name", "callsign"):
        return False
    plain = [each.text for each in run if each.text not in TITLES]
    if not plain or all(each in LABELS or each in _DESKS or each in FUNCTION for each in plain):
        return False
    if kind in PLACED and any(each in PLACES for each in plain):
        return True
    if run[-1].raw.endswith(("'s", "\u2019s")) and hit.frame.after and kind == "ship_name":
        return False
    begun = first == 0 or words[first - 1].sentence != run[0].sentence
    if len(plain) >= 2:
        return not (hit.frame.sure is False and all(each in COMMON for each in plain) and german_at(heard, first))
    if plain[0] in COMMON and not (kind in ("ship_name", "callsign") and hit.frame.sure):
        return False
    named = any(each.first <= first < each.end for each in heard.names) or any(each.text in TITLES for each in run)
    if german_at(heard, first) and not named:
        article = first > 0 and words[first - 1].text in ("der", "die", "das", "dem", "den", "ein", "eine", "einen", "einem", "einer")
        return hit.frame.sure and not (article and kind not in ("ship_name", "employer")) and not (article and kind == "employer")
    if not hit.frame.sure and not named:
        after = words[end] if end < len(words) else None
        open_end = after is not None and not after.gap and after.sentence == run[0].sentence and after.text not in FUNCTION
        return not begun and not open_end
    return True
