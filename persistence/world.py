"""The small world around captains, as it is read."""

from __future__ import annotations

import msgspec

from persistence.database import Db
from protocol.service import Planet, Region, Sector, Station, World


async def everything(db: Db) -> World:
    """Regions by name, sectors by number, stations and planets by sector and name."""
    regions = await db.raw.fetch("select id::text, name, display_name, region_type, status from regions order by name")
    sectors = await db.raw.fetch(
        "select sector_id, name, type::text, hazard_level, region_id::text, controlling_faction from sectors order by sector_id"
    )
    stations = await db.raw.fetch(
        """select id::text, name, sector_id, type::text, station_class::text, status::text, services::text, faction_affiliation
           from stations order by sector_id, name"""
    )
    planets = await db.raw.fetch("select id::text, name, sector_id, type::text, status::text from planets order by sector_id, name")
    return World(
        [Region(*row) for row in regions],
        [Sector(*row) for row in sectors],
        [Station(row[0], row[1], row[2], row[3], row[4], row[5], msgspec.json.decode(row[6]), row[7]) for row in stations],
        [Planet(*row) for row in planets],
    )
