"""Token buckets: pure arithmetic over a clock that is handed in."""

from __future__ import annotations


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

    def full(self, now: float) -> bool:
        """Whether nothing is remembered that a new bucket would not know."""
        return self.tokens + (now - self.at) * self.rate >= self.burst


class Limiter:
    """Buckets by key, made on first use and forgotten once full."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate = rate
        self.burst = burst
        self.buckets: dict[object, Bucket] = {}
        self.swept = 0.0

    def take(self, key: object, now: float, cost: float = 1.0) -> float:
        """As Bucket.take, for one key. A rate of 0 means no limit."""
        if self.rate <= 0:
            return 0.0
        bucket = self.buckets.get(key)
        if bucket is None:
            if now - self.swept > 60.0 and len(self.buckets) > 1_000:
                self.swept = now
                self.buckets = {key: each for key, each in self.buckets.items() if not each.full(now)}
            bucket = self.buckets[key] = Bucket(self.rate, self.burst, now)
        return bucket.take(cost, now)
