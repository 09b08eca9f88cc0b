"""Folding what others make of the captain, where they are and what they fly."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

State = dict[str, Any]
Fields = dict[str, Any]


def _standing(state: State, d: Fields) -> None:
    for each in state["standings"]:
        if each["faction"] == d["faction"]:
            each |= {
                "value": d["new"],
                "level": d["level"],
                "title": d["title"],
                "locked": d.get("locked", False),
                **deepcopy(d["effects"]),
            }
            each.pop("next_tier", None)
            if not each["locked"]:
                each.pop("locked_until", None)
            if "next_tier" in d:
                each["next_tier"] = dict(d["next_tier"])


def _alignment(state: State, d: Fields) -> None:
    state["alignment"] = state["player"]["alignment"] = d["new"]
    state["player"]["tier"], state["player"]["color"] = d["tier"], d["color"]


def _moved(state: State, d: Fields) -> None:
    for key in ("sector_id", "station_id", "planet_id"):
        if key in d:
            state["player"][key] = d[key]
        else:
            state["player"].pop(key, None)


def _ship_updated(state: State, d: Fields) -> None:
    if d["current"]:
        state["ship"] = deepcopy(d["ship"])
        state["player"]["ship_id"] = d["ship"]["ship_id"]


def _ship_lost(state: State, d: Fields) -> None:
    if state["player"].get("ship_id") == d["ship_id"]:
        state["ship"] = None
        del state["player"]["ship_id"]


FOLDERS: dict[str, Callable[[State, Fields], None]] = {
    "reputation.changed": _standing,
    "player.alignment_changed": _alignment,
    "player.moved": _moved,
    "player.ship_updated": _ship_updated,
    "player.ship_lost": _ship_lost,
}
