"""Coming into a team and going out of it: the one place where membership, its mirrors and its hearing change together."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from persistence import players, teams
from persistence.events import millis
from protocol import team as talk
from protocol.streams import Stream
from protocol.types import Left, PlayerId, Role, TeamId
from server.context import PlayerCtx
from server.rules import roles


async def enter(ctx: PlayerCtx, team_id: TeamId, role: Role) -> talk.Team:
    """Makes the caller a member and tells both streams. The team's row is held. Raises a unique violation when in one already."""
    rights, name = roles.RIGHTS[role], await players.name_of(ctx.db, ctx.player)
    now = ctx.now
    await teams.add_member(ctx.db, uuid7(), team_id, ctx.player, role, rights, now)
    team, members = await teams.get(ctx.db, team_id), await teams.members(ctx.db, team_id, online=False)
    stream = Stream.team(team_id)
    # Heads now, not at the end: the number of one's own joining is written into both tables and into `entered`.
    await ctx.hold(ctx.own, stream)
    from_seq = ctx.emit(talk.MemberJoined(ctx.player, name, role, rights, millis(now)), to=stream)
    ctx.emit(talk.Entered(team_id, ctx.epoch(stream), from_seq, talk.TeamView(team, members, talk.Mine(role, rights))), to=ctx.own)
    await teams.begin_hearing(ctx.db, team_id, ctx.player, from_seq, now)
    return team


async def remove(ctx: PlayerCtx, who: teams.Place, why: Left) -> None:
    """Takes a member out, tells both streams, and sees to a successor. The team's row is held."""
    await teams.remove_member(ctx.db, who.team_id, who.player_id)
    left = await teams.remaining(ctx.db, who.team_id)
    stream, own = Stream.team(who.team_id), Stream.player(who.player_id)
    next_leader = roles.successor(left) if who.role is Role.LEADER else None
    if next_leader is not None:
        await teams.set_role(ctx.db, who.team_id, next_leader, Role.LEADER, roles.RIGHTS[Role.LEADER])
    elif not left:
        await teams.disband(ctx.db, who.team_id)
    await ctx.hold(own, stream)
    to_seq = _tell(ctx, who, why, next_leader, last=not left)
    ctx.emit(talk.Exited(who.team_id, Left.DISBANDED if not left else why), to=own)
    await teams.end_hearing(ctx.db, who.team_id, who.player_id, to_seq, why)


def _tell(ctx: PlayerCtx, who: teams.Place, why: Left, next_leader: UUID | None, *, last: bool) -> int:
    """Emits what the team hears, and gives the first number that the one who goes does not hear."""
    stream = Stream.team(who.team_id)
    if last:
        # Everybody who is still there hears the end, and nothing after it.
        return ctx.emit(talk.Disbanded(payout=0), to=stream, drops="*") + 1
    to_seq = ctx.emit(talk.MemberLeft(who.player_id, why), to=stream, drops=who.player_id)
    if next_leader is not None:
        ctx.emit(talk.LeaderChanged(who.player_id, PlayerId(next_leader)), to=stream)
        ctx.emit(talk.RoleChanged(PlayerId(next_leader), Role.LEADER, roles.RIGHTS[Role.LEADER]), to=stream)
    return to_seq


def cooldown_left_ms(left_at: datetime | None, now: datetime, span_s: float) -> int:
    """Milliseconds until a team may be entered again; 0 when it may."""
    return 0 if left_at is None else max(0, int((span_s - (now - left_at).total_seconds()) * 1000))
