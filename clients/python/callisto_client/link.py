"""The connection as a state machine, without sockets, tasks or clocks of its own.

It outlives connections: cursors, unanswered commands and the folded state stay. Its owner tells it what happens (`opened`,
`receive`, `lost`, `tick`) and carries out the effects it asks for, in their order. It must never wait for anything.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from enum import Enum, auto
from typing import Any
from uuid import uuid4

from callisto_client.advice import Closed, Plan, back_off, plan
from callisto_client.cursors import Cursors, Took
from callisto_client.effects import Done, Effect, Hang, Renew, Send, Tell
from callisto_client.errors import refusal
from callisto_client.heard import Heard
from callisto_client.outbox import Outbox, Pending
from callisto_client.state import Folded
from protocol.closes import Advice
from protocol.codec import MAX_FRAME
from protocol.message import Message, name_of
from protocol.session import Client as About
from protocol.session import Reauth, Start, TakeSnapshot

HELLO_S = 10.0  # for hello, and for the answer to session.start
SNAPSHOT_S = 5.0  # for a snapshot, then it is asked for again
SETTLED_S = 5.0  # a connection that held so long makes earlier failures forgotten
REAUTH_EARLY = (0.25, 0.5)  # the part of the remaining life after which the token is renewed
MAJOR = "1"


class Phase(Enum):
    """Where the connection is in its life."""

    AWAY = auto()
    NEW = auto()
    STARTING = auto()
    LIVE = auto()


class Link:
    """One client's side of the wire."""

    def __init__(self, clock: Callable[[], float], dice: random.Random, *, about: About | None = None, most: int = 256) -> None:
        self.clock = clock
        self.dice = dice
        self.about = about or About()
        self.phase = Phase.AWAY
        self.cursors = Cursors()
        self.outbox = Outbox(most)
        self.folded = Folded()
        self.stale = True
        self.session_id = ""
        self.player_id = ""
        self.max_frame = MAX_FRAME
        self.tries = 0
        self.connection = 0
        self.effects: list[Effect] = []
        self._token = ""
        self._since = 0.0
        self._move_ms: int | None = None
        self._waits: dict[str, tuple[Callable[[dict[str, Any]], None], float]] = {}
        self._snapshot_at: float | None = None
        self._again = False

    def take(self) -> list[Effect]:
        """What is to be done now, in this order."""
        effects, self.effects = self.effects, []
        return effects

    @property
    def fresh(self) -> bool:
        """Whether the connection is live and the state is not known to be behind."""
        return self.phase is Phase.LIVE and not self.stale

    # The connection.

    def opened(self, token: str) -> None:
        """A connection is there; the server speaks first."""
        self.phase = Phase.NEW
        self.connection += 1
        self._token, self._since, self._move_ms = token, self.clock(), None

    def lost(self, closed: Closed) -> Plan:
        """The connection is gone. The way back, or raises Stopped."""
        now = self.clock()
        if self.phase is Phase.LIVE and now - self._since >= SETTLED_S:
            self.tries = 0
        if closed.advice is Advice.RESUME and ";" not in closed.reason and self._move_ms is not None:
            closed = Closed(closed.code, f"{closed.reason};after_ms={self._move_ms}")
        self.phase = Phase.AWAY
        self._waits.clear()
        self._snapshot_at = None
        self.folded.lapse()
        found = plan(closed, self.tries, self.dice)
        self.tries += 1
        if found.snapshot:
            self.forget()
        return found

    def forget(self) -> None:
        """The cursors lead nowhere: begin again at the heads, from a snapshot."""
        self.cursors.forget()
        self.stale = True

    def receive(self, frame: dict[str, Any]) -> None:
        """One frame of the server's. What a later version adds is passed over."""
        try:
            if "re" in frame:
                self._answered(frame)
            elif "s" in frame:
                self._event(frame)
            else:
                self._signal(frame)
        except (KeyError, TypeError, AttributeError) as error:
            self._break(f"a frame is not as declared ({type(error).__name__})")

    def tick(self) -> None:
        """The clock has moved: what is late is given up, what is due is sent."""
        now = self.clock()
        for pending, error in self.outbox.expire(now):
            self.effects.append(Done(pending, error))
        if self.phase in (Phase.NEW, Phase.STARTING) and now - self._since > HELLO_S:
            self.effects.append(Hang(Closed(1006, "the server did not answer")))
        for id, (_, until) in list(self._waits.items()):
            if until <= now:
                del self._waits[id]
                if self._snapshot_at is None and self.stale:
                    self.folded.lapse()
                    self._snapshot_at = now
        if self.phase is Phase.LIVE:
            if self._snapshot_at is not None and self._snapshot_at <= now:
                self._ask_snapshot()
            self._flush()

    def next_at(self) -> float | None:
        """When `tick` is due, or None."""
        times = [until for _, until in self._waits.values()]
        live = self.phase is Phase.LIVE
        times += [each for each in (self.outbox.next_at(live=live), self._snapshot_at if live else None) if each is not None]
        if self.phase in (Phase.NEW, Phase.STARTING):
            times.append(self._since + HELLO_S)
        return min(times, default=None)

    # Commands.

    def call(self, pending: Pending) -> None:
        """Sends a command now, or as soon as there is a connection. Raises Offline when too many wait."""
        self.outbox.add(pending)
        if self.phase is Phase.LIVE:
            self._flush()

    def look(self, *, anew: bool = False) -> None:
        """Asks for a snapshot, unless one is on its way. `anew`: one that is asked for after this."""
        self.stale = True
        if self.phase is not Phase.LIVE:
            return
        if any(then == self._snapped for then, _ in self._waits.values()):
            self._again = self._again or anew
        else:
            self._ask_snapshot()

    def renewed(self, token: str) -> None:
        """A newer token is there: the connection goes on with it."""
        if self.phase is Phase.LIVE and token != self._token:
            self._token = token
            self._ask(Reauth(token), self._reauthed, HELLO_S)

    def _flush(self) -> None:
        now = self.clock()
        for pending in self.outbox.due(self.connection, now):
            self.effects.append(Send(pending.frame(now)))

    def _ask(self, command: Message, then: Callable[[dict[str, Any]], None], within_s: float) -> None:
        id = uuid4().hex
        self._waits[id] = (then, self.clock() + within_s)
        self.effects.append(Send({"t": name_of(command), "id": id, "d": command}))

    def _answered(self, frame: dict[str, Any]) -> None:
        waiting = self._waits.pop(frame["re"] or "", None)
        if waiting is not None:
            waiting[0](frame)
            return
        now = self.clock()
        pending = self.outbox.pending.get(frame["re"] or "")
        outcome = self.outbox.answered(frame, now, back_off(1, self.dice))
        if pending is not None and outcome is not None:
            self.effects.append(Done(pending, outcome))

    # Starting.

    def _signal(self, frame: dict[str, Any]) -> None:
        name, fields = frame["t"], frame.get("d", {})
        if name == "hello":
            self._hello(fields)
            return
        if name == "stream.reset":
            self.cursors.reset(fields["stream"], fields["epoch"], fields["head"])
            self.look()
        elif name == "session.expiring":
            left_s = max(0.0, (fields["expires_at"] - frame["at"]) / 1000)
            self.effects.append(Renew(left_s * self.dice.uniform(*REAUTH_EARLY)))
        elif name == "session.move":
            self._move_ms = fields["after_ms"]
        self.effects.append(Tell(Heard(None, None, frame["at"], name, fields)))

    def _hello(self, fields: dict[str, Any]) -> None:
        if fields["protocol"].partition(".")[0] != MAJOR:
            self.effects.append(Hang(Closed(4511, "unsupported_protocol")))
            return
        self.max_frame = fields.get("max_frame_bytes", MAX_FRAME)
        if self.phase is Phase.NEW:
            self._start()

    def _start(self) -> None:
        self.phase = Phase.STARTING
        command = {"token": self._token, "client": self.about, "cursors": self.cursors.offer()}
        id = uuid4().hex
        self._waits[id] = (self._started, self.clock() + HELLO_S)
        self.effects.append(Send({"t": name_of(Start), "id": id, "d": command}))

    def _started(self, frame: dict[str, Any]) -> None:
        if "error" in frame:
            no = refusal(frame["error"])
            if no.code == "bad_request":
                # The cursors are all we ever chose.
                self._break("session.start is refused")
            elif no.retryable:
                self.effects.append(Hang(Closed(4013, f"{no.code};retry_after_ms={no.retry_after_ms or 1000}")))
            return  # otherwise the close that follows says what to do
        ok = frame["ok"]
        self.phase, self._since = Phase.LIVE, self.clock()
        self.session_id, self.player_id = ok["session_id"], ok["player_id"]
        same, skipped = self.cursors.started(self.player_id, ok["streams"])
        first = self.folded.state is None
        self.stale = self.stale or not same
        if not first:
            for name in skipped:
                at = ok["streams"][name]
                fields = {"stream": name, "epoch": at["epoch"], "head": at["head"], "reason": "snapshot"}
                self.effects.append(Tell(Heard(None, None, 0, "stream.reset", fields)))
        self._flush()
        if self.stale:
            self._ask_snapshot()

    def _reauthed(self, frame: dict[str, Any]) -> None:
        """Nothing to do: a refused token runs out, and the close asks for another."""

    # Streams and state.

    def _event(self, frame: dict[str, Any]) -> None:
        took = self.cursors.take(frame)
        if took is Took.OLD:
            return
        if took is Took.JUMP:
            self._break(f"{frame['st']} jumps to {frame['s']}")
            return
        if took is Took.FOREIGN and not self.stale:
            self.look()
        if not self.folded.hear(self.cursors.epoch(frame["st"]), frame) and not self.stale:
            self.look()
        self.effects.append(Tell(Heard(frame["st"], frame["s"], frame["at"], frame["t"], frame["d"])))

    def _ask_snapshot(self) -> None:
        self._snapshot_at, self._again = None, False
        self.folded.asking()
        self._ask(TakeSnapshot(), self._snapped, SNAPSHOT_S)

    def _snapped(self, frame: dict[str, Any]) -> None:
        if "error" in frame:
            no = refusal(frame["error"])
            self.folded.lapse()
            self._snapshot_at = self.clock() + max((no.retry_after_ms or 0) / 1000, back_off(2, self.dice))
            return
        snapshot = frame["ok"]
        heads = {name: dict(at) for name, at in snapshot["streams"].items()}
        self.folded.take(snapshot)
        reaches = self.cursors.snapped(heads, snapshot["streams"])
        if self._again or not reaches:
            # Not reaching: it was taken before the place where a stream went on.
            self._snapshot_at = self.clock() + (0.0 if reaches else back_off(0, self.dice))
        else:
            self.stale = False

    def _break(self, why: str) -> None:
        """The server broke the protocol, or we did: begin again from a snapshot."""
        self.forget()
        self.effects.append(Hang(Closed(1006, why)))
