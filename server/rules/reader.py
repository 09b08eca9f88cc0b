"""What is perceived in an answer, by counting words. A reader perceives and never decides; a better one gives the same Reading.

The figures are domain.md 2.6 (B), without the factor of the tier, which lives in the thresholds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from protocol.guard import Fact, FactStatus, Reading, Reason, ShipType
from server.rules import guard_english as english
from server.rules.ships import title

DETAILS = (
    "serial", "number", "code", "id", "registration", "license", "captain", "commander", "officer", "station", "sector", "authorization",
    "clearance", "manifest", "cargo", "duty",
)  # fmt: skip
# Other spellings and words for the same.
DETAIL_FORMS = {"licence": "license", "authorisation": "authorization", "registry": "registration", "registered": "registration"}
CONFIDENT_PHRASES = ("definitely", "certainly", "absolutely", "of course", "without a doubt")
SURE = ("yes", "sure", "absolutely", "definitely", "certain")
HEDGES = ("maybe", "perhaps", "possibly", "might", "think", "guess")
STAMMERS = ("um", "uh")
COURTESY = ("understand", "appreciate", "respect")
PROCEDURE = ("protocol", "procedure", "regulation", "protocols", "procedures", "regulations")
DEFLECTION = ("speaking of", "by the way", "actually")
INSULTS = ("stupid", "idiot", "waste of time")
ADMISSIONS = ("escape pod", "not my ship", "not mine", "i lied", "came in the pod", "came in a pod")
CAT = (
    "cat",
    "cats",
    "kitten",
    "kittens",
    "kitty",
    "kitties",
    "feline",
    "felines",
    "tabby",
    "whiskers",
    "purr",
    "purring",
    "meow",
    "meowing",
    "stray",
)
DENIALS = frozenset(
    ("no", "not", "never", "without", "none", "nor", "any", "isn't", "aren't", "don't", "didn't", "wasn't", "hardly", "nothing")
)
DENIAL_REACH = 3  # words between a denial and what it denies

# What may be said of one thing in two ways that exclude each other, by kind of fact.
OPPOSITES = {
    "arrival": (("today", "this morning", "just now"), ("yesterday", "last week", "last month")),
    "age": (("new", "brand new"), ("old", "used", "vintage")),
    "ownership": (("bought", "purchased"), ("inherited", "gifted", "found")),
}
# What has no place aboard.
MISFITS = {
    ShipType.CARGO_HAULER: ("military", "weapons", "combat"),
    ShipType.LIGHT_FREIGHTER: ("military", "weapons", "combat"),
    ShipType.SCOUT_SHIP: ("cargo", "freight", "tons"),
}

_REGISTRY = re.compile(r"\b(?=[A-Za-z0-9-]*\d)(?=[A-Za-z0-9-]*[A-Za-z])[A-Za-z0-9][A-Za-z0-9-]{2,15}\b")
_NOT_WORDS = re.compile(r"[^\w']+|_")


class Answer(NamedTuple):
    """What was said to a turn."""

    turn: int
    text: str


def read(ship: ShipType, answer: Answer, earlier: Sequence[Answer]) -> Reading:
    """What the word rules perceive in `answer`, after the `earlier` ones, oldest first, of a captain who claims `ship`."""
    text = normal(answer.text)
    words = text.split()
    details = {DETAIL_FORMS.get(each, each): each for each in words if DETAIL_FORMS.get(each, each) in DETAILS}
    facts = list(_facts(text, answer.text, [(each.turn, normal(each.text)) for each in earlier]))
    changed = [each.contradiction for each in facts if each.contradiction]
    misfit = _misfit(ship, words)
    contradictions = changed + ([english.MISFIT.format(word=misfit, ship=title(ship))] if misfit else [])
    persuasiveness = _share(_length(len(words)) + min(0.2, 0.03 * len(details)) + (0.1 if _hits(text, CONFIDENT_PHRASES) else 0.0))
    confidence = _share(0.5 + 0.1 * len(_hits(text, SURE)) - 0.15 * len(_hits(text, HEDGES)) - (0.2 if _stammers(words) > 2 else 0.0))
    consistency = _share(0.8 - 0.2 * len(contradictions))
    return Reading(
        persuasiveness=persuasiveness,
        confidence=confidence,
        consistency=consistency,
        believability=_share(0.4 * persuasiveness + 0.3 * confidence + 0.3 * consistency),
        negotiation_skill=_skill(text),
        claims=[each.fact for each in facts],
        contradictions=contradictions,
        mentions_cat=bool(_hits(text, CAT)),
        reasons=list(_reasons(text, words, list(details.values()), changed, misfit)),
    )


def normal(text: str) -> str:
    """`text` as words with single spaces, in lower case and compatible letters: normal("Brand-NEW!") == "brand new"."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    return " ".join(each.strip("'") for each in _NOT_WORDS.sub(" ", plain).split() if each.strip("'"))


