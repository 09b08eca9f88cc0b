"""Where a test takes place."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field

import asyncpg


@dataclass
class World:
    """A database and a Redis prefix of the test's own. `owner` is a connection of the owner's role."""

    database_url: str
    owner_url: str
    admin_url: str
    redis_url: str
    prefix: str
    owner: asyncpg.Connection
    people: itertools.count[int] = field(default_factory=lambda: itertools.count())
    looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def heads(self) -> dict[str, int]:
        """How far every stream has come. Crews may form side by side, and a connection asks one thing at a time."""
        async with self.looking:
            return dict(await self.owner.fetch("select name, head from streams"))
