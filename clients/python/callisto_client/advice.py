"""What to do after a connection ended: the band of the close code is the advice, and the back-off is jittered."""

from __future__ import annotations

import random
from dataclasses import dataclass

from callisto_client.errors import Stopped
from protocol.closes import Advice, advice, parameter

FIRST_S = 0.25  # the longest wait before a first new try
MOST_S = 15.0  # the longest wait of all
CUT = 1006  # what a connection ended with when nobody said a word


@dataclass(frozen=True)
class Closed:
    """How a connection ended."""

    code: int
    reason: str

    @property
    def advice(self) -> Advice:
        """What the band says."""
        return advice(self.code)


@dataclass(frozen=True)
class Plan:
    """What comes next: wait so long, then connect. `refresh`: with a newer token; `snapshot`: without the cursors."""

    wait_s: float
    refresh: bool = False
    snapshot: bool = False


def back_off(tries: int, dice: random.Random) -> float:
    """Seconds to wait before the next try, after `tries` in a row that did not lead anywhere."""
    most = min(MOST_S, FIRST_S * 2.0 ** min(tries, 16))
    return dice.uniform(most / 4, most)


def plan(closed: Closed, tries: int, dice: random.Random) -> Plan:
    """The way back after `closed`. Raises Stopped when there is none."""
    if closed.advice is Advice.STOP:
        raise Stopped(closed.code, closed.reason)
    told_ms = parameter(closed.reason, "after_ms")
    if told_ms is None:
        told_ms = parameter(closed.reason, "retry_after_ms")
    # The server spreads its clients itself; what is added keeps those apart that were told the same.
    wait_s = back_off(tries, dice) if told_ms is None else told_ms / 1000 + back_off(max(0, tries - 1), dice)
    return Plan(wait_s, refresh=closed.advice is Advice.REFRESH, snapshot=closed.advice is Advice.SNAPSHOT)
