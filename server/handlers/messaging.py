"""Letters between captains: sending, reading, throwing away, and not hearing somebody."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from uuid_utils.compat import uuid7

from persistence import blocks, letters, players, teams
from persistence.events import millis
from protocol import messaging
from protocol.messaging import Priority
from protocol.refusals import BadRequest, LimitExceeded, NotFound, RateLimited
from protocol.streams import Stream
from protocol.team import Muted
from protocol.types import MessageId, PlayerId, ThreadId
from server.context import PlayerCtx
from server.dispatch import handles
from server.rules import cursors, pages, settings_schema
from server.rules import letters as rules

DAY_S, HOUR_S = 86_400.0, 3_600.0
T = TypeVar("T")


@handles
async def send(ctx: PlayerCtx, cmd: messaging.Send) -> messaging.SentAnswer:
    """Writes to a captain. Whoever is blocked gets the same answer and event as everybody."""
    to = await _addressee(ctx, cmd.to)
    thread = await letters.thread_of(ctx.db, ctx.player, to, cmd.reply_to) if cmd.reply_to else ThreadId(uuid7())
    mine, theirs = await players.name_of(ctx.db, ctx.player), await players.name_of(ctx.db, to)
    # Both heads, blocked or not: counting is exact under them, and waiting for them tells nothing.
    await ctx.hold(ctx.own, Stream.player(to))
    await _check_room(ctx, to, thread)
    unheard = await blocks.stands(ctx.db, to, ctx.player)
    id, at, priority = MessageId(uuid7()), max(each.at for each in ctx.held.values()), Priority(cmd.priority)
    await letters.add(ctx.db, id, thread, ctx.player, to, cmd.subject, cmd.content, priority, cmd.reply_to, at=at, withheld=unheard)
    ctx.emit(messaging.Sent(id, thread, to, theirs, cmd.content, priority, cmd.subject, cmd.reply_to), to=ctx.own)
    if not unheard:
        preview, shown = cmd.content[: rules.PREVIEW], rules.surfaces(priority)
        received = messaging.Received(id, thread, mine, preview, cmd.content, priority, shown, ctx.player, cmd.subject, cmd.reply_to)
        ctx.emit(received, to=Stream.player(to))
    return messaging.SentAnswer(id, thread, millis(at))


async def _addressee(ctx: PlayerCtx, to: str) -> PlayerId:
    """The captain meant. Raises NotFound, ToSelf, Muted, RefusedByRecipient."""
    target = _id(to) or await players.by_nickname(ctx.db, to)
    if target == ctx.player:
        raise messaging.ToSelf
    if await letters.is_muted(ctx.db, ctx.player):
        raise Muted
    privacy = settings_schema.complete(await players.reachable_settings(ctx.db, target))["privacy"]
    if not rules.admits(privacy["accept_messages_from"], same_team=await teams.together(ctx.db, ctx.player, target)):
        raise messaging.RefusedByRecipient
    return target


async def _check_room(ctx: PlayerCtx, to: PlayerId, thread: ThreadId) -> None:
    """Raises ThreadFull, LimitExceeded for a full inbox, RateLimited. The heads of both captains are held."""
    if await letters.length(ctx.db, thread) >= rules.THREAD_AT_MOST:
        raise messaging.ThreadFull
    if await letters.unread(ctx.db, to, rules.UNREAD_AT_MOST) >= rules.UNREAD_AT_MOST:
        raise LimitExceeded("This captain's inbox is full.")
    await _check_pace(ctx, "direct_day", rules.DAY_AT_MOST, DAY_S, strangers=False)
    if not await letters.knows(ctx.db, ctx.player, to):
        await _check_pace(ctx, "direct_strangers", rules.STRANGERS_AT_MOST, HOUR_S, strangers=True)


async def _check_pace(ctx: PlayerCtx, bucket: str, limit: int, span_s: float, *, strangers: bool) -> None:
    most = rules.scaled(limit, ctx.limits_scale)
    wait_s = await letters.wait_s(ctx.db, ctx.player, most, span_s, strangers=strangers) if most is not None else 0.0
    if wait_s:
        raise RateLimited(retry_after_ms=int(wait_s * 1000) + 1, bucket=bucket, limit=most or limit)


@handles
async def inbox(ctx: PlayerCtx, cmd: messaging.Inbox) -> messaging.Letters:
    """Letters, newest first."""
    if cmd.thread_id is not None:
        await letters.check_in_thread(ctx.db, ctx.player, cmd.thread_id)
    before = cursors.read(cmd.cursor)
    found = await letters.page(ctx.db, ctx.player, cmd.folder, cmd.type, cmd.thread_id, cmd.search, before, cmd.limit + 1)
    items, more = _cut(found, min(cmd.limit, pages.fitting(each.content for _, each in found)))
    return messaging.Letters(items, cursors.spelled(more, items[-1].message_id) if more else None)


@handles
async def threads(ctx: PlayerCtx, cmd: messaging.Threads) -> messaging.ThreadsPage:
    """Threads by their last letter, newest first."""
    found = await letters.threads(ctx.db, ctx.player, cursors.read(cmd.cursor), cmd.limit + 1)
    items, more = _cut(found, min(cmd.limit, pages.fitting(each.last.content for _, each in found)))
    return messaging.ThreadsPage(items, cursors.spelled(more, items[-1].last.message_id) if more else None)


@handles
async def read(ctx: PlayerCtx, cmd: messaging.Read) -> messaging.ReadAnswer:
    """Marks letters as read, and lets their senders know where both want that."""
    if (cmd.message_ids is None) == (cmd.thread_id is None):
        raise BadRequest(fields=[{"path": "message_ids", "code": "one_of", "message": "Name messages or a thread: one of the two."}])
    named = await letters.lock_received(ctx.db, ctx.player, cmd.message_ids, cmd.thread_id)
    fresh = [each for each in named if each.read_at is None]
    if not fresh:
        last = max((each.read_at for each in named if each.read_at), default=ctx.now)
        return messaging.ReadAnswer(millis(last), await letters.unread(ctx.db, ctx.player, rules.UNREAD_AT_MOST - 1))
    seen = await _seen(ctx, fresh)
    await ctx.hold(ctx.own, *map(Stream.player, seen))
    at, ids = ctx.held[ctx.own].at, [each.message_id for each in fresh]
    await letters.mark_read(ctx.db, ids, [id for some in seen.values() for id in some], at)
    left = await letters.unread(ctx.db, ctx.player, rules.UNREAD_AT_MOST - 1)
    ctx.emit(messaging.WasRead(ids, left), to=ctx.own)
    for sender, some in seen.items():
        ctx.emit(messaging.Seen(some, ctx.player, millis(at)), to=Stream.player(sender))
    return messaging.ReadAnswer(millis(at), left)


async def _seen(ctx: PlayerCtx, fresh: list[letters.Unopened]) -> dict[PlayerId, list[MessageId]]:
    """Who is told that which letters were read: nobody, when the reader keeps that to themselves, and nobody who is blocked."""
    chosen = settings_schema.complete(await players.settings(ctx.db, ctx.player))["privacy"]
    told: dict[PlayerId, list[MessageId]] = defaultdict(list)
    for each in fresh if chosen["send_read_receipts"] else ():
        if each.sender_id is not None:
            told[each.sender_id].append(each.message_id)
    unheard = await blocks.among(ctx.db, ctx.player, list(told))
    return {sender: ids for sender, ids in told.items() if sender not in unheard}


@handles
async def delete(ctx: PlayerCtx, cmd: messaging.Delete) -> messaging.DeletedAnswer:
    """Throws letters away on the caller's own side."""
    await letters.delete(ctx.db, ctx.player, cmd.message_ids)
    await ctx.hold(ctx.own)
    left = await letters.unread(ctx.db, ctx.player, rules.UNREAD_AT_MOST - 1)
    ctx.emit(messaging.Deleted(cmd.message_ids, left), to=ctx.own)
    return messaging.DeletedAnswer(cmd.message_ids, left)


