"""Captains: one's own record and the card of others."""

from __future__ import annotations

import msgspec

from persistence import players
from protocol import player
from protocol.player import SeenPlayer
from server.context import PlayerCtx
from server.dispatch import handles
from server.rules import ranks


@handles
async def get(ctx: PlayerCtx, cmd: player.Get) -> player.Got:
    """A captain's card; one's own record when nobody is named."""
    if cmd.player_id is not None and cmd.player_id != ctx.player:
        return player.Got(await players.card(ctx.db, cmd.player_id))
    own = await players.own(ctx.db, ctx.player, ranks.max_turns, ranks.level)
    return player.Got(SeenPlayer(**msgspec.structs.asdict(own)))
