"""Signed-in sessions: starting a socket on one, refreshing, ending, and looking many up at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from persistence.database import Db


class Begun(NamedTuple):
    """A session whose newest socket is ours: `fence` is what older sockets of it do not have."""

    session_id: UUID
    fence: int
    player_id: UUID
    name: str
    expires_in_s: float


async def begin(db: Db, asked: Mapping[bytes, str], gateway: UUID, *, wait: bool) -> dict[bytes, Begun]:
    """Takes the sessions of access tokens (hash to device) over for sockets. Left out: tokens that open nothing any more, all but one
    of the same session's, and unless it may `wait` those somebody else holds right now."""
    rows = await db.raw.fetch(
        # Held in the order of their ids, before any is changed: two gateways that take over many never wait for each other in a circle.
        f"""with held as (
             select session_id from sessions where session_id in (select session_id from access_tokens where hash = any($1::bytea[]))
             order by session_id for no key update {"" if wait else "skip locked"})
           update sessions s set fence = s.fence + 1, gateway_id = $3, connected_at = clock_timestamp(), last_seen_at = clock_timestamp(),
             device = coalesce(nullif(i.device, ''), s.device), shared = false
           from held h, unnest($1::bytea[], $2::text[]) i(hash, device), access_tokens a, users u, players p
           where a.hash = i.hash and a.expires_at > clock_timestamp() and h.session_id = a.session_id
             and s.session_id = a.session_id and s.revoked_at is null
             and s.door = 'player' and u.id = s.user_id and u.is_active and not u.deleted and p.user_id = u.id and p.is_active
           returning a.hash, s.session_id, s.fence, p.id, coalesce(nullif(p.nickname, ''), u.username),
             extract(epoch from a.expires_at - clock_timestamp())::float8""",
        list(asked),
        list(asked.values()),
        gateway,
    )
    return {row[0]: Begun(*row[1:]) for row in rows}


async def crowd_out(db: Db, session_ids: Sequence[UUID], sockets: int) -> list[UUID]:
    """Takes the oldest sockets of the same accounts away, on whatever gateway, until each has so many left. Gives their sessions."""
    rows = await db.raw.fetch(
        # `gateway_id` is looked at again when the row is held: somebody else who counted may have been first.
        """update sessions set fence = fence + 1, gateway_id = null where gateway_id is not null and session_id in (
             select r.session_id from (
               select z.session_id, row_number() over (partition by z.user_id order by z.connected_at desc, z.session_id) as place
               from sessions z join gateways g on g.gateway_id = z.gateway_id and g.lease_until > clock_timestamp()
               where z.user_id in (select user_id from sessions where session_id = any($1::uuid[])) and z.revoked_at is null) r
             where r.place > $2) returning session_id""",
        session_ids,
        sockets,
    )
    return [row[0] for row in rows]


async def openings(db: Db, hashes: Sequence[bytes]) -> dict[bytes, bool]:
    """Of these access tokens those of a session that goes on: whether the token is good. If not, its time ran out, and refreshing helps."""
    rows = await db.raw.fetch(
        """select a.hash, a.expires_at > clock_timestamp() from access_tokens a join sessions s using (session_id)
           where a.hash = any($1::bytea[]) and s.revoked_at is null and (a.expires_at <= clock_timestamp() or s.door = 'player' and exists (
             select from users u join players p on p.user_id = u.id where u.id = s.user_id and u.is_active and not u.deleted and p.is_active))""",
        hashes,
    )
    return {row[0]: row[1] for row in rows}


async def remaining(db: Db, access_hash: bytes, session_id: UUID) -> float | None:
    """The seconds a token of this session lives on, or None."""
    connection = db.raw
    found: float | None = await connection.fetchval(
        """select extract(epoch from a.expires_at - clock_timestamp())::float8 from access_tokens a join sessions s using (session_id)
           where a.hash = $1 and s.session_id = $2 and s.revoked_at is null and a.expires_at > clock_timestamp()""",
        access_hash,
        session_id,
    )
    return found


class Where(NamedTuple):
    """A followed stream: its epoch on the server, its head, and the first number this player may hear."""

    epoch: str
    head: int
    first: int


async def streams(db: Db, player: UUID) -> dict[str, Where]:
    """What a player follows: their own stream, `system`, and their team's."""
    return (await streams_of(db, [player]))[player]


