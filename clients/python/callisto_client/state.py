"""Folding events into a snapshot: old snapshot + events above its heads = new snapshot. Plain maps, as they are on the wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from callisto_client import folds_onboarding, folds_standing, folds_talk, folds_treasury

State = dict[str, Any]
Fields = dict[str, Any]

UNREAD_AT_MOST = 999  # a badge's end; the server counts no further


def fold(state: State, event: dict[str, Any]) -> None:
    """Changes `state` by one event, and moves its stream's head. An event this version does not know only moves the head."""
    stream, seq = event["st"], event["s"]
    folder = FOLDERS.get(event["t"])
    if folder is not None:
        folder(state, event["d"])
    if stream in state["streams"]:
        state["streams"][stream]["head"] = seq


def _entered(state: State, d: Fields) -> None:
    team_id = d["team_id"]
    known = state["streams"].get(f"team:{team_id}")
    if known is not None and known.get("from", 1) >= d["from_seq"]:
        return  # the snapshot knew already
    state["streams"][f"team:{team_id}"] = {
        "epoch": d["epoch"],
        "head": d["from_seq"] - 1,
        **({"from": d["from_seq"]} if d["from_seq"] > 1 else {}),
    }
    state["team"] = d["view"]
    state["player"]["team_id"] = team_id
    state["treasury"] = dict(d["treasury"])
    state["unread"]["team"] = 0


def _exited(state: State, d: Fields) -> None:
    state["streams"].pop(f"team:{d['team_id']}", None)
    if state["player"].get("team_id") == d["team_id"]:
        del state["player"]["team_id"]
        state["team"] = state["treasury"] = None
        state["unread"]["team"] = 0


def _created(state: State, d: Fields) -> None:
    if state["team"] is not None:
        state["team"]["team"] = d["team"]


def _joined(state: State, d: Fields) -> None:
    team = state["team"]
    if team is None or any(each["player_id"] == d["player_id"] for each in team["members"]):
        return
    team["members"].append({key: d[key] for key in ("player_id", "name", "role", "rights", "joined_at")})
    team["members"].sort(key=lambda each: (each["joined_at"], each["player_id"]))
    team["team"]["member_count"] += 1


def _left(state: State, d: Fields) -> None:
    team = state["team"]
    if team is None:
        return
    team["members"] = [each for each in team["members"] if each["player_id"] != d["player_id"]]
    team["team"]["member_count"] = len(team["members"])


def _role_changed(state: State, d: Fields) -> None:
    team = state["team"]
    if team is None:
        return
    for each in team["members"]:
        if each["player_id"] == d["player_id"]:
            each["role"], each["rights"] = d["role"], d["rights"]
    if d["player_id"] == state["player"]["player_id"]:
        team["my"] = {"role": d["role"], "rights": d["rights"]}


def _leader_changed(state: State, d: Fields) -> None:
    if state["team"] is not None:
        state["team"]["team"]["leader_id"] = d["new_leader_id"]


def _said(state: State, d: Fields) -> None:
    if d.get("sender_id") != state["player"]["player_id"]:
        state["unread"]["team"] = min(UNREAD_AT_MOST, state["unread"]["team"] + 1)


def _credits(state: State, d: Fields) -> None:
    state["player"]["credits"] = d["credits"]


class Folded:
    """A snapshot and what was heard since. Every stream in it only ever moves by one number, so it is never ahead of a gap."""

    def __init__(self) -> None:
        self.state: State | None = None
        self._meanwhile: list[tuple[str, dict[str, Any]]] | None = None

    def asking(self) -> None:
        """A snapshot is being sent for: from now on events wait for its answer."""
        self._meanwhile = []

    def lapse(self) -> None:
        """No answer comes any more."""
        self._meanwhile = None

    def hear(self, epoch: str, event: dict[str, Any]) -> bool:
        """Folds one event, or keeps it for the snapshot that is on its way. False when the state is behind and cannot follow."""
        if self._meanwhile is not None:
            self._meanwhile.append((epoch, event))
            return True
        return self.state is None or self._follow(epoch, event)

    def take(self, snapshot: State) -> None:
        """The snapshot's answer: it wins over everything up to its heads, and what came meanwhile goes on top."""
        self.state = snapshot
        meanwhile, self._meanwhile = self._meanwhile or [], None
        for epoch, event in meanwhile:
            self._follow(epoch, event)

    def _follow(self, epoch: str, event: dict[str, Any]) -> bool:
        assert self.state is not None
        at = self.state["streams"].get(event["st"])
        if at is None:
            return True  # of a team that the state has left, or not yet entered
        if epoch and at["epoch"] != epoch:
            return False
        if event["s"] > at["head"] + 1:
            return False
        if event["s"] == at["head"] + 1:
            fold(self.state, event)
        return True


FOLDERS: dict[str, Callable[[State, Fields], None]] = {
    "team.entered": _entered,
    "team.exited": _exited,
    "team.created": _created,
    "team.member_joined": _joined,
    "team.member_left": _left,
    "team.role_changed": _role_changed,
    "team.leader_changed": _leader_changed,
    "team.said": _said,
    "player.credits_changed": _credits,
}
FOLDERS |= folds_treasury.FOLDERS
FOLDERS |= folds_talk.FOLDERS
FOLDERS |= folds_onboarding.FOLDERS
FOLDERS |= folds_standing.FOLDERS
