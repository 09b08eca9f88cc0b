"""Personal reputation, as other parts of the game see it change."""

from __future__ import annotations

from datetime import timedelta

from persistence import standings
from protocol import alignment
from protocol.refusals import BadRequest
from server.actions import standing
from server.context import ServiceCtx
from server.dispatch import handles
from server.rules import alignment as rules


@handles
async def record(ctx: ServiceCtx, cmd: alignment.Record) -> alignment.Recorded:
    """Changes a captain's personal reputation, by a named event or by a bare number."""
    if (cmd.event is None) == (cmd.delta is None):
        raise BadRequest(fields=[{"path": "event", "code": "one_of", "message": "Say either an event or a delta."}])
    if cmd.event is not None and cmd.event not in rules.EVENTS:
        raise BadRequest(fields=[{"path": "event", "code": "unknown", "message": "There is no such event."}])
    delta = cmd.delta or 0
    if cmd.event is not None:
        await standings.hold_alignment(ctx.db, cmd.player_id)
        day = ctx.now.replace(hour=0, minute=0, second=0, microsecond=0)
        today = await standings.aligned(ctx.db, cmd.player_id, cmd.event, day, day + timedelta(days=1))
        delta = rules.throttled(cmd.event, rules.EVENTS[cmd.event], today)
    done = await standing.align(ctx, cmd.player_id, delta, kind=cmd.event or "adjustment", reason=cmd.reason or cmd.event or "adjustment")
    return alignment.Recorded(done.delta, done.old, done.new, done.tier, done.color)
