"""The service door: what other parts of the game may ask, and its batches. Who may ask what is a scope: the noun before the dot."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from protocol.message import Answer, Command, Door, Event, Query, Rate, command, event, example
from protocol.refusals import Forbidden
from protocol.types import CommandId

SERVICE = Rate("service", limit=2_000, per_s=1.0)
"""One generous class for everything a service asks: it speaks for many captains."""

Points = Annotated[int, Meta(ge=-2_000, le=2_000)]
Reason = Annotated[str, Meta(min_length=1, max_length=255)]
Announcement = Annotated[str, Meta(min_length=1, max_length=2_000, description="May hold newlines.")]


class Announced(Answer, frozen=True):
    """Everybody who is connected hears it, and everybody else when they come back."""


class Sector(msgspec.Struct, frozen=True, omit_defaults=True):
    """A place, by the number captains call it."""

    sector_id: int
    name: str
    type: str
    hazard_level: int
    region_id: str | None = None
    controlling_faction: str | None = None


class Region(msgspec.Struct, frozen=True):
    """A part of the galaxy."""

    region_id: str
    name: str
    display_name: str
    type: str
    status: str


class Station(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somewhere to dock."""

    station_id: str
    name: str
    sector_id: int
    type: str
    station_class: str
    status: str
    services: dict[str, Any] | list[Any]
    faction: str | None = None


class Planet(msgspec.Struct, frozen=True):
    """Somewhere to land."""

    planet_id: str
    name: str
    sector_id: int
    type: str
    status: str


class World(Answer, frozen=True):
    """The whole small world, every list by number or name."""

    regions: list[Region]
    sectors: list[Sector]
    stations: list[Station]
    planets: list[Planet]


@command("announce", refusals=(Forbidden,), rate=SERVICE, door=Door.SERVICE)
class Announce(Command[Announced], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Tells something to everybody."""

    text: Announcement


@command("world", refusals=(Forbidden,), rate=SERVICE, door=Door.SERVICE)
class ReadWorld(Query[World], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Regions, sectors, stations and planets."""


@event("system.announced", "system")
class SystemAnnounced(Event, frozen=True):
    """The game tells everybody something."""

    text: str


class BatchItem(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One command of a batch, as a frame of the socket: name, id, fields."""

    t: Annotated[str, Meta(min_length=1, max_length=64)]
    id: CommandId
    d: dict[str, Any] = {}


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Commands that are performed one after the other, each on its own: what one is refused does not stop the next.

    Every element is a `BatchItem`; one that is not is refused by itself.
    """

    commands: Annotated[list[Any], Meta(min_length=1, max_length=100)]


class BatchResults(msgspec.Struct, frozen=True):
    """What each command of a batch came to, in their order: its answer frame as on a socket."""

    results: list[dict[str, Any]]


example(Announce("The gate at Ferryman's Rest opens at noon."))
example(Announced())
example(ReadWorld())
example(
    World(
        [Region("ca115700-0001-4000-8000-000000000001", "terran-space", "Terran Space", "terran_space", "active")],
        [Sector(1, "Sol", "STANDARD", 0, "ca115700-0001-4000-8000-000000000001", "terran_federation")],
        [Station("ca115700-0003-4000-8000-000000000001", "Sol Gate", 1, "TRADE", "CAPITAL", "OPERATIONAL", {}, "terran_federation")],
        [Planet("ca115700-0004-4000-8000-000000000001", "Halcyon", 1, "TERRAN", "DEVELOPED")],
    )
)
example(SystemAnnounced("The gate at Ferryman's Rest opens at noon."))
