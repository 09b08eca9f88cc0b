"""What leaders and officers do with their team: its profile, its roles, its end."""

from __future__ import annotations

from asyncpg import UniqueViolationError

from persistence import teams
from protocol import leading
from protocol.refusals import BadRequest
from protocol.streams import Stream
from protocol.team import LeaderChanged, NameTaken, RoleChanged, Team, TeamAnswer
from protocol.types import Role
from server.actions import membership
from server.context import PlayerCtx
from server.dispatch import handles
from server.rules import names, roles


@handles
async def update(ctx: PlayerCtx, cmd: leading.Update) -> TeamAnswer:
    """Changes what is said of the team and who may join."""
    found, mine = await teams.hold_own(ctx.db, ctx.player)
    roles.check_may_edit(mine.role)
    after = roles.edited(found, cmd)
    if after.max_members < found.member_count:
        raise leading.TooSmall
    if after == found:
        return TeamAnswer(found)
    await _store(ctx, after)
    ctx.emit(leading.Updated(after), to=Stream.team(found.team_id))
    return TeamAnswer(after)


async def _store(ctx: PlayerCtx, after: Team) -> None:
    skeleton = names.skeleton(names.check_name(after.tag, "tag")) if after.tag else None
    if skeleton is not None and await teams.tag_taken(ctx.db, after.team_id, skeleton):
        raise NameTaken
    try:
        await teams.change(ctx.db, after, skeleton, ctx.now)
    except UniqueViolationError:
        raise NameTaken from None


@handles
async def set_role(ctx: PlayerCtx, cmd: leading.SetRole) -> leading.Ranked:
    """Gives a member another role, with exactly its rights."""
    if cmd.role is Role.LEADER or cmd.player_id == ctx.player:
        raise BadRequest(
            fields=[{"path": "role", "code": "role", "message": "A leader is made by team.transfer, and keeps their own role."}]
        )
    me, them = await teams.pair(ctx.db, ctx.player, cmd.player_id)
    roles.check_leads(me.role)
    rights = roles.RIGHTS[cmd.role]
    if (them.role, them.rights) != (cmd.role, rights):
        await teams.set_role(ctx.db, me.team_id, them.player_id, cmd.role, rights)
        ctx.emit(RoleChanged(them.player_id, cmd.role, rights), to=Stream.team(me.team_id))
    return leading.Ranked(them.player_id, cmd.role, rights)


@handles
async def transfer(ctx: PlayerCtx, cmd: leading.Transfer) -> TeamAnswer:
    """Hands the team to a member."""
    if cmd.player_id == ctx.player:
        raise BadRequest(fields=[{"path": "player_id", "code": "self", "message": "You lead it already."}])
    me, them = await teams.pair(ctx.db, ctx.player, cmd.player_id)
    roles.check_leads(me.role)
    stream = Stream.team(me.team_id)
    # The old leader first: a team has one leader at any moment.
    for who, role in ((me, Role.OFFICER), (them, Role.LEADER)):
        await teams.set_role(ctx.db, me.team_id, who.player_id, role, roles.RIGHTS[role])
    ctx.emit(LeaderChanged(me.player_id, them.player_id), to=stream)
    for who, role in ((me, Role.OFFICER), (them, Role.LEADER)):
        ctx.emit(RoleChanged(who.player_id, role, roles.RIGHTS[role]), to=stream)
    return TeamAnswer(await teams.get(ctx.db, me.team_id))


@handles
async def disband(ctx: PlayerCtx, cmd: leading.Disband) -> leading.Ended:
    """Ends the team and pays out what credits are left."""
    found, mine = await teams.hold_own(ctx.db, ctx.player)
    roles.check_leads(mine.role)
    payout = await membership.disband(ctx, found.team_id, ctx.player)
    return leading.Ended(found.team_id, payout)
