"""Teams: founding, finding, joining, leaving."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from uuid import UUID

from asyncpg import UniqueViolationError
from uuid_utils.compat import uuid7

from persistence import events, invitations, messages, teams
from protocol import team
from protocol.invitation import End, InvitationClosed, InvitationKind
from protocol.refusals import BadRequest, NotFound
from protocol.streams import Stream
from protocol.types import Left, Role, TeamId
from server.actions import membership, wallet
from server.context import PlayerCtx
from server.dispatch import handles
from server.rules import names, pages, roles, tokens


async def _check_free(ctx: PlayerCtx) -> None:
    """Raises AlreadyMember, or Cooldown when the caller left a team not long ago."""
    if await teams.find_place(ctx.db, ctx.player) is not None:
        raise team.AlreadyMember
    span = ctx.span(timedelta(hours=roles.LEAVE_COOLDOWN_H)).total_seconds()
    wait_ms = membership.cooldown_left_ms(await teams.left_at(ctx.db, ctx.player), ctx.now, span)
    if wait_ms:
        raise team.Cooldown(retry_after_ms=wait_ms)


@handles
async def create(ctx: PlayerCtx, cmd: team.Create) -> team.TeamAnswer:
    """Founds a team for 10,000 credits."""
    names.check_name(cmd.name, "name")
    tag = names.check_name(cmd.tag, "tag") if cmd.tag else None
    await wallet.check_onboarded(ctx)
    await _check_free(ctx)
    skeleton, tag_skeleton = names.skeleton(cmd.name), names.skeleton(tag) if tag else None
    if await teams.is_name_taken(ctx.db, skeleton, tag_skeleton):
        raise team.NameTaken
    await wallet.charge(ctx, ctx.player, roles.FOUNDING_COST, kind="team_founding", reason="team_founding")
    team_id = TeamId(uuid7())
    try:
        await teams.create(
            ctx.db, team_id, cmd.name, skeleton, tag, tag_skeleton, cmd.description, cmd.recruitment_status.value, cmd.max_members
        )
    except UniqueViolationError:
        raise team.NameTaken from None
    await events.open_stream(ctx.db, Stream.team(team_id))
    founded = await membership.enter(ctx, team_id, Role.LEADER)
    ctx.emit(team.Created(founded), to=Stream.team(team_id))
    return team.TeamAnswer(founded)


@handles
async def get(ctx: PlayerCtx, cmd: team.Get) -> team.Got:
    """A team with its members; the caller's own when none is named."""
    mine = await teams.find_place(ctx.db, ctx.player)
    if cmd.team_id is None and mine is None:
        raise team.NoTeam
    team_id = cmd.team_id or (mine.team_id if mine else TeamId(UUID(int=0)))
    found = await teams.get(ctx.db, team_id)
    inside = mine is not None and mine.team_id == team_id
    if not found.is_public and not inside:
        raise NotFound
    members = await teams.members(ctx.db, team_id, online=True)
    return team.Got(found, members, team.Mine(mine.role, mine.rights) if mine and inside else None)


@handles
async def directory(ctx: PlayerCtx, cmd: team.Directory) -> team.Listed:
    """The public teams, by name."""
    skeleton = names.skeleton(cmd.query) if cmd.query else None
    items = await teams.directory(ctx.db, cmd.query, skeleton or None, cmd.open_only, _after(cmd.cursor), cmd.limit + 1)
    more = len(items) > cmd.limit
    return team.Listed(items[: cmd.limit], _cursor(items[cmd.limit - 1]) if more else None)


