"""Token buckets, against a plain model of what they promise."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.gateway.limits import Bucket, Limiter


@given(st.floats(0.1, 50), st.integers(1, 100), st.lists(st.floats(0, 5), min_size=1, max_size=60))
def test_no_window_ever_lets_through_more_than_burst_plus_rate(rate: float, burst: int, gaps: list[float]) -> None:
    bucket, now, taken = Bucket(rate, burst, 0.0), 0.0, []
    for gap in gaps:
        now += gap
        if bucket.take(1.0, now) == 0.0:
            taken.append(now)
    for start in range(len(taken)):
        for end in range(start, len(taken)):
            assert end - start + 1 <= burst + rate * (taken[end] - taken[start]) + 1e-6


@given(st.floats(0.1, 50), st.integers(1, 100))
def test_who_waits_as_told_is_let_through(rate: float, burst: int) -> None:
    bucket = Bucket(rate, burst, 0.0)
    for _ in range(burst):
        assert bucket.take(1.0, 0.0) == 0.0
    wait = bucket.take(1.0, 0.0)
    assert wait > 0.0
    assert bucket.take(1.0, wait + 1e-6) == 0.0


def test_keys_do_not_share_and_a_rate_of_zero_lifts_the_limit() -> None:
    limiter = Limiter(1.0, 1.0)
    assert limiter.take("a", 0.0) == 0.0
    assert limiter.take("b", 0.0) == 0.0
    assert limiter.take("a", 0.0) > 0.0
    assert Limiter(0.0, 1.0).take("a", 0.0) == 0.0
