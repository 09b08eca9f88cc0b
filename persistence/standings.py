"""What factions think of captains, and what a captain is worth: the rows, their trails and the mirrors on the captain's row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from asyncpg import Record
from uuid_utils.compat import uuid7

from persistence.database import Db
from persistence.events import millis
from protocol.refusals import NotFound
from protocol.reputation import Change, Effects, Faction


class Held(NamedTuple):
    """A standing whose row is held until commit. `locked` says whether it is fixed right now."""

    faction_id: UUID
    faction: str
    value: int
    level: str
    locked: bool
    carried: int


class Seen(NamedTuple):
    """A standing as it is read; a captain without a row is worth 0."""

    faction: str
    name: str
    value: int
    locked: bool
    locked_until: datetime | None


class Written(NamedTuple):
    """A standing as it shall be."""

    faction_id: UUID
    faction: str
    old: int
    new: int
    old_level: str
    level: str
    title: str
    effects: Effects


class Source(NamedTuple):
    """Why something changes, who did it, and when in the game."""

    kind: str
    reason: str
    actor: str
    at: datetime


async def hold(db: Db, player: UUID, factions: Sequence[str], effects: Effects, now: datetime) -> tuple[UUID | None, dict[str, Held]]:
    """The captain's team and standings with the named factions, all held; missing ones are made, at 0 with its `effects`.

    The captain's own row comes first, so that all changes of one captain go one after the other. Raises NotFound.
    """
    row = await db.raw.fetchrow("select team_id from players where id = $1 for no key update", player)
    if row is None:
        raise NotFound
    await db.raw.execute(
        _MAKE,
        player,
        list(factions),
        effects.trade_modifier,
        effects.port_access_level,
        effects.combat_response,
        _json(effects.mission_availability),
    )
    found = await db.raw.fetch(_HOLD, player, list(factions), now)
    if len(found) != len(set(factions)):
        raise NotFound
    return row[0], {each["code"]: Held(*each) for each in found}


_MAKE = """
insert into reputations (id, player_id, faction_id, trade_modifier, port_access_level, combat_response, mission_availability)
select gen_random_uuid(), $1, f.id, $3, $4, $5, $6::text::jsonb from factions f where f.code = any($2) order by f.id
on conflict (player_id, faction_id) do nothing
"""

_HOLD = """
select f.id, f.code, r.current_value, r.current_level, r.is_locked and coalesce(r.lock_expires > $3, true), r.trade_volume_carried
from reputations r join factions f on f.id = r.faction_id
where r.player_id = $1 and f.code = any($2) order by f.id for update of r
"""


async def write(db: Db, player: UUID, team: UUID | None, to: Written, source: Source, kept: int) -> None:
    """Writes a held standing with its trail, the captain's mirror of it, and the mark on the team's. A lock that has run out is gone."""
    entry = {
        "timestamp": source.at.isoformat(),
        "old_value": to.old,
        "new_value": to.new,
        "change": to.new - to.old,
        "reason": source.reason,
    }
    gives = to.effects
    await db.raw.execute(
        _WRITE, player, to.faction_id, to.new, to.level, to.title, source.at, _json(entry), kept,
        gives.trade_modifier, gives.port_access_level, gives.combat_response, _json(gives.mission_availability),
    )  # fmt: skip
    await db.raw.execute(
        """insert into reputation_log (id, player_id, faction_id, kind, delta, old_value, new_value, old_level, new_level, reason, actor, at)
           values ($12, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        player, to.faction_id, source.kind, to.new - to.old, to.old, to.new, to.old_level, to.level, source.reason, source.actor, source.at,
        uuid7(),
    )  # fmt: skip
    mirror = {to.faction: {"value": to.new, "level": to.level, "title": to.title}}
    await db.raw.execute("update players set reputation = reputation || $2::text::jsonb where id = $1", player, _json(mirror))
    if team is not None:
        await db.raw.execute(
            "update team_reputations set next_recalculation = $2 where team_id = $1 and next_recalculation > $2", team, source.at
        )


_WRITE = """
update reputations r set current_value = $3, current_level = $4, title = $5, last_updated = $6,
  history = (select coalesce(jsonb_agg(e order by n), '[]') from (
    select e, n from jsonb_array_elements(r.history || $7::text::jsonb) with ordinality h(e, n) order by n desc limit $8) x),
  trade_modifier = $9, port_access_level = $10, combat_response = $11, mission_availability = $12::text::jsonb,
  is_locked = r.is_locked and coalesce(r.lock_expires > $6, true)
where r.player_id = $1 and r.faction_id = $2
"""


