"""What a client needs to start: state and stream heads, read in one transaction, so that later events fold into it exactly."""

from __future__ import annotations

from persistence import messages, players, sessions, talks, teams, treasuries
from persistence.events import millis, wire_epoch
from protocol.session import Head, Presence, Snapshot, Unread
from protocol.team import Mine, TeamView
from server.actions import standing
from server.context import PlayerCtx
from server.rules import offers, ranks, settings_schema


async def take(ctx: PlayerCtx) -> Snapshot:
    """The caller's whole state. The transaction sees a single moment; nothing is locked."""
    streams = await sessions.streams(ctx.db, ctx.player)
    own = await players.own(ctx.db, ctx.player, ranks.max_turns, ranks.level)
    mine = await teams.find_place(ctx.db, ctx.player)
    view, presence, unread = None, [], 0
    if mine is not None:
        members = await teams.members(ctx.db, mine.team_id, online=False)
        view = TeamView(await teams.get(ctx.db, mine.team_id), members, Mine(mine.role, mine.rights))
        presence = [
            Presence(each.player_id, each.online)
            for each in await teams.members(ctx.db, mine.team_id, online=True)
            if each.online is not None
        ]
        unread = await messages.unread_lines(ctx.db, mine.team_id, ctx.player)
    return Snapshot(
        at=millis(ctx.now),
        streams={
            name: Head(wire_epoch(at.epoch, ctx.identity), at.head, at.first if at.first > 1 else None) for name, at in streams.items()
        },
        player=own,
        ship=await players.current_ship(ctx.db, ctx.player),
        onboarding=await talks.shown(ctx.db, ctx.player, offers.offer),
        team=view,
        treasury=await treasuries.balances(ctx.db, mine.team_id) if mine is not None else None,
        standings=await standing.listed(ctx, ctx.player),
        alignment=own.alignment,
        rank=own.rank,
        unread=Unread(await messages.unread_letters(ctx.db, ctx.player), unread),
        settings=settings_schema.complete(await players.settings(ctx.db, ctx.player)),
        presence=presence,
    )
