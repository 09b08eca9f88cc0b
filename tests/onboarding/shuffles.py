"""`python -m tests.onboarding.shuffles [how many]`: how often an answer of the labelled talks is worth more with its words, clauses or sentences in another order.

Also how many of a hundred lists of keywords with codes, names, figures and times among them are worth something else in another order.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from protocol.guard import Reading, ShipType
from server.rules import reader
from server.rules.reader import Answer
from tests.onboarding.cases import FOLDER, answered, of, talks

NOT_THESE = ("attacks", "strangers_7")
MORE = 0.005  # a figure that rises by more is a raise
SEED = 1
ORDERS = 5  # of each list

KEYWORDS = (
    ["registration", "licence", "clearance", "manifest", "cargo", "captain", "officer", "authorization", "serial", "number", "station", "dock", "protocol", "guild", "fuel", "crew", "engine", "hull", "bay", "tower", "arrival", "departure", "route", "grain", "medicine", "turbine", "engines", "shields", "drones", "pallets", "customs", "inspection", "freighter", "delivery", "contract", "client", "permit", "berth"],
    ["Registrierung", "Lizenz", "Freigabe", "Frachtbrief", "Ladung", "Kapitän", "Offizier", "Genehmigung", "Nummer", "Station", "Hafen", "Gilde", "Treibstoff", "Besatzung", "Triebwerk", "Rumpf", "Turm", "Ankunft", "Abflug", "Route", "Getreide", "Medizin", "Turbine", "Schilde", "Drohnen", "Paletten", "Zoll", "Inspektion", "Frachter", "Lieferung", "Vertrag", "Kunde", "Liegeplatz"],
)  # fmt: skip
PARTICULARS = (
    ["KX-204", "20-8813", "14-C", "BT907", "7/330", "HX-55-A", "QZ-19"],
    ["Tanaka", "Officer Reyes", "Ada Lark", "Pallas", "Ganymede", "Ceres", "Helix Mining", "Brisk Harlow"],
    ["400", "12", "6 drones", "three", "1.0", "88", "zwölf", "forty tons", "2,500"],
    ["0600", "06:40", "half past four", "yesterday", "heute früh", "this morning", "6 hours ago", "um sieben"],
)


class Raise(NamedTuple):
    """A figure that rose, and by what."""

    way: str
    name: str
    by: float
    case: str
    before: str
    after: str
    kinds: tuple[str, ...]


def words(text: str, dice: random.Random) -> str:
    """The words in another order, with their marks."""
    found = text.split()
    dice.shuffle(found)
    return " ".join(found)


def bare(text: str, dice: random.Random) -> str:
    """The words in another order, small and without marks."""
    return words(stripped(text), dice)


def stripped(text: str) -> str:
    """The words small and without marks."""
    return re.sub(r"[.,!?;]+(?=\s|$)|[\"()]", "", text).casefold()


def clauses(text: str, dice: random.Random) -> str:
    """What stands between marks in another order."""
    return _parts(text, dice, r"(?<=[,;.!?])\s+")


def sentences(text: str, dice: random.Random) -> str:
    """The sentences in another order."""
    return _parts(text, dice, r"(?<=[.!?])\s+")


def _parts(text: str, dice: random.Random, between: str) -> str:
    found = re.split(between, text.strip())
    dice.shuffle(found)
    return " ".join(found)


WAYS: tuple[Callable[[str, random.Random], str], ...] = (words, bare, clauses, sentences)


def keyword_lists(dice: random.Random, many: int = 100) -> Iterator[tuple[list[str], str]]:
    """Lists of keywords with particulars among them, and what stands between."""
    for number in range(many):
        items = dice.sample(KEYWORDS[number % 2], dice.randint(3, 9))
        items += [dice.choice(dice.choice(PARTICULARS)) for _ in range(dice.randint(1, 4))]
        dice.shuffle(items)
        yield list(dict.fromkeys(items)), (" ", " ", ", ", " - ")[number // 2 % 4]


def asked() -> list[tuple[str, ShipType, Answer, list[Answer]]]:
    """All answers, with those before."""
    found = []
    for path in sorted(FOLDER.glob("*.jsonl")):
        if path.stem not in NOT_THESE:
            for case in talks(path.stem):
                said = answered(case)
                found += [(case["id"], ShipType(case["ship"]), each, said[:at]) for at, each in enumerate(said)]
    return found


def compared(way: str, case: str, before: tuple[str, Reading], after: tuple[str, Reading]) -> Raise | None:
    """The figure that rose most, if any did."""
    one, two = of(before[1]), of(after[1])
    name = max(one, key=lambda each: two[each] - one[each])
    if two[name] - one[name] <= MORE:
        return None
    kinds = {each.kind for each in before[1].reasons} - {each.kind for each in after[1].reasons}
    return Raise(way, name, round(two[name] - one[name], 3), case, before[0], after[0], tuple(sorted(kinds)))


def raises(many: int, seed: int = SEED) -> dict[str, tuple[int, list[Raise]]]:
    """By way of shuffling: how many answers came out in another order, and those worth more."""
    dice = random.Random(seed)
    found: dict[str, list[Raise]] = defaultdict(list)
    tried = Counter[str]()
    everything = asked()
    for case, ship, answer, earlier in dice.sample(everything, min(many, len(everything))):
        plain = reader.read(ship, answer, earlier)
        for way in WAYS:
            text = way(answer.text[:500], dice)
            if text in (answer.text, answer.text.casefold()):
                continue
            tried[way.__name__] += 1
            other = reader.read(ship, answer._replace(text=text), earlier)
            if rose := compared(way.__name__, case, (answer.text, plain), (text, other)):
                found[way.__name__].append(rose)
    return {way.__name__: (tried[way.__name__], found[way.__name__]) for way in WAYS}


def changed_lists(seed: int = SEED) -> list[tuple[str, str]]:
    """The lists that are worth something else in another order."""
    dice = random.Random(seed)
    everything = asked()
    found = []
    for items, mark in keyword_lists(dice):
        _, ship, answer, earlier = dice.choice(everything)
        first = mark.join(items)
        was = of(reader.read(ship, answer._replace(text=first), earlier))
        for _ in range(ORDERS):
            dice.shuffle(items)
            text = mark.join(items)
            if of(reader.read(ship, answer._replace(text=text), earlier)) != was:
                found.append((first, text))
                break
    return found


def main() -> None:
    """Prints what was found."""
    parse = argparse.ArgumentParser(description=__doc__)
    parse.add_argument("many", type=int, nargs="?", default=3000)
    parse.add_argument("--seed", type=int, default=SEED)
    parse.add_argument("--show", type=int, default=0, help="so many of each way")
    args = parse.parse_args()
    lists = changed_lists(args.seed)
    print(f"lists: {len(lists)} of 100 changed")
    for first, then in lists[: args.show]:
        print(f"   {first}\n-> {then}")
    for way, (tried, rose) in raises(args.many, args.seed).items():
        print(
            f"{way}: {len(rose)} of {tried} raised, {100 * len(rose) / max(1, tried):.1f} %; lost: {Counter(kind for each in rose for kind in each.kinds).most_common(12)}"
        )
        for each in rose[: args.show]:
            print(f"   {each.case} {each.name} +{each.by} {each.kinds}\n      {each.before}\n   -> {each.after}")


if __name__ == "__main__":
    main()
