"""Letters: who may see which, which are unread, and how many were sent when.

A letter to somebody who blocks its sender is stored as thrown away by its recipient (`deleted_by_recipient`) from the start: the
sender's side is as always, the recipient's side never has it, and taking back the block does not bring it up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from persistence.database import Db
from persistence.events import millis
from protocol.messaging import Folder, Letter, LetterType, Party, Priority, Thread
from protocol.refusals import NotFound
from protocol.types import MessageId, PlayerId, ThreadId

_RECEIVED = "(m.recipient_id = $1 and not m.deleted_by_recipient and m.moderation_status is null)"
_SENT = "(m.sender_id = $1 and m.message_type = 'player' and not m.deleted_by_sender and m.moderation_status is null)"
_FOLDERS = {Folder.INBOX: _RECEIVED, Folder.SENT: _SENT, Folder.UNREAD: f"{_RECEIVED} and m.read_at is null"}
_SHOWN = """m.*, case when m.message_type = 'system' then 'System' else coalesce(nullif(sp.nickname, ''), su.username, 'Unknown Player') end as sender_name,
  coalesce(nullif(rp.nickname, ''), ru.username) as recipient_name"""
_NAMES = """left join players sp on sp.id = m.sender_id left join users su on su.id = sp.user_id
  left join players rp on rp.id = m.recipient_id left join users ru on ru.id = rp.user_id"""


class Unopened(NamedTuple):
    """A received letter that somebody is about to read. `read_at` is there when it was read before."""

    message_id: MessageId
    sender_id: PlayerId | None
    read_at: datetime | None


async def add(
    db: Db,
    id: UUID,
    thread: UUID,
    sender: UUID | None,
    recipient: UUID,
    subject: str | None,
    content: str,
    priority: Priority,
    reply_to: UUID | None,
    *,
    at: datetime | None = None,
    withheld: bool = False,
) -> None:
    """Stores a letter; without a sender it is the game's. `withheld` ones never reach the recipient's side."""
    await db.raw.execute(
        """insert into messages (id, thread_id, sender_id, recipient_id, subject, content, priority, reply_to_id, message_type, sent_at, deleted_by_recipient)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce($10, clock_timestamp()), $11)""",
        id,
        thread,
        sender,
        recipient,
        subject,
        content,
        priority.value,
        reply_to,
        LetterType.SYSTEM.value if sender is None else LetterType.PLAYER.value,
        at,
        withheld,
    )


async def thread_of(db: Db, player: UUID, other: UUID, letter: UUID) -> ThreadId:
    """The thread of a letter between these two that the first one can see. Raises NotFound."""
    found = await db.raw.fetchval(
        f"""select m.thread_id from messages m where m.id = $2 and ({_RECEIVED} or {_SENT}) and m.message_type = 'player'
            and (m.sender_id = $3 or m.recipient_id = $3)""",
        player,
        letter,
        other,
    )
    if found is None:
        raise NotFound
    return ThreadId(found)


async def length(db: Db, thread: UUID) -> int:
    """How many letters a thread has, withheld and thrown away ones included."""
    return int(await db.raw.fetchval("select count(*) from messages where thread_id = $1", thread))


async def wait_s(db: Db, sender: UUID, limit: int, span_s: float, *, strangers: bool = False) -> float:
    """Seconds until a captain has sent fewer than `limit` letters (to strangers) in the last `span_s`; 0 when it is so."""
    only = f"and not ({KNOWN.format(me='$1', other='m.recipient_id')})" if strangers else ""
    found = await db.raw.fetchval(
        f"""select extract(epoch from m.sent_at - clock_timestamp())::float8 + $3 from messages m
            where m.sender_id = $1 and m.message_type = 'player' and m.sent_at > clock_timestamp() - make_interval(secs => $3) {only}
            order by m.sent_at desc offset $2 limit 1""",
        sender,
        limit - 1,
        span_s,
    )
    return max(0.0, float(found or 0.0))


# Has written to one, or is in one's team.
KNOWN = """exists (select from messages k where k.recipient_id = {me} and k.sender_id = {other} and k.message_type = 'player')
  or exists (select from team_members a join team_members b using (team_id) where a.player_id = {me} and b.player_id = {other})"""


async def knows(db: Db, player: UUID, other: UUID) -> bool:
    """Whether `other` has written to the captain, or is in their team."""
    return bool(await db.raw.fetchval(f"select {KNOWN.format(me='$1::uuid', other='$2::uuid')}", player, other))


async def is_muted(db: Db, player: UUID) -> bool:
    """Whether staff have taken the captain's voice for now."""
    return bool(
        await db.raw.fetchval(
            """select exists (select from sanctions where player_id = $1 and kind = 'mute' and lifted_at is null
                 and (until is null or until > clock_timestamp()))""",
            player,
        )
    )


async def unread(db: Db, player: UUID, at_most: int) -> int:
    """Letters not yet read, counted no further than `at_most`."""
    return int(
        await db.raw.fetchval(
            f"select count(*) from (select from messages m where {_RECEIVED} and m.read_at is null limit $2) x", player, at_most
        )
    )


