"""The 17 tiers of standing: where each begins, and what a value gives. domain.md 3.1."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from protocol.reputation import Effects, NextTier

LEAST, MOST = -800, 800


class Tier(NamedTuple):
    """A tier; `least` is the value it begins at."""

    least: int
    level: str
    title: str
    number: int


TIERS = tuple(
    Tier(least, level, level.replace("_", " ").title(), number)
    for number, (least, level) in enumerate(
        (
            (-800, "PUBLIC_ENEMY"), (-700, "CRIMINAL"), (-600, "OUTLAW"), (-500, "PIRATE"), (-400, "SMUGGLER"), (-300, "UNTRUSTWORTHY"),
            (-200, "SUSPICIOUS"), (-100, "QUESTIONABLE"), (-50, "NEUTRAL"), (50, "RECOGNIZED"), (100, "ACKNOWLEDGED"), (200, "TRUSTED"),
            (300, "RESPECTED"), (400, "VALUED"), (500, "HONORED"), (600, "REVERED"), (700, "EXALTED"),
        ),
        -8,
    )
)  # fmt: skip
_STARTS = [tier.least for tier in TIERS]

# The least value of each step, and what prices are multiplied by from there on.
PRICES = ((700, 0.85), (500, 0.90), (300, 0.95), (100, 0.97), (-99, 1.00), (-299, 1.05), (-499, 1.15), (-699, 1.30), (LEAST, 1.50))
PORTS = ((600, 3), (200, 2), (-200, 1), (LEAST, 0))
FIGHTS = ((400, "friendly"), (-200, "neutral"), (LEAST, "hostile"))
MISSIONS = ((50, ("courier",)), (200, ("escort", "supply")), (400, ("contract",)), (600, ("special",)))


def of(value: int) -> Tier:
    """The tier of a value."""
    return TIERS[max(0, bisect_right(_STARTS, value) - 1)]


def above(value: int, cap: int = MOST) -> NextTier | None:
    """The tier that comes next on the way up, or None when there is none below `cap`."""
    place = bisect_right(_STARTS, value)
    if place >= len(TIERS) or TIERS[place].least > cap:
        return None
    return NextTier(TIERS[place].level, TIERS[place].least)


def price(value: int) -> float:
    """What prices are multiplied by at the faction's stations."""
    return next(factor for least, factor in PRICES if value >= least)


def effects(value: int) -> Effects:
    """Everything a value gives."""
    return Effects(
        trade_modifier=round(price(value) - 1, 2),
        port_access_level=next(level for least, level in PORTS if value >= least),
        combat_response=next(response for least, response in FIGHTS if value >= least),
        mission_availability=tuple(each for least, kinds in MISSIONS if value >= least for each in kinds),
    )
