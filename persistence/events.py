"""The event log: outbox, replay buffer and audit trail in one table, numbered without gaps per stream.

Numbers are given while the stream's head row is held until commit, so number order is commit order is visibility order.
Appending has two phases, because some payloads carry numbers that exist only once the heads are held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

import asyncpg

from persistence.database import Db
from protocol.streams import Stream

EVERYBODY = "*"
_UNIX = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_MILLISECOND = timedelta(milliseconds=1)


def millis(at: datetime) -> int:
    """`at` as the wire says it: whole milliseconds since 1970 UTC."""
    return (at - _UNIX) // _MILLISECOND


def wire_epoch(epoch: str, identity: str) -> str:
    """The epoch clients see: the stream's own with the server it lives on, so that a restored server is another epoch."""
    return blake2b(f"{epoch}:{identity}".encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Numbered:
    """A held stream: the number before the next, its epoch on the server, and the time its next events carry."""

    epoch: str
    head: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """One event to store or as stored. `at` is milliseconds, as the wire says it; the log knows it more exactly. `drops` names
    the player (or everybody) who hears nothing from this number on."""

    stream: str
    seq: int
    at: int
    name: str
    payload: bytes
    drops: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a stream as one reader may see it.

    `end` is the last number the page accounts for: the head, or where the page was cut. `first` is the first number this
    reader may hear (None: nothing, not following), `to` the first it may not hear any more (None: the membership goes on).
    `whole` is false when numbers that belong here are no longer kept.
    """

    epoch: str
    head: int
    end: int
    first: int | None
    rows: list[Row]
    whole: bool
    to: int | None = None


async def hold(db: Db, names: Sequence[str]) -> dict[str, Numbered]:
    """The named streams, their head rows locked until commit. Raises LookupError when one does not exist."""
    connection = db.raw
    rows = await connection.fetch("select name, epoch, head, at from hold_heads($1)", sorted(set(names)))
    if len(rows) != len(set(names)):
        raise LookupError(f"missing stream among {sorted(set(names))}")
    return {row[0]: Numbered(row[1], row[2], row[3]) for row in rows}


async def append(db: Db, rows: Sequence[Row], held: dict[str, Numbered]) -> None:
    """Stores events and moves the heads, which are `held` in the same transaction."""
    connection = db.raw
    await connection.execute(
        _APPEND,
        [row.stream for row in rows],
        [row.seq for row in rows],
        [held[row.stream].at for row in rows],
        [row.name for row in rows],
        [row.payload for row in rows],
        [row.drops for row in rows],
    )


_APPEND = """
with told as (
  insert into stream_events (stream, seq, at, name, payload, drops)
  select * from unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[], $5::bytea[], $6::text[])
)
update streams s set head = l.seq, last_at = l.at
from (select stream, max(seq) seq, max(at) at from unnest($1::text[], $2::bigint[], $3::timestamptz[]) e(stream, seq, at) group by 1) l
where s.name = l.stream
"""


async def open_stream(db: Db, name: Stream) -> None:
    """Makes a stream, at number 0 and with an epoch of its own."""
    connection = db.raw
    await connection.execute("insert into streams (name, epoch) values ($1, replace(gen_random_uuid()::text, '-', ''))", name)


# Every read for one player joins the membership in the same statement, on every page (delivery.md, rule 1). It is the one
# that `since` lies in: whoever was put out while they read hears the rest of it, and nothing of a later one.
_FOR_PLAYER = """
select s.epoch, s.head, case when $4::uuid is null then 1 else m.from_seq end as first, e.seq, e.at, e.name, e.payload, e.drops, m.to_seq, e.found
from streams s
left join lateral (
  select from_seq, to_seq from team_memberships
  where team_id = $4 and player_id = $3 and from_seq <= $2::bigint + 1
  order by from_seq desc limit 1
) m on true
left join lateral (
  select * from (
    select *, count(*) over () as found, sum(octet_length(payload)) over (order by seq) - octet_length(payload) as before from (
      select * from stream_events e
      where e.stream = s.name and e.seq > $2::bigint and ($4::uuid is null or (e.seq >= m.from_seq and (m.to_seq is null or e.seq < m.to_seq)))
      order by e.seq limit $5) e) e
  where before < $6
) e on true
where s.name = $1
order by e.seq
"""
# What a slow reader is served at a time: with one page of each of three streams under way a socket stays below 1 MiB (P15).
PAGE_BYTES = 196_608


async def page_for(connection: asyncpg.Connection, name: str, since: int, player: UUID, limit: int = 200) -> Page | None:
    """What `player` may hear of a stream after `since`, oldest first. None when there is no such stream.

    For a team, `since` is not before the membership that is meant: its `from_seq` - 1 at least.
    """
    team = Stream(name).owner if name.startswith("team:") else None
    rows = await connection.fetch(_FOR_PLAYER, name, since, player, team, limit, PAGE_BYTES)
    if not rows:
        return None
    epoch, head, first, to = rows[0][0], rows[0][1], rows[0][2], rows[0][8]
    found = [Row(name, row[3], millis(row[4]), row[5], row[6], row[7]) for row in rows if row[3] is not None]
    if first is None:
        return Page(epoch, head, since, None, [], True)
    last = head if to is None else min(head, to - 1)
    end = found[-1].seq if found and (len(found) == limit or len(found) < rows[0][9]) else max(last, since)
    expected = max(since + 1, first)
    whole = [row.seq for row in found] == list(range(expected, min(end, last) + 1))
    return Page(epoch, head, end, first, found, whole, to)


async def page(connection: asyncpg.Connection, name: str, since: int, limit: int = 500) -> Page | None:
    """A stream after `since` for the hub itself: everything, with who is dropped where. None when there is no such stream."""
    rows = await connection.fetch(_ALL, name, since, limit, PAGE_BYTES)
    if not rows:
        return None
    epoch, head = rows[0][0], rows[0][1]
    found = [Row(name, row[2], millis(row[3]), row[4], row[5], row[6]) for row in rows if row[2] is not None]
    end = found[-1].seq if found and (len(found) == limit or len(found) < rows[0][7]) else max(head, since)
    whole = [row.seq for row in found] == list(range(since + 1, min(end, head) + 1))
    return Page(epoch, head, end, 1, found, whole)


_ALL = """
select s.epoch, s.head, e.seq, e.at, e.name, e.payload, e.drops, e.found
from streams s
left join lateral (
  select * from (
    select *, count(*) over () as found, sum(octet_length(payload)) over (order by seq) - octet_length(payload) as before from (
      select * from stream_events e where e.stream = s.name and e.seq > $2::bigint order by e.seq limit $3) e) e
  where before < $4
) e on true
where s.name = $1
order by e.seq
"""


async def moved(
    connection: asyncpg.Connection, names: Sequence[str], epochs: Sequence[str], seqs: Sequence[int]
) -> dict[str, tuple[str, int]]:
    """Of the named streams those that are not where the caller believes: name to (epoch, head). A lost one has head -1."""
    rows = await connection.fetch(_MOVED, names, epochs, seqs)
    return {row[0]: (row[1], row[2]) for row in rows}


_MOVED = """
select i.name, coalesce(s.epoch, ''), coalesce(s.head, -1)
from unnest($1::text[], $2::text[], $3::bigint[]) i(name, epoch, seq)
left join streams s on s.name = i.name
where s.head is distinct from i.seq or s.epoch is distinct from i.epoch
"""


class Moment(NamedTuple):
    """A moment in which every transaction before `next` has ended. `renewals` are those, of the newest, that only renewed a gateway's lease
    (the lower half of their numbers)."""

    next: int
    renewals: frozenset[int]

    def follows(self, earlier: Moment) -> bool:
        """Whether nothing but leases was written between the two."""
        between = range(earlier.next, self.next)
        return (
            earlier.next <= self.next and len(between) <= len(self.renewals) and all(each & 0xFFFFFFFF in self.renewals for each in between)
        )


async def moment(connection: asyncpg.Connection) -> Moment | None:
    """Where the server's transactions are; None while somebody is writing: they may commit behind what others saw."""
    # Whoever wrote a row of `gateways` did nothing else (sessions.renew_lease).
    row = await connection.fetchrow("select pg_current_snapshot()::text, array(select xmin::text::bigint from gateways)")
    lowest, next_, running = row[0].split(":")
    return Moment(int(next_), frozenset(row[1])) if lowest == next_ and not running else None


async def heads(connection: asyncpg.Connection, names: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Where the named streams are: name to (epoch, head)."""
    rows = await connection.fetch("select name, epoch, head from streams where name = any($1)", list(names))
    return {row[0]: (row[1], row[2]) for row in rows}
