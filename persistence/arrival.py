"""Waiting at the start for a PostgreSQL that is not there yet: after a restart of the machine everything starts at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from persistence.database import is_away

log = structlog.get_logger("callisto.arrival")

AGAIN_S = 0.25  # between two tries
SAY_S = 5.0  # between two lines of the log
FAILURES = (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

T = TypeVar("T")


async def arrived(work: Callable[[], Awaitable[T]], within_s: float, given_up: Callable[[], bool] = lambda: False) -> T:
    """What `work` gives, tried again while the database is away. After so long, or when given up, raises what it raised last.

    Only being away is waited for: a wrong password or a missing database is no better in half a minute."""
    began, said = time.monotonic(), float("-inf")
    while True:
        try:
            return await work()
        except FAILURES as error:
            left_s = within_s - (time.monotonic() - began)
            # An address that is none is the driver's InterfaceError, too, and a ValueError.
            if left_s <= 0 or given_up() or isinstance(error, ValueError) or not is_away(error):
                raise
            if time.monotonic() - said >= SAY_S:
                said = time.monotonic()
                log.warning("waiting for PostgreSQL", why=type(error).__name__, at_most_s=round(left_s))
        await asyncio.sleep(min(AGAIN_S, left_s))