@handles
async def join(ctx: PlayerCtx, cmd: team.Join) -> team.TeamAnswer:
    """Joins an open team, or one that asked the caller, if there is a place."""
    await _check_free(ctx)
    team_id, way = await _way(ctx, cmd)
    found = await teams.lock(ctx.db, team_id)
    if way is not None:
        way = await invitations.hold(ctx.db, way.invitation_id, ctx.now)
    roles.check_may_join(found, *await teams.fitness(ctx.db, ctx.player), invited=way is not None)
    if way is not None:
        await invitations.use(ctx.db, way, ctx.now)
        if way.kind is InvitationKind.PERSONAL:
            ctx.emit(InvitationClosed(way.invitation_id, way.team_id, End.ACCEPTED), to=ctx.own)
    try:
        return team.TeamAnswer(await membership.enter(ctx, team_id, Role.MEMBER))
    except UniqueViolationError:
        raise team.AlreadyMember from None


async def _way(ctx: PlayerCtx, cmd: team.Join) -> tuple[TeamId, invitations.Way | None]:
    """The team meant, and the invitation that leads there. Raises BadRequest, or NotFound when there is no such invitation for the caller."""
    if cmd.team_id is not None and cmd.invitation_id is None and cmd.code is None:
        return cmd.team_id, await invitations.find(ctx.db, ctx.now, team=cmd.team_id, player=ctx.player)
    if cmd.team_id is None and cmd.invitation_id is not None and cmd.code is None:
        way = await invitations.find(ctx.db, ctx.now, id=cmd.invitation_id, player=ctx.player)
    elif cmd.team_id is None and cmd.invitation_id is None and cmd.code is not None:
        way = await invitations.find(ctx.db, ctx.now, code_hash=tokens.hash_of(cmd.code))
    else:
        raise BadRequest(
            fields=[{"path": "team_id", "code": "one_of", "message": "Name the team, an invitation or a code: one of the three."}]
        )
    if way is None:
        raise NotFound
    return way.team_id, way


@handles
async def leave(ctx: PlayerCtx, cmd: team.Leave) -> team.Gone:
    """Leaves the team; the last one out ends it."""
    found, mine = await teams.hold_own(ctx.db, ctx.player)
    if found.member_count == 1:
        if not cmd.disband_ok:
            raise team.LastMember
        await membership.disband(ctx, mine.team_id, ctx.player)
        return team.Gone(mine.team_id)
    await teams.start_cooldown(ctx.db, ctx.player, ctx.now)
    await membership.remove(ctx, mine, Left.LEFT)
    return team.Gone(mine.team_id)


@handles
async def kick(ctx: PlayerCtx, cmd: team.Kick) -> team.KickedOut:
    """Puts a lower-ranking member out."""
    me, them = await teams.pair(ctx.db, ctx.player, cmd.player_id)
    roles.check_may_kick(me.role, me.rights, them.role)
    await membership.remove(ctx, them, Left.KICKED)
    return team.KickedOut(them.player_id)


@handles
async def history(ctx: PlayerCtx, cmd: team.History) -> team.Lines:
    """The team's talk, newest first. Lines are named by their team only: another's are as unknown as what nobody said."""
    mine = await teams.place(ctx.db, ctx.player)
    before = _line(cmd.cursor) if cmd.cursor else cmd.before
    if not await messages.are_lines(ctx.db, mine.team_id, {each for each in (before, cmd.after) if each is not None}):
        raise NotFound
    items = await messages.lines(ctx.db, mine.team_id, before, cmd.after, cmd.limit + 1)
    limit = min(cmd.limit, pages.fitting(each.text for each in items))
    return team.Lines(items[:limit], str(items[limit - 1].message_id) if len(items) > limit else None)


def _cursor(last: team.Team) -> str:
    return urlsafe_b64encode(f"{last.team_id}{last.name.lower()}".encode()).decode()


def _after(cursor: str | None) -> tuple[str, UUID] | None:
    if cursor is None:
        return None
    try:
        text = urlsafe_b64decode(cursor.encode()).decode()
        return text[36:], UUID(text[:36])
    except ValueError:
        raise BadRequest(fields=[{"path": "cursor", "code": "cursor", "message": "Not a cursor of ours."}]) from None


def _line(cursor: str) -> UUID:
    try:
        return UUID(cursor)
    except ValueError:
        raise BadRequest(fields=[{"path": "cursor", "code": "cursor", "message": "Not a cursor of ours."}]) from None
