"""Who may come in: how many connections whose captain is not known yet, and how many new ones a second, for each network and in all; and
how many requests about accounts on connections that are kept.

Three answers, the dearer the friendlier. Who is merely one too many is accepted and closed with a code and the time to come back, since
browsers see nothing else. When many are refused, the rest get a bare HTTP 503 before any socket is made (about a twentieth of the work). A
network that opens connections without finishing a request, or several times as fast as it may, is dropped at TCP level: there accepting is
what it is after.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from protocol.closes import Close
from server.gateway.addresses import Proxies, network_of
from server.gateway.limits import Bucket, Limiter, advice_ms

SILENT = 2  # times the unstarted sockets: connections that have not finished their first request
HASTY = 5  # times the rate of new sockets: new connections, whatever they are for
POLITE_PER_S, POLITE_BURST = 50.0, 100.0  # refusals a second that are spoken over a socket of their own
LATEST_S = 10.0  # the farthest moment anybody is told to come back at
ASKED = 4  # times the rate of requests about accounts: so many at once
BORNE_PER_S, BORNE_BURST = 5.0, 20.0  # refused requests of an address a second; who goes on loses the connection as well
FULL_S = 1.0  # when there is no rate to reckon with: a start takes less


@dataclass(frozen=True)
class Doorway:
    """How many may stand in it. Scaled already; None lifts all of it."""

    per_network: float = 20.0
    in_all: float = 500.0
    per_network_s: float = 10.0
    in_all_s: float = 100.0
    asked_per_network_s: float = 10.0

    @staticmethod
    def scaled(scale: float, per_network: int, in_all: int, per_network_s: float, in_all_s: float, asked_s: float) -> Doorway | None:
        """The limits times the scale; a scale of 0 lifts them. A scale below 1 slows down and leaves room as it is."""
        room = max(1.0, scale)
        return Doorway(per_network * room, in_all * room, per_network_s * scale, in_all_s * scale, asked_s * scale) if scale else None


class Turned(NamedTuple):
    """Turned away: why, when to come back, and whether to say so over a socket or in bare HTTP."""

    close: Close
    retry_after_ms: int
    politely: bool


class Later(NamedTuple):
    """A request that came too soon: when to come back, how many may be made at once, and whether the connection ends with it."""

    retry_after_ms: int
    limit: int
    ends: bool


class Guest:
    """A socket whose captain is not known yet. `settle` once it is, or the socket is gone; twice is the same."""

    __slots__ = ("porter", "network", "there")

    def __init__(self, porter: Porter, network: str) -> None:
        self.porter = porter
        self.network = network
        self.there = True

    def settle(self) -> None:
        """Stands in the doorway no more."""
        if self.there:
            self.there = False
            self.porter.went(self.network)


class Porter:
    """One process's doorway."""

    def __init__(self, doorway: Doorway | None, proxies: Proxies | None = None) -> None:
        self.doorway = doorway
        self.proxies = proxies or Proxies()
        limits = doorway or Doorway()
        self.guests: Counter[str] = Counter()
        self.inside = 0
        self.silent: Counter[str] = Counter()
        self.silent_in_all = 0
        self.dropped = 0
        self.turned: Counter[str] = Counter()
        now = time.monotonic()
        # As many at once as may stand in the doorway at once.
        self._opens = Limiter(limits.per_network_s, limits.per_network)
        self._opens_in_all = Bucket(limits.in_all_s, limits.in_all, now)
        self._connects = Limiter(limits.per_network_s * HASTY, limits.per_network * HASTY)
        self._asks = Limiter(limits.asked_per_network_s, max(1.0, limits.asked_per_network_s * ASKED))
        self._borne = Limiter(BORNE_PER_S, BORNE_BURST)
        self._polite = Bucket(POLITE_PER_S, POLITE_BURST, now)
        self._promised = now

    # TCP.

    def connected(self, peer: str) -> bool:
        """Whether a new TCP connection may send its request. If so, `spoke` is owed once it has, or is gone."""
        limits = self.doorway
        if limits is not None and peer not in self.proxies:
            network = network_of(peer)
            crowd = self.silent[network] >= limits.per_network * SILENT or self.silent_in_all >= limits.in_all * SILENT
            if crowd or self._connects.take(network, time.monotonic()):
                self.dropped += 1
                return False
        self.silent[network_of(peer)] += 1
        self.silent_in_all += 1
        return True

    def spoke(self, peer: str) -> None:
        """A connection has finished its first request's header, or is gone."""
        network = network_of(peer)
        self.silent_in_all -= 1
        self.silent[network] -= 1
        if not self.silent[network]:
            del self.silent[network]

    # Requests.

    def asks(self, address: str) -> Later | None:
        """A request about an account, on whatever connection: nothing against it, or when to come back."""
        if self.doorway is None:
            return None
        network, now = network_of(address), time.monotonic()
        wait_s = self._asks.take(network, now)
        if not wait_s:
            return None
        self.turned["asked"] += 1
        # Jittered: behind one address may be many, and all of them were refused at once.
        return Later(advice_ms(wait_s), int(self._asks.burst), self._borne.take(network, now) > 0)

    # Sockets.

    def admit(self, address: str) -> Guest | Turned:
        """Lets a new socket of this client's stand in the doorway, or turns it away."""
        network, limits, now = network_of(address), self.doorway, time.monotonic()
        if limits is not None:
            if self.guests[network] >= limits.per_network:
                return self._turn(Close.RATE_LIMITED, FULL_S, now)
            if self.inside >= limits.in_all:
                return self._turn(Close.OVERLOADED, self._slot(now), now)
            wait_s = self._opens.take(network, now)
            if wait_s:
                return self._turn(Close.RATE_LIMITED, wait_s, now)
            if self._opens_in_all.take(1.0, now):
                return self._turn(Close.OVERLOADED, self._slot(now), now)
        self.guests[network] += 1
        self.inside += 1
        return Guest(self, network)

    def went(self, network: str) -> None:
        """One fewer stands in the doorway."""
        self.inside -= 1
        self.guests[network] -= 1
        if not self.guests[network]:
            del self.guests[network]

    def _slot(self, now: float) -> float:
        """Seconds to a moment promised to nobody else: a crowd that is refused at once comes back at the rate it is let in."""
        self._promised = min(max(self._promised, now) + 1.0 / self._opens_in_all.rate, now + LATEST_S)
        return max(self._promised - now, FULL_S / 2)

    def _turn(self, close: Close, wait_s: float, now: float) -> Turned:
        self.turned[close.name.lower()] += 1
        return Turned(close, advice_ms(min(wait_s, LATEST_S)), not self._polite.take(1.0, now))
