"""Changing what a captain is worth: to one faction, and as a person. Nothing else writes these values.

Call it before heads are held, or with the captain's own stream among those held; and after any money has moved.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from persistence import standings
from persistence.events import millis
from persistence.standings import Held, Source, Written
from protocol.alignment import AlignmentChanged
from protocol.message import Door
from protocol.reputation import Locked, Standing, StandingChanged
from protocol.streams import Stream
from protocol.types import PlayerId
from server.context import Ctx
from server.rules import alignment, tiers
from server.rules import standing as rules


class Changed(NamedTuple):
    """What came of a change: `delta` is what was applied, `rival` what the rival made of it."""

    faction: str
    old: int
    new: int
    delta: int
    level: str
    rival: Changed | None = None


class Aligned(NamedTuple):
    """What came of a change of the personal reputation."""

    old: int
    new: int
    delta: int
    tier: str
    color: str


async def change(ctx: Ctx, player: PlayerId, faction: str, delta: int, *, kind: str, reason: str, admin: bool = False) -> Changed:
    """Changes a captain's standing with one faction by what rivals, caps and range leave of `delta`; a rival loses half of a gain.

    Writes the row with level, title and effects, its trail, the captain's mirror and the mark on the team's standing, and tells
    the captain; when nothing changes nothing is told. `kind` is what happened (an event's name), `reason` what the captain reads.
    Raises NotFound for no such captain or faction, and Locked unless `admin`: a caller whose own effect must not hang on a lock
    catches that.
    """
    rival = rules.RIVALS.get(faction)
    team, held = await standings.hold(ctx.db, player, [faction, *([rival.faction] if rival else [])], tiers.effects(0), ctx.now)
    mine, other = held[faction], held[rival.faction] if rival else None
    if mine.locked and not admin:
        raise Locked
    applied = rules.applied(faction, mine.value, delta, other.value if other else 0)
    source = Source(kind, reason, _actor(ctx), ctx.now)
    changed = await _write(ctx, player, team, mine, applied, source)
    if other is None or other.locked or not rules.cascade(applied):
        return changed
    lost = rules.applied(other.faction, other.value, rules.cascade(applied), 0)
    return changed._replace(rival=await _write(ctx, player, team, other, lost, source._replace(kind="rivalry")))


async def _write(ctx: Ctx, player: PlayerId, team: UUID | None, held: Held, delta: int, source: Source) -> Changed:
    old, new = held.value, held.value + delta
    tier, gives = tiers.of(new), tiers.effects(new)
    if delta:
        to = Written(held.faction_id, held.faction, old, new, held.level, tier.level, tier.title, gives)
        await standings.write(ctx.db, player, team, to, source, rules.KEPT_HISTORY)
        ctx.emit(
            StandingChanged(
                held.faction, old, new, delta, source.reason, tier.level, tier.title, gives, tier.level != held.level,
                tiers.above(new, rules.cap(held.faction)), held.locked,
            ),
            to=Stream.player(player),
        )  # fmt: skip
    return Changed(held.faction, old, new, delta, tier.level)


async def align(ctx: Ctx, player: PlayerId, delta: int, *, kind: str, reason: str) -> Aligned:
    """Changes a captain's personal reputation within its range, with tier, colour and trail, and tells the captain.

    When nothing changes nothing is told. Raises NotFound.
    """
    old = await standings.hold_alignment(ctx.db, player)
    applied = alignment.applied(old, delta)
    tier = alignment.of(old + applied)
    if applied:
        source = Source(kind, reason, _actor(ctx), ctx.now)
        await standings.write_alignment(ctx.db, player, old, old + applied, tier.name, tier.color, source)
        ctx.emit(AlignmentChanged(old, old + applied, tier.name, tier.color, reason), to=Stream.player(player))
    return Aligned(old, old + applied, applied, tier.name, tier.color)


async def listed(ctx: Ctx, player: PlayerId) -> list[Standing]:
    """The captain's standing with every faction, by its code."""
    found = []
    for each in await standings.seen(ctx.db, player, ctx.now):
        tier, gives = tiers.of(each.value), tiers.effects(each.value)
        until = millis(each.locked_until) if each.locked and each.locked_until is not None else None
        found.append(
            Standing(
                each.faction, each.name, each.value, tier.level, tier.title, gives.trade_modifier, gives.port_access_level,
                gives.combat_response, gives.mission_availability, each.locked, tiers.above(each.value, rules.cap(each.faction)), until,
            )
        )  # fmt: skip
    return found


def _actor(ctx: Ctx) -> str:
    """Who did it, for the trail: a service by name, a captain or a member of staff by id."""
    caller = ctx.caller
    return f"{caller.door}:{caller.name if caller.door in (Door.SERVICE, Door.SYSTEM) else caller.account}"
