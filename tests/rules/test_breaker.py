"""The fuse before a model, and what calls cost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.rules.breaker import LONGEST_S, Breaker
from server.rules.spending import LIE, Budgets, Terms

TERMS = Terms("openai", "m", 3.0, 15.0, 400, Budgets(50_000, 500_000, 5_000_000, 50_000_000))


def test_three_failures_open_it_and_one_trial_at_a_time_closes_it() -> None:
    breaker = Breaker(3, 30.0)
    for at in range(3):
        assert breaker.may(float(at))
        breaker.failed(float(at))
    assert not breaker.may(31.9)
    assert breaker.may(32.1)
    assert not breaker.may(32.2)
    breaker.failed(33.0)
    assert not breaker.may(33.0 + 59.9)
    assert breaker.may(33.0 + 60.1)
    breaker.worked()
    assert breaker.may(94.0)
    assert not breaker.open


def test_a_success_between_failures_keeps_it_closed() -> None:
    breaker = Breaker(2, 30.0)
    for at in range(10):
        breaker.failed(float(at))
        breaker.worked()
    assert breaker.may(10.0)


def test_a_trial_given_up_lets_another_try() -> None:
    breaker = Breaker(1, 1.0)
    breaker.failed(0.0)
    assert breaker.may(2.0)
    breaker.left()
    assert breaker.may(2.0)


def test_late_news_of_old_tries_does_not_prolong_it_and_the_pause_has_an_end() -> None:
    breaker = Breaker(1, 30.0)
    breaker.failed(0.0)
    for _ in range(50):
        breaker.failed(29.0)
    assert breaker.may(30.1)
    for _ in range(20):
        before = breaker.until
        breaker.failed(before)
        assert before < breaker.until <= before + LONGEST_S
        assert not breaker.may(breaker.until - 0.1)
        assert breaker.may(breaker.until)


@given(st.integers(0, 100_000), st.integers(0, 400), st.integers(0, 400))
def test_a_call_costs_no_more_than_was_set_aside_for_it(size: int, tokens_in: int, tokens_out: int) -> None:
    worst = TERMS.worst(size)
    assert isinstance(worst, int)
    assert TERMS.cost(min(tokens_in, size), tokens_out) <= worst
    assert TERMS.charge(worst, 10**9, 10**9) == worst * LIE


def test_costs_are_whole_millionths_rounded_up() -> None:
    assert TERMS.cost(700, 90) == 3_450
    assert TERMS._replace(price_in=0.25, price_out=0.0).cost(1, 0) == 1
    assert TERMS._replace(price_in=0.1, price_out=0.2).cost(10, 10) == 3
