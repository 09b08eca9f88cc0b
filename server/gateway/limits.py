"""Token buckets: pure arithmetic over a clock that is handed in; and how long to tell somebody to wait."""

from __future__ import annotations

import random

ROOM = 1_000  # keys; above, full buckets are forgotten whenever their number has doubled
LEAST_SPREAD_S = 0.5  # over which those who were refused together are told to come back


def advice_ms(wait_s: float, spread: float = 0.5) -> int:
    """Milliseconds to tell somebody who may come back in `wait_s`: never less, and up to that share of it more.

    Jittered, so that everybody who was refused at once does not come back at once.
    """
    return int((wait_s + random.uniform(0.0, max(LEAST_SPREAD_S, wait_s) * spread)) * 1000) + 1


class Bucket:
    """Holds up to `burst` tokens and gains `rate` a second. `take` tells how long to wait, in seconds, when too few are left."""

    __slots__ = ("rate", "burst", "tokens", "at")

    def __init__(self, rate: float, burst: float, at: float) -> None:
        self.rate = rate
        self.burst = burst
        self.tokens = burst
        self.at = at

    def take(self, cost: float, now: float) -> float:
        """0.0 and the tokens are gone, or the seconds until `cost` of them are there and nothing is taken."""
        tokens = self.tokens + (now - self.at) * self.rate
        self.at = now
        if tokens > self.burst:
            tokens = self.burst
        if tokens >= cost:
            self.tokens = tokens - cost
            return 0.0
        self.tokens = tokens
        return (cost - tokens) / self.rate

    def change(self, rate: float, burst: float, now: float) -> None:
        """Another rate and burst from now on. What was saved above the new burst is gone."""
        self.take(0.0, now)
        self.rate, self.burst = rate, burst
        self.tokens = min(self.tokens, burst)

    def spent(self, now: float) -> float:
        """How many tokens are missing."""
        return max(0.0, self.burst - (self.tokens + (now - self.at) * self.rate))

    def owe(self, tokens: float, now: float) -> None:
        """At least so many tokens are missing: they were spent elsewhere."""
        self.take(0.0, now)
        self.tokens = min(self.tokens, self.burst - tokens)

    def full(self, now: float) -> bool:
        """Whether nothing is remembered that a new bucket would not know."""
        return self.tokens + (now - self.at) * self.rate >= self.burst


class Limiter:
    """Buckets by key, made on first use and forgotten once full."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate = rate
        self.burst = burst
        self.buckets: dict[object, Bucket] = {}
        self.room = ROOM

    def take(self, key: object, now: float, cost: float = 1.0) -> float:
        """As Bucket.take, for one key. A rate of 0 means no limit."""
        if self.rate <= 0:
            return 0.0
        bucket = self.buckets.get(key)
        if bucket is None:
            if len(self.buckets) >= self.room:
                self.buckets = {key: each for key, each in self.buckets.items() if not each.full(now)}
                self.room = max(ROOM, 2 * len(self.buckets))
            bucket = self.buckets[key] = Bucket(self.rate, self.burst, now)
        return bucket.take(cost, now)
