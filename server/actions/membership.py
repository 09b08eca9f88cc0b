"""Coming into a team and going out of it: the one place where membership, its mirrors and its hearing change together."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from persistence import invitations, players, teams, treasuries
from persistence.events import millis
from protocol import team as talk
from protocol.invitation import End, InvitationClosed
from protocol.streams import Stream
from protocol.types import Left, PlayerId, Role, TeamId
from server.actions import wallet
from server.context import PlayerCtx
from server.rules import roles


async def enter(ctx: PlayerCtx, team_id: TeamId, role: Role) -> talk.Team:
    """Makes the caller a member and tells both streams. The team's row is held. Raises a unique violation when in one already."""
    rights, now = roles.RIGHTS[role], ctx.now
    await teams.add_member(ctx.db, uuid7(), team_id, ctx.player, role, rights, now)
    # Only now, with the captain's row held: a name that changed a moment ago is the one everybody hears.
    name = await players.name_of(ctx.db, ctx.player)
    team, members = await teams.get(ctx.db, team_id), await teams.members(ctx.db, team_id, online=False)
    owns = await treasuries.balances(ctx.db, team_id)
    stream = Stream.team(team_id)
    # Heads now, not at the end: the number of one's own joining is written into both tables and into `entered`.
    await ctx.hold(ctx.own, stream)
    from_seq = ctx.emit(talk.MemberJoined(ctx.player, name, role, rights, millis(now)), to=stream)
    ctx.emit(talk.Entered(team_id, ctx.epoch(stream), from_seq, talk.TeamView(team, members, talk.Mine(role, rights)), owns), to=ctx.own)
    await teams.begin_hearing(ctx.db, team_id, ctx.player, from_seq, now, ctx.held[stream].at)
    return team


async def remove(ctx: PlayerCtx, who: teams.Place, why: Left) -> None:
    """Takes a member out, tells both streams, and sees to a successor. The team's row is held, and others stay."""
    await teams.remove_member(ctx.db, who.team_id, who.player_id)
    stream, own = Stream.team(who.team_id), Stream.player(who.player_id)
    next_leader = roles.successor(await teams.remaining(ctx.db, who.team_id)) if who.role is Role.LEADER else None
    if next_leader is not None:
        await teams.set_role(ctx.db, who.team_id, next_leader, Role.LEADER, roles.RIGHTS[Role.LEADER])
    await ctx.hold(own, stream)
    to_seq = _tell(ctx, who, why, next_leader)
    ctx.emit(talk.Exited(who.team_id, why), to=own)
    await teams.end_hearing(ctx.db, who.team_id, who.player_id, to_seq, why)


def _tell(ctx: PlayerCtx, who: teams.Place, why: Left, next_leader: UUID | None) -> int:
    """Emits what the team hears, and gives the first number that the one who goes does not hear."""
    stream = Stream.team(who.team_id)
    to_seq = ctx.emit(talk.MemberLeft(who.player_id, why), to=stream, drops=who.player_id)
    if next_leader is not None:
        ctx.emit(talk.LeaderChanged(who.player_id, PlayerId(next_leader)), to=stream)
        ctx.emit(talk.RoleChanged(PlayerId(next_leader), Role.LEADER, roles.RIGHTS[Role.LEADER]), to=stream)
    return to_seq


async def disband(ctx: PlayerCtx, team_id: TeamId, leader: PlayerId) -> int:
    """Ends a team and gives the credits paid to its leader. The team's row is held.

    Every member hears the end and is out after it; whoever was invited hears that this is over.
    """
    members = [player for player, _, _ in await teams.remaining(ctx.db, team_id)]
    payout = await wallet.pay_out(ctx, team_id, leader)
    invited = await invitations.close_all(ctx.db, team_id, End.DISBANDED, ctx.now)
    await teams.remove_everybody(ctx.db, team_id, members)
    await teams.disband(ctx.db, team_id)
    stream = Stream.team(team_id)
    await ctx.hold(stream, *map(Stream.player, members), *(Stream.player(player) for _, player in invited))
    to_seq = ctx.emit(talk.Disbanded(payout), to=stream, drops="*") + 1
    for each in members:
        ctx.emit(talk.Exited(team_id, Left.DISBANDED), to=Stream.player(each))
    for invitation_id, player in invited:
        ctx.emit(InvitationClosed(invitation_id, team_id, End.DISBANDED), to=Stream.player(player))
    await teams.end_everybodys_hearing(ctx.db, team_id, to_seq)
    return payout


def cooldown_left_ms(left_at: datetime | None, now: datetime, span_s: float) -> int:
    """Milliseconds until a team may be entered again; 0 when it may."""
    return 0 if left_at is None else max(0, int((span_s - (now - left_at).total_seconds()) * 1000))
