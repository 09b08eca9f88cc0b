"""The guard's words by language. A language is a pair of modules here and one line in CATALOGUES; rules ask for words by key."""

from __future__ import annotations

from typing import NamedTuple

from protocol.guard import ShipType
from server.rules.catalogue import guard_english, guard_german, questions_english, questions_german, reasons_english, reasons_german

Lines = tuple[str, ...]


class Catalogue(NamedTuple):
    """What is said in one language: by hull, trait, topic, and kind; and why. domain.md 2.2 and 2.5 name the keys."""

    hulls: dict[ShipType, str]
    titles: dict[str, str]
    characters: dict[str, str]
    traits: dict[str, str]
    scenes: Lines
    questions: dict[str, dict[ShipType, Lines]]
    pressing: dict[str, Lines]
    manners: dict[str, dict[str, Lines]]
    closings: dict[str, dict[str, Lines]]
    reasons: dict[str, str]
    endings: dict[str, str]
    changed: str
    misfit: str
    admitted: str


ENGLISH, GERMAN = "en", "de"
CATALOGUES = {
    ENGLISH: Catalogue(
        guard_english.HULLS,
        guard_english.TITLES,
        guard_english.CHARACTERS,
        guard_english.TRAITS,
        guard_english.SCENES,
        questions_english.QUESTIONS,
        guard_english.PRESSING,
        guard_english.MANNERS,
        guard_english.CLOSINGS,
        reasons_english.REASONS,
        reasons_english.ENDINGS,
        reasons_english.CHANGED,
        reasons_english.MISFIT,
        reasons_english.ADMITTED,
    ),
    GERMAN: Catalogue(
        guard_german.HULLS,
        guard_german.TITLES,
        guard_german.CHARACTERS,
        guard_german.TRAITS,
        guard_german.SCENES,
        questions_german.QUESTIONS,
        guard_german.PRESSING,
        guard_german.MANNERS,
        guard_german.CLOSINGS,
        reasons_german.REASONS,
        reasons_german.ENDINGS,
        reasons_german.CHANGED,
        reasons_german.MISFIT,
        reasons_german.ADMITTED,
    ),
}


def spoken(*wishes: str | None) -> str:
    """The language the guard speaks with somebody who would like one of these BCP 47 tags, dearest first: spoken(None, "de-AT") == "de"."""
    for wish in wishes:
        if wish:
            tag = wish.partition("-")[0].lower()
            if tag in CATALOGUES:
                return tag
    return ENGLISH


def words(language: str) -> Catalogue:
    """The catalogue of a language; of English for one that is not there."""
    return CATALOGUES.get(language, CATALOGUES[ENGLISH])
