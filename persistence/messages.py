"""Lines and letters."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime
from uuid import UUID

from persistence.database import Db
from persistence.events import millis
from protocol.refusals import NotFound
from protocol.team import Line
from protocol.types import MessageId, PlayerId

UNREAD_AT_MOST = 999  # what a badge can show; counting further costs and tells nobody anything


async def are_lines(db: Db, team: UUID, ids: Set[UUID]) -> bool:
    """Whether all of these are lines of the team, hidden ones too."""
    if not ids:
        return True
    return bool(
        await db.raw.fetchval("select count(*) = $3 from messages where team_id = $1 and id = any($2::uuid[])", team, list(ids), len(ids))
    )


async def lines(db: Db, team: UUID, before: UUID | None, after: UUID | None, limit: int) -> list[Line]:
    """A team's lines, newest first; `before` and `after` are ids of its lines."""
    connection = db.raw
    rows = await connection.fetch(
        """select m.id, m.sender_id, coalesce(nullif(p.nickname, ''), u.username, 'Unknown Player') as name, m.content, m.sent_at, m.reply_to_id
           from messages m left join players p on p.id = m.sender_id left join users u on u.id = p.user_id
           where m.team_id = $1 and m.moderation_status is null
             and ($2::uuid is null or (m.sent_at, m.id) < (select b.sent_at, b.id from messages b where b.id = $2 and b.team_id = $1))
             and ($3::uuid is null or (m.sent_at, m.id) > (select a.sent_at, a.id from messages a where a.id = $3 and a.team_id = $1))
           order by m.sent_at desc, m.id desc limit $4""",
        team,
        before,
        after,
        limit,
    )
    return [
        Line(
            message_id=MessageId(row["id"]),
            sender_id=PlayerId(row["sender_id"]) if row["sender_id"] else None,
            sender_name=row["name"],
            text=row["content"],
            at=millis(row["sent_at"]),
            reply_to=MessageId(row["reply_to_id"]) if row["reply_to_id"] else None,
        )
        for row in rows
    ]


async def unread_lines(db: Db, team: UUID, player: UUID) -> int:
    """Lines others said since the captain joined or last read, at most 999."""
    connection = db.raw
    found = await connection.fetchval(
        """select count(*) from (select from messages m join team_members t on t.team_id = m.team_id and t.player_id = $2
             where m.team_id = $1 and m.sender_id is distinct from $2 and m.sent_at > coalesce(t.last_read_at, t.joined_at)
             and m.moderation_status is null limit $3) x""",
        team,
        player,
        UNREAD_AT_MOST,
    )
    return int(found)


async def unread_letters(db: Db, player: UUID) -> int:
    """Letters not yet read, at most 999."""
    connection = db.raw
    found = await connection.fetchval(
        """select count(*) from (select from messages where recipient_id = $1 and read_at is null and not deleted_by_recipient
             and moderation_status is null limit $2) x""",
        player,
        UNREAD_AT_MOST,
    )
    return int(found)


async def add_line(db: Db, id: UUID, team: UUID, sender: UUID, text: str, reply_to: UUID | None) -> datetime:
    """Stores a team's line and gives its time. Raises NotFound when `reply_to` is no line of this team."""
    at: datetime | None = await db.raw.fetchval(
        """insert into messages (id, sender_id, team_id, content, sent_at, reply_to_id, message_type)
           select $1, $3, $2, $4, clock_timestamp(), $5, 'team'
           where $5::uuid is null or exists (select from messages x where x.id = $5 and x.team_id = $2) returning sent_at""",
        id,
        team,
        sender,
        text,
        reply_to,
    )
    if at is None:
        raise NotFound
    return at


async def stamp(db: Db, id: UUID, at: datetime) -> None:
    """Gives a line the time its event carries."""
    await db.raw.execute("update messages set sent_at = $2 where id = $1", id, at)
