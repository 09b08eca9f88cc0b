"""What other parts of the game tell everybody, and ask about the world."""

from __future__ import annotations

from persistence import world
from protocol import service
from protocol.streams import SYSTEM
from server.context import ServiceCtx
from server.dispatch import handles


@handles
async def announce(ctx: ServiceCtx, cmd: service.Announce) -> service.Announced:
    """Tells something to everybody."""
    ctx.emit(service.SystemAnnounced(cmd.text), to=SYSTEM)
    return service.Announced()


@handles
async def read_world(ctx: ServiceCtx, cmd: service.ReadWorld) -> service.World:
    """The whole small world."""
    return await world.everything(ctx.db)
