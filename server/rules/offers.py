"""The ships laid before a newcomer: drawn once from a seed, so that the draw can be repeated. domain.md 2.3."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from itertools import count
from typing import NamedTuple

from protocol.guard import Offer, ShipType
from server.rules.rarity import RARITIES
from server.rules.ships import SPECS

SEED_BYTES = 16
OUTCOMES = 101  # the roll is 0 to 100
DRAWN = 2  # beside the pod
# The highest roll of a window, and its tiers.
WINDOWS = ((60, range(2, 4)), (85, range(2, 5)), (95, range(3, 6)), (100, range(4, 8)))


class Draw(NamedTuple):
    """What a seed comes to. The roll never leaves the server."""

    roll: int
    ships: list[ShipType]


def draw(seed: str) -> Draw:
    """The pod and two different ships, the rarer the higher the roll. The same seed gives the same, on any machine."""
    dice = _fractions(seed)
    roll = int(next(dice) * OUTCOMES)
    tiers = window(roll)
    left = [ship for ship, rarity in RARITIES.items() if rarity.tier in tiers]
    ships = [ShipType.ESCAPE_POD]
    for _ in range(DRAWN):
        chosen = _weighted(left, next(dice))
        left.remove(chosen)
        ships.append(chosen)
    return Draw(roll, ships)


def window(roll: int) -> range:
    """The tiers a roll of 0 to 100 opens: window(60) == range(2, 4). Raises ValueError for any other roll."""
    for highest, tiers in WINDOWS:
        if 0 <= roll <= highest:
            return tiers
    raise ValueError(f"not a roll: {roll}")


def offer(ship: ShipType) -> Offer:
    """A ship as it is laid before a newcomer."""
    return Offer(ship, RARITIES[ship].tier, SPECS[ship])


def _weighted(ships: list[ShipType], fraction: float) -> ShipType:
    at = fraction * sum(RARITIES[ship].spawn for ship in ships)
    for ship in ships:
        at -= RARITIES[ship].spawn
        if at < 0:
            return ship
    return ships[-1]


def _fractions(seed: str) -> Iterator[float]:
    # Not the random module: its draws may differ between versions of Python, and these must be repeatable for years.
    for number in count():
        yield int.from_bytes(blake2b(f"{seed}:{number}".encode(), digest_size=8).digest()[:6]) / 2**48
