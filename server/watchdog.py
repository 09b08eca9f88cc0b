"""Ends a process whose event loop stands still, so that its supervisor starts another: it would answer nobody ever again.

Counted in looks of its own thread and not by a clock: a process that was stopped from outside stood still as a whole, and may go on.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import sys
import threading
from collections.abc import Callable

import structlog

log = structlog.get_logger("callisto.watchdog")

LIMIT_S = 15.0  # guarantees.md 2.4
LOOK_S = 1.0


def _end() -> None:
    # Files and lines only: no values, which may be what players wrote.
    faulthandler.dump_traceback(sys.stderr, all_threads=True)
    # No clean-up: it would wait for the loop.
    os._exit(1)


class Watchdog:
    """One loop's. `blocked` counts how often it stood still for more than a look."""

    def __init__(self, *, limit_s: float = LIMIT_S, look_s: float = LOOK_S, end: Callable[[], None] = _end) -> None:
        self.limit = max(1, round(limit_s / look_s))
        self.look_s = look_s
        self.end = end
        self.blocked = 0
        self._beats = 0
        self._stop = threading.Event()

    async def run(self) -> None:
        """Beats for as long as the loop turns, and has a thread look."""
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        try:
            while True:
                self._beats += 1
                await asyncio.sleep(self.look_s / 2)
        finally:
            self._stop.set()

    def _watch(self) -> None:
        seen, missed = -1, 0
        while not self._stop.wait(self.look_s):
            if self._beats != seen:
                seen, missed = self._beats, 0
                continue
            missed += 1
            if missed == 1:
                self.blocked += 1
                log.warning("event loop blocked")
            if missed >= self.limit:
                log.error("event loop blocked for good", seconds=round(missed * self.look_s))
                self.end()
                return
