"""Which code is which: registration, licence, service number or clearance by the word before it or by the question; any other is only a code."""

from __future__ import annotations

from collections.abc import Iterator

from server.rules import claim_words as said
from server.rules.claim_frames import code_text
from server.rules.frame_words import each_of
from server.rules.heard import Claim, Heard, claim_at

_CODES_ASKED = (("registration", ("registration", "registriert")), ("clearance", ("clearance",)), ("licence", ("licen", "lizenz")))
_CODES_OF_OTHERS = each_of(
    "slip post cable badge visitor column locker crate box valve hose pipe door gate bay berth pad channel form page schein liegeschein saeule pfosten kabel besucherausweis kiste tor rampe seite kanal"
)
_LABELLED = frozenset(
    ("licence", "license", "lizenz", "registration", "registry", "clearance", "callsign")
)  # what a code after it is, it says itself
_ENTERED = frozenset(("registriert", "registered", "eingetragen", "zugelassen"))  # "unter HB-112 registriert"
_GUESTS = frozenset(("visitor", "visitors", "guest", "gave", "day"))
CODE_OF = 6  # words before a code that may say what it is on


def numbered(heard: Heard, asked: str) -> Iterator[Claim]:
    """Each code once: of the kind named before it, the first bare one of the kind that was asked for."""
    known = [
        *heard.codes,
        *(
            (each.first, each.end)
            for each in heard.figures
            if heard.words[each.first].kind == "number" and len(heard.words[each.first].text) >= 3
        ),
    ]
    if not known:
        return
    labelled = set[int]()
    named = set[str]()
    for kind, pattern in said.CODES.items():
        for hit in pattern.finditer(heard.line.text):
            number = heard.line.word_at(hit.end())
            begin = heard.line.word_at(hit.start())
            if not _GUESTS.isdisjoint(each.text for each in heard.words[max(0, begin - 2) : begin]):
                continue  # "gave me a blue visitor badge, number 119"
            near = [
                each
                for each in known
                if number <= each[0] <= number + 4
                and heard.words[each[0]].sentence == heard.words[number - 1].sentence
                and each[0] not in labelled
            ]
            if near:
                labelled.add(near[0][0])
                named.add(kind)
                yield claim_at(heard, kind, code_text(heard, *near[0]), heard.line.word_at(hit.start()), near[0][1])
    told = False  # one bare code is what was asked for, the next is that of something else, or of a slip or a post
    for first, end in heard.codes:
        if first not in labelled and not any(first <= each <= end for each in labelled):
            kind = next((kind for kind, words in _CODES_ASKED if any(each in asked for each in words)), "code")
            around = {each.text for each in heard.words[max(0, first - CODE_OF) : first] if each.sentence == heard.words[first].sentence}
            close = {each.text for each in heard.words[max(0, first - 2) : first]}
            if heard.words[min(end, len(heard.words) - 1)].text in _ENTERED and "registration" not in named:
                yield claim_at(heard, "registration", code_text(heard, first, end), first, end)
                told = True
                continue
            if told or kind in named or not close.isdisjoint(_LABELLED) or not around.isdisjoint(_CODES_OF_OTHERS):
                kind = "code"
            told = told or kind != "code"
            yield claim_at(heard, kind, code_text(heard, first, end), first, end)
