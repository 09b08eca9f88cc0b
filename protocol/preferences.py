"""What captains choose for themselves: settings and nickname."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from protocol.message import (
    HEAVY,
    Answer,
    Command,
    Event,
    Refusal,
    command,
    event,
    example,
)
from protocol.refusals import BadRequest
from protocol.types import PlayerId

Patch = Annotated[dict[str, Any], Meta(max_length=16)]


class NicknameLength(Refusal):
    """A nickname has 3 to 20 characters."""

    code, says = "nickname.length", "A nickname has 3 to 20 characters."


class NicknameCharset(Refusal):
    """A nickname has letters, digits, `_`, `-` and at most one space inside."""

    code, says = "nickname.charset", "A nickname has letters, digits, _ and -, and at most one space inside."


class NicknameProfanity(Refusal):
    """This word may not be a nickname."""

    code, says = "nickname.profanity", "This word may not be a nickname."


class NicknameTaken(Refusal):
    """Somebody else has this name, or one that looks the same, or had it not long ago."""

    code, says = "nickname.taken", "Somebody else has this name."


class NicknameCooldown(Refusal):
    """The last change was not long ago; `retry_after_ms` says how long to wait."""

    code, says = "nickname.cooldown", "You changed your nickname not long ago."


class Settings(Answer, frozen=True):
    """All settings by group, with defaults where the captain chose nothing."""

    settings: dict[str, Any]


class Named(Answer, frozen=True):
    """The nickname as it is now."""

    nickname: str


@command("player.update_settings", refusals=(BadRequest,))
class UpdateSettings(Command[Settings], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Changes settings by a JSON merge patch per group: `{"audio": {"music": 0.2}}`; null gives back the default."""

    patch: Patch


@command(
    "player.set_nickname",
    refusals=(NicknameLength, NicknameCharset, NicknameProfanity, NicknameTaken, NicknameCooldown),
    rate=HEAVY,
)
class SetNickname(Command[Named], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Takes another nickname, at most once in 30 days. The old one is kept from others for as long."""

    nickname: Annotated[str, Meta(max_length=80)]


@event("player.settings_changed", "player")
class SettingsChanged(Event, frozen=True):
    """All settings are these now."""

    settings: dict[str, Any]


@event("player.renamed", "player", "team")
class Renamed(Event, frozen=True):
    """A captain has another nickname."""

    player_id: PlayerId
    nickname: str


_ADA = PlayerId(UUID("01920000-0000-7000-8000-000000000001"))

example(UpdateSettings({"audio": {"music": 0.2}}))
example(Settings({"audio": {"master": 1.0, "music": 0.2}}))
example(SetNickname("Ada Lark"))
example(Named("Ada Lark"))
example(SettingsChanged({"audio": {"master": 1.0, "music": 0.2}}))
example(Renamed(_ADA, "Ada Lark"))
