"""Who stands at the dock: 432 guards, each chosen by the id of the talk. domain.md 2.2."""

from __future__ import annotations

from typing import NamedTuple

from server.rules.catalogue import ENGLISH, words

NAMES = ("Chen", "Rodriguez", "Sato", "O'Brien", "Kowalski", "Singh", "Müller", "Nakamura", "Garcia", "Petrov", "Kim", "Anderson")
TITLES = ("Security Officer", "Guard", "Security Chief", "Station Inspector", "Docking Authority", "Customs Officer")


class Temper(NamedTuple):
    """How suspicious a guard is before anything is said (0..1), and what that adds to every threshold."""

    suspicion: float
    modifier: float


TEMPERS = {
    "Friendly Veteran": Temper(0.30, -0.10),
    "Tired Night-Shifter": Temper(0.40, -0.10),
    "Shrewd Investigator": Temper(0.50, 0.00),
    "Cynical Bureaucrat": Temper(0.55, 0.00),
    "Strict Rule-Follower": Temper(0.60, 0.10),
    "Paranoid Newbie": Temper(0.70, 0.10),
}
TRAITS = tuple(TEMPERS)
HARD = 0.60  # suspicion from which an unknown trait counts as hard


class Persona(NamedTuple):
    """One guard."""

    name: str
    title: str
    trait: str
    description: str
    suspicion: float


def choose(talk: str, language: str = ENGLISH) -> Persona:
    """The guard of the talk with this id, always the same one, described in a language."""
    hash = _hash(talk)
    name, title, trait = NAMES[abs(hash) % len(NAMES)], TITLES[abs(hash >> 4) % len(TITLES)], TRAITS[abs(hash >> 8) % len(TRAITS)]
    return Persona(name, title, trait, described(name, title, trait, language), TEMPERS[trait].suspicion)


def described(name: str, title: str, trait: str, language: str) -> str:
    """What somebody sees of a guard, in a language."""
    return words(language).traits[trait].format(name=name, title=titled(title, language))


def titled(title: str, language: str) -> str:
    """A guard's title in a language; the exact one, which is English, where there is no other."""
    return words(language).titles.get(title, title)


def modifier(trait: str, suspicion: float) -> float:
    """What a guard adds to every threshold. A trait that is none of ours is judged by its suspicion."""
    known = TEMPERS.get(trait)
    if known is not None:
        return known.modifier
    return -0.10 if suspicion < HARD else 0.10


def _hash(text: str) -> int:
    found = 0
    for each in text:
        found = ((found << 5) - found + ord(each)) & 0xFFFFFFFF
    return found - 2**32 if found >= 2**31 else found
