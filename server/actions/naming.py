"""Giving a captain a nickname, by their own wish or at the end of onboarding."""

from __future__ import annotations

from datetime import timedelta

from asyncpg import UniqueViolationError
from uuid_utils.compat import uuid7

from persistence import callsigns, teams
from protocol.preferences import NicknameTaken, Renamed
from protocol.streams import Stream
from server.context import PlayerCtx
from server.rules import callsign, names


async def hold(ctx: PlayerCtx) -> tuple[str | None, Stream | None]:
    """The caller's nickname and their team's stream. The team's row and the caller's are held, so that nobody joins under an old name."""
    before = await teams.find_place(ctx.db, ctx.player)
    if before is not None:
        await teams.hold(ctx.db, before.team_id)
    nickname = await callsigns.hold(ctx.db, ctx.player)
    after = await teams.find_place(ctx.db, ctx.player)
    if after is not None and (before is None or before.team_id != after.team_id):
        # In between the caller came into another team. Out of order, but a cycle is only another try.
        await teams.hold(ctx.db, after.team_id)
    return nickname, Stream.team(after.team_id) if after is not None else None


async def rename(ctx: PlayerCtx, old: str | None, nickname: str, team: Stream | None, *, reserved: bool) -> None:
    """Gives the caller a sound nickname and tells it. With `reserved` the old one is kept from others. Raises NicknameTaken."""
    skeleton = names.skeleton(nickname)
    if await callsigns.is_taken(ctx.db, ctx.player, nickname, skeleton, ctx.now):
        raise NicknameTaken
    if reserved and old:
        until = ctx.now + ctx.span(timedelta(days=callsign.RENAME_DAYS))
        await callsigns.reserve(ctx.db, uuid7(), ctx.player, old, names.skeleton(old), ctx.now, until)
    try:
        await callsigns.change(ctx.db, ctx.player, nickname, skeleton)
    except UniqueViolationError:
        raise NicknameTaken from None
    for stream in (ctx.own, team):
        if stream is not None:
            ctx.emit(Renamed(ctx.player, nickname), to=stream)
