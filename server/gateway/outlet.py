"""The outgoing side of a connection: what a loop turn collects leaves in one write, and a reader who lags is noticed."""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from time import monotonic
from typing import TYPE_CHECKING

from protocol import codec
from protocol.closes import Close
from protocol.message import Message, Refusal
from server.dispatch import trace
from server.gateway.clock import now_ms
from server.gateway.framing import Wire, frame_binary, frame_text
from server.gateway.hub import Told

if TYPE_CHECKING:
    from server.gateway.gate import Gate


class State(Enum):
    """Where a connection is in its life."""

    NEW = auto()
    STARTING = auto()
    LIVE = auto()
    CLOSED = auto()


LIVE = State.LIVE


class Outlet:
    """What leaves through one wire. `others` says where among what is collected stands what is no event."""

    # With more than thirty attributes a dictionary is no longer shared: each look is a search in memory of that object alone, and
    # telling a crowd waits for memory more than for anything else.
    __slots__ = (
        "gate", "wire", "state", "out", "others", "dirty", "events", "lagging", "paused", "progress", "_writable", "binary", "_wrap", "__weakref__",
    )  # fmt: skip

    def __init__(self, gate: Gate, wire: Wire) -> None:
        self.gate = gate
        self.wire = wire
        self.state = State.NEW
        self.out: list[bytes] = []
        self.others: list[int] = []
        self.dirty = False
        self.events = 0
        self.lagging = False
        self.paused = False
        self.progress = (0.0, 0)
        self._writable: asyncio.Event | None = None
        self.binary = not wire.text
        self._wrap = frame_text if wire.text else frame_binary

    def signal(self, message: Message) -> None:
        """Sends a signal."""
        self._send(codec.signal(message, now_ms()))

    def flash(self, frame: bytes) -> None:
        """Sends the frame of a signal, unless the reader lags: a signal is of the moment."""
        if self.state is State.LIVE and not self.lagging:
            self._send(frame)

    def pass_on(self, told: Told) -> None:
        """Sends an event, as the bytes it is."""
        self.out.append(told.framed(self._wrap, text=self.wire.text))
        if not self.dirty:
            self.gate.soil(self)

    def take(self, told: Told) -> None:
        """An event of a stream that others follow, too; while a crowd is being told and nothing waits here, at once: a second walk through thousands of sockets
        would fetch all of them from memory again."""
        if self.state is not LIVE:
            return
        data = (self.binary and told.binary) or told.framed(self._wrap, text=not self.binary)
        if not self.gate.at_once or self.dirty or self.out or monotonic() > self.gate.leased_until:
            self.events += told.more
            self.out.append(data)
            if not self.dirty:
                self.gate.soil(self)
            return
        self.wire.write(data)
        if buffered := self.wire.buffered():
            self.events += 1 + told.more
            if buffered > self.gate.outbound_bytes or self.events > self.gate.outbound_events:
                self.events = 0
                # Not now: we are called from the middle of that stream's telling.
                asyncio.get_running_loop().call_soon(self.fall_behind)
        elif self.events:
            self.events = 0

    def _answer(self, id: str, outcome: bytes) -> None:
        self._send(codec.reply(id, outcome))

    def _refuse(self, id: str | None, refusal: Refusal) -> None:
        self._send(codec.reply(id, codec.refused(refusal, trace())))

    def _send(self, frame: bytes) -> None:
        if self.state is State.CLOSED:
            return
        self.others.append(len(self.out))
        self.out.append(self._wrap(codec.as_text(frame) if self.wire.text else frame))
        if not self.dirty:
            self.gate.soil(self)

    def flush(self) -> None:
        """Writes what this loop turn collected, in one piece. Events wait while the gateway's lease is over."""
        self.dirty = False
        out, others = self.out, self.others
        if not out:
            return
        # As gate.fenced(): asked for each write, since the process may have been frozen between two.
        if len(others) < len(out) and monotonic() > self.gate.leased_until:
            self.write_all_but_news()
            return
        self.out = []
        self.events += len(out) - len(others)
        if others:
            others.clear()
        self.wire.write(out[0] if len(out) == 1 else b"".join(out))
        buffered = self.wire.buffered()
        if buffered == 0:
            self.events = 0
        elif buffered > self.gate.outbound_bytes or self.events > self.gate.outbound_events:
            self.events = 0
            self.fall_behind()

    def write_all_but_news(self) -> None:
        """Writes what is no event; the events wait until the lease is renewed."""
        others = [self.out[at] for at in self.others]
        for at in reversed(self.others):
            del self.out[at]
        self.others.clear()
        if others:
            self.wire.write(b"".join(others))
        self.gate.hold(self)

    def fall_behind(self) -> None:
        """Stops live push to a reader who lags."""
        raise NotImplementedError

    def close(self, close: Close, **parameters: int | str) -> None:
        """Says goodbye with a code."""
        raise NotImplementedError

    # Reading on, or not.

    def pause(self) -> None:
        """Stops reading what the client sends."""
        if not self.paused:
            self.paused = True
            self.wire.pause()

    def resume(self) -> None:
        """Goes on reading."""
        if self.paused:
            self.paused = False
            self.wire.resume()

    # A reader who lags.

    async def drained(self) -> None:
        """Waits until the client has taken most of what was sent, or the connection is over."""
        self.flush()
        while self.state is State.LIVE and self.wire.buffered() > self.gate.outbound_bytes // 4:
            if not self.lagging:
                self.lagging = True
                self.progress = (monotonic(), self.wire.buffered())
            # The socket says when it has drained only if it was full; the gate looks at the others.
            self.gate.lagging.add(self)
            self._writable = self._writable or asyncio.Event()
            self._writable.clear()
            await self._writable.wait()
        self.lagging = False

    def wake(self) -> None:
        """Lets whoever waits for the client look again."""
        if self._writable is not None:
            self._writable.set()

    def writable(self, yes: bool) -> None:
        """The socket's buffer is over its mark, or has drained."""
        if yes:
            self.events = 0
            self.wake()
        else:
            self.progress = (monotonic(), self.wire.buffered())
            self.gate.lagging.add(self)

    def check_progress(self, now: float) -> bool:
        """Closes a reader that took nothing for too long. False when there is nothing more to watch."""
        buffered = self.wire.buffered()
        if self.state is State.CLOSED or buffered == 0:
            self.wake()
            return False
        since, before = self.progress
        if buffered < before:
            self.progress = (now, buffered)
            if buffered <= self.gate.outbound_bytes // 4:
                self.wake()
        elif now - since > self.gate.slow_s:
            self.close(Close.SLOW_CONSUMER)
            return False
        return True