async def carry(db: Db, player: UUID, faction_id: UUID, rest: int) -> None:
    """Keeps what counts towards the next point of a held standing."""
    await db.raw.execute(
        "update reputations set trade_volume_carried = $3 where player_id = $1 and faction_id = $2", player, faction_id, rest
    )


async def paid(db: Db, player: UUID, events: Sequence[str], since: datetime, until: datetime) -> tuple[dict[str, int], int]:
    """What named events have paid a captain in a span of time: how many by faction, and the points of all."""
    rows = await db.raw.fetch(
        """select f.code, count(*), sum(l.delta) from reputation_log l join factions f on f.id = l.faction_id
           where l.player_id = $1 and l.at >= $2 and l.at < $4 and l.delta > 0 and l.kind = any($3) group by 1""",
        player, since, list(events), until,
    )  # fmt: skip
    return {row[0]: row[1] for row in rows}, sum(row[2] for row in rows)


async def seen(db: Db, player: UUID, now: datetime) -> list[Seen]:
    """The captain's standing with every faction, by its code."""
    rows = await db.raw.fetch(
        """select f.code, f.name, coalesce(r.current_value, 0), coalesce(r.is_locked and coalesce(r.lock_expires > $2, true), false),
             r.lock_expires
           from factions f left join reputations r on r.faction_id = f.id and r.player_id = $1 order by f.code""",
        player, now,
    )  # fmt: skip
    return [Seen(*row) for row in rows]


async def factions(db: Db) -> list[Faction]:
    """All factions by code, without what is a rule: who may be pleased, and who resents it."""
    rows = await db.raw.fetch(
        """select code as faction, name, faction_type::text as type, coalesce(description, '') as description, aggression_level as aggression,
             diplomacy_stance as stance, coalesce(color_primary, '') as color_primary, coalesce(color_secondary, '') as color_secondary
           from factions order by code"""
    )
    return [Faction(**row, allyable=True) for row in rows]


async def changes(
    db: Db, player: UUID, faction: str, after: tuple[datetime, UUID] | None, limit: int
) -> list[tuple[UUID, datetime, Change]]:
    """Changes of one standing with their row ids and times, newest first, from after a place in that order."""
    rows = await db.raw.fetch(
        """select l.*, f.code from reputation_log l join factions f on f.id = l.faction_id
           where l.player_id = $1 and f.code = $2 and ($3::timestamptz is null or (l.at, l.id) < ($3, $4::uuid))
           order by l.at desc, l.id desc limit $5""",
        player, faction, *(after or (None, None)), limit,
    )  # fmt: skip
    return [(row["id"], row["at"], _change(row)) for row in rows]


def _change(row: Record) -> Change:
    return Change(
        row["code"],
        row["kind"],
        row["delta"],
        row["old_value"],
        row["new_value"],
        row["old_level"],
        row["new_level"],
        row["reason"] or "",
        millis(row["at"]),
    )


async def hold_alignment(db: Db, player: UUID) -> int:
    """The captain's personal reputation, the captain's row held until commit. Raises NotFound."""
    found = await db.raw.fetchval("select personal_reputation from players where id = $1 for no key update", player)
    if found is None:
        raise NotFound
    return int(found)


async def write_alignment(db: Db, player: UUID, old: int, new: int, tier: str, color: str, source: Source) -> None:
    """Writes a held personal reputation with its tier, colour and trail."""
    await db.raw.execute(
        "update players set personal_reputation = $2, reputation_tier = $3, name_color = $4 where id = $1", player, new, tier, color
    )
    await db.raw.execute(
        """insert into alignment_log (id, player_id, kind, delta, old_value, new_value, reason, actor, at)
           values (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, $8)""",
        player, source.kind, new - old, old, new, source.reason, source.actor, source.at,
    )  # fmt: skip


async def aligned(db: Db, player: UUID, kind: str, since: datetime, until: datetime) -> int:
    """The points one kind of deed has been worth to a captain in a span of time."""
    found = await db.raw.fetchval(
        "select coalesce(sum(delta), 0) from alignment_log where player_id = $1 and at >= $3 and at < $4 and kind = $2 and delta > 0",
        player, kind, since, until,
    )  # fmt: skip
    return int(found)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
