"""The small world around a captain: places, hulls, holdings, factions. Other domains own it; here it is as much as keys need."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from persistence.tables.base import (
    Base,
    BigZero,
    Born,
    EmptyList,
    Id,
    Json,
    No,
    Ordered,
    Str7,
    Str50,
    Str100,
    Str255,
    Yes,
    Zero,
    labels,
    one_of,
)  # fmt: skip
from persistence.tables.onboardings import SHIPS

SECTOR_TYPE = labels(
    "sector_type",
    "STANDARD", "NEBULA", "ASTEROID_FIELD", "BLACK_HOLE", "STAR_CLUSTER", "VOID", "INDUSTRIAL", "AGRICULTURAL", "FORBIDDEN",
    "WORMHOLE", "ANOMALY", "RADIATION_ZONE", "WARP_STORM",
)  # fmt: skip
SHIP_TYPE = labels("ship_type", *SHIPS)
SHIP_STATUS = labels("ship_status", "DOCKED", "IN_SPACE", "LANDED", "IN_REPAIR", "DESTROYED")
STATION_TYPE = labels("station_type", "TRADE", "INDUSTRIAL", "RESEARCH", "MILITARY", "FREEPORT")
STATION_CLASS = labels("station_class", "OUTPOST", "STANDARD", "HUB", "CAPITAL")
STATION_STATUS = labels("station_status", "OPERATIONAL", "DAMAGED", "CLOSED")
PLANET_TYPE = labels("planet_type", "TERRAN", "OCEANIC", "DESERT", "ICE", "VOLCANIC", "GAS_GIANT", "BARREN")
PLANET_STATUS = labels("planet_status", "UNCLAIMED", "COLONY", "DEVELOPED", "ABANDONED")
FACTION_TYPE = labels(
    "factiontype",
    "Federation", "Independents", "Pirates", "Merchants", "Explorers", "Military", "Mining", "Outlaws", "Syndicate", "Concord",
)  # fmt: skip
GENESIS_TYPE = labels("genesis_type", "STANDARD", "ENHANCED", "SPECIALIZED", "ADVANCED", "EXPERIMENTAL", "QUANTUM")
GENESIS_STATUS = labels("genesis_status", "INACTIVE", "DEPLOYING", "ACTIVE", "COMPLETED", "FAILED", "UNSTABLE", "ABORTED")


class Region(Base):
    """A part of the galaxy with rules of its own."""

    __tablename__ = "regions"

    id: Mapped[Id]
    name: Mapped[Str255]
    display_name: Mapped[Str255]
    region_type: Mapped[Str50]
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    status: Mapped[Str50] = mapped_column(server_default="active")
    starting_credits: Mapped[int] = mapped_column(server_default="1000")
    starting_ship: Mapped[Str50] = mapped_column(server_default="ESCAPE_POD")
    total_sectors: Mapped[Zero]
    created_at: Mapped[Born]

    __table_args__ = (
        CheckConstraint(one_of("region_type", "central_nexus", "terran_space", "player_owned"), "region_type"),
        CheckConstraint("starting_credits >= 100", "starting_credits"),
        CheckConstraint("total_sectors >= 0", "total_sectors"),
        Index("uq_regions_name", text("lower(name)"), unique=True),
    )


class Sector(Base):
    """A place. Captains call it by its number, `sector_id`, which is unique in the whole galaxy."""

    __tablename__ = "sectors"

    id: Mapped[Id]
    sector_id: Mapped[int] = mapped_column(unique=True)
    region_id: Mapped[UUID | None] = mapped_column(ForeignKey("regions.id", ondelete="SET NULL"), index=True)
    name: Mapped[Str100]
    type: Mapped[str] = mapped_column(SECTOR_TYPE, server_default="STANDARD")
    is_discovered: Mapped[No]
    discovered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("players.id", ondelete="SET NULL"), index=True)
    x_coord: Mapped[Zero]
    y_coord: Mapped[Zero]
    z_coord: Mapped[Zero]
    hazard_level: Mapped[Zero]
    controlling_faction: Mapped[Str50 | None]
    controlling_team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"), index=True)

    __table_args__ = (CheckConstraint("hazard_level between 0 and 10", "hazard_level"),)


class Ship(Base):
    """A hull and what is in it: `cargo` is {capacity, used, contents}."""

    __tablename__ = "ships"

    id: Mapped[Id]
    name: Mapped[Str100]
    type: Mapped[str] = mapped_column(SHIP_TYPE)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"), index=True)
    sector_id: Mapped[int]
    base_speed: Mapped[float]
    current_speed: Mapped[float]
    turn_cost: Mapped[int]
    warp_capable: Mapped[No]
    is_active: Mapped[Yes]
    status: Mapped[str] = mapped_column(SHIP_STATUS, server_default="DOCKED")
    maintenance: Mapped[Json]
    cargo: Mapped[Json]
    combat: Mapped[Json]
    insurance: Mapped[Json | None]
    genesis_devices: Mapped[Zero]
    mines: Mapped[Zero]
    is_destroyed: Mapped[No]
    is_flagship: Mapped[No]
    purchase_value: Mapped[BigZero]
    current_value: Mapped[BigZero]
    created_at: Mapped[Born]
    last_updated: Mapped[Born] = mapped_column(onupdate=func.now())

    __table_args__ = (
        CheckConstraint("base_speed >= 0 and current_speed >= 0 and turn_cost >= 0", "motion"),
        CheckConstraint("genesis_devices >= 0 and mines >= 0", "equipment"),
        CheckConstraint("purchase_value >= 0 and current_value >= 0", "worth"),
    )


class Station(Base):
    """Somewhere to dock. `services` lists what is to be had there, `faction_affiliation` is a faction's code."""

    __tablename__ = "stations"

    id: Mapped[Id]
    name: Mapped[Str100]
    sector_id: Mapped[int] = mapped_column(index=True)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("players.id", ondelete="SET NULL"), index=True)
    type: Mapped[str] = mapped_column(STATION_TYPE)
    station_class: Mapped[str] = mapped_column(STATION_CLASS)
    status: Mapped[str] = mapped_column(STATION_STATUS, server_default="OPERATIONAL")
    faction_affiliation: Mapped[Str50 | None]
    services: Mapped[EmptyList]
    reputation_threshold: Mapped[Zero]


