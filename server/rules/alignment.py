"""Personal reputation: 8 tiers with their colours, and what named deeds are worth. domain.md 3.9."""

from __future__ import annotations

from typing import NamedTuple

LEAST, MOST = -1000, 1000
TRADES_A_DAY = 10


class Tier(NamedTuple):
    """A tier; `least` is the value it begins at, `price` what all prices are multiplied by."""

    least: int
    name: str
    color: str
    price: float


TIERS = (
    Tier(500, "Legendary", "#00FFFF", 0.90),
    Tier(250, "Heroic", "#00FF00", 0.95),
    Tier(1, "Lawful", "#88FF88", 0.97),
    Tier(0, "Neutral", "#FFFFFF", 1.00),
    Tier(-249, "Suspicious", "#FFCC00", 1.05),
    Tier(-499, "Outlaw", "#FF8800", 1.10),
    Tier(-749, "Criminal", "#FF4400", 1.15),
    Tier(LEAST, "Villain", "#FF0000", 1.20),
)

EVENTS = {
    "attack_innocent": -100,
    "kill_escape_pod": -500,
    "defend_against_attacker": 50,
    "defeat_bounty_target": 100,
    "complete_trade": 1,
    "destroy_pirate_drones": 10,
    "suspect_event": -25,
    "evade_arrest": -25,
    "destroyed_police_officer": -50,
    "attacked_chartered_planet": -50,
    "planet_chartered": 25,
}


def of(value: int) -> Tier:
    """The tier of a value."""
    return next(tier for tier in TIERS if value >= tier.least)


def applied(old: int, delta: int) -> int:
    """What of a wanted change happens within the range."""
    return max(LEAST, min(MOST, old + delta)) - old


def throttled(event: str, delta: int, trades_today: int) -> int:
    """What of an event's figure is paid today: trading is good for 10 points a day."""
    return max(0, min(delta, TRADES_A_DAY - trades_today)) if event == "complete_trade" else delta
