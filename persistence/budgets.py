"""What may be spent on models: set aside before a call, settled after it, in the transactions on either side of the errand.

A reservation counts until the errand it was made for comes back, however long every process was dead: the call may have been made, and
its charge is still to come. It falls out of an hour and a day with them; RESERVED_S only ends those whose errand is no more. All sums
are millionths of a US dollar. The rows of `ai_budgets` are held in the order of their names, for whole transactions of a few milliseconds: that is what keeps
two gateways from spending the same cent. Whoever finds them held for longer (a gateway that froze) does without: nobody waits for money.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple, Protocol
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid7

from persistence.database import Db
from protocol.guard import ModelCall

RESERVED_S = 86_400  # a day: no budget but a talk's is longer, and every errand of a server that lives has come back by then
PATIENCE_MS = 250  # for rows that others hold, which is a few milliseconds unless something is wrong
KEEP_DAYS = 40  # what was spent stays readable for a month and some; ai_call_log stays for good
TRIM_AT_ONCE = 5_000  # rows
OK = "ok"  # the outcome of a call that worked
PURPOSE = "guard"


class Limits(Protocol):
    """The most that may be spent, in millionths of a dollar."""

    @property
    def talk(self) -> int:
        """In one talk."""
        ...

    @property
    def player_day(self) -> int:
        """By one player in a UTC day."""
        ...

    @property
    def hour(self) -> int:
        """By everybody in a clock hour."""
        ...

    @property
    def day(self) -> int:
        """By everybody in a UTC day."""
        ...


class Reservation(NamedTuple):
    """Money for one call."""

    id: UUID
    player_id: UUID
    talk_id: UUID
    micro_usd: int


# Held in the order of their names, whoever comes: nobody waits in a circle.
_HOLD = """
  with now as (select clock_timestamp() at time zone 'UTC' as at)
  insert into ai_budgets (scope, period, updated_at)
  select s.scope, s.period, clock_timestamp() from now, lateral (values
    ('all', to_char(at, 'YYYY-MM-DD')), ('all', to_char(at, 'YYYY-MM-DD"T"HH24')),
    ('player:' || $1, to_char(at, 'YYYY-MM-DD')), ('talk:' || $2, 'talk')) s (scope, period)
  order by s.scope collate "C", s.period collate "C"
  on conflict (scope, period) do update set updated_at = excluded.updated_at
  returning scope, period, settled_micro_usd"""

_HELD = """
  select coalesce(sum(micro_usd) filter (where session_id = $1), 0), coalesce(sum(micro_usd) filter (where player_id = $2 and day = $3), 0),
    coalesce(sum(micro_usd) filter (where hour = $4), 0), coalesce(sum(micro_usd) filter (where day = $3), 0)
  from ai_reservations where expires_at > clock_timestamp()"""


async def reserve(db: Db, wanted: Reservation, limits: Limits) -> bool:
    """Sets the money for one call aside, unless that, what others set aside and what was spent is more than any limit allows."""
    connection = db.raw
    try:
        async with _briefly(connection):
            rows = await connection.fetch(_HOLD, str(wanted.player_id), str(wanted.talk_id))
    except asyncpg.LockNotAvailableError:
        return False
    settled = {(row[0].partition(":")[0], len(row[1])): row for row in rows}
    day, hour = settled["all", len("2026-11-23")], settled["all", len("2026-11-23T17")]
    spent = (settled["talk", len("talk")][2], settled["player", len("2026-11-23")][2], hour[2], day[2])
    held = await connection.fetchrow(_HELD, wanted.talk_id, wanted.player_id, day[1], hour[1])
    if not fits(wanted.micro_usd, spent, held, (limits.talk, limits.player_day, limits.hour, limits.day)):
        return False
    await connection.execute(
        """insert into ai_reservations (id, player_id, session_id, day, hour, micro_usd, expires_at)
           values ($1, $2, $3, $4, $5, $6, clock_timestamp() + make_interval(secs => $7))""",
        wanted.id,
        wanted.player_id,
        wanted.talk_id,
        day[1],
        hour[1],
        wanted.micro_usd,
        RESERVED_S,
    )
    return True


def fits(wanted: int, spent: Sequence[int], held: Sequence[int], limits: Sequence[int]) -> bool:
    """Whether so much more is within every limit."""
    return all(one + two + wanted <= most for one, two, most in zip(spent, held, limits, strict=True))


async def settle(db: Db, reservation_id: UUID, talk_id: UUID, call: ModelCall | None) -> bool:
    """Ends a reservation with what its call has cost, and logs the call. False when it was ended before: then nothing is charged."""
    connection = db.raw
    if call is None:
        return bool((await connection.execute("delete from ai_reservations where id = $1 and not settled", reservation_id)).endswith(" 1"))
    row = await connection.fetchrow(
        "select player_id, day, hour from ai_reservations where id = $1 and not settled for update", reservation_id
    )
    if row is None:
        return False
    try:
        async with _briefly(connection):
            await _spend(connection, row, talk_id, call.cost_micro_usd)
            await connection.execute("delete from ai_reservations where id = $1", reservation_id)
    except asyncpg.LockNotAvailableError:
        # Left where it counts for the same talk, player, hour and day, as what it was in the end.
        await connection.execute(
            """update ai_reservations set settled = true, micro_usd = $2, expires_at = clock_timestamp() + make_interval(days => $3)
               where id = $1""",
            reservation_id,
            call.cost_micro_usd,
            KEEP_DAYS,
        )
    await _log(connection, row["player_id"], talk_id, call)
    return True


@asynccontextmanager
async def _briefly(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Waits for rows that others hold, but not for long. Raises LockNotAvailableError, with nothing of the block done."""
    async with connection.transaction():
        await connection.execute(f"set local lock_timeout = {PATIENCE_MS}")
        yield
        await connection.execute("set local lock_timeout to default")