class Planet(Base):
    """Somewhere to land."""

    __tablename__ = "planets"

    id: Mapped[Id]
    name: Mapped[Str100]
    sector_id: Mapped[int] = mapped_column(index=True)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("players.id", ondelete="SET NULL"), index=True)
    type: Mapped[str] = mapped_column(PLANET_TYPE)
    status: Mapped[str] = mapped_column(PLANET_STATUS, server_default="UNCLAIMED")
    population: Mapped[BigZero]
    reserved_for_player_id: Mapped[UUID | None] = mapped_column(ForeignKey("players.id", ondelete="SET NULL"), index=True)

    __table_args__ = (CheckConstraint("population >= 0", "population"),)


class PlayerPlanet(Base):
    """A planet a captain holds."""

    __tablename__ = "player_planets"

    player_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"), primary_key=True)
    planet_id: Mapped[UUID] = mapped_column(ForeignKey("planets.id", ondelete="CASCADE"), primary_key=True, index=True)
    acquired_at: Mapped[Born]


class PlayerStation(Base):
    """A station a captain holds."""

    __tablename__ = "player_stations"

    player_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"), primary_key=True)
    station_id: Mapped[UUID] = mapped_column(ForeignKey("stations.id", ondelete="CASCADE"), primary_key=True, index=True)
    acquired_at: Mapped[Born]


class Faction(Base):
    """A power of the galaxy. Written by migrations only. `code` is what the wire says."""

    __tablename__ = "factions"

    id: Mapped[Id]
    code: Mapped[Ordered] = mapped_column(unique=True)
    name: Mapped[Str100]
    faction_type: Mapped[str] = mapped_column(FACTION_TYPE)
    description: Mapped[str | None]
    territory_sectors: Mapped[list[UUID]] = mapped_column(server_default="{}")
    home_sector_id: Mapped[UUID | None] = mapped_column(ForeignKey("sectors.id", ondelete="SET NULL"), index=True)
    base_pricing_modifier: Mapped[float] = mapped_column(server_default="1")
    trade_specialties: Mapped[list[str]] = mapped_column(server_default="{}")
    aggression_level: Mapped[int] = mapped_column(server_default="5")
    diplomacy_stance: Mapped[Str50] = mapped_column(server_default="neutral")
    color_primary: Mapped[Str7 | None]
    color_secondary: Mapped[Str7 | None]
    logo_url: Mapped[Str255 | None]
    created_at: Mapped[Born]
    updated_at: Mapped[Born]

    __table_args__ = (
        CheckConstraint("aggression_level between 1 and 10", "aggression_level"),
        CheckConstraint("color_primary ~ '^#[0-9A-F]{6}$' and color_secondary ~ '^#[0-9A-F]{6}$'", "colors"),
        Index("uq_factions_name", text("lower(name)"), unique=True),
    )


class GenesisDevice(Base):
    """One world-making device; the counter on the captain's row is not derived from these."""

    __tablename__ = "genesis_devices"

    id: Mapped[Id]
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"), index=True)
    name: Mapped[Str100]
    serial_number: Mapped[Str50] = mapped_column(unique=True)
    type: Mapped[str] = mapped_column(GENESIS_TYPE, server_default="STANDARD")
    status: Mapped[str] = mapped_column(GENESIS_STATUS, server_default="INACTIVE")
    ship_id: Mapped[UUID | None] = mapped_column(ForeignKey("ships.id", ondelete="SET NULL"), index=True)
    sector_id: Mapped[int | None]
    planet_id: Mapped[UUID | None] = mapped_column(ForeignKey("planets.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[Born]
