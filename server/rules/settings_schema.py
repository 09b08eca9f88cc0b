"""The settings a captain may choose: groups, ranges, defaults, and how a patch changes them. domain.md 1.15.1.

What is stored is only what was chosen; `complete` adds the defaults. `bounties` is the server's and read only.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal, get_type_hints
from zoneinfo import available_timezones

import msgspec
from msgspec import Meta

from protocol.refusals import BadRequest

VERSION = 1
MAX_BYTES = 16_384  # of the chosen settings as JSON

Level = Annotated[float, Meta(ge=0.0, le=1.0)]
Clock = Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Settings = dict[str, Any]


class Ui(msgspec.Struct, frozen=True):
    """How the client looks."""

    theme: Literal["dark", "light", "high_contrast"] = "dark"
    density: Literal["compact", "comfortable"] = "comfortable"
    scale: Annotated[float, Meta(ge=0.75, le=2.0)] = 1.0
    show_tutorial_tips: bool = True
    chat_timestamps: bool = True


class Language(msgspec.Struct, frozen=True):
    """Which language, as BCP 47 spells it."""

    code: Annotated[str, Meta(max_length=10, pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    auto_detect: bool = True


class Audio(msgspec.Struct, frozen=True):
    """How loud, 0 to 1."""

    master: Level = 1.0
    music: Level = 0.7
    effects: Level = 1.0
    voice: Level = 1.0
    muted: bool = False


class Accessibility(msgspec.Struct, frozen=True):
    """What makes it playable for everybody."""

    reduce_motion: bool = False
    high_contrast: bool = False
    screen_reader_hints: bool = False
    dyslexia_font: bool = False
    color_blind_mode: Literal["off", "protanopia", "deuteranopia", "tritanopia"] = "off"
    text_scale: Annotated[float, Meta(ge=0.8, le=2.0)] = 1.0


class Privacy(msgspec.Struct, frozen=True):
    """What others learn, and who may reach the captain."""

    show_online_status: bool = True
    share_location: Literal["nobody", "team", "everyone"] = "team"
    visible_in_rankings: bool = True
    accept_team_invites: bool = True
    accept_messages_from: Literal["everyone", "team", "nobody"] = "everyone"
    send_read_receipts: bool = True


class QuietHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From when to when nothing but the inbox makes a noise, in which time zone."""

    start: Clock
    end: Clock
    tz: Annotated[str, Meta(max_length=64, pattern="^[A-Za-z][A-Za-z0-9_+/-]*$")]


class Notifications(msgspec.Struct, frozen=True):
    """What is worth a notice."""

    combat_alerts: bool = True
    team_messages: bool = True
    direct_messages: bool = True
    reputation_changes: bool = True
    rank_promotions: bool = True
    planet_updates: bool = True
    market_opportunities: bool = False
    quiet_hours: QuietHours | None = None


class Gameplay(msgspec.Struct, frozen=True):
    """What the ship does by itself. `combat_retreat_threshold` is percent of the hull."""

    auto_refuel: bool = True
    auto_repair: bool = False
    default_drone_deployment: Annotated[int, Meta(ge=0, le=10_000)] = 0
    combat_retreat_threshold: Annotated[int, Meta(ge=0, le=100)] = 25
    cat_companion: bool = False


GROUPS: dict[str, type[msgspec.Struct]] = {
    "ui": Ui,
    "language": Language,
    "audio": Audio,
    "accessibility": Accessibility,
    "privacy": Privacy,
    "notifications": Notifications,
    "gameplay": Gameplay,
}
READ_ONLY = ("version", "bounties")
DEFAULTS: dict[str, Settings] = {group: msgspec.to_builtins(kind()) for group, kind in GROUPS.items()}
TYPES: dict[str, dict[str, Any]] = {group: get_type_hints(kind, include_extras=True) for group, kind in GROUPS.items()}


def complete(stored: Settings) -> Settings:
    """All settings: what was chosen over the defaults, and nothing else that may be stored beside them."""
    chosen = {group: {**defaults, **_known(group, stored.get(group))} for group, defaults in DEFAULTS.items()}
    bounties = stored.get("bounties")
    return {"version": VERSION, **chosen, "bounties": bounties if isinstance(bounties, list) else []}


def patched(stored: Settings, patch: dict[str, object]) -> Settings:
    """What is to be stored after a merge patch per group; null removes a choice. Raises BadRequest that names every bad path."""
    flaws: list[dict[str, str]] = []
    after = dict(stored)
    for group, change in patch.items():
        if group in READ_ONLY:
            flaws.append(_flaw(group, "read_only", "This is the server's to change."))
        elif group not in GROUPS:
            flaws.append(_flaw(group, "unknown", "There is no such group of settings."))
        elif change is None:
            after.pop(group, None)
        elif not isinstance(change, dict):
            flaws.append(_flaw(group, "type", "A group is a map of settings."))
        else:
            after[group] = _merged(group, _known(group, stored.get(group)), change, flaws)
    if not flaws and len(msgspec.json.encode({group: after.get(group) for group in GROUPS})) > MAX_BYTES:
        flaws.append(_flaw("", "length", "These are too many settings."))
    if flaws:
        raise BadRequest(fields=flaws[:20])
    return {key: value for key, value in after.items() if value != {} or key not in GROUPS}


def _merged(group: str, chosen: Settings, change: Settings, flaws: list[dict[str, str]]) -> Settings:
    for key, value in change.items():
        if key not in TYPES[group]:
            flaws.append(_flaw(f"{group}.{key}", "unknown", "There is no such setting."))
        elif value is None:
            chosen.pop(key, None)
        else:
            try:
                chosen[key] = msgspec.to_builtins(msgspec.convert(_zoned(value), TYPES[group][key]))
            except msgspec.ValidationError as error:
                flaws.append(_flaw(f"{group}.{key}", "value", str(error)))
    return chosen


def _zoned(value: object) -> object:
    """The value itself. Raises ValidationError when it names a time zone that is none."""
    zone = value.get("tz") if isinstance(value, dict) else None
    if isinstance(zone, str) and _zones() and zone not in _zones():
        raise msgspec.ValidationError("There is no such time zone - at `$.tz`")
    return value


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    # Empty where the system has no zone files: then any well-formed name passes.
    return frozenset(available_timezones())


def _known(group: str, chosen: object) -> Settings:
    return {key: value for key, value in chosen.items() if key in DEFAULTS[group]} if isinstance(chosen, dict) else {}


def _flaw(path: str, code: str, message: str) -> dict[str, str]:
    return {"path": f"patch.{path}".rstrip(".")[:120], "code": code, "message": message[:200]}
