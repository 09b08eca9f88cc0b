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


# What an answer rests on and only the server can be told (guarantees.md P1).
NEEDED = {
    "fsync": "an answer would not outlive a power cut",
    "full_page_writes": "a page half written would not be whole again",
    "synchronous_commit": "an answer would not outlive a crash",
}


async def unfit_settings(connection: asyncpg.Connection) -> list[str]:
    """What is wrong with the database server's own settings, one line each."""
    rows = await connection.fetch("select name, setting from pg_settings where name = any($1) order by name", list(NEEDED))
    return [
        f"PostgreSQL's {name} is {is_now}: {NEEDED[name]}" for name, is_now in rows if is_now not in ("on", "remote_write", "remote_apply")
    ]
