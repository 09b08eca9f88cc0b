"""Whether two values of what was asked can both be true: names and nicknames, codes with and without letters, a house and its branch."""

from __future__ import annotations

import re

from rapidfuzz import fuzz

from server.rules.figures import value
from server.rules.frame_words import each_of
from server.rules.heard import Claim
from server.rules.lexicon import PLACES, SPOKEN

ALIKE, LOOSE_CREW, BEGINS = 80.0, 2, 3
_HOUSE = each_of(
    "line lines guild company corp office bank the of and union house institute group mining freight shipping service department station port new old alte alter neue neuer st saint point landing firma gilde reederei freighters lines haulage"
)
_PLACES = {**PLACES, "callisto": "jupiter", "kallisto": "jupiter"}
_NICK = [
    set(each.split())
    for each in (
        "bill will william wilhelm willi billy",
        "bob rob robert bobby",
        "dick rick richard",
        "jack john johnny hans johannes jan",
        "peggy maggie margaret meg greta gretchen",
        "sasha alexander alexandra alex sandra",
        "sepp josef joseph joe jupp",
        "liesel betty liz elizabeth elisabeth lisa beth sissi elsa",
        "ted ed edward edwin theodore ned",
        "harry henry heinrich heinz hank",
        "jim james jimmy jamie",
        "molly mary polly maria mia",
        "tony anton antonio anthony toni",
        "nell ellen eleanor helen lena",
        "chuck charles charlie karl",
        "fritz friedrich fred frederick",
        "gerd gerhard",
        "uli ulrich ulrike",
        "steffi stefanie",
        "paddy pat patrick patricia",
        "mick mike michael",
        "kate katherine kathy kitty cat",
        "sully sullivan",
        "bea bee beatrice wilhelmina",
        "drew andrew andy",
        "max maximilian",
        "lotte charlotte",
        "rudi rudolf",
        "georg george jorg schorsch",
    )
]


def opposed(new: Claim, old: Claim) -> bool | None:
    """True where both cannot be, False where they agree, None where neither is sure."""
    if new.when is not None or old.when is not None:
        if new.when is None or old.when is None or not new.when.speaks_of(old.when):
            return None
        return new.when.excludes(old.when)
    one, two = new.value, old.value
    if one == two:
        return False
    if one.startswith("not ") or two.startswith("not "):
        return _denied(one, two)
    judge = _JUDGES.get(new.kind)
    return judge(one, two) if judge is not None else None


def _denied(one: str, two: str) -> bool | None:
    if one.startswith("not ") and two.startswith("not "):
        return None
    denied, told = (one[4:], two) if one.startswith("not ") else (two[4:], one)
    if told in ("nobody", "somebody", "a company", "tower", "myself", "nowhere"):
        return None
    kept = set(denied.split()) - _HOUSE or set(denied.split())
    shared = kept & set(told.split()) or any(
        fuzz.ratio(each, other) >= ALIKE for each in kept for other in told.split() if len(other) > BEGINS
    )
    return True if shared or denied in told.split() or told.split()[-1] in denied.split() else None


def same_name(one: str, two: str) -> bool:
    """Whether two names are one: in short, by its beginning, an initial or a nickname."""
    if (
        one == two
        or (min(len(one), len(two)) >= BEGINS and one[:BEGINS] == two[:BEGINS])
        or (len(one) == 1 and one == two[0])
        or (len(two) == 1 and two == one[0])
    ):
        return True
    return fuzz.ratio(one, two) >= ALIKE or any({one, two} <= each for each in _NICK)


_SAID = frozenset(("say", "tell", "ask", "call", "ring", "sagen", "melden"))  # "Say Kate's at the gate"


def _names(one: str, two: str) -> bool | None:
    first, second = ([each for each in name.split() if each not in _SAID] or name.split() for name in (one, two))
    if len(first) > 1 and len(second) > 1:
        # Of two whole names one word must be the same: "Marcus Bell" is not "Martin Hale".
        return not any(
            each == other or fuzz.ratio(each, other) >= ALIKE for each in first for other in second if len(each) > 1
        ) and not same_name(first[-1], second[-1])
    return not any(same_name(each, other) for each in first for other in second if min(len(each), len(other)) > 1)


def _callsigns(one: str, two: str) -> bool | None:
    first, second = _spelled(one), _spelled(two)
    if "nobody" in (one, two):
        return True
    if first == second or set(one.split()) & set(two.split()) - SPOKEN - {each for each in one.split() if value(each) is not None}:
        return False
    if re.sub(r"\D", "", first) == re.sub(r"\D", "", second) and first[:1] == second[:1]:
        return False
    return fuzz.ratio(first, second) < ALIKE


def _spelled(said: str) -> str:
    parts = []
    for each in said.split():
        number = value(each)
        parts.append(
            each[0] if each in SPOKEN and each != "niner" else f"{number:g}" if number is not None and not each.isdecimal() else each
        )
    return "".join(parts).replace("-", "")


def _registrations(one: str, two: str) -> bool | None:
    if "nobody" in (one, two):
        return True
    first, second = _spelled(one), _spelled(two)
    digits = re.sub(r"\D", "", first), re.sub(r"\D", "", second)
    if first in second or second in first:
        return False
    return digits[0] != digits[1] and not digits[0].endswith(digits[1] or "-") and not digits[1].endswith(digits[0] or "-")


def _places(one: str, two: str) -> bool | None:
    if "nowhere" in (one, two):
        return True
    first, second = set(one.split()), set(two.split())
    known = [next((each for each in words if each in _PLACES), None) for words in (first, second)]
    if known[0] is not None and known[1] is not None:
        if known[0] == known[1]:
            return False
        chain = [{each, _PLACES[each]} - {""} for each in known if each is not None]
        if chain[0] & chain[1]:
            return True if _PLACES[known[0]] and _PLACES[known[1]] else None
        return True
    if first & second - _HOUSE or fuzz.ratio(one, two) >= ALIKE:
        return False
    return True if known == [None, None] else None


def _persons(one: str, two: str) -> bool | None:
    if "nobody" in (one, two):
        return True
    if {"tower", "somebody"} & {one, two}:
        return None
    return _names(one, two)


def _employers(one: str, two: str) -> bool | None:
    none = {"nobody", "myself"}
    if one in none and two in none:
        return False
    if one in none or two in none:
        return True
    if "a company" in (one, two):
        return None
    first, second = set(one.split()) - _HOUSE or set(one.split()), set(two.split()) - _HOUSE or set(two.split())
    if first & second or any(fuzz.ratio(each, other) >= ALIKE for each in first for other in second):
        return False
    initials = "".join(each[0] for each in one.split()), "".join(each[0] for each in two.split())
    return not (one in initials or two in initials)


def _owners(one: str, two: str) -> bool | None:
    own, other = {"own", "bought", "inherited", "won", "given", "built", "found"}, {"company", "rented", "borrowed", "stolen"}
    return (one in own) != (two in own) and (one in other) != (two in other)


def _crews(one: str, two: str) -> bool | None:
    first, second = value(one), value(two)
    if first is not None and second is not None:
        return abs(first - second) > LOOSE_CREW
    return "alone" in (one, two)


def _hulls(one: str, two: str) -> bool | None:
    return set(one).isdisjoint(two)


_JUDGES = {
    "name": _names, "callsign": _callsigns, "registration": _registrations, "origin": _places, "destination": _places, "cleared_by": _persons,
    "employer": _employers, "ownership": _owners, "crew": _crews, "hull": _hulls,
}  # fmt: skip
