"""Errands and schedules: slow work asked for inside a transaction, and commands that are due by the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from persistence.database import Db


@dataclass(frozen=True, slots=True)
class Claimed:
    """An errand that is ours until its lease ends."""

    errand_id: UUID
    kind: str
    payload: bytes
    attempts: int


async def add(db: Db, errand_id: UUID, kind: str, payload: bytes, delay_s: float = 0.0) -> None:
    """Asks for an errand, if and only if this transaction commits."""
    connection = db.raw
    await connection.execute(
        "insert into errands (errand_id, kind, payload, created_at, run_at) "
        "values ($1, $2, $3, clock_timestamp(), clock_timestamp() + make_interval(secs => $4))",
        errand_id,
        kind,
        payload,
        delay_s,
    )


async def claim(connection: asyncpg.Connection, worker: UUID, lease_s: float, at_most: int) -> list[Claimed]:
    """Errands that are due and nobody's, oldest first, ours for `lease_s` seconds."""
    rows = await connection.fetch(
        """update errands e set claimed_by = $1, claimed_until = clock_timestamp() + make_interval(secs => $2), attempts = attempts + 1
           where errand_id = any(array(
             select errand_id from errands
             where run_at <= clock_timestamp() and (claimed_until is null or claimed_until < clock_timestamp())
             order by run_at limit $3 for update skip locked))
           returning errand_id, kind, payload, attempts""",
        worker,
        lease_s,
        at_most,
    )
    return [Claimed(row[0], row[1], row[2], row[3]) for row in rows]


async def finish(db: Db, errand_id: UUID) -> bool:
    """Ends an errand in the transaction of the command it became. False when somebody else already ended it."""
    connection = db.raw
    done = await connection.execute("delete from errands where errand_id = $1", errand_id)
    return bool(done.endswith(" 1"))


async def retry(connection: asyncpg.Connection, errand_id: UUID, why: str, delay_s: float) -> None:
    """Lets go of an errand that failed, to be tried again later."""
    await connection.execute(
        "update errands set claimed_by = null, claimed_until = null, last_error = $2, "
        "run_at = clock_timestamp() + make_interval(secs => $3) where errand_id = $1",
        errand_id,
        why[:500],
        delay_s,
    )


async def give_back(connection: asyncpg.Connection, worker: UUID, errand_ids: list[UUID]) -> None:
    """Lets go of errands of ours that were not ended, to be run by somebody else at once."""
    await connection.execute(
        "update errands set claimed_by = null, claimed_until = null where errand_id = any($1) and claimed_by = $2", errand_ids, worker
    )


async def due(connection: asyncpg.Connection, names: list[str], lease_s: float) -> list[tuple[str, datetime]]:
    """The schedules that are due and nobody's, with the instant they were due at, ours for `lease_s` seconds."""
    rows = await connection.fetch(
        """update schedules s set claimed_until = clock_timestamp() + make_interval(secs => $2)
           where name = any(array(
             select name from schedules where name = any($1) and due_at <= clock_timestamp()
               and (claimed_until is null or claimed_until < clock_timestamp()) for update skip locked))
           returning name, due_at""",
        names,
        lease_s,
    )
    return [(row[0], row[1]) for row in rows]


async def plan(connection: asyncpg.Connection, name: str) -> None:
    """Makes a schedule that is due at once, unless it exists."""
    await connection.execute("insert into schedules (name, due_at) values ($1, clock_timestamp()) on conflict do nothing", name)


async def done(db: Db, name: str, every_s: float) -> None:
    """Plans the next run, in the transaction of the command that ran."""
    connection = db.raw
    await connection.execute(
        "update schedules set last_run_at = clock_timestamp(), claimed_until = null, "
        "due_at = clock_timestamp() + make_interval(secs => $2) where name = $1",
        name,
        every_s,
    )
