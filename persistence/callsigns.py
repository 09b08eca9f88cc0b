"""Nicknames: whose they are, and whose they were until not long ago."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from persistence.database import Db


async def hold(db: Db, player: UUID) -> str | None:
    """The captain's nickname, their row held until commit."""
    found: str | None = await db.raw.fetchval("select nickname from players where id = $1 for no key update", player)
    return found


async def is_taken(db: Db, player: UUID, nickname: str, skeleton: str, now: datetime) -> bool:
    """Whether somebody else has, or had until not long ago, this name or one that looks the same."""
    return bool(
        await db.raw.fetchval(
            """select exists (select from players where id <> $1 and (lower(nickname) = lower($2) or lower(nickname_skeleton) = lower($3)))
                 or exists (select from users u where not exists (select from players p where p.id = $1 and p.user_id = u.id)
                      and (lower(u.username) = lower($2) or lower(u.username_skeleton) = lower($3)))
                 or exists (select from nickname_history h where h.player_id <> $1 and h.until > $4
                      and (lower(h.skeleton) = lower($3) or lower(h.nickname) = lower($2)))""",
            player,
            nickname,
            skeleton,
            now,
        )
    )


async def changed_at(db: Db, player: UUID) -> datetime | None:
    """When a captain last gave up a nickname."""
    found: datetime | None = await db.raw.fetchval("select max(changed_at) from nickname_history where player_id = $1", player)
    return found


async def reserve(db: Db, id: UUID, player: UUID, nickname: str, skeleton: str, now: datetime, until: datetime) -> None:
    """Keeps a name that was given up from others for a while."""
    await db.raw.execute(
        "insert into nickname_history (id, player_id, nickname, skeleton, changed_at, until) values ($1, $2, $3, $4, $5, $6)",
        id,
        player,
        nickname,
        skeleton,
        now,
        until,
    )


async def change(db: Db, player: UUID, nickname: str, skeleton: str) -> None:
    """Gives a captain a nickname. Raises a unique violation when somebody took it meanwhile."""
    await db.raw.execute("update players set nickname = $2, nickname_skeleton = $3 where id = $1", player, nickname, skeleton)
