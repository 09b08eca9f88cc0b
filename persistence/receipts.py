"""A command is performed once: its id, what it asked, and what it was answered, kept in the transaction that did it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from persistence import events
from persistence.database import Db

# An outcome that no command can have: somebody asked what became of this id, and was told never.
TOMBSTONE = b"\x80"
STEP = 5_000  # receipts deleted at a time: some 5 ms


class Claim(NamedTuple):
    """An id that is held until the transaction ends. `stored` is (fields hash, outcome) of an earlier try, or None: ours.

    `signed_in` says whether the session may still act, `at` is the database's clock.
    """

    stored: tuple[bytes, bytes] | None
    signed_in: bool
    at: datetime


async def claim(db: Db, account: UUID, id: str, session_id: UUID | None, fence: int) -> Claim:
    """Claims an id by an advisory lock, so that a concurrent duplicate waits for the first."""
    connection = db.raw
    row = await connection.fetchrow("select hash, answer, signed_in, at from claim_receipt($1, $2, $3, $4)", account, id, session_id, fence)
    return Claim((row[0], row[1]) if row[1] is not None else None, row[2], row[3])


async def keep(db: Db, account: UUID, id: str, hash: bytes, outcome: bytes) -> None:
    """Stores the outcome of a claimed id."""
    connection = db.raw
    await connection.execute("insert into receipts (account, id, hash, answer) values ($1, $2, $3, $4)", account, id, hash, outcome)


class Telling(NamedTuple):
    """One event that ends a command, without its number."""

    stream: str
    name: str
    payload: bytes
    drops: str | None


async def conclude(
    db: Db, account: UUID, id: str, hash: bytes, ok: bytes, told: Sequence[Telling], pos: Sequence[str]
) -> tuple[list[events.Row], dict[str, str], bytes]:
    """Holds the heads, numbers and stores the events, and keeps the outcome of a claimed id, in one call.

    `ok` is the answer's fields; `pos` are the streams whose last number is part of the outcome. Gives the rows, each stream's epoch
    on the server, and the outcome.
    """
    rows = await db.raw.fetch(
        "select epoch, seq, at, answer from conclude($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        account,
        id,
        hash,
        ok,
        *([each[field] for each in told] for field in range(4)),
        pos,
    )
    found = [events.Row(each.stream, row[1], events.millis(row[2]), *each[1:]) for each, row in zip(told, rows, strict=True)]
    return found, {each.stream: row[0] for each, row in zip(told, rows, strict=True)}, rows[0][3]


async def settle(db: Db, account: UUID, id: str) -> tuple[str, bytes | None]:
    """`done` with the outcome, `running` while somebody holds the id, or `never`: then a tombstone closes it."""
    connection = db.raw
    row = await connection.fetchrow("select state, answer from settle_receipt($1, $2, $3)", account, id, TOMBSTONE)
    return str(row["state"]), row["answer"]


async def trim(db: Db, days: int) -> int:
    """Deletes the oldest STEP receipts older than `days`, and tells how many: small steps, so that nobody waits behind them."""
    connection = db.raw
    # now() and not clock_timestamp(): for a volatile function no index would be used, and the whole week read every time.
    done = await connection.execute(
        """delete from receipts where ctid = any(array(
             select ctid from receipts where at < now() - make_interval(days => $1) order by at limit $2))""",
        days,
        STEP,
    )
    return int(done.split()[-1])
