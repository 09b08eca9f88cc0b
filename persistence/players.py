"""Captains: the own record, the card others see, and the few changes that stand on their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from asyncpg import Record

from persistence.database import Db
from persistence.events import millis
from protocol.player import Aria, OwnPlayer, SeenPlayer, Ship
from protocol.refusals import NotFound
from protocol.types import PlayerId, ShipId, TeamId

# Connected: a session held by a gateway whose lease has not run out.
ONLINE = """exists (select from sessions z join gateways g on g.gateway_id = z.gateway_id and g.lease_until > clock_timestamp()
  where z.user_id = p.user_id and z.revoked_at is null)"""
SHOWS_ONLINE = "coalesce((p.settings #>> '{privacy,show_online_status}')::boolean, true)"
NAME = "coalesce(nullif(p.nickname, ''), u.username)"


async def own(db: Db, player: UUID, max_turns: Callable[[str], int], level: Callable[[str], int]) -> OwnPlayer:
    """One's own record. `max_turns` and `level` say what a rank is worth. Raises NotFound."""
    connection = db.raw
    row = await connection.fetchrow(
        f"""select p.*, {NAME} as name, coalesce(f.has_completed_first_login, false) as done from players p join users u on u.id = p.user_id
            left join player_first_login_states f on f.player_id = p.id where p.id = $1""",
        player,
    )
    if row is None:
        raise NotFound
    return OwnPlayer(
        player_id=PlayerId(row["id"]),
        name=row["name"],
        nickname=row["nickname"],
        credits=row["credits"],
        turns=row["turns"],
        max_turns=max_turns(row["military_rank"]),
        tier=row["reputation_tier"],
        color=row["name_color"],
        alignment=row["personal_reputation"],
        rank=row["military_rank"],
        rank_level=level(row["military_rank"]),
        rank_points=row["rank_points"],
        aria=Aria(
            row["aria_consciousness_level"], row["aria_bonus_multiplier"], row["aria_relationship_score"], row["aria_total_interactions"]
        ),
        sector_id=row["current_sector_id"],
        citizen=row["is_galactic_citizen"],
        trade_bonus=row["trade_bonus"],
        onboarding_done=row["done"],
        turns_full_at=millis(row["turn_reset_at"]) if row["turn_reset_at"] is not None else None,
        station_id=row["current_port_id"],
        planet_id=row["current_planet_id"],
        ship_id=ShipId(row["current_ship_id"]) if row["current_ship_id"] else None,
        team_id=TeamId(row["team_id"]) if row["team_id"] else None,
    )


async def card(db: Db, player: UUID) -> SeenPlayer:
    """The card others see. Raises NotFound, also for a captain who was deactivated or deleted."""
    connection = db.raw
    row = await connection.fetchrow(
        f"""select p.id, {NAME} as name, p.reputation_tier, p.name_color, p.military_rank, t.tag,
              case when {SHOWS_ONLINE} then {ONLINE} end as online,
              case when {SHOWS_ONLINE} then (select max(z.last_seen_at) from sessions z where z.user_id = p.user_id) end as seen
            from players p join users u on u.id = p.user_id left join teams t on t.id = p.team_id
            where p.id = $1 and p.is_active and u.is_active and not u.deleted""",
        player,
    )
    if row is None:
        raise NotFound
    return SeenPlayer(
        player_id=PlayerId(row["id"]),
        name=row["name"],
        tier=row["reputation_tier"],
        color=row["name_color"],
        rank=row["military_rank"],
        team_tag=row["tag"],
        online=row["online"],
        last_seen_at=millis(row["seen"]) if row["seen"] is not None else None,
    )


async def name_of(db: Db, player: UUID) -> str:
    """The display name: nickname, else username. Raises NotFound."""
    connection = db.raw
    found = await connection.fetchval(f"select {NAME} from players p join users u on u.id = p.user_id where p.id = $1", player)
    if found is None:
        raise NotFound
    return str(found)


async def by_nickname(db: Db, nickname: str) -> PlayerId:
    """The captain of this nickname, whatever its case. Raises NotFound."""
    found = await db.raw.fetchval("select id from players where lower(nickname) = lower($1)", nickname)
    if found is None:
        raise NotFound
    return PlayerId(found)


async def reachable_settings(db: Db, player: UUID) -> dict[str, Any]:
    """The stored preferences of a captain who can be reached. Raises NotFound for one deactivated or deleted."""
    row = await db.raw.fetchrow(
        "select p.settings from players p join users u on u.id = p.user_id where p.id = $1 and p.is_active and u.is_active and not u.deleted",
        player,
    )
    if row is None:
        raise NotFound
    return _json(row[0])


async def current_ship(db: Db, player: UUID) -> Ship | None:
    """The ship a captain flies, or None."""
    connection = db.raw
    row = await connection.fetchrow("select s.* from players p join ships s on s.id = p.current_ship_id where p.id = $1", player)
    return as_ship(row) if row is not None else None


def as_ship(row: Record) -> Ship:
    """A ship's row as the wire has it."""
    combat = _json(row["combat"])
    specs = {"speed": row["base_speed"], "turn_cost": row["turn_cost"], "warp_capable": row["warp_capable"], **combat}
    return Ship(ShipId(row["id"]), row["type"], row["name"], specs, _json(row["cargo"]))


async def settings(db: Db, player: UUID) -> dict[str, Any]:
    """The stored preferences."""
    connection = db.raw
    return _json(await connection.fetchval("select settings from players where id = $1", player))


async def lock_settings(db: Db, player: UUID) -> dict[str, Any]:
    """The stored preferences, the captain's row held until commit."""
    return _json(await db.raw.fetchval("select settings from players where id = $1 for no key update", player))


async def store_settings(db: Db, player: UUID, settings: dict[str, Any]) -> None:
    """Replaces the stored preferences."""
    await db.raw.execute("update players set settings = $2::text::jsonb where id = $1", player, msgspec.json.encode(settings).decode())


def _json(value: object) -> dict[str, Any]:
    # asyncpg gives jsonb as text, unless SQLAlchemy taught this connection better.
    found = msgspec.json.decode(value) if isinstance(value, (str, bytes)) else value
    return found if isinstance(found, dict) else {}
