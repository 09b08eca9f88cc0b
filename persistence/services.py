"""Other parts of the game: who they are, and what they may ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from persistence.database import Db


class Service(NamedTuple):
    """One service. `account` is the scope of its command ids."""

    name: str
    account: UUID
    scopes: tuple[str, ...]


class Listed(NamedTuple):
    """One service as an operator sees it."""

    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None


async def find(db: Db, token_hash: bytes) -> Service | None:
    """The service with this token, or None; also None once it is revoked."""
    row = await db.raw.fetchrow(
        "select name, account_id, scopes from service_accounts where token_hash = $1 and revoked_at is null", token_hash
    )
    return Service(row[0], row[1], tuple(row[2])) if row else None


async def add(db: Db, name: str, account: UUID, token_hash: bytes, scopes: Sequence[str]) -> bool:
    """Makes a service, or gives a revoked one another token; its account stays. False when there is one of this name."""
    done = await db.raw.fetchval(
        """insert into service_accounts as s (name, account_id, token_hash, scopes) values ($1, $2, $3, $4)
           on conflict (name) do update set token_hash = excluded.token_hash, scopes = excluded.scopes, created_at = now(), revoked_at = null
           where s.revoked_at is not null returning name""",
        name, account, token_hash, list(scopes),
    )  # fmt: skip
    return done is not None


async def revoke(db: Db, name: str) -> bool:
    """Ends a service's token. False when there is none to end."""
    return (
        await db.raw.fetchval("update service_accounts set revoked_at = now() where name = $1 and revoked_at is null returning name", name)
        is not None
    )


async def listed(db: Db) -> list[Listed]:
    """All services by name, revoked ones too."""
    rows = await db.raw.fetch("select name, scopes, created_at, revoked_at from service_accounts order by name")
    return [Listed(row[0], tuple(row[1]), row[2], row[3]) for row in rows]


async def gone(connection: asyncpg.Connection, tokens: Sequence[bytes]) -> set[bytes]:
    """Of these token hashes those that open nothing any more."""
    rows = await connection.fetch(
        """select i.hash from unnest($1::bytea[]) i(hash)
           where not exists (select from service_accounts s where s.token_hash = i.hash and s.revoked_at is null)""",
        list(tokens),
    )
    return {bytes(row[0]) for row in rows}
