"""What a captain leaves the dock with: a ship, credits, a name, and what the guard wrote down. Granted once."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from persistence import onboardings, players
from persistence.events import millis
from persistence.talks import Session
from protocol.guard import Verdict
from protocol.onboarding import Completed, Rewarded
from protocol.player import AriaChanged, Ship, ShipAwarded
from protocol.preferences import NicknameTaken
from protocol.reputation import Locked
from server.actions import naming, standing, wallet
from server.context import PlayerCtx
from server.rules import callsign, negotiation, ranks
from server.rules import ships as hulls

ARIA_RELATIONSHIP = 50  # domain.md 2.8


async def grant(ctx: PlayerCtx, talk: Session, verdict: Verdict, wanted: str | None) -> Rewarded:
    """Gives the caller what the verdict says, and ends their onboarding. Their state is held.

    `wanted` is the nickname to take; one that may not be is told and stops nothing else.
    """
    nickname, rejected = await _take_name(ctx, wanted) if wanted is not None else (None, None)
    ship_id = await _build(ctx, verdict)
    credits = await wallet.replace_grant(
        ctx, ctx.player, negotiation.FIRST_GRANT, verdict.starting_credits, kind="onboarding", reason="onboarding"
    )
    if verdict.notoriety:
        # A lock on the standing must not cost the captain the ship.
        with suppress(Locked):
            await standing.change(
                ctx, ctx.player, negotiation.FEDERATION, negotiation.NOTORIETY, kind="onboarding", reason=negotiation.DECEPTION
            )
    bonus = negotiation.TRADE_BONUS if verdict.bonus else 0.0
    await onboardings.finish(ctx.db, talk, ship_id, bonus, _first_login(ctx, talk, verdict, nickname), ARIA_RELATIONSHIP, ctx.now)
    ship = await _tell(ctx, verdict, credits)
    return Rewarded(ship, credits, verdict.outcome, nickname, rejected, tutorial_offered=True)


async def _take_name(ctx: PlayerCtx, wanted: str) -> tuple[str | None, str | None]:
    """The nickname the caller has now, or why not: length, charset, profanity, taken."""
    flaw = callsign.flaw(wanted)
    if flaw is not None:
        return None, flaw
    old, team = await naming.hold(ctx)
    if wanted == old:
        return wanted, None
    try:
        # A savepoint: somebody who takes the name at this very moment must not cost the captain the ship.
        async with ctx.db.raw.transaction():
            await naming.rename(ctx, old, wanted, team, reserved=False)
    except NicknameTaken:
        return None, "taken"
    return wanted, None


async def _build(ctx: PlayerCtx, verdict: Verdict) -> UUID:
    """Makes the awarded ship where the caller is, and gives its id."""
    name, ship_id = await players.name_of(ctx.db, ctx.player), uuid7()
    type_, worth = verdict.awarded_ship, verdict.starting_credits // 2
    specs = hulls.SPECS[type_]
    await onboardings.build_ship(
        ctx.db, ship_id, ctx.player, f"{name}'s {hulls.title(type_)}", type_, specs, hulls.cargo(type_), hulls.combat(type_), worth, ctx.now
    )
    return ship_id


async def _tell(ctx: PlayerCtx, verdict: Verdict, credits: int) -> Ship:
    ship = await players.current_ship(ctx.db, ctx.player)
    own = await players.own(ctx.db, ctx.player, ranks.max_turns, ranks.level)
    if ship is None:
        raise LookupError("the awarded ship is gone")
    ctx.emit(ShipAwarded(ship), to=ctx.own)
    ctx.emit(AriaChanged(own.aria.level, own.aria.multiplier, own.aria.relationship, own.aria.interactions), to=ctx.own)
    ctx.emit(Completed(verdict.outcome, ship.ship_id, credits, own.trade_bonus), to=ctx.own)
    return ship


def _first_login(ctx: PlayerCtx, talk: Session, verdict: Verdict, nickname: str | None) -> dict[str, Any]:
    return {
        "completed": True,
        "session_id": str(talk.talk_id),
        "awarded_ship": verdict.awarded_ship.value,
        "negotiation_skill": verdict.negotiation_skill.value,
        "persuasion_score": verdict.final_score,
        "chosen_name": nickname,
        "completed_at": millis(ctx.now),
        "trade_bonus_active": verdict.bonus,
        "notoriety_penalty_active": verdict.notoriety,
    }
