"""What a ship is worth in the talk: how rare it is, what comes with it, how much has to be believed. domain.md 2.4.

The database holds the same rows (`ship_rarity_configs`, written by migrations only); a test keeps both the same.
"""

from __future__ import annotations

from typing import NamedTuple

from protocol.guard import ShipType, Skill


class Rarity(NamedTuple):
    """Tier 1-7, weight in the draw, credits that come with the ship, and the score to reach by negotiation skill."""

    tier: int
    spawn: int
    credits: int
    weak: float
    average: float
    strong: float

    def threshold(self, skill: Skill) -> float:
        """The score to reach before a neutral guard."""
        return {Skill.WEAK: self.weak, Skill.AVERAGE: self.average, Skill.STRONG: self.strong}[skill]


RARITIES = {
    ShipType.ESCAPE_POD: Rarity(1, 100, 1_000, 0.30, 0.30, 0.30),
    ShipType.LIGHT_FREIGHTER: Rarity(2, 50, 2_500, 0.55, 0.50, 0.45),
    ShipType.SCOUT_SHIP: Rarity(3, 25, 2_000, 0.55, 0.50, 0.45),
    ShipType.FAST_COURIER: Rarity(3, 20, 3_000, 0.75, 0.65, 0.55),
    ShipType.CARGO_HAULER: Rarity(4, 10, 5_000, 0.80, 0.70, 0.60),
    ShipType.DEFENDER: Rarity(5, 5, 7_000, 0.85, 0.75, 0.65),
    ShipType.COLONY_SHIP: Rarity(6, 3, 10_000, 0.90, 0.80, 0.70),
    ShipType.CARRIER: Rarity(7, 1, 15_000, 0.95, 0.85, 0.75),
}
