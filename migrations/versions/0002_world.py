"""Rows that are always the same: ship rarities, factions, and the small world. docs/world.md lists them.

Ids are fixed: `ca115700-000K-4000-8000-` and the number in twelve digits, K being 1 region, 2 sector, 3 station, 4 planet,
5 faction, 6 rarity.
"""

import json
from collections.abc import Iterable

from migrations import ddl

revision = "0002"
down_revision = "0001f"
branch_labels = None
depends_on = None

REGION, SECTOR, STATION, PLANET, FACTION, RARITY = range(1, 7)

# ship, tier, spawn chance, base credits, thresholds weak / average / strong; domain.md 2.4, "after all migrations"
RARITIES = (
    ("ESCAPE_POD", 1, 100, 1000, 0.30, 0.30, 0.30),
    ("LIGHT_FREIGHTER", 2, 50, 2500, 0.55, 0.50, 0.45),
    ("SCOUT_SHIP", 3, 25, 2000, 0.55, 0.50, 0.45),
    ("FAST_COURIER", 3, 20, 3000, 0.75, 0.65, 0.55),
    ("CARGO_HAULER", 4, 10, 5000, 0.80, 0.70, 0.60),
    ("DEFENDER", 5, 5, 7000, 0.85, 0.75, 0.65),
    ("COLONY_SHIP", 6, 3, 10000, 0.90, 0.80, 0.70),
    ("CARRIER", 7, 1, 15000, 0.95, 0.85, 0.75),
)

# number, name, display name, type, starting credits, first and last sector
REGIONS = (
    (1, "terran-space", "Terran Space", "terran_space", 10000, 1, 35),
    (2, "central-nexus", "Central Nexus", "central_nexus", 10000, 36, 45),
    (3, "lanternreach", "Lanternreach", "player_owned", 10000, 46, 60),
)

SECTOR_NAMES = (
    "Sol", "Ferryman's Rest", "Copperline", "Tallow Gate", "Merchant's Nexus", "Harrow", "Little Anvil", "Brightwater", "Oxbow",
    "Cinder Row", "Marrow Field", "Refinery Alpha", "Slagfall", "The Sieve", "Pale Orchard", "Gannet", "Lowlight", "Thimble",
    "Nova Prime", "Glasshouse", "Ember Veil", "Quiet Choir", "Halfway", "Stonewake", "Saltmarsh", "Dry Harbour", "Kestrel's Turn",
    "New Horizon", "Plough", "Wide Acre", "Fallow", "Longfence", "Gravel Bend", "Outer Lamp", "Last Kettle",
    "Central Nexus", "First Spoke", "Second Spoke", "Third Spoke", "Fourth Spoke", "Rimlock", "Tollkeeper", "The Sextant",
    "Arbiter's Bench", "Nine Doors",
    "Lantern", "Wickfold", "Moth Shoal", "Tinder", "Soot Narrows", "The Drift", "Hollow Tide", "Blackglass", "Gutter", "Snuffer's Deep",
    "Rattle", "Wraithmere", "Coldspark", "Farcandle", "Nightfall Verge",
)  # fmt: skip

SECTOR_TYPES = {
    "ASTEROID_FIELD": (11, 13, 14), "INDUSTRIAL": (5, 7, 12, 36), "AGRICULTURAL": (8, 15, 29, 30, 31), "NEBULA": (20, 21, 48),
    "STAR_CLUSTER": (22, 46), "VOID": (17, 52), "ANOMALY": (43, 57), "RADIATION_ZONE": (50,), "BLACK_HOLE": (55,), "WARP_STORM": (56,),
    "WORMHOLE": (45,), "FORBIDDEN": (44,),
}  # fmt: skip
HAZARDS = {"ASTEROID_FIELD": 3, "NEBULA": 2, "VOID": 2, "ANOMALY": 4, "RADIATION_ZONE": 6, "BLACK_HOLE": 9, "WARP_STORM": 7, "FORBIDDEN": 5}

