"""What gateways tell each other of an account's rate limits, off the way of its commands: on how many it is, and what it spent lately."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg

from persistence.database import Db

KEPT = "2 hours"  # longer than any bucket takes to fill


async def arrived(connection: asyncpg.Connection, session_ids: Sequence[UUID]) -> dict[UUID, tuple[int, dict[str, float]]]:
    """After their starts are committed, of each session: on how many living gateways its account is, ours included, and what it owes by
    class, seconds.

    Where there are several, the account's sessions are marked, so that the others find out within a second.
    """
    rows = await connection.fetch(
        # Whatever is locked right now is being started or marked by somebody who looks as well: nobody waits, nobody deadlocks.
        """with asked as (select session_id, user_id from sessions where session_id = any($1::uuid[])),
           held as (
             select z.session_id, z.user_id, z.gateway_id from sessions z join gateways g on g.gateway_id = z.gateway_id and g.lease_until > clock_timestamp()
             where z.user_id in (select user_id from asked) and z.revoked_at is null),
           n as (select user_id, count(distinct gateway_id) as gateways from held group by user_id),
           marked as (update sessions set shared = true where session_id in (
             select s.session_id from sessions s
             where s.session_id in (select h.session_id from held h join n using (user_id) where n.gateways > 1) and not s.shared
             order by s.session_id for no key update skip locked))
           select a.session_id, greatest(1, n.gateways), d.debts, extract(epoch from clock_timestamp() - d.at)::float8
           from asked a left join n using (user_id) left join players p on p.user_id = a.user_id left join rate_debts d on d.account = p.id""",
        session_ids,
    )
    return {row[0]: (row[1], _left(row[2], row[3])) for row in rows}


def _left(debts: str | None, since_s: float) -> dict[str, float]:
    owed = json.loads(debts).items() if debts else ()
    return {name: seconds - since_s for name, seconds in owed if seconds > since_s}


async def shared(connection: asyncpg.Connection, gateway: UUID) -> dict[UUID, int]:
    """The players with sockets here who were somewhere else too, and on how many living gateways they are now."""
    rows = await connection.fetch(
        """select p.id, (
             select count(distinct o.gateway_id) from sessions o join gateways g on g.gateway_id = o.gateway_id and g.lease_until > clock_timestamp()
             where o.user_id = p.user_id and o.revoked_at is null)
           from players p where p.user_id in (select user_id from sessions where gateway_id = $1 and shared and revoked_at is null)""",
        gateway,
    )
    return {row[0]: max(1, row[1]) for row in rows}


async def owe(connection: asyncpg.Connection, debts: Mapping[UUID, Mapping[str, float]]) -> None:
    """Keeps what these players still owe by class, in seconds; the longest of what several gateways say."""
    ordered = sorted(debts.items())
    await connection.execute(
        """insert into rate_debts as d (account, debts, at)
           select i.account, i.debts::jsonb, clock_timestamp() from unnest($1::uuid[], $2::text[]) i(account, debts)
           on conflict (account) do update set at = excluded.at, debts = (
             select jsonb_object_agg(k.key, k.seconds) from (
               select e.key, max(e.seconds) as seconds from (
                 select key, value::float8 - extract(epoch from excluded.at - d.at) as seconds from jsonb_each_text(d.debts)
                 union all select key, value::float8 from jsonb_each_text(excluded.debts)) e
               group by e.key) k)""",
        [account for account, _ in ordered],
        [json.dumps(owed) for _, owed in ordered],
    )


async def sweep(db: Db) -> int:
    """Forgets debts that are paid. Tells how many."""
    done = await db.raw.execute(f"delete from rate_debts where at < clock_timestamp() - interval '{KEPT}'")
    return int(done.split()[-1])
