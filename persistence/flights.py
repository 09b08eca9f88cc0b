"""Where captains are and which ships they have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from persistence import players
from persistence.database import Db
from protocol.guard import ShipType
from protocol.player import Ship
from protocol.refusals import NotFound
from protocol.types import PlayerId, Resource, ShipId


class Place(NamedTuple):
    """Where a captain is: docked where `station_id` is, landed where `planet_id` is, else in space."""

    sector_id: int
    station_id: UUID | None
    planet_id: UUID | None
    region_id: UUID | None


class Hull(NamedTuple):
    """A ship to be built: `worth` is its price in credits."""

    type: ShipType
    name: str
    speed: float
    turn_cost: int
    warp_capable: bool
    cargo: Mapping[str, object]
    combat: Mapping[str, object]
    worth: int


class Held(NamedTuple):
    """A ship whose row is held until commit, and whether its captain flies it."""

    ship: Ship
    current: bool
    destroyed: bool


async def hold_place(db: Db, player: PlayerId) -> Place:
    """Where the captain is, the captain's row held until commit. Raises NotFound."""
    row = await db.raw.fetchrow(
        "select current_sector_id, current_port_id, current_planet_id, current_region_id from players where id = $1 for no key update",
        player,
    )
    if row is None:
        raise NotFound
    return Place(*row)


async def region_of(db: Db, sector: int, station: UUID | None, planet: UUID | None, region: UUID | None) -> UUID | None:
    """The region of a sector, or `region` for one that has none. Raises NotFound unless all that is named is there."""
    row = await db.raw.fetchrow(
        """select s.region_id, $2::uuid is null or exists (select from stations t where t.id = $2 and t.sector_id = s.sector_id),
             $3::uuid is null or exists (select from planets t where t.id = $3 and t.sector_id = s.sector_id),
             $4::uuid is null or exists (select from regions r where r.id = $4)
           from sectors s where s.sector_id = $1""",
        sector, station, planet, region,
    )  # fmt: skip
    if row is None or not (row[1] and row[2] and row[3]):
        raise NotFound
    found: UUID | None = row[0] or region
    return found


async def move(db: Db, player: PlayerId, to: Place) -> None:
    """Puts a held captain somewhere, with the ship they fly."""
    await db.raw.execute(
        """update players set current_sector_id = $2, current_port_id = $3, is_docked = $3::uuid is not null, current_planet_id = $4,
             is_landed = $4::uuid is not null, current_region_id = $5 where id = $1""",
        player, *to,
    )  # fmt: skip
    await db.raw.execute(
        """update ships set sector_id = $2, last_updated = clock_timestamp(),
             status = (case when $3::uuid is not null then 'DOCKED' when $4::uuid is not null then 'LANDED' else 'IN_SPACE' end)::ship_status
           where id = (select current_ship_id from players where id = $1) and not is_destroyed""",
        player, *to[:3],
    )  # fmt: skip


async def hold_ship(db: Db, player: PlayerId, ship: ShipId) -> Held:
    """A ship of the captain's, its row held until commit. Raises NotFound, also for somebody else's."""
    row = await db.raw.fetchrow("select * from ships where id = $1 and owner_id = $2 for no key update", ship, player)
    if row is None:
        raise NotFound
    current = await db.raw.fetchval("select current_ship_id from players where id = $1", player)
    return Held(players.as_ship(row), current == ship, row["is_destroyed"])


async def build(db: Db, ship: ShipId, owner: PlayerId, hull: Hull, at: datetime) -> None:
    """Makes a captain's ship where the captain is; one who flies none flies it."""
    maintenance = {"condition": 100.0, "last_maintenance": at, "next_maintenance": None, "repair_needed": False}
    await db.raw.execute(
        """insert into ships (id, name, type, owner_id, sector_id, base_speed, current_speed, turn_cost, warp_capable, status, maintenance, cargo,
             combat, purchase_value, current_value, created_at, last_updated)
           select $1, $3, $4, p.id, p.current_sector_id, $5, $5, $6, $7,
             (case when p.is_docked then 'DOCKED' when p.is_landed then 'LANDED' else 'IN_SPACE' end)::ship_status,
             $8::text::jsonb, $9::text::jsonb, $10::text::jsonb, $11, $11, $12, $12 from players p where p.id = $2""",
        ship, owner, hull.name, hull.type.value, hull.speed, hull.turn_cost, hull.warp_capable,
        _json(maintenance), _json(hull.cargo), _json(hull.combat), hull.worth, at,
    )  # fmt: skip
    await db.raw.execute("update players set current_ship_id = $2 where id = $1 and current_ship_id is null", owner, ship)


async def change(
    db: Db, player: PlayerId, ship: ShipId, name: str | None, sector: int | None, insurance: Mapping[str, object] | None, current: bool
) -> None:
    """Changes what is named of a held ship; an empty insurance is none. With `current` its captain flies it."""
    await db.raw.execute(
        """update ships set name = coalesce($2, name), sector_id = coalesce($3, sector_id), last_updated = clock_timestamp(),
             insurance = case when $4::text is null then insurance else nullif($4::text::jsonb, '{}') end where id = $1""",
        ship, name, sector, None if insurance is None else _json(insurance),
    )  # fmt: skip
    if current:
        await db.raw.execute("update players set current_ship_id = $2 where id = $1", player, ship)


async def loaded(db: Db, ship: ShipId) -> list[Resource]:
    """What there is some of in a ship's hold."""
    rows = await db.raw.fetch(
        "select resource from accounts_ledger where owner_kind = 'ship' and owner_id = $1 and balance <> 0 order by resource", ship
    )
    return [Resource(row[0]) for row in rows]


async def lose(db: Db, player: PlayerId, ship: ShipId) -> None:
    """Ends a held ship; who flew it flies none."""
    await db.raw.execute(
        "update ships set is_destroyed = true, is_active = false, status = 'DESTROYED', last_updated = clock_timestamp() where id = $1",
        ship,
    )
    await db.raw.execute("update players set current_ship_id = null where id = $1 and current_ship_id = $2", player, ship)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