# code, name, type, aggression, stance, colours, home sector, core sectors; domain.md 3.13
FACTIONS = (
    ("terran_federation", "Terran Federation", "Federation", 4, "friendly", "#0066CC", "#FFFFFF", 1, (1, 2, 3, 4)),
    ("mercantile_guild", "Mercantile Guild", "Merchants", 2, "neutral", "#009900", "#FFCC00", 5, (5,)),
    ("frontier_coalition", "Frontier Coalition", "Independents", 6, "neutral", "#FF9900", "#333333", 28, (28,)),
    ("astral_mining_consortium", "Astral Mining Consortium", "Mining", 5, "neutral", "#8B5A2B", "#333333", 12, (12,)),
    ("nova_scientific_institute", "Nova Scientific Institute", "Explorers", 3, "friendly", "#6600CC", "#CCCCCC", 19, (19,)),
    ("fringe_alliance", "Fringe Alliance", "Outlaws", 7, "hostile", "#996600", "#000000", 51, (51,)),
    ("shadow_syndicate", "Shadow Syndicate", "Syndicate", 6, "hostile", "#1A1A2E", "#C9A227", None, ()),
    ("pirates", "Pirates", "Pirates", 10, "hostile", "#CC0000", "#000000", None, ()),
    ("galactic_concord", "Galactic Concord", "Concord", 5, "neutral", "#4A5568", "#E2E8F0", 36, (36,)),
)
PORTRAITS = (
    "Keeps the peace of the old worlds and the law of the lanes between them.",
    "Buys, sells, insures; forgives anything but a broken contract.",
    "Settlers who left early and mean to owe nobody.",
    "Digs, smelts, and counts every tonne.",
    "Asks what is out there, and pays those who look.",
    "Whoever fits nowhere else, in a place that is never quite where it was.",
    "Deals in what is not for sale.",
    "Takes.",
    "Holds the middle of the map, and the balance.",
)

# name, sector, faction, type, class, services
STATIONS = (
    ("Sol Anchorage", 1, "terran_federation", "TRADE", "CAPITAL", ("trade", "repair", "refuel", "insurance")),
    ("Copperline Yard", 3, "terran_federation", "INDUSTRIAL", "STANDARD", ("repair", "refuel")),
    ("Merchant's Nexus TradeDock", 5, "mercantile_guild", "TRADE", "HUB", ("trade", "refuel", "insurance")),
    ("Anvil Works", 7, "mercantile_guild", "INDUSTRIAL", "STANDARD", ("trade", "repair")),
    ("Refinery Alpha", 12, "astral_mining_consortium", "INDUSTRIAL", "HUB", ("trade", "refinery", "refuel")),
    ("Nova Prime", 19, "nova_scientific_institute", "RESEARCH", "HUB", ("trade", "scanners", "refuel")),
    ("Halfway Lights", 23, None, "FREEPORT", "OUTPOST", ("trade", "refuel")),
    ("New Horizon Station", 28, "frontier_coalition", "TRADE", "HUB", ("trade", "repair", "refuel", "insurance")),
    ("Nexus Concourse", 36, "galactic_concord", "TRADE", "CAPITAL", ("trade", "repair", "refuel", "insurance")),
    ("Tollkeeper's Lodge", 42, "galactic_concord", "MILITARY", "STANDARD", ("refuel",)),
    ("Lantern Quay", 46, None, "FREEPORT", "STANDARD", ("trade", "repair", "refuel")),
    ("The Drift", 51, "fringe_alliance", "FREEPORT", "HUB", ("trade", "repair")),
)

