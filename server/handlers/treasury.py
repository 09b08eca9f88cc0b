"""Treasuries: looking, giving, taking, passing on."""

from __future__ import annotations

from datetime import timedelta

from persistence import ledger, teams, treasuries
from persistence.ledger import Leg
from persistence.treasuries import After
from protocol import treasury
from protocol.refusals import BadRequest, Forbidden, NoTeam, NotFound, OnboardingRequired
from protocol.types import PlayerId, Resource
from server.actions import wallet
from server.context import PlayerCtx
from server.dispatch import handles
from server.rules import cursors

DAY = timedelta(hours=24)


@handles
async def get(ctx: PlayerCtx, cmd: treasury.Get) -> treasury.Balances:
    """What the caller's team owns."""
    mine = await teams.place(ctx.db, ctx.player)
    return treasury.Balances(await treasuries.balances(ctx.db, mine.team_id))


@handles
async def read_ledger(ctx: PlayerCtx, cmd: treasury.ReadLedger) -> treasury.Ledger:
    """The treasury's movements, newest first."""
    mine = await teams.place(ctx.db, ctx.player)
    found = await treasuries.movements(ctx.db, mine.team_id, cmd.kind, cmd.resource, _after(cmd.cursor), cmd.limit + 1)
    more = len(found) > cmd.limit
    return treasury.Ledger([item for _, item in found[: cmd.limit]], _cursor(found[cmd.limit - 1][0]) if more else None)


@handles
async def deposit(ctx: PlayerCtx, cmd: treasury.Deposit) -> treasury.Moved:
    """Gives to the team."""
    mine = await _member(ctx)
    legs = [
        Leg(await _pocket(ctx, ctx.player, cmd.resource), cmd.resource, -cmd.amount),
        Leg(ledger.team(mine.team_id), cmd.resource, cmd.amount),
    ]
    moved = await wallet.move(ctx, legs, kind="deposit")
    return treasury.Moved(moved.transfer_id, await treasuries.contribute(ctx.db, mine.team_id, ctx.player, cmd.resource, cmd.amount))


@handles
async def withdraw(ctx: PlayerCtx, cmd: treasury.Withdraw) -> treasury.Moved:
    """Takes from the team."""
    mine = await _member(ctx, taking=True)
    await _check_daily(ctx, mine, cmd.resource, cmd.amount)
    return await _take(ctx, mine, ctx.player, cmd, kind="withdraw")


@handles
async def transfer(ctx: PlayerCtx, cmd: treasury.Transfer) -> treasury.Moved:
    """Gives from the team to another member."""
    if cmd.player_id == ctx.player:
        raise BadRequest(fields=[{"path": "player_id", "code": "self", "message": "That is you: withdraw instead."}])
    mine = await _member(ctx, taking=True)
    await _check_daily(ctx, mine, cmd.resource, cmd.amount)
    theirs = await teams.find_place(ctx.db, cmd.player_id)
    if theirs is None or theirs.team_id != mine.team_id:
        raise NotFound
    return await _take(ctx, mine, cmd.player_id, cmd, kind="transfer")


async def _take(
    ctx: PlayerCtx, mine: teams.Place, to: PlayerId, cmd: treasury.Withdraw | treasury.Transfer, *, kind: str
) -> treasury.Moved:
    legs = [Leg(ledger.team(mine.team_id), cmd.resource, -cmd.amount), Leg(await _pocket(ctx, to, cmd.resource), cmd.resource, cmd.amount)]
    moved = await wallet.move(ctx, legs, kind=kind, reason=cmd.reason, counterparty=to if to != ctx.player else None)
    return treasury.Moved(moved.transfer_id, await treasuries.balances(ctx.db, mine.team_id))


async def _member(ctx: PlayerCtx, *, taking: bool = False) -> teams.Place:
    """The caller's place, the team's row held: until commit nobody comes, goes, or moves what the team owns."""
    onboarded, mine = await teams.enter_treasury(ctx.db, ctx.player)
    if mine is not None and taking and not mine.rights.can_manage_treasury:
        raise Forbidden
    if not onboarded:
        raise OnboardingRequired
    if mine is None:
        raise NoTeam
    return mine


async def _pocket(ctx: PlayerCtx, whose: PlayerId, resource: Resource) -> ledger.Party:
    """What a captain gives from and takes into: the wallet for credits, for all else the hold of a ship that lies still."""
    if resource is Resource.CREDITS:
        return ledger.player(whose)
    place = await treasuries.berth(ctx.db, whose)
    if not place.is_still or place.ship is None:
        raise treasury.NotDocked
    return ledger.ship(place.ship)


async def _check_daily(ctx: PlayerCtx, mine: teams.Place, resource: Resource, amount: int) -> None:
    left = await treasuries.may_take(ctx.db, mine.team_id, ctx.player, resource, ctx.now - ctx.span(DAY))
    if left is not None and amount > left:
        raise treasury.DailyLimit(left=left)


def _cursor(last: After) -> str:
    # A transfer may move several resources, so that time and id alone are no place in the order.
    return f"{cursors.spelled(last.at, last.transfer)}.{last.resource}"


def _after(cursor: str | None) -> After | None:
    spot, _, resource = (cursor or "").partition(".")
    found = cursors.read(spot) if cursor is not None else None
    return After(*found, resource) if found is not None else None
