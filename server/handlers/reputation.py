"""Standing: looking, explaining, and what other parts of the game say of a captain."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from persistence import standings
from protocol import reputation
from protocol.refusals import BadRequest, NotFound
from server.actions import standing
from server.context import PlayerCtx, ServiceCtx
from server.dispatch import handles
from server.rules import cursors, tiers
from server.rules import standing as rules

RECENT = 10


@handles
async def factions(ctx: PlayerCtx, cmd: reputation.ReadFactions) -> reputation.Factions:
    """All factions."""
    return reputation.Factions([_ruled(each) for each in await standings.factions(ctx.db)])


def _ruled(faction: reputation.Faction) -> reputation.Faction:
    rival = rules.RIVALS.get(faction.faction)
    return msgspec.structs.replace(faction, allyable=rules.cap(faction.faction) > 0, rival=rival.faction if rival else None)


@handles
async def listed(ctx: PlayerCtx, cmd: reputation.ListStandings) -> reputation.Listed:
    """The caller's standing with every faction."""
    return reputation.Listed(await standing.listed(ctx, ctx.player))


@handles
async def get(ctx: PlayerCtx, cmd: reputation.Get) -> reputation.Got:
    """One standing, explained."""
    found = {each.faction: each for each in await standing.listed(ctx, ctx.player)}
    if cmd.faction not in found:
        raise NotFound
    mine, rival = found[cmd.faction], rules.RIVALS.get(cmd.faction)
    recent = [change for _, _, change in await standings.changes(ctx.db, ctx.player, cmd.faction, None, RECENT)]
    if rival is None:
        return reputation.Got(mine, recent, rules.room(cmd.faction, mine.value, 0))
    other = found[rival.faction]
    rivalry = reputation.Rivalry(other.faction, other.name, other.value, rival.cap, rules.SHARE)
    return reputation.Got(mine, recent, rules.room(cmd.faction, mine.value, other.value), rivalry)


@handles
async def history(ctx: PlayerCtx, cmd: reputation.ReadHistory) -> reputation.Changes:
    """Every change of one standing, newest first."""
    if cmd.faction not in {each.faction for each in await standings.factions(ctx.db)}:
        raise NotFound
    found = await standings.changes(ctx.db, ctx.player, cmd.faction, cursors.read(cmd.cursor), cmd.limit + 1)
    page, more = found[: cmd.limit], len(found) > cmd.limit
    return reputation.Changes([change for _, _, change in page], cursors.spelled(page[-1][1], page[-1][0]) if more else None)


@handles
async def record(ctx: ServiceCtx, cmd: reputation.Record) -> reputation.Recorded:
    """Changes a captain's standing, by a named event or by a bare number."""
    if (cmd.event is None) == (cmd.delta is None):
        raise _bad("event", "one_of", "Say either an event or a delta.")
    if cmd.event is not None:
        changed = await _happened(ctx, cmd, cmd.event)
    elif cmd.faction is None:
        raise _bad("faction", "missing", "A delta needs its faction.")
    else:
        changed = [
            await standing.change(ctx, cmd.player_id, cmd.faction, cmd.delta or 0, kind="adjustment", reason=cmd.reason or "adjustment")
        ]
    moved = [each for one in changed for each in (one, one.rival) if each is not None]
    return reputation.Recorded(
        sum(each.delta for each in changed), [reputation.Moved(each.faction, each.old, each.new, each.delta, each.level) for each in moved]
    )


async def _happened(ctx: ServiceCtx, cmd: reputation.Record, event: str) -> list[standing.Changed]:
    """What a named event changes, throttled. Raises BadRequest for an unknown one, or a faction it does not concern."""
    if event not in rules.EVENTS:
        raise _bad("event", "unknown", "There is no such event.")
    figures = rules.figures(event, cmd.faction)
    if figures is None:
        raise _bad("faction", "unknown", "This event has nothing to do with this faction.")
    step, changed = rules.EVENTS[event].step, []
    _, held = await standings.hold(ctx.db, cmd.player_id, list(figures), tiers.effects(0), ctx.now)
    day = ctx.now.replace(hour=0, minute=0, second=0, microsecond=0)
    paid, points = await standings.paid(ctx.db, cmd.player_id, list(rules.EVENTS), day, day + timedelta(days=1))
    for faction, figure in figures.items():
        worth, rest = rules.points(figure, step, held[faction].carried, cmd.amount)
        if step:
            await standings.carry(ctx.db, cmd.player_id, held[faction].faction_id, rest)
        delta = rules.throttled(worth, paid.get(faction, 0), points)
        one = await standing.change(ctx, cmd.player_id, faction, delta, kind=event, reason=cmd.reason or event)
        points += max(0, one.delta)
        changed.append(one)
    return changed


def _bad(path: str, code: str, message: str) -> BadRequest:
    return BadRequest(fields=[{"path": path, "code": code, "message": message}])
