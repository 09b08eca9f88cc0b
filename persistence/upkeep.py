"""The event log's days: made ahead, and removed when past keeping, through the owner's named functions."""

from __future__ import annotations

import asyncpg

from persistence.database import Db

DAYS_AHEAD = 14  # delivery.md, rule 10
ALARM_BELOW = 3  # days ahead; then readiness says so


async def make_partitions(db: Db) -> int:
    """Makes the days ahead that are missing, and tells how many there are."""
    connection = db.raw
    return int(await connection.fetchval("select make_event_partitions($1)", DAYS_AHEAD))


async def retire_events(db: Db, keep_days: int) -> int:
    """Removes the oldest day past keeping, if nobody is in the way. 1 or 0."""
    connection = db.raw
    return int(await connection.fetchval("select retire_event_partitions($1)", keep_days) is not None)


async def days_ahead(connection: asyncpg.Connection) -> int:
    """Days of the event log that exist after today."""
    return int(
        await connection.fetchval(
            """select count(*) from pg_inherits i join pg_class c on c.oid = i.inhrelid
               where i.inhparent = 'stream_events'::regclass and c.relname > 'stream_events_' || to_char(clock_timestamp() at time zone 'UTC', 'YYYYMMDD')"""
        )
    )


# What the promises rest on and only the server can be told (guarantees.md P1; delivery.md, rules 5 and 11). pg_settings counts in ms.
NEEDED = {
    "fsync": ("on", "an answer would not outlive a power cut"),
    "full_page_writes": ("on", "a page half written would not be whole again"),
    "synchronous_commit": ("on", "an answer would not outlive a crash"),
    "deadlock_timeout": ("500", "a deadlock would look like a wait, and not be tried again"),
    "max_locks_per_transaction": ("256", "a batch may hold as many locks as it has commands"),
}


async def unfit_settings(connection: asyncpg.Connection) -> list[str]:
    """What is wrong with the database server's own settings, one line each."""
    rows = await connection.fetch("select name, setting from pg_settings where name = any($1) order by name", list(NEEDED))
    wrong = []
    for name, is_now in rows:
        needed, why = NEEDED[name]
        if name == "deadlock_timeout":
            good = int(is_now) <= int(needed)
        elif name == "max_locks_per_transaction":
            good = int(is_now) >= int(needed)
        else:
            good = is_now == needed or (name == "synchronous_commit" and is_now.startswith("remote"))
        if not good:
            wrong.append(f"PostgreSQL's {name} is {is_now}: {why}")
    return wrong