# name, sector, type, status, population
PLANETS = (
    ("Earth", 1, "TERRAN", "DEVELOPED", 8_000_000_000), ("Mars", 1, "DESERT", "DEVELOPED", 40_000_000),
    ("Brightwater", 8, "OCEANIC", "COLONY", 1_200_000), ("Orchard", 15, "TERRAN", "COLONY", 900_000),
    ("Slag", 13, "VOLCANIC", "UNCLAIMED", 0), ("Vitrine", 20, "ICE", "UNCLAIMED", 0), ("Wide Acre", 30, "TERRAN", "COLONY", 350_000),
    ("Bellows", 37, "GAS_GIANT", "UNCLAIMED", 0), ("Wick", 47, "DESERT", "UNCLAIMED", 0), ("Farcandle", 59, "BARREN", "UNCLAIMED", 0),
)  # fmt: skip


def upgrade() -> None:
    """Rows that are always the same."""
    kinds = {number: kind for kind, numbers in SECTOR_TYPES.items() for number in numbers}
    holders = {number: faction[0] for faction in FACTIONS for number in faction[8]}
    _add(
        "regions (id, name, display_name, region_type, starting_credits, total_sectors)",
        ((_id(REGION, n), name, shown, kind, credits, last - first + 1) for n, name, shown, kind, credits, first, last in REGIONS),
    )
    _add(
        "sectors (id, sector_id, region_id, name, type, is_discovered, x_coord, y_coord, z_coord, hazard_level, controlling_faction)",
        (
            (_id(SECTOR, n), n, _id(REGION, _region(n)), name, kind, True, *_place(n), HAZARDS.get(kind, 0), holders.get(n))
            for n, name in enumerate(SECTOR_NAMES, 1)
            for kind in [kinds.get(n, "STANDARD")]
        ),
    )
    _add(
        "stations (id, name, sector_id, faction_affiliation, type, station_class, services)",
        (
            (_id(STATION, n), name, sector, faction, kind, size, json.dumps(services))
            for n, (name, sector, faction, kind, size, services) in enumerate(STATIONS, 1)
        ),
    )
    _add(
        "planets (id, name, sector_id, type, status, population)",
        ((_id(PLANET, n), *planet) for n, planet in enumerate(PLANETS, 1)),
    )
    _add(
        "factions (id, code, name, faction_type, description, territory_sectors, home_sector_id, aggression_level, diplomacy_stance,"
        " color_primary, color_secondary)",
        (
            (
                *(_id(FACTION, n), code, name, kind, PORTRAITS[n - 1], "{" + ",".join(_id(SECTOR, s) for s in core) + "}"),
                *(home and _id(SECTOR, home), aggression, stance, first, second),
            )
            for n, (code, name, kind, aggression, stance, first, second, home, core) in enumerate(FACTIONS, 1)
        ),
    )
    _add(
        "ship_rarity_configs (id, ship_type, rarity_tier, spawn_chance, base_credits, weak_threshold, average_threshold, strong_threshold)",
        ((_id(RARITY, n), *rarity) for n, rarity in enumerate(RARITIES, 1)),
    )


def downgrade() -> None:
    """An empty world. Captains in it lose their place."""
    ddl.script("""
UPDATE players SET is_docked = false, current_port_id = null, is_landed = false, current_planet_id = null;
DELETE FROM ship_rarity_configs;
DELETE FROM factions;
DELETE FROM planets;
DELETE FROM stations;
DELETE FROM sectors;
DELETE FROM regions;
""")


def _id(kind: int, number: int) -> str:
    return f"ca115700-{kind:04d}-4000-8000-{number:012d}"


def _region(sector: int) -> int:
    return next(number for number, *_, first, last in REGIONS if first <= sector <= last)


def _place(sector: int) -> tuple[int, int, int]:
    return (sector - 1) % 10 * 10, (sector - 1) // 10 * 10, sector * 7 % 11 - 5


def _add(into: str, rows: Iterable[tuple[object, ...]]) -> None:
    ddl.statement(f"insert into {into} values\n" + ",\n".join(f"({', '.join(map(_literal, row))})" for row in rows))


def _literal(value: object) -> str:
    if value is None:
        return "null"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)
