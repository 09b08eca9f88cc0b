"""Claims by what a sentence is about: a place, a person or a company in it, and a word or a question that says what for. For the ledger alone.

Where no frame (`frame_words.py`) fits, "They are waiting for me on Mars" still names where somebody goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from server.rules.claim_words import DENIALS
from server.rules.frame_words import each_of
from server.rules.heard import Claim, Heard, claim_at
from server.rules.lexicon import ARTICLES, COMMON, FUNCTION, LABELS, PLACES, TITLES
from server.rules.words import Word, sentences


class Cue(NamedTuple):
    """What a kind of claim is told by: words of the sentence, questions, and words that may not stand before the value, or anywhere beside it."""

    words: frozenset[str]
    asked: tuple[str, ...]
    never_before: frozenset[str]
    never: frozenset[str]


# fmt: off
_OTHERS = each_of("if or oder wenn would could might used once never every always sometimes usually often mostly heard story born raised geboren aufgewachsen immer manchmal frueher damals nie jede jeden built made engine gebaut maschine his their he they him seine sein er")
DESTINATION = Cue(
    each_of("next after bound expected expecting waiting waits goes going heading headed plan file way leave leaving destination onward danach naechste naechster naechstes erwartet wartet warten ziel flugplan aufbrechen breche weg weiter weiterflug hin route"),
    ("where do you go", "where are you going", "where to", "wohin", "next stop", "bound for", "where next", "where are you headed", "where will you"),
    each_of("from off von aus vom leaving before since past around"), (_OTHERS - {"they"}) | each_of("last came loaded lifted undocked kam gekommen letzte letzter zuletzt davor vorher hergekommen was"),
)
ORIGIN = Cue(
    each_of("last before from came come loaded lifted left undocked off over davor zuletzt letzte letzter letzten geladen abgelegt gestartet komme kam gekommen richtung out"),
    ("where did you come from", "where do you come from", "where from", "woher", "where have you come", "last port", "coming from"),
    each_of("to nach zum zur for fuer toward towards"), _OTHERS | each_of("next then bound going leave danach weiter naechste ziel wohin"),
)
CLEARED = Cue(
    each_of("dealt spoke spoken gesprochen cleared clearance approved okayed admitted freigabe freigegeben genehmigt durchgelassen hereingelotst eingewiesen"),
    ("who cleared", "wer hat sie freigegeben", "wer hat freigegeben", "who let you", "who gave you", "wer hat sie reingelassen", "whom did you"),
    each_of("for fuer to of my mein meine im bin"), _OTHERS | each_of("crew mate copilot brother sister wife cargo owner captain boss work ladung chef chefin arbeite firma name named"),
)
EMPLOYER = Cue(
    each_of("employer employs employed employ work works working contract company firm pilot wages pay pays paid hired joined belong haul boss payroll lohn firma angestellt gehoere dienst pilotin arbeite arbeitgeber beschaeftigt vertrag"),
    ("who do you work for", "who do you fly for", "fuer wen", "für wen", "your employer", "who pays", "wer bezahlt", "which company", "what company", "welche firma"),
    each_of("at against opposite nach"), _OTHERS | each_of("cargo crates bound brought loaded delivering deliver cleared weighed buys buy bought sold ladung kisten liefere owns formerly ex left quit"),
)
# fmt: on
HOUSES = each_of(
    "line lines guild company cooperative corp corporation freight shipping carriers haulage trust pool house bulk logistics transport transports mining partners sons brothers reederei spedition gilde genossenschaft gesellschaft frachtdienst linie kontor agency couriers freighters"
)
_SAYS_WHO = each_of("im am as called me bin als lautet name genannt mich names")
_NO_PERSON = each_of("guten abend rufzeichen funkname callsign kennung kennzeichen tower control")
_SAYS_HER = each_of("the die is ist called as named christened namen lautet its")
_SELF = each_of("i im me my ich mich mein bin name angenehm thats mir")
_ONESELF = each_of("i im ive we weve were me us my our ich wir mich uns mir mein meine meinen meiner unser unsere")
CLOSE = 6  # words between a place and what says whether one goes or comes
BRIEF = 8  # words of a sentence that answers the question and no more
_ASKED = {
    "destination": DESTINATION.asked,
    "origin": ORIGIN.asked,
    "cleared_by": CLEARED.asked,
    "employer": EMPLOYER.asked,
    "ownership": (
        "whose",
        "who owns",
        "is she yours",
        "is it yours",
        "wem gehoert",
        "wem geh\u00f6rt",
        "ist das ihr schiff",
        "your own",
        "geh\u00f6rt das schiff",
    ),
    "name": ("who are you", "your name", "wer sind", "wer bist", "name?"),
    "ship_name": (
        "ship called",
        "her name",
        "ship's name",
        "schiff heisst",
        "heisst das schiff",
        "heisst sie",
        "boat called",
        "heisst ihr schiff",
    ),
}
_BY = frozenset(("by", "with", "von", "mit"))
_MINE = frozenset(("mine", "mir"))
_CALLED = frozenset(("called", "genannt", "named"))
_AFTER_ONESELF = each_of(
    "here hier is ist thats am bin heisse my mein as at from of for and und von aus fuer speaking nennt its master captain pilot owner"
)
_DENIED = DENIALS - {"no", "nein"}
_RUNS = frozenset(("run", "route", "trip", "leg", "loop", "tour", "fahrt"))
PLACED = (("destination", DESTINATION), ("origin", ORIGIN))
PEOPLE = (("cleared_by", CLEARED), ("employer", EMPLOYER))
SHORT = 3  # words of a sentence that is hardly more than a name


def cued(heard: Heard, asked: str, known: Sequence[Claim]) -> Iterator[Claim]:
    """Where somebody goes and comes from, who cleared and who employs them, by the sentence; `known` are the claims heard already."""
    taken = {(each.kind, heard.words[each.first].sentence) for each in known if each.first < len(heard.words)}
    at = 0
    wants = _wants(asked)
    for sentence in sentences(heard.words):
        first, until = at, at + len(sentence)
        at = until
        number = sentence[0].sentence
        said = {each.text for each in sentence}
        if not said.isdisjoint(_DENIED):
            continue
        if (
            "ownership" in wants
            and ("ownership", number) not in taken
            and (
                (sentence[0].text in _MINE and (len(sentence) == 1 or sentence[1].gap))
                or (said & {"mein", "my"} and said & {"schiff", "ship"} and len(sentence) <= BRIEF)
            )
        ):
            yield claim_at(heard, "ownership", "own", first, until)
        for kind, cue in PLACED if not said.isdisjoint(PLACES) else ():
            if (
                (kind, number) in taken
                or not said.isdisjoint(cue.never)
                or not _about(cue, said, kind in wants, spoken=number == 0 or len(sentence) <= BRIEF)
            ):
                continue
            places = [
                each
                for each in range(first, until)
                if heard.words[each].text in PLACES and heard.words[each].text not in ("moon", "belt", "mond")
            ]
            if (
                len({heard.words[each].text for each in places}) == 1
                and not cue.never_before & _before(heard, places[0], first)
                and not _is_attribute(heard, places[0], first, until)
                and (kind in wants or _beside(heard, places[0], cue, first, until))
            ):
                yield claim_at(heard, kind, heard.words[places[0]].text, places[0], places[0] + 1)
        if not said.isdisjoint(_OTHERS):
            continue
        about = [
            (kind, cue)
            for kind, cue in PEOPLE
            if (kind, number) not in taken
            and said.isdisjoint(cue.never)
            and _about(cue, said, kind in wants, spoken=number == 0 or len(sentence) <= BRIEF)
        ]
        if not about and not wants & {"name", "ship_name"}:
            continue
        runs = list(_runs(heard, first, until))
        for kind, cue in about:
            found = [each for each in runs if _is_house(heard, *each) is (kind == "employer") and not _is_place(heard, *each)]
            if kind == "cleared_by":
                found = [
                    each
                    for each in found
                    if (each[0] > first and heard.words[each[0] - 1].text in TITLES | _BY) or _leads(heard, each[1], cue)
                ]
            if len(found) == 1 and not cue.never_before & _before(heard, found[0][0], first):
                yield claim_at(heard, kind, _text(heard, *found[0]), *found[0])
        if "name" in wants and ("name", number) not in taken and (said & _SELF or len(sentence) <= SHORT):
            for one, end in runs:
                led = [each.text for each in heard.words[max(first, one - 2) : one]]
                begins = one == first or led[-1] in _SAYS_WHO or led in (["name", "is"], ["name", "ist"])
                if (
                    begins
                    and _of_oneself(heard, first, one, end)
                    and end - one == 2
                    and not _is_house(heard, one, end)
                    and not _is_place(heard, one, end)
                    and not _ships(heard, one, end)
                ):
                    yield claim_at(heard, "name", _text(heard, one, end), one, end)
                    break
        if "ship_name" in wants and ("ship_name", number) not in taken and len(sentence) <= BRIEF:
            for one, end in runs:
                before = heard.words[one - 1].text if one > first else ""
                if (
                    (before in _SAYS_HER or one == first)
                    and not _is_house(heard, one, end)
                    and (end == until or heard.words[end].gap or before in _SAYS_HER)
                ):
                    yield claim_at(heard, "ship_name", _text(heard, one, end), one, end)
                    break


def _of_oneself(heard: Heard, first: int, one: int, end: int) -> bool:
    """Whether a name is that of the speaker: not "Mate Kessler showed me", nor "the woman is called Ensign Pruitt"."""
    if one == first:
        after = heard.words[end] if end < len(heard.words) else None
        return after is None or after.gap or after.sentence != heard.words[one].sentence or after.text in _AFTER_ONESELF
    return heard.words[one - 1].text not in _CALLED or not _ONESELF.isdisjoint(each.text for each in heard.words[first:one])


def _about(cue: Cue, said: set[str], asked: bool, *, spoken: bool) -> bool:
    """Whether a sentence speaks of such a thing, of the speaker: its own words say so, or it answers the question."""
    if not asked and said.isdisjoint(cue.words):
        return False
    return (spoken and asked) or not said.isdisjoint(_ONESELF)


@lru_cache(maxsize=512)
def _wants(asked: str) -> frozenset[str]:
    """The kinds a question asks for."""
    return frozenset(kind for kind, some in _ASKED.items() if any(each in asked for each in some))


def _before(heard: Heard, at: int, first: int) -> set[str]:
    return {each.text for each in heard.words[max(first, at - 2) : at]}


def _beside(heard: Heard, at: int, cue: Cue, first: int, until: int) -> bool:
    """Whether a word of the cue stands near."""
    return any(each.text in cue.words for each in heard.words[max(first, at - CLOSE) : min(until, at + CLOSE + 1)])


def _is_attribute(heard: Heard, at: int, first: int, until: int) -> bool:
    """Whether a place only says which: "the Himalia ice field", "das Vesta Register"."""
    led = at > first and heard.words[at - 1].text in ARTICLES
    return led and at + 1 < until and not heard.words[at + 1].gap and heard.words[at + 1].text not in FUNCTION | _RUNS


def _leads(heard: Heard, end: int, cue: Cue) -> bool:
    """Whether a word of the cue follows: "Kerrigan okayed it"."""
    return end < len(heard.words) and not heard.words[end].gap and heard.words[end].text in cue.words


def _text(heard: Heard, first: int, end: int) -> str:
    text = " ".join(each.text for each in heard.words[first:end] if each.text not in TITLES)
    return text.removesuffix("s") if heard.words[end - 1].raw.endswith(("'s", "\u2019s")) else text


def _is_house(heard: Heard, first: int, end: int) -> bool:
    return any(each.text in HOUSES for each in heard.words[first:end])


def _is_place(heard: Heard, first: int, end: int) -> bool:
    return any(each.text in PLACES for each in heard.words[first:end])


def _ships(heard: Heard, first: int, end: int) -> bool:
    return any(each.text in LABELS or each.text in _NO_PERSON for each in heard.words[first:end])


def _large(word: Word) -> bool:
    return word.kind == "word" and word.raw[:1].isupper() and not (word.raw.isupper() and len(word.raw) > 4)


def _runs(heard: Heard, first: int, until: int) -> Iterator[tuple[int, int]]:
    """Rows of words written large: names, or in German nouns too."""
    number = first
    while number < until:
        word = heard.words[number]
        if not _large(word) or (word.text in FUNCTION and not (number > first and word.text in ("second", "first"))) or word.text in TITLES:
            number += 1
            continue
        end = number + 1
        while end < until and not heard.words[end].gap and _large(heard.words[end]) and heard.words[end].text not in FUNCTION:
            end += 1
        single = end - number == 1
        if not (single and (word.text in COMMON or word.text in LABELS)):
            yield number, end
        number = end
