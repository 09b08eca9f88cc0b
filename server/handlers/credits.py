"""Credits, as other parts of the game give and take them."""

from __future__ import annotations

from persistence import ledger
from protocol import credits
from server.actions import wallet
from server.context import ServiceCtx
from server.dispatch import handles


@handles
async def adjust(ctx: ServiceCtx, cmd: credits.Adjust) -> credits.Adjusted:
    """Gives a captain credits, or takes them."""
    await ledger.hold(ctx.db, ledger.player(cmd.player_id))
    pay = wallet.grant if cmd.delta >= 0 else wallet.charge
    return credits.Adjusted(await pay(ctx, cmd.player_id, abs(cmd.delta), kind="adjustment", reason=cmd.reason))
