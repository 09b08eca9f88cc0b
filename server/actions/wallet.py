"""Moving money: the one way in which credits, treasuries and cargo change, with everybody who is concerned told.

One transfer for each command: who needs several changes names them as legs of one. Move before heads are held.
"""

from __future__ import annotations

from collections.abc import Sequence

from persistence import ledger, treasuries
from persistence.ledger import Leg, Moved
from protocol.player import CreditsChanged
from protocol.refusals import OnboardingRequired
from protocol.streams import Stream
from protocol.treasury import CargoChanged, TreasuryChanged
from protocol.types import MOST, PlayerId, Resource, ShipId, TeamId
from server.context import Ctx, PlayerCtx


async def move(
    ctx: Ctx, legs: Sequence[Leg], *, kind: str, reason: str | None = None, counterparty: PlayerId | None = None, tells: str | None = None
) -> Moved:
    """One immutable transfer of this command, and its events. Legs sum to zero per resource.

    Captains hear `tells` as the reason of `player.credits_changed` (the kind when there is none); `reason` is the ledger's.
    Raises Insufficient, NoCargoSpace, LimitExceeded, NotFound, Conflict; RuntimeError for a second move or one after `hold`.
    """
    if ctx.moved:
        raise RuntimeError("one command moves money once: name all changes as legs of one transfer")
    if ctx.held:
        raise RuntimeError("heads are the last locks: move money before they are held")
    ctx.moved = True
    actor = PlayerId(ctx.caller.account) if isinstance(ctx, PlayerCtx) else None
    moved = await ledger.move(
        ctx.db, ctx.caller.account, ctx.command_id, legs, kind=kind, reason=reason, actor=actor, counterparty=counterparty
    )
    holds = {each.party.id: each for each in moved.sides if each.party.kind == "ship"}
    for side in moved.sides:
        if side.party.kind == "player":
            ctx.emit(CreditsChanged(side.balance, side.amount, tells or kind), to=Stream.player(side.party.id))
        elif side.party.kind == "team":
            changed = TreasuryChanged(side.resource, side.balance, side.amount, kind, moved.transfer_id, actor, counterparty)
            ctx.emit(changed, to=Stream.team(side.party.id))
    for hold in holds.values():
        if hold.told is not None and hold.cargo is not None:
            ctx.emit(CargoChanged(ShipId(hold.party.id), hold.cargo), to=Stream.player(hold.told))
    return moved


async def grant(ctx: Ctx, player: PlayerId, amount: int, *, kind: str, reason: str) -> int:
    """Gives a captain new credits, and the new balance. Raises LimitExceeded, NotFound; ValueError below 0."""
    return await _pass(ctx, player, _checked(amount), ledger.faucet(ledger.player(player)), kind, reason)


async def charge(ctx: Ctx, player: PlayerId, amount: int, *, kind: str, reason: str) -> int:
    """Takes a fee from a captain, and gives the new balance. Raises Insufficient, NotFound; ValueError below 0."""
    return await _pass(ctx, player, -_checked(amount), ledger.fees(ledger.player(player)), kind, reason)


async def replace_grant(ctx: Ctx, player: PlayerId, granted: int, amount: int, *, kind: str, reason: str) -> int:
    """Puts `amount` in the place of what was granted at first; what others paid since stays. The new balance. Raises NotFound."""
    purse = ledger.player(player)
    await ledger.hold(ctx.db, purse)
    balance = await ledger.balance(ctx.db, purse)
    delta = max(0, balance - granted) + _checked(amount) - balance
    return await _pass(ctx, player, delta, ledger.faucet(purse), kind, reason)


async def set_cargo(ctx: Ctx, ship: ShipId, contents: dict[Resource, int], *, kind: str, reason: str) -> None:
    """Makes a ship hold exactly `contents` (resources not named are left), by one transfer. Raises NoCargoSpace, NotFound.

    For domains that load and unload ships: cargo is a mirror, so nobody writes `ships.cargo.contents` by hand.
    """
    hold = ledger.ship(ship)
    await ledger.hold(ctx.db, hold)
    now = await ledger.balances(ctx.db, hold)
    changes = {each: amount - now.get(each, 0) for each, amount in contents.items()}
    legs = [leg for each, delta in changes.items() if delta for leg in (Leg(hold, each, delta), Leg(ledger.faucet(hold), each, -delta))]
    if legs:
        await move(ctx, legs, kind=kind, reason=reason)


async def pay_out(ctx: Ctx, team_id: TeamId, leader: PlayerId) -> int:
    """Empties a treasury that ends: its credits go to `leader`, the rest to escheat. Gives the credits paid, for `team.disbanded`.

    Call it with the team's row held (`teams.lock`), before `teams.disband` and before `ctx.hold`: ledger accounts are locked
    before heads. It emits `treasury.changed` (kind `payout`) to the team and `player.credits_changed` (reason `payout`) to the
    leader, so the heads held afterwards must include `Stream.team(team_id)` and `Stream.player(leader)`; and these events must
    come before `team.disbanded`, as they do when this is called first. An empty treasury moves nothing and gives 0.
    """
    treasury, heir = ledger.team(team_id), ledger.player(leader)
    left = await ledger.balances(ctx.db, treasury)
    if not left:
        return 0
    await ledger.hold(ctx.db, heir)
    paid = min(left.get(Resource.CREDITS, 0), MOST - await ledger.balance(ctx.db, heir))
    legs = [leg for each, amount in left.items() for leg in (Leg(treasury, each, -amount), Leg(ledger.escheat(treasury), each, amount))]
    if paid:
        legs += [Leg(heir, Resource.CREDITS, paid), Leg(ledger.escheat(treasury), Resource.CREDITS, -paid)]
    await move(ctx, legs, kind="payout", counterparty=leader)
    return paid


async def check_onboarded(ctx: PlayerCtx) -> None:
    """Raises OnboardingRequired until the guard has decided: nobody spends the first credits before."""
    if not await treasuries.is_onboarded(ctx.db, ctx.player):
        raise OnboardingRequired


def _checked(amount: int) -> int:
    if not 0 <= amount <= MOST:
        raise ValueError(f"not an amount: {amount}")
    return amount


async def _pass(ctx: Ctx, player: PlayerId, delta: int, system: ledger.Party, kind: str, reason: str) -> int:
    purse = ledger.player(player)
    if delta == 0:
        return await ledger.balance(ctx.db, purse)
    legs = [Leg(purse, Resource.CREDITS, delta), Leg(system, Resource.CREDITS, -delta)]
    moved = await move(ctx, legs, kind=kind, reason=reason, tells=reason)
    return moved.balance(purse, Resource.CREDITS)
