"""Where a client is in every stream it follows, and whether the next number is the next.

The server alone decides what is followed; this only keeps up with it: by the answer to session.start, by `team.entered` and
`team.exited` heard live, and by resets.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any


class Took(Enum):
    """What a number is: the next one, one heard before, one too far, or of a stream that was not announced."""

    NEXT = auto()
    OLD = auto()
    JUMP = auto()
    FOREIGN = auto()


@dataclass
class Cursor:
    """The last number taken. The epoch is empty until a snapshot names it."""

    epoch: str
    seq: int


class Cursors:
    """All streams of one client. They outlive connections."""

    def __init__(self) -> None:
        self.at: dict[str, Cursor] = {}
        self.own = ""
        self.steered = 0
        self.given: dict[str, tuple[str, int]] = {}
        self.floors: dict[str, tuple[str, int]] = {}
        self.realigned = False

    def offer(self) -> dict[str, dict[str, Any]]:
        """What session.start takes."""
        self.given = {name: (each.epoch, each.seq) for name, each in self.at.items() if each.epoch}
        return {name: {"epoch": epoch, "seq": seq} for name, (epoch, seq) in self.given.items()}

    def forget(self) -> None:
        """Begin again at the heads."""
        self.at.clear()
        self.floors.clear()

    def started(self, player_id: str, streams: dict[str, dict[str, Any]]) -> tuple[bool, list[str]]:
        """Takes over what the server follows. Whether it is as before, and the streams of which some events will not be told."""
        self.own = f"player:{player_id}"
        self.steered = streams[self.own]["head"]
        self.floors.clear()
        self.realigned = False
        same, skipped = all(name in streams for name in self.at), []
        before, self.at = self.at, {}
        for name, told in streams.items():
            cursor = before.get(name)
            if cursor is None or name not in self.given:
                self.at[name] = Cursor(told["epoch"], told["head"])
                self.floors[name] = (told["epoch"], told["head"])
                skipped.append(name)
            elif (first := told.get("from", 1)) > cursor.seq + 1:
                # Out of the team and in again: the numbers between are not ours to hear.
                self.at[name] = Cursor(cursor.epoch, first - 1)
                same = False
            else:
                self.at[name] = cursor
        return same and not skipped, skipped

    def take(self, frame: dict[str, Any]) -> Took:
        """Moves on by one event, if it is the next."""
        stream, seq = frame["st"], frame["s"]
        cursor = self.at.get(stream)
        if cursor is None:
            # Followed again after a reset of the own stream: its word is in the snapshot that is on its way.
            self.at[stream] = Cursor("", seq)
            return Took.FOREIGN
        if seq <= cursor.seq:
            return Took.OLD
        if seq > cursor.seq + 1:
            return Took.JUMP
        cursor.seq = seq
        if stream == self.own and seq > self.steered:
            self._steer(frame)
        return Took.NEXT

    def epoch(self, stream: str) -> str:
        """The epoch the stream's numbers belong to."""
        return self.at[stream].epoch

    def reset(self, stream: str, epoch: str, head: int) -> None:
        """The stream goes on from `head`."""
        self.at[stream] = Cursor(epoch, head)
        self.floors[stream] = (epoch, head)
        if stream == self.own:
            self.steered = max(self.steered, head)
            self.realigned = True

    def snapped(self, snapshot: dict[str, dict[str, Any]], folded: dict[str, dict[str, Any]]) -> bool:
        """Whether a snapshot with these heads reaches to where each stream went on. `folded` are the heads after what came meanwhile."""
        for stream, (epoch, head) in list(self.floors.items()):
            told = snapshot.get(stream)
            if told is None or (told["epoch"] == epoch and told["head"] >= head):
                del self.floors[stream]
        for stream, told in folded.items():
            cursor = self.at.get(stream)
            if cursor is None or not cursor.epoch:
                self.at[stream] = Cursor(told["epoch"], max(told["head"], cursor.seq if cursor else 0))
        if self.realigned:
            # With the own stream reset, no word of a leaving comes any more.
            self.at = {name: each for name, each in self.at.items() if name in folded}
            self.realigned = False
        return not self.floors

    def _steer(self, frame: dict[str, Any]) -> None:
        """As the server does: only what is heard live changes what is followed; a replay's words are in the answer to the start."""
        if frame["t"] == "team.entered":
            self.at[f"team:{frame['d']['team_id']}"] = Cursor(frame["d"]["epoch"], frame["d"]["from_seq"] - 1)
        elif frame["t"] == "team.exited":
            self.at.pop(f"team:{frame['d']['team_id']}", None)
            self.floors.pop(f"team:{frame['d']['team_id']}", None)
