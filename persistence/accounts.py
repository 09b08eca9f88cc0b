"""Accounts: making one with its captain, and finding its password."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from persistence.database import Db


async def is_taken(db: Db, username: str, skeleton: str) -> bool:
    """Whether an account or a captain has this name, or one that looks the same."""
    connection = db.raw
    return bool(
        await connection.fetchval(
            """select exists (select from users where lower(username) = lower($1) or lower(username_skeleton) = lower($2))
                 or exists (select from players where nickname_skeleton is not null and lower(nickname_skeleton) = lower($2))""",
            username,
            skeleton,
        )
    )


async def create(db: Db, user: UUID, player: UUID, username: str, skeleton: str, password_hash: str) -> None:
    """Makes an account, its password and its captain, penniless, in the first sector of Terran space. An e-mail counts once verified."""
    connection = db.raw
    await connection.execute("insert into users (id, username, username_skeleton) values ($1, $2, $3)", user, username, skeleton)
    await connection.execute("insert into player_credentials (user_id, password_hash) values ($1, $2)", user, password_hash)
    await connection.execute(
        """insert into players (id, user_id, nickname, nickname_skeleton, credits, home_sector_id, current_sector_id, home_region_id, current_region_id)
           select $1, $2, $3, $4, 0, coalesce(min(s.sector_id), 1), coalesce(min(s.sector_id), 1), r.id, r.id
           from (select id from regions where region_type = 'terran_space' order by id limit 1) r left join sectors s on s.region_id = r.id
           group by r.id""",
        player,
        user,
        username,
        skeleton,
    )
    await connection.execute("insert into player_first_login_states (id, player_id) values (gen_random_uuid(), $1)", player)
    await connection.execute("insert into player_lifetime_stats (player_id) values ($1)", player)


class Credentials(NamedTuple):
    """What a sign-in is checked against. `usable` is false for a deactivated or deleted account."""

    user_id: UUID
    player_id: UUID
    password_hash: str
    usable: bool


async def find_credentials(db: Db, username: str) -> Credentials | None:
    """The credentials of a username, whatever its case, or None."""
    connection = db.raw
    row = await connection.fetchrow(
        """select u.id, p.id, c.password_hash, u.is_active and not u.deleted
           from users u join player_credentials c on c.user_id = u.id join players p on p.user_id = u.id where lower(u.username) = lower($1)""",
        username,
    )
    return Credentials(*row) if row else None


async def signed_in(db: Db, user: UUID, player: UUID) -> None:
    """Stamps a sign-in on the account and the captain."""
    connection = db.raw
    await connection.execute("update users set last_login = clock_timestamp() where id = $1", user)
    await connection.execute("update players set last_game_login = clock_timestamp() where id = $1", player)


async def rehash(db: Db, user: UUID, password_hash: str) -> None:
    """Replaces a password's hash by one made with today's parameters."""
    connection = db.raw
    await connection.execute("update player_credentials set password_hash = $2 where user_id = $1", user, password_hash)


async def one_by_one(db: Db, subject: str) -> None:
    """Until this transaction ends nobody else counts tries of this subject."""
    await db.raw.execute("select pg_advisory_xact_lock(hashtextextended('login ' || $1, 0))", subject)


async def failures(db: Db, bucket: str, subject: str, window_s: float) -> int:
    """Wrong tries in the running window."""
    connection = db.raw
    found = await connection.fetchval(
        "select failures from login_throttle where bucket = $1 and subject = $2 and since > clock_timestamp() - make_interval(secs => $3)",
        bucket,
        subject,
        window_s,
    )
    return int(found or 0)


async def failed(db: Db, bucket: str, subject: str, window_s: float) -> None:
    """Counts a wrong try; a window that has run out begins anew."""
    connection = db.raw
    await connection.execute(
        """insert into login_throttle as t (bucket, subject, failures, since) values ($1, $2, 1, clock_timestamp())
           on conflict (bucket, subject) do update set
             failures = case when t.since > clock_timestamp() - make_interval(secs => $3) then t.failures + 1 else 1 end,
             since = case when t.since > clock_timestamp() - make_interval(secs => $3) then t.since else clock_timestamp() end""",
        bucket,
        subject,
        window_s,
    )


async def forgive(db: Db, bucket: str, subject: str) -> None:
    """Forgets the wrong tries, after a right one."""
    connection = db.raw
    await connection.execute("delete from login_throttle where bucket = $1 and subject = $2", bucket, subject)