async def lock_received(db: Db, player: UUID, ids: Sequence[UUID] | None, thread: UUID | None) -> list[Unopened]:
    """Letters to a captain by id or thread, held until commit. Raises NotFound when one is none they can see."""
    rows = await db.raw.fetch(
        f"""select m.id, m.sender_id, m.read_at from messages m where {_RECEIVED} and ($2::uuid[] is null or m.id = any($2))
              and ($3::uuid is null or m.thread_id = $3) order by m.id for no key update""",
        player,
        ids,
        thread,
    )
    if ids is not None and len(rows) != len(set(ids)):
        raise NotFound
    if thread is not None and not rows:
        await check_in_thread(db, player, thread)
    return [Unopened(MessageId(row[0]), PlayerId(row[1]) if row[1] else None, row[2]) for row in rows]


async def check_in_thread(db: Db, player: UUID, thread: UUID) -> None:
    """Raises NotFound unless the captain can see a letter of this thread."""
    if not await db.raw.fetchval(
        f"select exists (select from messages m where m.thread_id = $2 and ({_RECEIVED} or {_SENT}))", player, thread
    ):
        raise NotFound


async def mark_read(db: Db, ids: Sequence[UUID], seen: Sequence[UUID], at: datetime) -> None:
    """Stamps held letters as read, and those whose senders are told as seen."""
    await db.raw.execute(
        "update messages set read_at = $3::timestamptz, seen_at = case when id = any($2::uuid[]) then $3::timestamptz end where id = any($1::uuid[])",
        ids,
        seen,
        at,
    )


async def delete(db: Db, player: UUID, ids: Sequence[UUID]) -> None:
    """Throws letters away on one captain's side. Raises NotFound when one is none they can see."""
    held = await db.raw.fetch(
        f"select m.id from messages m where m.id = any($2::uuid[]) and ({_RECEIVED} or {_SENT}) order by m.id for no key update",
        player,
        ids,
    )
    if len(held) != len(set(ids)):
        raise NotFound
    await db.raw.execute(
        """update messages set deleted_by_sender = deleted_by_sender or sender_id is not distinct from $1,
             deleted_by_recipient = deleted_by_recipient or recipient_id is not distinct from $1 where id = any($2::uuid[])""",
        player,
        ids,
    )


async def page(
    db: Db,
    player: UUID,
    folder: Folder | None,
    type: LetterType | None,
    thread: UUID | None,
    search: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[tuple[datetime, Letter]]:
    """Letters a captain can see, the newest first, each with when it was sent. Without a folder: received ones, or a whole thread."""
    whose = _FOLDERS[folder or Folder.INBOX] if folder or thread is None else f"({_RECEIVED} or {_SENT})"
    rows = await db.raw.fetch(
        f"""select {_SHOWN} from messages m {_NAMES} where {whose} and ($2::text is null or m.message_type = $2) and ($3::uuid is null or m.thread_id = $3)
              and ($4::text is null or position(lower($4) in lower(m.content)) > 0 or position(lower($4) in lower(coalesce(m.subject, ''))) > 0)
              and ($5::timestamptz is null or (m.sent_at, m.id) < ($5, $6::uuid))
            order by m.sent_at desc, m.id desc limit $7""",
        player,
        type.value if type else None,
        thread,
        search,
        *(before or (None, None)),
        limit,
    )
    return [(row["sent_at"], _letter(row, player)) for row in rows]


async def threads(db: Db, player: UUID, before: tuple[datetime, UUID] | None, limit: int) -> list[tuple[datetime, Thread]]:
    """A captain's threads by their last letter, the newest first, each with when that was sent."""
    rows = await db.raw.fetch(
        f"""with mine as materialized (
              select m.id, m.thread_id, m.sent_at, m.recipient_id = $1 and m.read_at is null as unread from messages m where {_RECEIVED}
              union all
              select m.id, m.thread_id, m.sent_at, false from messages m where {_SENT}
            ), last as (
              select distinct on (thread_id) id, thread_id from mine order by thread_id, sent_at desc, id desc
            ), counted as (
              select thread_id, count(*) as letters, count(*) filter (where unread) as unread from mine group by thread_id
            )
            select {_SHOWN}, counted.letters, counted.unread from last join counted using (thread_id) join messages m on m.id = last.id {_NAMES}
            where $2::timestamptz is null or (m.sent_at, m.id) < ($2, $3::uuid) order by m.sent_at desc, m.id desc limit $4""",
        player,
        *(before or (None, None)),
        limit,
    )
    return [(row["sent_at"], _thread(row, player)) for row in rows]


def _thread(row: Record, player: UUID) -> Thread:
    letter = _letter(row, player)
    sides = ((letter.sender_id, letter.sender_name), (letter.recipient_id, letter.recipient_name))
    return Thread(letter.thread_id, letter, [Party(id, name or "") for id, name in sides if id is not None], row["letters"], row["unread"])


def _letter(row: Record, player: UUID) -> Letter:
    # Of one's own letters only what the reader let one know.
    read_at = row["read_at"] if row["recipient_id"] == player else row["seen_at"]
    return Letter(
        message_id=MessageId(row["id"]),
        thread_id=ThreadId(row["thread_id"]),
        type=LetterType(row["message_type"]),
        sender_name=row["sender_name"],
        content=row["content"],
        priority=Priority(row["priority"] or Priority.NORMAL),
        sent_at=millis(row["sent_at"]),
        sender_id=PlayerId(row["sender_id"]) if row["sender_id"] else None,
        recipient_id=PlayerId(row["recipient_id"]) if row["recipient_id"] else None,
        recipient_name=row["recipient_name"],
        subject=row["subject"],
        reply_to=MessageId(row["reply_to_id"]) if row["reply_to_id"] else None,
        read_at=millis(read_at) if read_at else None,
    )