async def _spend(connection: asyncpg.Connection, row: asyncpg.Record, talk_id: UUID, cost_micro_usd: int) -> None:
    await connection.execute(
        """insert into ai_budgets (scope, period, settled_micro_usd, calls, updated_at)
           select s.scope, s.period, $5, 1, clock_timestamp() from (values ('all', $3), ('all', $4), ('player:' || $1, $3), ('talk:' || $2, 'talk'))
             s (scope, period)
           order by s.scope collate "C", s.period collate "C"
           on conflict (scope, period) do update set settled_micro_usd = ai_budgets.settled_micro_usd + excluded.settled_micro_usd,
             calls = ai_budgets.calls + 1, updated_at = excluded.updated_at""",
        str(row["player_id"]),
        str(talk_id),
        row["day"],
        row["hour"],
        cost_micro_usd,
    )


async def _log(connection: asyncpg.Connection, player_id: UUID, talk_id: UUID, call: ModelCall) -> None:
    await connection.execute(
        """insert into ai_call_log (id, player_id, session_id, purpose, provider, model, tokens_in, tokens_out, cost_micro_usd, latency_ms, ok, error_class, at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, clock_timestamp())""",
        uuid7(),
        player_id,
        talk_id,
        PURPOSE,
        call.provider,
        call.model,
        call.tokens_in,
        call.tokens_out,
        call.cost_micro_usd,
        call.took_ms,
        call.outcome == OK,
        None if call.outcome == OK else call.outcome,
    )


async def trim(db: Db) -> int:
    """Deletes budgets of long ago, and reservations that ran out a day ago. How many."""
    connection = db.raw
    spent = await connection.execute(
        """delete from ai_budgets where (scope, period) in (select scope, period from ai_budgets
             where updated_at < clock_timestamp() - make_interval(days => $1) limit $2 for update skip locked)""",
        KEEP_DAYS,
        TRIM_AT_ONCE,
    )
    held = await connection.execute(
        """delete from ai_reservations where id in (select id from ai_reservations
             where expires_at < clock_timestamp() - interval '1 day' limit $1 for update skip locked)""",
        TRIM_AT_ONCE,
    )
    return sum(int(each.rpartition(" ")[2]) for each in (spent, held))
