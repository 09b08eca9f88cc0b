"""What the sockets of one account share on this gateway, and how little of it when other gateways hold sockets of it too.

Each of the n gateways an account is on gives it an n-th of every rate. What it spent elsewhere before it came comes with it. No word between
gateways on the way of a command, and nothing opens when Redis is away: both are learned from PostgreSQL (decision 0019).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from protocol.message import Rate
from server.gateway.limits import Bucket

if TYPE_CHECKING:
    from server.gateway.session import Session

SLOW_S = 3.0  # a class whose bucket takes longer to fill is remembered across gateways; the others are full again by then
LEAST = 1.0  # tokens of the smallest bucket: a share of one must still be one


class Account:
    """Buckets by rate class, and the general one. `scale` multiplies them all."""

    __slots__ = ("bucket", "sessions", "rates", "gateways", "scale", "_general", "_classes", "_owed")

    def __init__(self, per_s: float, burst: float, scale: float, now: float | None = None) -> None:
        self._general = (per_s, burst)
        self.bucket = Bucket(per_s, burst, time.monotonic() if now is None else now)
        self.sessions: list[Session] = []
        self.rates: dict[str, Bucket] = {}
        self.gateways = 1
        self.scale = scale
        self._classes: dict[str, Rate] = {}
        self._owed: dict[str, tuple[float, float]] = {}

    def take(self, rate: Rate, now: float) -> float:
        """Seconds to wait before one more of this class."""
        bucket = self.rates.get(rate.name)
        if bucket is None:
            bucket = self._made(rate, now)
        return bucket.take(1.0, now)

    def spread(self, gateways: int, now: float) -> None:
        """The account has sockets on so many gateways: a share of each rate is ours."""
        if gateways == self.gateways:
            return
        self.gateways = gateways
        self.bucket.change(*self._share(*self._general), now)
        for name, bucket in self.rates.items():
            bucket.change(*self._share(*self._full(self._classes[name])), now)

    def debts(self, now: float) -> dict[str, float]:
        """By slow class the seconds until this gateway would have forgotten what was spent."""
        found = {name: bucket.spent(now) / bucket.rate for name, bucket in self.rates.items() if bucket.burst / bucket.rate > SLOW_S}
        return {name: seconds for name, seconds in found.items() if seconds > SLOW_S / 10}

    def owe(self, debts: Mapping[str, float], now: float) -> None:
        """What another gateway remembers was spent: it counts here as well."""
        for name, seconds in debts.items():
            bucket = self.rates.get(name)
            if bucket is not None:
                bucket.owe(seconds * bucket.rate, now)
            else:
                self._owed[name] = (seconds, now)

    def _made(self, rate: Rate, now: float) -> Bucket:
        per_s, burst = self._share(*self._full(rate))
        bucket = self.rates[rate.name] = Bucket(per_s, burst, now)
        self._classes[rate.name] = rate
        seconds, at = self._owed.pop(rate.name, (0.0, 0.0))
        left_s = seconds - (now - at)
        if left_s > 0.0:
            bucket.owe(left_s * per_s, now)
        return bucket

    def _full(self, rate: Rate) -> tuple[float, float]:
        return rate.limit / rate.per_s * self.scale, rate.limit * self.scale

    def _share(self, per_s: float, burst: float) -> tuple[float, float]:
        return per_s / self.gateways, max(LEAST, burst / self.gateways)
