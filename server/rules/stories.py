"""Whether an answer is a story of something else: a whole sentence full of facts that is about nobody here and nothing that was asked."""

from __future__ import annotations

import re

from server.rules.claims import Heard
from server.rules.elsewhere import speaks_of_us
from server.rules.lexicon import AUXILIARIES, FUNCTION, PLACES
from server.rules.relevance import BEGINS, FEW, FULL, Asked, is_elliptic, speaks_to

_FROM = frozenset(("from", "to", "von", "aus", "nach", "out", "off", "on", "back", "straight", "weiter", "zurueck"))
_FINITE = AUXILIARIES - {"be", "been", "being", "sein"}
_VERB = re.compile(
    r"[a-z]{3,}(?:s|ed|te)|[a-z]{3,}(?:igt|elt|ert|tet|cht|ckt)|swam|sang|won|rose|fell|took|gave|made|wrote|found|spoke|kam|gewann|verlor|fand|lief|hielt|spielte|schrieb|gab|nahm"
)
_OWN_CLAIMS = frozenset(
    ("name", "registration", "licence", "callsign", "service_number", "clearance", "cleared_by", "ship_name", "employer", "ownership")
)
WHOLE = 8  # words of an answer that may be a whole story


def narrates(question: Asked, heard: Heard) -> bool:
    """Whether an answer is a whole sentence full of facts about neither the speaker nor the ship nor anything that was asked.

    "The derby ended 3 to 2; Lindqvist scored in minute 88" does; "Forty drums of oil for the convent on Dione" begins with what was asked.
    """
    words = heard.words
    end = next((number for number, each in enumerate(words) if each.sentence != words[0].sentence), len(words))
    # By the first sentence, so that nothing said after it can make a story of an answer.
    facts = {each.first for each in heard.figures} | {each.first for each in heard.names} | {first for first, _ in heard.codes}
    if end < WHOLE or sum(each < end for each in facts) < FULL or any(each.kind in _OWN_CLAIMS for each in heard.claims):
        return False
    if speaks_of_us(words) or speaks_to(question, words):
        return False
    return any(
        each.text in _FINITE or (each.kind == "word" and each.raw.islower() and each.text not in FUNCTION and _VERB.fullmatch(each.text))
        for each in words[:end]
    )


def begins_with_it(question: Asked, heard: Heard) -> bool:
    """Whether an answer begins with a figure, a place or a thing that was asked for."""
    words = heard.words
    if "cargo" in question.wants and is_elliptic(words):
        return True
    if len(words) > 1 and words[0].text in PLACES and words[1].gap:
        return True
    if words[0].text in _FROM or words[0].text.endswith("ing") or words[0].raw[:1].islower():
        return True
    if (not question.wants or {"person", "self", "company", "place"} & set(question.wants)) and any(
        each.first < FEW and words[min(each.end, len(words) - 1)].gap for each in heard.names
    ):
        return True
    given = {each.first for each in heard.figures} | {heard.line.word_at(each.start) for each in heard.times}
    return min(given, default=BEGINS) < BEGINS and any(each in ("number", "time", "code", "cargo") for each in question.wants)
