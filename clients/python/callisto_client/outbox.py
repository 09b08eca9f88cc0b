"""Commands without an answer yet. Each keeps its id, so that sending it again is never doing it again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from callisto_client.errors import Offline, Unknown, refusal
from protocol.codec import DEADLINE_MS_MAX, DEADLINE_MS_MIN
from protocol.message import Answer, Command, Refusal, name_of

Outcome = dict[str, Any] | Exception
"""The answer's frame, or what to raise."""


@dataclass(eq=False)
class Pending:
    """One command on its way. `on` is the connection it was last sent on; `maybe` says that an earlier send may have worked."""

    id: str
    command: Command[Answer]
    until: float
    on: int = 0
    maybe: bool = False
    again_at: float = 0.0
    last: Refusal | None = None

    def frame(self, now: float) -> dict[str, Any]:
        """What is sent, with the time that is left."""
        left_ms = int((self.until - now) * 1000)
        return {
            "t": name_of(self.command),
            "id": self.id,
            "d": self.command,
            "deadline_ms": min(max(left_ms, DEADLINE_MS_MIN), DEADLINE_MS_MAX),
        }


class Outbox:
    """What is unanswered, in the order it was asked."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.pending: dict[str, Pending] = {}

    def add(self, pending: Pending) -> None:
        """Keeps it until its answer. Raises Offline when too many wait, ValueError when its id is waiting already."""
        if pending.id in self.pending:
            raise ValueError(f"{pending.id} is waiting for its answer")
        if len(self.pending) >= self.most:
            raise Offline(f"{self.most} commands wait for the connection")
        self.pending[pending.id] = pending

    def due(self, connection: int, now: float) -> Iterator[Pending]:
        """Those to send now over this connection; they count as sent."""
        for each in self.pending.values():
            if each.on != connection and each.again_at <= now:
                each.maybe = each.maybe or each.on > 0
                each.on = connection
                yield each

    def answered(self, frame: dict[str, Any], now: float, wait_s: float) -> Outcome | None:
        """The outcome of the command this frame answers. None when nobody waits for it, or when it will be sent again."""
        pending = self.pending.get(frame["re"] or "")
        if pending is None:
            return None
        if "error" not in frame:
            del self.pending[pending.id]
            return frame
        no = refusal(frame["error"])
        busy = no.code == "unavailable"
        if no.retryable and (busy or pending.maybe):
            # With an earlier send unaccounted for, "too fast" does not mean that it has not happened.
            pending.maybe = pending.maybe or (busy and no.extra.get("outcome") != "none")
            pending.on, pending.last = -1, no
            pending.again_at = now + (wait_s if no.retry_after_ms is None else no.retry_after_ms / 1000)
            return None
        del self.pending[pending.id]
        return no

    def expire(self, now: float) -> Iterator[tuple[Pending, Exception]]:
        """Those whose time is up."""
        for each in [each for each in self.pending.values() if each.until <= now]:
            del self.pending[each.id]
            yield each, outcome_of(each)

    def next_at(self, *, live: bool) -> float | None:
        """When something here is to be done by the clock."""
        times = [min(each.until, each.again_at) if live and each.on == -1 else each.until for each in self.pending.values()]
        return min(times, default=None)

    def give_up(self) -> Iterator[tuple[Pending, Exception]]:
        """All of them: there will be no connection any more."""
        for each in list(self.pending.values()):
            del self.pending[each.id]
            yield each, outcome_of(each)


def outcome_of(pending: Pending) -> Exception:
    """What is known of a command that is no longer waited for."""
    if pending.on > 0 or pending.maybe:
        return Unknown(pending.id, pending.command)
    return pending.last or Offline("nothing was sent in time")
