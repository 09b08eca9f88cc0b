"""Letting other parts of the game in and out: what `./callisto service` does."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from uuid_utils.compat import uuid7

from persistence import services
from persistence.database import Database, Db
from server.rules import tokens

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


async def add(url: str, name: str, scopes: Sequence[str]) -> str:
    """The token of a new service, or of one that was revoked. Raises ValueError for a bad name or one that is taken."""
    if not NAME.fullmatch(name):
        raise ValueError("a service's name is 1-64 letters, digits, - and _")
    token = tokens.spelled(secrets.token_bytes(32))
    async with _transaction(url) as db:
        if not await services.add(db, name, uuid7(), tokens.hash_of(token), scopes):
            raise ValueError(f"there is a service {name} already; revoke it first")
    return token


async def revoke(url: str, name: str) -> bool:
    """Ends a service's token. False when there is none to end."""
    async with _transaction(url) as db:
        return await services.revoke(db, name)


async def listed(url: str) -> list[tuple[str, tuple[str, ...], bool]]:
    """All services: name, scopes, whether revoked."""
    async with _transaction(url) as db:
        return [(each.name, each.scopes, each.revoked_at is not None) for each in await services.listed(db)]


@asynccontextmanager
async def _transaction(url: str) -> AsyncIterator[Db]:
    database = Database(url, pool_size=1, prepared=False)
    try:
        async with database.transaction() as db:
            yield db
    finally:
        await database.close()
