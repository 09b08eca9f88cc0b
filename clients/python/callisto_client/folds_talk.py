"""Folding what happens to letters, names, settings, and a team's profile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

State = dict[str, Any]
Fields = dict[str, Any]

UNREAD_AT_MOST = 999  # a badge's end; the server counts no further


def _received(state: State, d: Fields) -> None:
    state["unread"]["direct"] = min(UNREAD_AT_MOST, state["unread"]["direct"] + 1)


def _counted(state: State, d: Fields) -> None:
    state["unread"]["direct"] = d["unread"]


def _settings(state: State, d: Fields) -> None:
    state["settings"] = d["settings"]


def _renamed(state: State, d: Fields) -> None:
    player = state["player"]
    if d["player_id"] == player["player_id"]:
        player["name"] = player["nickname"] = d["nickname"]
    for each in state["team"]["members"] if state["team"] is not None else ():
        if each["player_id"] == d["player_id"]:
            each["name"] = d["nickname"]


def _updated(state: State, d: Fields) -> None:
    if state["team"] is not None:
        state["team"]["team"] = d["team"]


FOLDERS: dict[str, Callable[[State, Fields], None]] = {
    "message.received": _received,
    "message.marked_read": _counted,
    "message.deleted": _counted,
    "player.settings_changed": _settings,
    "player.renamed": _renamed,
    "team.updated": _updated,
}