async def streams_of(db: Db, players: Sequence[UUID]) -> dict[UUID, dict[str, Where]]:
    """What each of these players follows."""
    rows = await db.raw.fetch(
        """select m.player, s.name, s.epoch, s.head, coalesce(m.from_seq, 1)
           from (select i as player, 'system' as name, null::bigint as from_seq from unnest($1::uuid[]) i
                 union all select i, 'player:' || i, null from unnest($1::uuid[]) i
                 union all select player_id, 'team:' || team_id, from_seq from team_memberships
                   where player_id = any($1::uuid[]) and to_seq is null) m
           join streams s on s.name = m.name""",
        players,
    )
    found: dict[UUID, dict[str, Where]] = {each: {} for each in players}
    for row in rows:
        found[row[0]][row[1]] = Where(row[2], row[3], row[4])
    return found


async def ended(connection: asyncpg.Connection, sessions: Sequence[tuple[UUID, int]]) -> dict[UUID, str]:
    """Of these sessions with their fences those that may not go on: superseded, signed_out, banned, account_deleted, or
    session_replaced_state where the fence went back, which only a database restored from a backup does."""
    rows = await connection.fetch(
        """select i.session_id, case
             when s.session_id is null or s.revoked_at is not null then case when u.deleted then 'account_deleted' else 'signed_out' end
             when u.deleted then 'account_deleted' when not u.is_active or not p.is_active then 'banned'
             when s.fence < i.fence then 'session_replaced_state' else 'superseded' end
           from unnest($1::uuid[], $2::bigint[]) i(session_id, fence)
           left join sessions s on s.session_id = i.session_id
           left join users u on u.id = s.user_id
           left join players p on p.user_id = u.id
           where s.session_id is null or s.revoked_at is not null or s.fence <> i.fence or u.deleted or not u.is_active or not p.is_active""",
        [each[0] for each in sessions],
        [each[1] for each in sessions],
    )
    return {row[0]: row[1] for row in rows}


async def left(connection: asyncpg.Connection, sessions: Sequence[tuple[UUID, int]]) -> None:
    """These sessions have no socket any more, unless another took them over."""
    await connection.execute(
        """update sessions s set gateway_id = null, last_seen_at = clock_timestamp()
           from unnest($1::uuid[], $2::bigint[]) i(session_id, fence) where s.session_id = i.session_id and s.fence = i.fence""",
        [each[0] for each in sessions],
        [each[1] for each in sessions],
    )


async def renew_lease(connection: asyncpg.Connection, gateway: UUID, seconds: float) -> float:
    """Says that this gateway lives, for so many seconds more. Gives the database's clock, in seconds since 1970 UTC.

    In a transaction of its own, as every word about a gateway: whoever looks for news passes over it (events.moment).
    """
    at: float = await connection.fetchval(
        """insert into gateways (gateway_id, started_at, lease_until) values ($1, clock_timestamp(), clock_timestamp() + make_interval(secs => $2))
           on conflict (gateway_id) do update set lease_until = excluded.lease_until
           returning extract(epoch from clock_timestamp())::float8""",
        gateway,
        seconds,
    )
    return at


async def end_lease(connection: asyncpg.Connection, gateway: UUID) -> None:
    """This gateway is leaving."""
    await connection.execute("delete from gateways where gateway_id = $1", gateway)


# Tokens.


async def open_session(db: Db, session_id: UUID, user: UUID, refresh_hash: bytes, refresh_s: int, device: str) -> None:
    """Signs a device in."""
    connection = db.raw
    await connection.execute(
        """insert into sessions (session_id, user_id, family_id, refresh_hash, refresh_expires_at, device, created_at, last_seen_at)
           values ($1, $2, $1, $3, clock_timestamp() + make_interval(secs => $4), $5, clock_timestamp(), clock_timestamp())""",
        session_id,
        user,
        refresh_hash,
        float(refresh_s),
        device[:255],
    )


async def add_tokens(
    db: Db, session_id: UUID, user: UUID, access_hash: bytes, access_s: int, refresh_hash: bytes, refresh_s: int, id: UUID
) -> None:
    """Keeps the hashes of a pair. Every refresh token ever issued stays known, so that a stolen old one gives itself away."""
    connection = db.raw
    await connection.execute(
        "insert into access_tokens (hash, session_id, expires_at) values ($1, $2, clock_timestamp() + make_interval(secs => $3)) on conflict do nothing",
        access_hash,
        session_id,
        float(access_s),
    )
    await connection.execute(
        """insert into refresh_tokens (id, user_id, token, expires_at, session_id)
           values ($1, $2, $3, clock_timestamp() + make_interval(secs => $4), $5) on conflict do nothing""",
        id,
        user,
        refresh_hash.hex(),
        float(refresh_s),
        session_id,
    )


class Family(NamedTuple):
    """A session as a refresh finds it, held. `request_id` and `salt` are what the token was spent on, `spent_s` seconds ago."""

    session_id: UUID
    user_id: UUID
    player_id: UUID
    refresh_hash: bytes | None
    live: bool
    request_id: str | None
    salt: bytes | None
    spent_s: float


