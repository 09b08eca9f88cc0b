"""Captains: the own record and the card that others see."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from protocol.message import Answer, Command, Event, Query, command, event, example
from protocol.refusals import NotFound, OnboardingRequired
from protocol.types import Count, Credits, Millis, PlayerId, ShipId, TeamId


class Aria(msgspec.Struct, frozen=True):
    """The ship's companion: level 1-5, multiplier 1.0-1.5, relationship 0-100."""

    level: int
    multiplier: float
    relationship: int
    interactions: Count


class OwnPlayer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One's own captain. `trade_bonus` is a fraction; `turns_full_at` is absent when the pool is full."""

    player_id: PlayerId
    name: str
    nickname: str | None
    credits: Count
    turns: Count
    max_turns: Count
    tier: str
    color: str
    alignment: int
    rank: str
    rank_level: int
    rank_points: Count
    aria: Aria
    sector_id: int
    citizen: bool
    trade_bonus: float
    onboarding_done: bool
    turns_full_at: Millis | None = None
    station_id: UUID | None = None
    planet_id: UUID | None = None
    ship_id: ShipId | None = None
    team_id: TeamId | None = None


class Ship(msgspec.Struct, frozen=True):
    """A ship with its specification and cargo."""

    ship_id: ShipId
    type: str
    name: str
    specs: dict[str, Any]
    cargo: dict[str, Any]


class SeenPlayer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A captain as the caller may see them: the public card, and for oneself the own record's fields as well."""

    player_id: PlayerId
    name: str
    tier: str
    color: str
    rank: str
    team_tag: str | None = None
    online: bool | None = None
    last_seen_at: Millis | None = None
    nickname: str | None = None
    credits: Count | None = None
    turns: Count | None = None
    max_turns: Count | None = None
    alignment: int | None = None
    rank_level: int | None = None
    rank_points: Count | None = None
    aria: Aria | None = None
    sector_id: int | None = None
    citizen: bool | None = None
    trade_bonus: float | None = None
    onboarding_done: bool | None = None
    turns_full_at: Millis | None = None
    station_id: UUID | None = None
    planet_id: UUID | None = None
    ship_id: ShipId | None = None
    team_id: TeamId | None = None


class Got(Answer, frozen=True):
    """The captain: own record or public card."""

    player: SeenPlayer


@command("player.get", refusals=(NotFound,))
class Get(Query[Got], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A captain's public card; without `player_id` one's own record."""

    player_id: PlayerId | None = None


class TutorialStarted(Answer, frozen=True):
    """The tutorial is begun."""

    tutorial_started: bool


@command("player.start_tutorial", refusals=(OnboardingRequired,))
class StartTutorial(Command[TutorialStarted], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Notes that the captain has begun the tutorial that `onboarding.complete` offers; again is no change. The steps are the client's."""


@event("player.credits_changed", "player")
class CreditsChanged(Event, frozen=True):
    """The captain's credits are this now; `delta` is signed."""

    credits: Count
    delta: Credits
    reason: str


@event("player.ship_awarded", "player")
class ShipAwarded(Event, frozen=True):
    """The captain was given this ship, and flies it now."""

    ship: Ship


@event("player.aria_changed", "player")
class AriaChanged(Event, frozen=True, omit_defaults=True):
    """ARIA and the captain stand like this now."""

    level: int
    multiplier: float
    relationship: int
    interactions: Count | None = None


_POD = Ship(
    ShipId(UUID("01920000-0000-7000-8000-0000000000d1")),
    "ESCAPE_POD",
    "Ada's Escape Pod",
    {"speed": 0.25},
    {"capacity": 50, "used": 0, "contents": {}},
)

example(StartTutorial())
example(TutorialStarted(tutorial_started=True))
example(ShipAwarded(_POD))
example(AriaChanged(level=1, multiplier=1.0, relationship=50, interactions=1))
example(CreditsChanged(credits=0, delta=-10000, reason="team_founding"))
example(Get(player_id=PlayerId(UUID("01920000-0000-7000-8000-000000000002"))))
example(
    Got(
        SeenPlayer(
            PlayerId(UUID("01920000-0000-7000-8000-000000000002")), "Bo", "Neutral", "#FFFFFF", "Recruit", team_tag="LAMP", online=True
        )
    )
)
