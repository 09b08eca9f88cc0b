"""The book of what was claimed: each new claim is new, agrees with an earlier one, or contradicts it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rapidfuzz import fuzz

from protocol.guard import Fact, FactStatus
from server.rules.claims import Claim, Heard
from server.rules.figures import value
from server.rules.lexicon import PLACES
from server.rules.words import phrases

ALIKE = 80.0  # of 100: two spellings of one name
ONE_ONLY = frozenset(("name", "registration", "licence", "service_number", "ship_name", "callsign", "role"))
LOOSE_CREW = 2  # the difference in heads that may be a matter of counting oneself


_LATER = phrases("then", "after that", "after this", "afterwards", "later", "first", "dann", "danach", "anschliessend", "spaeter", "zuerst")


class Entry(NamedTuple):
    """A claim, how it stands to what was said before, with which turn, and what was said there."""

    claim: Claim
    status: FactStatus
    turn: int | None = None
    before: str | None = None

    @property
    def fact(self) -> Fact:
        """The claim as clients see it."""
        return Fact(self.claim.text[:120], self.claim.kind, self.status, self.turn)


def enter(turn: int, heard: Heard, earlier: Sequence[tuple[int, Heard]]) -> list[Entry]:
    """The claims of an answer against those of the earlier ones, and against each other."""
    found: list[Entry] = []
    for number, claim in enumerate(heard.claims):
        entry = Entry(claim, FactStatus.NEW)
        for said_in, other in reversed(earlier):
            judged = _against(claim, heard, other, other.claims)
            if judged is not None:
                entry = Entry(claim, judged[0], said_in, judged[1])
                break
        if entry.status is FactStatus.NEW:
            # Within one answer the same rules hold, for what was said first.
            judged = _against(claim, heard, None, [each for each in heard.claims[:number] if each.end <= claim.first])
            either = any(each.text in ("or", "oder") for each in heard.words[: claim.first + 1])
            if judged is not None and judged[0] is FactStatus.CONTRADICTS and not either:
                entry = Entry(claim, FactStatus.CONTRADICTS, turn, judged[1])
        found.append(entry)
    return _once(found)


def _once(entries: list[Entry]) -> list[Entry]:
    """One contradiction of a kind at most: a slip is one slip in however many words."""
    seen = set[str]()
    kept = []
    for each in entries:
        if each.status is FactStatus.CONTRADICTS:
            kind = "crew" if each.claim.kind == "crew" else each.claim.kind
            if kind in seen:
                continue
            seen.add(kind)
        kept.append(each)
    return kept


def _against(claim: Claim, heard: Heard, other: Heard | None, before: Sequence[Claim]) -> tuple[FactStatus, str] | None:
    """How a claim stands to the earlier ones of its kind: what agrees counts first; None when nothing was said of it."""
    same = [each for each in before if each.kind == claim.kind]
    for each in same:
        if _agree(claim, each):
            return FactStatus.CONSISTENT, each.text
    if claim.kind == "destination" and (_LATER.search(heard.line.text) or (other and _LATER.search(other.line.text))):
        return None
    # Whoever also says the old thing now, or said the new thing then, has spoken of two things.
    for each in same:
        if _exclude(claim, each) and not (other is not None and (_mentions(heard, each) or _mentions(other, claim))):
            return FactStatus.CONTRADICTS, each.text
    for each in before:
        if _across(claim, each):
            return FactStatus.CONTRADICTS, each.text
    return None


def _agree(new: Claim, old: Claim) -> bool:
    if new.when is not None and old.when is not None:
        return new.when.speaks_of(old.when) and not new.when.excludes(old.when)
    if new.value == old.value:
        return True
    if new.kind in ("name", "ship_name", "cleared_by", "employer", "origin", "destination", "callsign"):
        return _alike(new.value, old.value)
    if new.kind == "crew":
        one, two = value(new.value), value(old.value)
        if one is not None and two is not None:
            return abs(one - two) <= LOOSE_CREW
        return "some" in (new.value, old.value) and "alone" not in (new.value, old.value)
    return False


def _exclude(new: Claim, old: Claim) -> bool:
    if new.when is not None and old.when is not None:
        return new.when.excludes(old.when)
    if new.kind == "cleared_by":
        return "nobody" in (new.value, old.value) or "somebody" not in (new.value, old.value)
    if new.kind == "ownership":
        return _owned_otherwise(new.value, old.value)
    if new.kind == "employer":
        return "myself" in (new.value, old.value) or "a company" not in (new.value, old.value)
    if new.kind == "cargo":
        return "empty" in (new.value, old.value) or (not _more(new) and len(new.text) < 90)
    if new.kind in ("origin", "destination"):
        return _apart(new.value, old.value)
    if new.kind == "history":
        return "regular" not in (new.value, old.value) or "first_visit" in (new.value, old.value)
    return new.kind in ONE_ONLY or new.kind in ("crew", "age", "clearance")


def _across(new: Claim, old: Claim) -> bool:
    """Claims of two kinds that exclude each other."""
    kinds = {new.kind: new, old.kind: old}
    if "history" in kinds and "origin" in kinds:
        return kinds["history"].value == "resident" and "callisto" not in kinds["origin"].value
    return False


def _mentions(heard: Heard, claim: Claim) -> bool:
    """Whether an answer holds the other's value as well."""
    if claim.when is not None:
        return any(
            each.when is not None and each.when.ago is not None and not each.when.excludes(claim.when)
            for each in heard.claims
            if each.kind == claim.kind
        )
    if claim.kind == "crew" or claim.kind == "ownership":
        return any(each.kind == claim.kind and each.value == claim.value for each in heard.claims)
    return f" {claim.value} " in heard.line.text


def _alike(one: str, two: str) -> bool:
    if "nobody" in (one, two) or "myself" in (one, two):
        return False
    if set(one.split()) <= set(two.split()) or set(two.split()) <= set(one.split()):
        return True
    return fuzz.ratio(one, two) >= ALIKE or (one[:3] == two[:3] and " " not in one + two)


def _owned_otherwise(one: str, two: str) -> bool:
    """Whether a ship cannot have come both ways: who bought her owns her, but no company does."""
    if "own" in (one, two):
        return bool({one, two} & {"company", "rented", "borrowed", "stolen"})
    return not ("company" in (one, two) and {one, two} & {"rented", "borrowed", "stolen"})


def _apart(one: str, two: str) -> bool:
    """Whether two places are two places: Europa lies at Jupiter, and is not Mars."""
    first, second = one.split()[0], two.split()[0]
    if first not in PLACES or second not in PLACES:
        return False
    chain = {first, PLACES[first]} & {second, PLACES[second]}
    return not (chain - {""}) or bool(PLACES[first] and PLACES[second])


def _more(claim: Claim) -> bool:
    return any(
        f" {each} " in f" {claim.text.casefold()} "
        for each in ("also", "too", "besides", "plus", "auch", "ausserdem", "rest", "mixed", "some", "last", "before", "previous")
    )