@handles
async def block(ctx: PlayerCtx, cmd: messaging.Block) -> messaging.BlockAnswer:
    """Hears a captain no more."""
    if cmd.player_id == ctx.player:
        raise BadRequest(fields=[{"path": "player_id", "code": "self", "message": "You cannot block yourself."}])
    await players.name_of(ctx.db, cmd.player_id)
    if await blocks.count(ctx.db, ctx.player) >= rules.BLOCKS_AT_MOST:
        raise LimitExceeded
    await blocks.add(ctx.db, ctx.player, cmd.player_id)
    return messaging.BlockAnswer(cmd.player_id, blocked=True)


@handles
async def unblock(ctx: PlayerCtx, cmd: messaging.Unblock) -> messaging.BlockAnswer:
    """Hears a captain again."""
    if not await blocks.remove(ctx.db, ctx.player, cmd.player_id):
        raise NotFound
    return messaging.BlockAnswer(cmd.player_id, blocked=False)


@handles
async def list_blocks(ctx: PlayerCtx, cmd: messaging.Blocks) -> messaging.BlocksPage:
    """Those the caller does not hear, newest first."""
    items, more = _cut(await blocks.page(ctx.db, ctx.player, cursors.read(cmd.cursor), cmd.limit + 1), cmd.limit)
    return messaging.BlocksPage(items, cursors.spelled(more, items[-1].player_id) if more else None)


def _cut(found: list[tuple[datetime, T]], limit: int) -> tuple[list[T], datetime | None]:
    """The page, and the time of its last row when another page follows."""
    return [each for _, each in found[:limit]], found[limit - 1][0] if len(found) > limit else None


def _id(to: str) -> PlayerId | None:
    try:
        return PlayerId(UUID(to)) if len(to) == 36 else None
    except ValueError:
        return None
