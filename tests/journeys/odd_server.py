"""`callisto serve` with a few things otherwise: `odd_server.py JSON serve …`, where JSON maps names of constants to values.

SIGUSR1 moves everything this process takes for the wall clock 30 days ahead, SIGUSR2 60 days back. The monotonic clock
stays, as it does when a real machine's clock jumps.
"""

from __future__ import annotations

import importlib
import json
import secrets
import signal
import sys
import time
import uuid

import uuid_utils
import uuid_utils.compat

DAY_S = 86_400
ahead_s = [0]
real_time, real_time_ns = time.time, time.time_ns


def moved_uuid7() -> uuid.UUID:
    """A UUIDv7 of a machine whose clock jumped."""
    ms = (real_time_ns() // 1_000_000 + ahead_s[0] * 1_000) & ((1 << 48) - 1)
    return uuid.UUID(int=ms << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62))


def move(days: int) -> None:
    """The clock jumps."""
    ahead_s[0] += days * DAY_S


if __name__ == "__main__":
    # Before anything of ours is imported, and takes them by name.
    time.time = lambda: real_time() + ahead_s[0]
    time.time_ns = lambda: real_time_ns() + ahead_s[0] * 1_000_000_000
    uuid_utils.compat.uuid7 = moved_uuid7  # type: ignore[assignment]
    uuid_utils.uuid7 = moved_uuid7  # type: ignore[assignment]
    signal.signal(signal.SIGUSR1, lambda *_: move(30))
    signal.signal(signal.SIGUSR2, lambda *_: move(-60))
    for name, value in json.loads(sys.argv.pop(1)).items():
        module, _, constant = name.rpartition(".")
        setattr(importlib.import_module(module), constant, value)
    from server.__main__ import main

    main()
