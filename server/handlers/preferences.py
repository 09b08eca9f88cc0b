"""What captains choose for themselves: settings and nickname."""

from __future__ import annotations

from datetime import timedelta

from persistence import callsigns, players
from protocol import preferences
from protocol.message import Refusal
from server.actions import membership, naming
from server.context import PlayerCtx
from server.dispatch import handles
from server.rules import callsign, settings_schema

FLAWS: dict[str, type[Refusal]] = {
    "length": preferences.NicknameLength,
    "charset": preferences.NicknameCharset,
    "profanity": preferences.NicknameProfanity,
}


@handles
async def update_settings(ctx: PlayerCtx, cmd: preferences.UpdateSettings) -> preferences.Settings:
    """Changes settings by a patch, and tells the captain's other devices."""
    stored = await players.lock_settings(ctx.db, ctx.player)
    after = settings_schema.patched(stored, cmd.patch)
    full = settings_schema.complete(after)
    if after != stored:
        await players.store_settings(ctx.db, ctx.player, after)
        ctx.emit(preferences.SettingsChanged(full), to=ctx.own)
    return preferences.Settings(full)


@handles
async def set_nickname(ctx: PlayerCtx, cmd: preferences.SetNickname) -> preferences.Named:
    """Takes another nickname; the present one again is no change."""
    flaw = callsign.flaw(cmd.nickname)
    if flaw is not None:
        raise FLAWS[flaw]
    old, team = await naming.hold(ctx)
    if cmd.nickname == old:
        return preferences.Named(cmd.nickname)
    span = ctx.span(timedelta(days=callsign.RENAME_DAYS)).total_seconds()
    wait_ms = membership.cooldown_left_ms(await callsigns.changed_at(ctx.db, ctx.player), ctx.now, span)
    if wait_ms:
        raise preferences.NicknameCooldown(retry_after_ms=wait_ms)
    await naming.rename(ctx, old, cmd.nickname, team, reserved=True)
    return preferences.Named(cmd.nickname)
