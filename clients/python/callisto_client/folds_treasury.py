"""Folding what happens to money and cargo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

State = dict[str, Any]
Fields = dict[str, Any]


def _changed(state: State, d: Fields) -> None:
    if state["treasury"] is not None:
        state["treasury"][d["resource"]] = d["balance"]


def _cargo(state: State, d: Fields) -> None:
    ship = state["ship"]
    if ship is not None and ship["ship_id"] == d["ship_id"]:
        ship["cargo"] = d["cargo"]


FOLDERS: dict[str, Callable[[State, Fields], None]] = {"treasury.changed": _changed, "player.cargo_changed": _cargo}
