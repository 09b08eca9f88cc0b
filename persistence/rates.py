"""What gateways tell each other of an account's rate limits, off the way of its commands: on how many it is, and what it spent lately."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

import asyncpg

from persistence.database import Db

KEPT = "2 hours"  # longer than any bucket takes to fill


async def arrived(connection: asyncpg.Connection, session_id: UUID) -> tuple[int, dict[str, float]]:
    """After a session's start is committed: on how many living gateways its account is, ours included, and what it owes by class, seconds.

    Where there are several, the account's sessions are marked, so that the others find out within a second.
    """
    row = await connection.fetchrow(
        # Whatever is locked right now is being started or marked by somebody who looks as well: nobody waits, nobody deadlocks.
        """with held as (
             select z.session_id, z.gateway_id from sessions z join gateways g on g.gateway_id = z.gateway_id and g.lease_until > clock_timestamp()
             where z.user_id = (select user_id from sessions where session_id = $1) and z.revoked_at is null),
           n as (select greatest(1, count(distinct gateway_id)) as gateways from held),
           marked as (update sessions set shared = true where session_id in (
             select s.session_id from sessions s where s.session_id in (select session_id from held) and not s.shared
               and (select gateways from n) > 1 order by s.session_id for no key update skip locked))
           select n.gateways, d.debts, extract(epoch from clock_timestamp() - d.at)::float8
           from n left join rate_debts d on d.account = (
             select p.id from sessions s join players p on p.user_id = s.user_id where s.session_id = $1)""",
        session_id,
    )
    debts = {name: seconds - row[2] for name, seconds in json.loads(row[1]).items()} if row[1] else {}
    return row[0], {name: seconds for name, seconds in debts.items() if seconds > 0.0}


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
