"""Who will not hear whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from persistence.database import Db
from persistence.events import millis
from persistence.players import NAME
from protocol.messaging import Blocked
from protocol.types import PlayerId


async def stands(db: Db, blocker: UUID, blocked: UUID) -> bool:
    """Whether `blocker` will not hear `blocked`."""
    return bool(
        await db.raw.fetchval("select exists (select from player_blocks where blocker_id = $1 and blocked_id = $2)", blocker, blocked)
    )


async def among(db: Db, blocker: UUID, others: Sequence[UUID]) -> set[UUID]:
    """Those among `others` whom the captain will not hear."""
    rows = await db.raw.fetch(
        "select blocked_id from player_blocks where blocker_id = $1 and blocked_id = any($2::uuid[])", blocker, others
    )
    return {row[0] for row in rows}


async def add(db: Db, blocker: UUID, blocked: UUID) -> None:
    """From now on `blocker` will not hear `blocked`; twice is the same."""
    await db.raw.execute("insert into player_blocks (blocker_id, blocked_id) values ($1, $2) on conflict do nothing", blocker, blocked)


async def remove(db: Db, blocker: UUID, blocked: UUID) -> bool:
    """Whether there was a block, which is gone."""
    return bool(
        await db.raw.fetchval("delete from player_blocks where blocker_id = $1 and blocked_id = $2 returning true", blocker, blocked)
    )


async def count(db: Db, blocker: UUID) -> int:
    """How many a captain will not hear."""
    return int(await db.raw.fetchval("select count(*) from player_blocks where blocker_id = $1", blocker))


async def page(db: Db, blocker: UUID, before: tuple[datetime, UUID] | None, limit: int) -> list[tuple[datetime, Blocked]]:
    """Those a captain will not hear, the newest first, each with its place in that order."""
    rows = await db.raw.fetch(
        f"""select b.blocked_id, b.created_at, {NAME} as name
            from player_blocks b join players p on p.id = b.blocked_id join users u on u.id = p.user_id
            where b.blocker_id = $1 and ($2::timestamptz is null or (b.created_at, b.blocked_id) < ($2, $3::uuid))
            order by b.created_at desc, b.blocked_id desc limit $4""",
        blocker,
        *(before or (None, None)),
        limit,
    )
    return [(row["created_at"], Blocked(PlayerId(row["blocked_id"]), row["name"], millis(row["created_at"]))) for row in rows]
