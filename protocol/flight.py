"""Where captains are and what they fly, as other parts of the game tell it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from protocol.guard import ShipType
from protocol.message import Answer, Command, Door, Event, command, event, example
from protocol.player import Ship
from protocol.refusals import BadRequest, Conflict, Forbidden, NotFound
from protocol.service import SERVICE
from protocol.treasury import NoCargoSpace
from protocol.types import MOST, Count, PlayerId, Resource, ShipId

SectorNumber = Annotated[int, Meta(ge=0, le=2**31 - 1)]
ShipName = Annotated[str, Meta(min_length=1, max_length=100)]
Load = Annotated[dict[Resource, Annotated[int, Meta(ge=0, le=MOST)]], Meta(max_length=12)]


class Arrived(Answer, frozen=True, omit_defaults=True):
    """Where the captain is now."""

    sector_id: int
    station_id: UUID | None = None
    planet_id: UUID | None = None
    region_id: UUID | None = None


class Updated(Answer, frozen=True, omit_defaults=True):
    """The ship as it is now, and whether the captain flies it. `destroyed` ships are flown by nobody."""

    ship: Ship
    current: bool
    destroyed: bool = False


@command("player.move", refusals=(BadRequest, Forbidden, NotFound), rate=SERVICE, door=Door.SERVICE)
class Move(Command[Arrived], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Puts a captain and the ship they fly into a sector: docked at a station there, landed on a planet there, or in space.

    The region is the sector's; `region_id` is for sectors that have none.
    """

    player_id: PlayerId
    sector_id: SectorNumber
    station_id: UUID | None = None
    planet_id: UUID | None = None
    region_id: UUID | None = None


@command("ship.update", refusals=(BadRequest, Forbidden, NotFound, Conflict, NoCargoSpace), rate=SERVICE, door=Door.SERVICE)
class Update(Command[Updated], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Changes a captain's ship; without `ship_id` builds one of `type`, whole and empty, where the captain is.

    `cargo` says how much there is of the resources it names. A destroyed ship loses its cargo and does not come back. The
    first ship a captain has is flown at once; a later one with `make_current`.
    """

    player_id: PlayerId
    ship_id: ShipId | None = None
    type: ShipType | None = None
    name: ShipName | None = None
    sector_id: SectorNumber | None = None
    cargo: Load | None = None
    insurance: dict[str, Any] | None = None
    destroyed: bool = False
    make_current: bool = False


@event("player.moved", "player")
class Moved(Event, frozen=True, omit_defaults=True):
    """The captain is here now: docked where `station_id` is, landed where `planet_id` is, else in space."""

    sector_id: int
    station_id: UUID | None = None
    planet_id: UUID | None = None


@event("player.ship_updated", "player")
class ShipUpdated(Event, frozen=True):
    """A ship of the captain's is like this now; `current` says whether they fly it."""

    ship: Ship
    current: bool


@event("player.ship_lost", "player")
class ShipLost(Event, frozen=True):
    """A ship of the captain's is no more; who flew it flies none."""

    ship_id: ShipId


_ADA = PlayerId(UUID("01920000-0000-7000-8000-000000000001"))
_SHIP = ShipId(UUID("01920000-0000-7000-8000-0000000000bb"))
_STATION = UUID("ca115700-0003-4000-8000-000000000001")
_REGION = UUID("ca115700-0001-4000-8000-000000000001")
_LARK = Ship(
    _SHIP,
    "SCOUT_SHIP",
    "Lark",
    {"speed": 2.5, "turn_cost": 1, "warp_capable": True},
    {"capacity": 100, "used": 10, "contents": {"fuel": 10}},
)
_LOADED: dict[Resource, Count] = {Resource.FUEL: 10}

example(Move(_ADA, 1, station_id=_STATION))
example(Arrived(1, station_id=_STATION, region_id=_REGION))
example(Update(_ADA, type=ShipType.SCOUT_SHIP, name="Lark", cargo=_LOADED, make_current=True))
example(Updated(_LARK, current=True))
example(Moved(1, station_id=_STATION))
example(ShipUpdated(_LARK, current=True))
example(ShipLost(_SHIP))
