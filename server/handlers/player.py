"""Captains: one's own record and the card of others."""

from __future__ import annotations

import msgspec

from persistence import onboardings, players
from protocol import player
from protocol.player import SeenPlayer
from protocol.refusals import OnboardingRequired
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


@handles
async def start_tutorial(ctx: PlayerCtx, cmd: player.StartTutorial) -> player.TutorialStarted:
    """Notes it on the captain's arrival."""
    if not await onboardings.start_tutorial(ctx.db, ctx.player):
        raise OnboardingRequired
    return player.TutorialStarted(tutorial_started=True)