class _Found(NamedTuple):
    fact: Fact
    contradiction: str | None = None


def _facts(text: str, raw: str, earlier: Sequence[tuple[int, str]]) -> Iterator[_Found]:
    for kind, sides in OPPOSITES.items():
        side, phrase = _side(text, sides)
        if side is None:
            continue
        before = next(((turn, *found) for turn, each in reversed(earlier) if (found := _side(each, sides))[0] is not None), None)
        if before is None:
            yield _Found(Fact(phrase, kind, FactStatus.NEW))
        elif before[1] == side:
            yield _Found(Fact(phrase, kind, FactStatus.CONSISTENT, before[0]))
        else:
            yield _Found(Fact(phrase, kind, FactStatus.CONTRADICTS, before[0]), english.CHANGED.format(before=before[2], after=phrase))
    for code in list(dict.fromkeys(each.group() for each in _REGISTRY.finditer(raw)))[:3]:
        turn = next((turn for turn, each in earlier if f" {normal(code)} " in f" {each} "), None)
        yield _Found(Fact(code, "registry", FactStatus.NEW if turn is None else FactStatus.CONSISTENT, turn))


def _side(text: str, sides: tuple[tuple[str, ...], tuple[str, ...]]) -> tuple[int | None, str]:
    """Which of two sides a text takes and with which words. None when neither, or both at once: both may be true of two things."""
    hits = [_hits(text, side) for side in sides]
    if bool(hits[0]) == bool(hits[1]):
        return None, ""
    side = 0 if hits[0] else 1
    return side, hits[side][0]


def _misfit(ship: ShipType, words: Sequence[str]) -> str | None:
    for at, word in enumerate(words):
        if word in MISFITS.get(ship, ()) and not DENIALS.intersection(words[max(0, at - DENIAL_REACH) : at]):
            return word
    return None


def _reasons(text: str, words: Sequence[str], details: Sequence[str], changed: Sequence[str], misfit: str | None) -> Iterator[Reason]:
    found = {
        "detail": details,
        "sure": _hits(text, CONFIDENT_PHRASES) or _hits(text, SURE),
        "hedge": _hits(text, HEDGES),
        "stammer": [each for each in STAMMERS if each in words] if _stammers(words) > 2 else [],
        "brief": [text] if len(words) < 3 else [],
        "courtesy": _hits(text, COURTESY),
        "procedure": _hits(text, PROCEDURE),
        "deflection": _hits(text, DEFLECTION),
        "insult": _hits(text, INSULTS),
        "admission": _hits(text, ADMISSIONS),
        "contradiction": changed,
        "mismatch": [misfit] if misfit else [],
        "cat": _hits(text, CAT),
    }
    for kind, evidence in found.items():
        if evidence:
            yield Reason(english.REASONS[kind], ", ".join(evidence)[:200], kind)


def _length(words: int) -> float:
    return 0.2 if words < 3 else 0.4 if words < 10 else 0.6 if words < 25 else 0.7


def _skill(text: str) -> float:
    return _share(
        0.5
        + (0.1 if _hits(text, COURTESY) else 0.0)
        + (0.1 if _hits(text, PROCEDURE) else 0.0)
        + (0.05 if _hits(text, DEFLECTION) else 0.0)
        - (0.2 if _hits(text, INSULTS) else 0.0)
    )


def _stammers(words: Sequence[str]) -> int:
    return sum(each in STAMMERS for each in words)


def _hits(text: str, phrases: Sequence[str]) -> list[str]:
    """Those of `phrases` that stand in a normalised text as whole words."""
    padded = f" {text} "
    return [each for each in phrases if f" {each} " in padded]


def _share(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 4)
