"""The rows every installation has: the small world, the factions, the rarity table."""

from tests.persistence.conftest import APP, Database

HOME = {
    "terran_federation": "Sol Anchorage",
    "mercantile_guild": "Merchant's Nexus TradeDock",
    "frontier_coalition": "New Horizon Station",
    "astral_mining_consortium": "Refinery Alpha",
    "nova_scientific_institute": "Nova Prime",
    "fringe_alliance": "The Drift",
    "galactic_concord": "Nexus Concourse",
}


async def test_the_world_is_as_large_as_promised(migrated: Database) -> None:
    db = await migrated.connect(APP)
    counts = {"regions": 3, "sectors": 60, "stations": 12, "planets": 10, "factions": 9, "ship_rarity_configs": 8}
    for table, count in counts.items():
        assert await db.fetchval(f"select count(*) from {table}") == count, table
    assert await db.fetchval("select count(*) from stations where services ? 'insurance'") == 4
    assert await db.fetchval("select sum(total_sectors) from regions") == 60
    await db.close()


async def test_sector_one_is_sol_in_terran_space(migrated: Database) -> None:
    db = await migrated.connect(APP)
    row = await db.fetchrow(
        "select s.name, r.region_type, s.id::text from sectors s join regions r on r.id = s.region_id where s.sector_id = 1"
    )
    assert tuple(row) == ("Sol", "terran_space", "ca115700-0002-4000-8000-000000000001")
    await db.close()


async def test_each_faction_with_a_home_has_a_station_there(migrated: Database) -> None:
    db = await migrated.connect(APP)
    rows = await db.fetch(
        "select f.code, t.name from factions f join sectors s on s.id = f.home_sector_id"
        " join stations t on t.sector_id = s.sector_id and t.faction_affiliation = f.code"
    )
    assert {row["code"]: row["name"] for row in rows} == HOME
    await db.close()


async def test_the_thresholds_are_those_after_all_migrations(migrated: Database) -> None:
    db = await migrated.connect(APP)
    rows = await db.fetch("select * from ship_rarity_configs order by rarity_tier, spawn_chance desc")
    seen = [(r["ship_type"], r["base_credits"], r["weak_threshold"], r["average_threshold"], r["strong_threshold"]) for r in rows]
    assert seen[0] == ("ESCAPE_POD", 1000, 0.30, 0.30, 0.30)
    assert seen[3] == ("FAST_COURIER", 3000, 0.75, 0.65, 0.55)
    assert seen[7] == ("CARRIER", 15000, 0.95, 0.85, 0.75)
    await db.close()
