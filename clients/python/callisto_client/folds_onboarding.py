"""Folding onboarding: the talk with the guard, and the ship it ends with."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

State = dict[str, Any]
Fields = dict[str, Any]


def _started(state: State, d: Fields) -> None:
    state["onboarding"] = deepcopy(d["talk"])


def _claimed(state: State, d: Fields) -> None:
    talk = state["onboarding"]
    if talk is not None:
        talk["ship"], talk["state"] = d["ship"], "dialogue"
        _said(talk, 1, d)


def _answered(state: State, d: Fields) -> None:
    talk = state["onboarding"]
    if talk is not None:
        _said(talk, d["turn"], d)


def _said(talk: Fields, turn: int, d: Fields) -> None:
    exchange = talk["exchanges"][turn - 1]
    exchange["answer"], exchange["answered_at"] = d["text"], d["answered_at"]
    talk.pop("turn", None)
    if "callsign" in d:
        talk["callsign"] = d["callsign"]


def _guard_spoke(state: State, d: Fields) -> None:
    talk = state["onboarding"]
    if talk is None:
        return
    heard = talk["exchanges"][d["turn"] - 2]
    heard |= {key: d[key] for key in ("scores", "suspicion", "mood", "by")}
    heard |= {key: d[key] for key in ("claims", "contradictions") if d[key]}
    talk["exchanges"].append({key: d[key] for key in ("turn", "topic", "text", "asked_at")})
    talk["suspicion"] = d["suspicion"]
    if not d["final"]:
        talk["turn"] = d["turn"]


def _verdict(state: State, d: Fields) -> None:
    talk = state["onboarding"]
    if talk is not None:
        talk["verdict"], talk["state"] = deepcopy(d), "completion"


def _completed(state: State, d: Fields) -> None:
    state["onboarding"] = None
    state["player"]["onboarding_done"] = True
    state["player"]["trade_bonus"] = d["trade_bonus"]


def _ship_awarded(state: State, d: Fields) -> None:
    state["ship"] = deepcopy(d["ship"])
    state["player"]["ship_id"] = d["ship"]["ship_id"]


def _aria_changed(state: State, d: Fields) -> None:
    state["player"]["aria"] |= d


FOLDERS: dict[str, Callable[[State, Fields], None]] = {
    "onboarding.started": _started,
    "onboarding.claimed": _claimed,
    "onboarding.answered": _answered,
    "onboarding.guard_spoke": _guard_spoke,
    "onboarding.verdict": _verdict,
    "onboarding.completed": _completed,
    "player.ship_awarded": _ship_awarded,
    "player.aria_changed": _aria_changed,
}
