"""What time it is for signals: the database's clock, carried on by the monotonic one.

A machine's own clock may jump by a month; what a client is told of instants (hello, the end of a token) must not jump with it.
Only rules of the game and the database know other instants, and both have them from the database.
"""

from __future__ import annotations

import time

_ahead_ms = (time.time() - time.monotonic()) * 1000


def now_ms() -> int:
    """Milliseconds since 1970 UTC."""
    return int(_ahead_ms + time.monotonic() * 1000)


def set_to(at_s: float, when: float) -> None:
    """It was `at_s` (seconds since 1970) by the database's clock at `when` (monotonic seconds)."""
    global _ahead_ms
    _ahead_ms = (at_s - when) * 1000