async def lock_family(db: Db, refresh_hash: bytes) -> Family | None:
    """The session a refresh token was ever issued to, held. None when we never issued it."""
    connection = db.raw
    row = await connection.fetchrow(
        """select s.session_id, s.user_id, p.id, s.refresh_hash,
             s.revoked_at is null and s.refresh_expires_at > clock_timestamp() and u.is_active and not u.deleted
           from refresh_tokens t join sessions s on s.session_id = t.session_id join users u on u.id = s.user_id join players p on p.user_id = u.id
           where t.token = $1 for no key update of s""",
        refresh_hash.hex(),
    )
    if row is None:
        return None
    # In a later statement than the lock: somebody may have spent it while we waited.
    spent = await connection.fetchrow(
        """select request_id, rotation_salt, coalesce(extract(epoch from clock_timestamp() - rotated_at), 1e9)::float8
           from refresh_tokens where token = $1""",
        refresh_hash.hex(),
    )
    return Family(*row, *spent)


async def rotate(db: Db, session_id: UUID, refresh_hash: bytes, refresh_s: int, spent: bytes, request_id: str, salt: bytes) -> None:
    """Makes `refresh_hash` the session's token, and remembers what was spent for it."""
    connection = db.raw
    await connection.execute(
        """update sessions set refresh_hash = $2, refresh_expires_at = clock_timestamp() + make_interval(secs => $3),
             last_seen_at = clock_timestamp() where session_id = $1""",
        session_id,
        refresh_hash,
        float(refresh_s),
    )
    await connection.execute(
        "update refresh_tokens set revoked = true, request_id = $2, rotation_salt = $3, rotated_at = clock_timestamp() where token = $1",
        spent.hex(),
        request_id,
        salt,
    )


class Owner(NamedTuple):
    """Whose access token it is."""

    session_id: UUID
    user_id: UUID
    player_id: UUID


async def find_owner(db: Db, access_hash: bytes) -> Owner | None:
    """Whom a bearer token speaks for, or None."""
    connection = db.raw
    row = await connection.fetchrow(
        """select s.session_id, s.user_id, p.id from access_tokens a join sessions s using (session_id) join users u on u.id = s.user_id
           join players p on p.user_id = u.id
           where a.hash = $1 and a.expires_at > clock_timestamp() and s.revoked_at is null and u.is_active and not u.deleted""",
        access_hash,
    )
    return Owner(*row) if row else None


async def revoke(db: Db, session_ids: Sequence[UUID], why: str) -> list[UUID]:
    """Ends sessions with all their tokens. Gives those that were live."""
    connection = db.raw
    rows = await connection.fetch(
        """update sessions set revoked_at = clock_timestamp(), revoked_why = $2, refresh_hash = null
           where session_id = any($1::uuid[]) and revoked_at is null returning session_id""",
        list(session_ids),
        why,
    )
    await connection.execute("delete from access_tokens where session_id = any($1::uuid[])", list(session_ids))
    await connection.execute("update refresh_tokens set revoked = true where session_id = any($1::uuid[])", list(session_ids))
    return [row[0] for row in rows]


class Device(NamedTuple):
    """One signed-in device."""

    session_id: UUID
    device: str
    created_at: datetime
    last_seen_at: datetime


async def of_user(db: Db, user: UUID) -> list[Device]:
    """The live sessions of an account, newest first."""
    connection = db.raw
    rows = await connection.fetch(
        """select session_id, coalesce(device, ''), created_at, last_seen_at from sessions
           where user_id = $1 and revoked_at is null and refresh_expires_at > clock_timestamp() order by created_at desc, session_id desc""",
        user,
    )
    return [Device(*row) for row in rows]


async def sweep(db: Db, at_most: int = 2_000) -> int:
    """Deletes some of what can open nothing any more: expired access tokens, long dead sessions. Tells how many."""
    connection = db.raw
    tokens = await connection.execute(
        # The newest of a session stays: whoever comes back with it after weeks is told to refresh, and not to go away.
        """delete from access_tokens where hash = any(array(select a.hash from access_tokens a
             where a.expires_at < now() - interval '1 hour'
               and exists (select from access_tokens b where b.session_id = a.session_id and b.expires_at > a.expires_at) limit $1))""",
        at_most,
    )
    dead = await connection.execute(
        """delete from sessions where session_id = any(array(select session_id from sessions
             where refresh_expires_at < now() - interval '7 days' or revoked_at < now() - interval '30 days' limit $1))""",
        at_most,
    )
    gone = await connection.execute("delete from gateways where lease_until < clock_timestamp() - interval '1 day'")
    return sum(int(each.split()[-1]) for each in (tokens, dead, gone))
