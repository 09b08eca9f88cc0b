"""Changing a standing: rivals and caps, the daily throttle, and what named events are worth. domain.md 3.2-3.5."""

from __future__ import annotations

from typing import NamedTuple

from server.rules import tiers

SHARE = 0.5
EVENTS_A_DAY, POINTS_A_DAY = 10, 100
KEPT_HISTORY = 50
CAPPED_AT_0 = frozenset(("pirates", "galactic_concord"))

_PAIRS = (("terran_federation", "fringe_alliance", 800), ("mercantile_guild", "shadow_syndicate", 600))


class Rival(NamedTuple):
    """A faction's rival, and what both values together may be while the rival's is above 0."""

    faction: str
    cap: int


RIVALS = {one: Rival(other, cap) for first, second, cap in _PAIRS for one, other in ((first, second), (second, first))}


def cap(faction: str) -> int:
    """The most a captain can ever be worth to a faction."""
    return 0 if faction in CAPPED_AT_0 else tiers.MOST


def room(faction: str, old: int, rival_value: int) -> int:
    """The most that may be gained now: to the cap, and with a pleased rival to what both together may be."""
    most = cap(faction)
    if faction in RIVALS and rival_value > 0:
        most = min(most, RIVALS[faction].cap - rival_value)
    return max(0, most - old)


def applied(faction: str, old: int, delta: int, rival_value: int) -> int:
    """What of a wanted change happens. A loss knows only the range."""
    if delta > 0:
        return min(delta, room(faction, old, rival_value))
    return max(delta, tiers.LEAST - old)


def cascade(gained: int) -> int:
    """What the rival changes by after a change: a loss of half a gain, and nothing after a loss."""
    return -int(gained * SHARE) if gained > 0 else 0


def throttled(delta: int, events_today: int, points_today: int) -> int:
    """What of an event's figure is paid today. Losses are never cut."""
    if delta <= 0:
        return delta
    return 0 if events_today >= EVENTS_A_DAY else max(0, min(delta, POINTS_A_DAY - points_today))


class Figure(NamedTuple):
    """What an event changes: `changes` by faction, or `own` for the faction the command names. `step` counts what it is paid for."""

    changes: dict[str, int]
    own: dict[str, int] = {}
    step: int = 0


_TRADED = {"terran_federation": 1, "mercantile_guild": 1, "frontier_coalition": 1, "fringe_alliance": 1, "astral_mining_consortium": 2}
_EVERYBODY = (
    "terran_federation", "mercantile_guild", "frontier_coalition", "astral_mining_consortium", "nova_scientific_institute", "fringe_alliance",
    "shadow_syndicate", "pirates", "galactic_concord",
)  # fmt: skip

EVENTS = {
    "pirate_killed": Figure({"terran_federation": 5}),
    "insurance_basic": Figure({"mercantile_guild": 2}),
    "insurance_standard": Figure({"mercantile_guild": 5}),
    "insurance_premium": Figure({"mercantile_guild": 10}),
    "sector_scanned": Figure({"nova_scientific_institute": 15}),
    "quantum_shards": Figure({"nova_scientific_institute": 1}, step=3),
    "trade_volume": Figure({}, own=_TRADED, step=5_000),
    "public_gate_built": Figure({"mercantile_guild": 30, "frontier_coalition": 5, "nova_scientific_institute": 5}),
    "private_gate_built": Figure({"terran_federation": -5, "frontier_coalition": 5, "fringe_alliance": 5, "shadow_syndicate": 10}),
    "marshal_killed": Figure({"terran_federation": -250}),
    "sentinel_killed": Figure({"galactic_concord": -200}),
    "gate_destroyed": Figure({}, own=dict.fromkeys(_EVERYBODY, -25)),
}


def figures(event: str, faction: str | None) -> dict[str, int] | None:
    """What an event changes by faction; None when there is no such event, or it has nothing to do with the faction named."""
    figure = EVENTS.get(event)
    if figure is None:
        return None
    if figure.own:
        return {faction: figure.own[faction]} if faction in figure.own else None
    return figure.changes if faction is None or faction in figure.changes else None


def points(figure: int, step: int, carried: int, amount: int | None) -> tuple[int, int]:
    """What an event is worth that is paid for every `step` of something, and what is carried to the next. Without an amount: one step."""
    if not step:
        return figure, carried
    whole, rest = divmod(carried + (amount or step), step)
    return whole * figure, rest
