"""The book of what was claimed: each new claim is new, agrees with an earlier one, or contradicts it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from rapidfuzz import fuzz

from protocol.guard import Fact, FactStatus
from server.rules.claim_words import GOODS
from server.rules.claims import Claim, Heard
from server.rules.figures import value
from server.rules.frame_words import CONTAINERS, GENERIC
from server.rules.lexicon import PLACES
from server.rules.opposed import opposed, same_name
from server.rules.words import fold, phrases, stem

ALIKE = 80.0  # of 100: two spellings of one name
ONE_ONLY = frozenset(("name", "registration", "licence", "service_number", "ship_name", "callsign", "role", "berth"))
SO_MANY = 0.85  # of an amount: what is no rounding any more
LOOSE_CREW = 2  # the difference in heads that may be a matter of counting oneself


_LOOSELY_ALONE = frozenset(("nobody else", "no one else", "niemand sonst", "sonst niemand"))
_SAYS_NAME = frozenset(("im", "am", "is", "bin", "heisse", "ist", "me", "mich", "name", "names", "lautet", "als", "as"))
_PHRASE = "i we my our the a an of in is are was full hold cargo have got brought carry im some und ich wir mein meine habe haben die der das ist sind an bord im laderaum voll voller mit load all board it aboard there what"
_NO_THING = frozenset([stem(each) for each in CONTAINERS] + _PHRASE.split())
_FLOWN = re.compile(r"(?:i |we |run |ich |wir )?(?:fly|flying|haul|hauling|run|running|drive|driving|fliege|fahre)\b")
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
    for number, claim in enumerate(heard.booked):
        entry = Entry(claim, FactStatus.NEW)
        for said_in, other in reversed(earlier):
            judged = _against(claim, heard, other, other.booked)
            if judged is None and claim.kind in other.slots.kinds and (before := _slotted(claim, heard, other)) is not None:
                judged = FactStatus.CONTRADICTS, before
            if judged is not None:
                entry = Entry(claim, judged[0], said_in, judged[1])
                break
        if entry.status is FactStatus.NEW:
            # Within one answer the same rules hold, for what was said first.
            judged = _against(claim, heard, None, _earlier(heard, number))
            if judged is not None and judged[0] is FactStatus.CONTRADICTS and not _either(heard, claim):
                entry = Entry(claim, FactStatus.CONTRADICTS, turn, judged[1])
        found.append(entry)
    for claim in heard.slots.claims if earlier else ():
        if any(_said_so(claim, other) for _, other in earlier):
            continue  # whoever goes back to his word slips no second time
        for said_in, other in reversed(earlier):
            if (before := _slotted(claim, heard, other)) is not None:
                found.append(Entry(claim, FactStatus.CONTRADICTS, said_in, before))
                break
    return _once(found)


def _slotted(claim: Claim, heard: Heard, other: Heard) -> str | None:
    """What an earlier answer said of a kind that cannot be beside the value of what was asked now."""
    kind = claim.kind
    same = [each for each in (*other.slots.claims, *other.booked) if each.kind == kind and _is_told(other, each)]
    if not same or not _is_told(heard, claim):
        return None
    judged = [(each, _laden_otherwise(claim, each) if claim.kind == "cargo" else opposed(claim, each)) for each in same]
    denied = claim.value.startswith("not ")
    if not denied and any(agrees is False for _, agrees in judged):
        return None
    for each, agrees in judged:
        sure = denied or each.value.startswith("not ")
        if agrees and (sure or not (_mentions(heard, each) or _mentions(other, claim))):
            return each.text
    return None


def _said_so(claim: Claim, other: Heard) -> bool:
    """Whether an earlier answer gave the same value."""
    return any(
        each.kind == claim.kind and (_laden_otherwise(claim, each) if claim.kind == "cargo" else opposed(claim, each)) is False
        for each in (*other.slots.claims, *other.booked)
    )


def _laden_otherwise(claim: Claim, other: Claim) -> bool | None:
    """Whether two answers on the load exclude each other: goods nobody knows may be one thing by two names."""
    if "empty" in (claim.value, other.value):
        return claim.value != other.value
    one, two = _class(claim), _class(other)
    if one is None or two is None or _goods(claim, other) is not False:
        return None
    return one != two


def _is_told(heard: Heard, claim: Claim) -> bool:
    """Whether a claim is told as one: a name of two words may be that of a ship that stands beside it, unless somebody says that it is his."""
    if claim.slot:
        return True
    if claim.kind == "crew":
        return claim.text.casefold() not in _LOOSELY_ALONE
    if claim.kind != "name":
        return True
    bare = claim.end - claim.first == len(claim.value.split())
    before = {each.text for each in heard.words[max(0, claim.first - 2) : claim.first]}
    return " " in claim.value and (not bare or not before.isdisjoint(_SAYS_NAME))


def _earlier(heard: Heard, number: int) -> list[Claim]:
    """What was claimed before in the same answer. In one sentence, two hulls have two owners, and two goods lie in one hold."""
    claim = heard.booked[number]
    sentence = heard.words[claim.first].sentence
    return [
        each
        for each in heard.booked[:number]
        if each.end <= claim.first
        and not (
            claim.kind in ("ownership", "cargo", "amount")
            and "empty" not in (claim.value, each.value)
            and heard.words[each.first].sentence == sentence
        )
    ]


def _either(heard: Heard, claim: Claim) -> bool:
    """Whether it is left open which of two it is, where either is named: "Titan, or Europa"."""
    sentence = heard.words[claim.first].sentence
    near = {heard.words[each.first].sentence for each in heard.booked if each.kind == claim.kind and each.first < claim.first} & {
        sentence - 1
    }
    return any(each.text in ("or", "oder") for each in heard.words[: claim.first + 1] if each.sentence in {sentence, *near})


def _same_words(one: Claim, two: Claim) -> bool:
    return one.kind == two.kind and one.first < two.end and two.first < one.end


_RANK = {FactStatus.NEW: 0, FactStatus.CONSISTENT: 1, FactStatus.CONTRADICTS: 2}


def _once(entries: list[Entry]) -> list[Entry]:
    """One contradiction of a kind at most: a slip is one slip in however many words."""
    merged: list[Entry] = []
    for each in entries:
        # The same words heard in two ways are one claim; what is caught or holds counts before what is merely new.
        twin = next((at for at, other in enumerate(merged) if _same_words(each.claim, other.claim)), None)
        if twin is None:
            merged.append(each)
        elif _RANK[each.status] > _RANK[merged[twin].status]:
            merged[twin] = each
    seen = set[str]()
    kept: list[Entry] = []
    for each in merged:
        if each.status is FactStatus.CONTRADICTS:
            if each.claim.kind in seen:
                continue
            seen.add(each.claim.kind)
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
    if new.kind == "cargo":
        return _goods(new, old) is True
    if new.kind == "name" and " " in new.value and new.value.split()[1:] == old.value.split()[1:] and opposed(new, old) is False:
        return same_name(new.value.split()[0], old.value.split()[0])  # "Liesel Kramer" is "Elisabeth Kramer"
    if new.kind in ("name", "ship_name", "cleared_by", "employer", "origin", "destination", "callsign"):
        return _alike(new.value, old.value)
    if new.kind == "crew":
        one, two = value(new.value), value(old.value)
        if one is not None and two is not None:
            return abs(one - two) <= LOOSE_CREW
        return "some" in (new.value, old.value) and "alone" not in (new.value, old.value)
    return False


def _goods(new: Claim, old: Claim) -> bool | None:
    """Whether two claims of what is loaded agree (True), exclude each other (False), or neither."""
    if "empty" in (new.value, old.value):
        return new.value == old.value
    one, two = _things(new), _things(old)
    if new.value == old.value or one & two or _kin(new.value, old.value):
        return True
    classes = {_class(new), _class(old)}
    if len(classes) > 1 and None not in classes:
        return False
    if any(fold(word) in GENERIC for claim in (new, old) for word in claim.text.split()):
        return None
    return False


def _things(claim: Claim) -> set[str]:
    """The stems of what is loaded: for goods on the list their words, for others as they were taken from the frame."""
    if claim.value not in GOODS:
        return set(claim.value.split())
    return {stem(fold(each)) for each in claim.text.split() if value(fold(each)) is None} - _NO_THING


def _class(claim: Claim) -> str | None:
    """The class of goods on the list that a claim names."""
    if claim.value in GOODS:
        return claim.value
    said = f" {' '.join(fold(each) for each in claim.text.split())} "
    return next((kind for kind, pattern in GOODS.items() if pattern.search(said)), None)


def _kin(one: str, two: str) -> bool:
    return any(fuzz.ratio(first, second) >= ALIKE for first in one.split() for second in two.split())


def _exclude(new: Claim, old: Claim) -> bool:
    if new.when is not None and old.when is not None:
        return new.when.excludes(old.when)
    if new.kind == "cleared_by":
        return "nobody" in (new.value, old.value) or "somebody" not in (new.value, old.value)
    if new.kind == "ownership":
        return _owned_otherwise(new.value, old.value)
    if new.kind == "employer":
        if "myself" in (new.value, old.value):  # who flies for oneself may fly this one for somebody
            return not any(_FLOWN.match(each.text.casefold()) for each in (new, old) if each.value != "myself")
        return "a company" not in (new.value, old.value)
    if new.kind == "cargo":
        return _goods(new, old) is False and ("empty" in (new.value, old.value) or (not _more(new) and len(new.text) < 90))
    if new.kind == "amount":
        return _counted_otherwise(new.value, old.value)
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
            each.when is not None and each.when.ago is not None and each.when.speaks_of(claim.when) and not each.when.excludes(claim.when)
            for each in heard.booked
            if each.kind == claim.kind
        )
    if claim.kind == "crew" or claim.kind == "ownership":
        return any(each.kind == claim.kind and each.value == claim.value for each in heard.booked)
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


def _counted_otherwise(one: str, two: str) -> bool:
    """Whether so many of a thing are not so many: "60 crate pump part" and "200 crate"."""
    first, second = one.split(), two.split()
    if first[1] != second[1] or (first[2:] and second[2:] and not {*first[2:]} & {*second[2:]}):
        return False
    less, more = sorted((float(first[0]), float(second[0])))
    return less < SO_MANY * more


def _apart(one: str, two: str) -> bool:
    """Whether two places are two places: Europa lies at Jupiter, and is not Mars."""
    if "nowhere" in (one, two):
        return one != two
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
