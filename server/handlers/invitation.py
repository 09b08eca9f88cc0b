"""Ways into a team: asking one captain, or handing out a code."""

from __future__ import annotations

import secrets
from datetime import timedelta

import msgspec
from uuid_utils.compat import uuid7

from persistence import blocks, invitations, players, teams
from protocol import invitation as ways
from protocol.invitation import End, InvitationKind
from protocol.refusals import BadRequest, Conflict, Forbidden, LimitExceeded, NotFound
from protocol.streams import Stream
from protocol.team import Full, Team
from protocol.types import InvitationId, PlayerId
from server.context import PlayerCtx
from server.dispatch import handles
from server.rules import cursors, roles, settings_schema, tokens


@handles
async def invite(ctx: PlayerCtx, cmd: ways.Invite) -> ways.InvitationAnswer:
    """Asks one captain into the team, or makes a code."""
    _check_one(cmd)
    found, mine = await teams.hold_own(ctx.db, ctx.player)
    if not mine.rights.can_invite:
        raise Forbidden
    target = None if cmd.open else await _check_open_to(ctx, found, cmd)
    if found.member_count >= found.max_members:
        raise Full
    if await invitations.expire(ctx.db, found.team_id, ctx.now) >= roles.INVITATIONS_AT_MOST:
        raise LimitExceeded
    if target is not None and await invitations.find(ctx.db, ctx.now, team=found.team_id, player=target) is not None:
        raise Conflict
    return await (_hand_out(ctx, found, cmd.max_uses or 1) if target is None else _ask(ctx, found, target))


def _check_one(cmd: ways.Invite) -> None:
    if (cmd.player_id is not None) + (cmd.nickname is not None) + cmd.open != 1:
        raise BadRequest(
            fields=[{"path": "player_id", "code": "one_of", "message": "Name a captain by id or nickname, or say open: one of the three."}]
        )
    if cmd.max_uses is not None and not cmd.open:
        raise BadRequest(fields=[{"path": "max_uses", "code": "open_only", "message": "Only an open invitation has uses."}])


async def _check_open_to(ctx: PlayerCtx, found: Team, cmd: ways.Invite) -> PlayerId:
    """The captain meant. Raises NotFound, Conflict for a member, InvitesClosed."""
    target = cmd.player_id or await players.by_nickname(ctx.db, cmd.nickname or "")
    privacy = settings_schema.complete(await players.reachable_settings(ctx.db, target))["privacy"]
    theirs = await teams.find_place(ctx.db, target)
    if theirs is not None and theirs.team_id == found.team_id:
        raise Conflict
    if not privacy["accept_team_invites"]:
        raise ways.InvitesClosed
    return target


async def _ask(ctx: PlayerCtx, found: Team, target: PlayerId) -> ways.InvitationAnswer:
    id, until = InvitationId(uuid7()), ctx.now + ctx.span(timedelta(days=roles.INVITATION_DAYS))
    await invitations.add(ctx.db, id, found.team_id, InvitationKind.PERSONAL, target, None, ctx.player, 1, ctx.now, until)
    made = await invitations.view(ctx.db, id)
    # Somebody blocked gets the same answer; only nobody hears of it.
    if not await blocks.stands(ctx.db, target, ctx.player):
        invited = ways.Invited(id, found.team_id, found.name, ctx.player, made.inviter_name or "", made.expires_at)
        ctx.emit(invited, to=Stream.player(target))
    return ways.InvitationAnswer(made)


async def _hand_out(ctx: PlayerCtx, found: Team, max_uses: int) -> ways.InvitationAnswer:
    id, until = InvitationId(uuid7()), ctx.now + ctx.span(timedelta(days=roles.INVITATION_DAYS))
    code = tokens.spelled(secrets.token_bytes(16))
    await invitations.add(ctx.db, id, found.team_id, InvitationKind.OPEN, None, tokens.hash_of(code), ctx.player, max_uses, ctx.now, until)
    return ways.InvitationAnswer(msgspec.structs.replace(await invitations.view(ctx.db, id), code=code))


@handles
async def revoke(ctx: PlayerCtx, cmd: ways.Revoke) -> ways.Over:
    """Takes back an invitation of the own team."""
    mine = await teams.find_place(ctx.db, ctx.player)
    way = await invitations.find(ctx.db, ctx.now, id=cmd.invitation_id)
    if way is None or mine is None or mine.team_id != way.team_id or not mine.rights.can_invite:
        raise NotFound
    return await _end(ctx, way, End.REVOKED)


@handles
async def decline(ctx: PlayerCtx, cmd: ways.Decline) -> ways.Over:
    """Turns down an invitation one has."""
    way = await invitations.find(ctx.db, ctx.now, id=cmd.invitation_id, player=ctx.player)
    if way is None:
        raise NotFound
    return await _end(ctx, way, End.DECLINED)


async def _end(ctx: PlayerCtx, way: invitations.Way, why: End) -> ways.Over:
    await teams.lock(ctx.db, way.team_id)
    await invitations.hold(ctx.db, way.invitation_id, ctx.now)
    known = await invitations.close(ctx.db, way, why, ctx.now)
    if known and way.player_id is not None:
        ctx.emit(ways.InvitationClosed(way.invitation_id, way.team_id, why), to=Stream.player(way.player_id))
    return ways.Over(way.invitation_id)


@handles
async def list_(ctx: PlayerCtx, cmd: ways.List) -> ways.Invitations:
    """The caller's invitations, or the team's."""
    before = cursors.read(cmd.cursor)
    if cmd.team:
        mine = await teams.place(ctx.db, ctx.player)
        if not mine.rights.can_invite:
            raise Forbidden
        items = await invitations.of_team(ctx.db, mine.team_id, ctx.now, before, cmd.limit + 1)
    else:
        items = await invitations.of_player(ctx.db, ctx.player, ctx.now, before, cmd.limit + 1)
    last = items[cmd.limit - 1] if len(items) > cmd.limit else None
    return ways.Invitations([each for _, each in items[: cmd.limit]], cursors.spelled(last[0], last[1].invitation_id) if last else None)
