"""What a client needs to begin, and to begin again."""

from __future__ import annotations

from protocol import session
from server import snapshot
from server.context import PlayerCtx
from server.dispatch import handles


@handles
async def take_snapshot(ctx: PlayerCtx, cmd: session.TakeSnapshot) -> session.Snapshot:
    """State and heads, as of one moment."""
    return await snapshot.take(ctx)
