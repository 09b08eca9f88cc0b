"""What the delivery stories look up behind the server's back, and the rude neighbour who holds its rows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import asyncpg

from persistence import events
from protocol import team
from tests.conftest import driver_args
from tests.play import Someone
from tests.world import World


async def until(done: Callable[[], bool], what: str, within_s: float = 5.0) -> None:
    """Waits for something that is bound to happen."""
    async with asyncio.timeout(within_s):
        while not done():
            await asyncio.sleep(0.005)
    assert done(), what


async def team_of(someone: Someone) -> str:
    """The team stream of a captain."""
    got = await someone.does(team.Get())
    return f"team:{got.team.team_id}"


async def log_of(world: World, stream: str, after: int = 0) -> list[events.Row]:
    """The stored events of a stream."""
    found = await events.page(world.owner, stream, after, 10_000)
    assert found is not None
    return found.rows


async def epoch_of(world: World, stream: str) -> str:
    """A stream's epoch on the server."""
    return str(await world.owner.fetchval("select epoch from streams where name = $1", stream))


async def another(world: World) -> asyncpg.Connection:
    """A rude neighbour's connection."""
    return await asyncpg.connect(**driver_args(world.owner_url))


async def blocked(rude: asyncpg.Connection, many: int, within_s: float = 20.0) -> None:
    """Waits until so many of this database's connections wait for somebody's lock."""
    waiting = "select count(*) from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0"
    async with asyncio.timeout(within_s):
        while await rude.fetchval(waiting) < many:
            await asyncio.sleep(0.01)
