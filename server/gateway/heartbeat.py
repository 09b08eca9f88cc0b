"""One timer for the pings of all sockets that are due at the same moment, and one for those of them that do not answer."""

from __future__ import annotations

import asyncio
import struct
from typing import Protocol
from weakref import WeakKeyDictionary

from server.gateway import framing


class Beating(Protocol):
    """A socket that is pinged."""

    def send_ping(self, payload: bytes, now: float) -> bool:
        """Sends one. False when there is no point any more."""
        ...

    def keepalive_timeout(self) -> None:
        """The last ping was not answered in time."""
        ...


Ring = dict[Beating, None]  # in order, and quick to leave


class Heartbeat:
    """All sockets of one loop with the same interval. With two timers each they cost half as much again."""

    def __init__(self, interval_s: float, answer_s: float) -> None:
        # Without its loop, or the loop's entry in _OF would keep the loop alive.
        self.interval_s = interval_s
        self.answer_s = answer_s
        self._due: dict[float, Ring] = {}
        self._rings: dict[Beating, Ring] = {}
        self._unanswered: dict[Beating, Ring] = {}

    def join(self, socket: Beating) -> None:
        """From now on it is pinged, first after one interval or up to a fortieth of it sooner."""
        self._put(socket, framing.in_step(asyncio.get_running_loop().time(), self.interval_s))

    def leave(self, socket: Beating) -> None:
        """Neither pinged nor waited for any more."""
        for rings in (self._rings, self._unanswered):
            ring = rings.pop(socket, None)
            if ring is not None:
                del ring[socket]

    def answered(self, socket: Beating) -> None:
        """Its pong has come."""
        ring = self._unanswered.pop(socket, None)
        if ring is not None:
            del ring[socket]

    def _put(self, socket: Beating, at: float) -> None:
        ring = self._due.get(at)
        if ring is None:
            ring = self._due[at] = {}
            asyncio.get_running_loop().call_at(at, self._beat, at)
        ring[socket] = None
        self._rings[socket] = ring

    def _beat(self, at: float) -> None:
        loop = asyncio.get_running_loop()
        ring, now = self._due.pop(at), loop.time()
        payload = struct.pack("!d", now)
        # Timers fire a moment early or late: neither may shift the step.
        then = framing.in_step(max(at, now), self.interval_s)
        unanswered: Ring = {}
        loop.call_later(self.answer_s, self._look, unanswered)
        for socket in list(ring):
            if socket.send_ping(payload, now):
                self.answered(socket)  # a ping that is still waited for is replaced
                unanswered[socket] = None
                self._unanswered[socket] = unanswered
                self._put(socket, then)
            else:
                self.leave(socket)

    def _look(self, unanswered: Ring) -> None:
        for socket in list(unanswered):
            if self._unanswered.get(socket) is unanswered:
                self.answered(socket)
                socket.keepalive_timeout()


_OF: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[float, float], Heartbeat]] = WeakKeyDictionary()


def of(loop: asyncio.AbstractEventLoop, interval_s: float, answer_s: float) -> Heartbeat:
    """The heartbeat of that rhythm in this loop."""
    found = _OF.setdefault(loop, {})
    key = (interval_s, answer_s)
    if key not in found:
        found[key] = Heartbeat(*key)
    return found[key]
