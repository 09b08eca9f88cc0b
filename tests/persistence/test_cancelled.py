"""A transaction whose task is called away leaves no trace: the pool's connections are as good as before."""

from __future__ import annotations

import asyncio
import random

import pytest

from persistence.database import Database
from tests.world import World


@pytest.mark.parametrize("kind", ["transaction", "read_only"])
async def test_a_pool_outlives_transactions_that_are_called_away_at_any_moment(world: World, kind: str) -> None:
    database, dice = Database(world.database_url, pool_size=2), random.Random(4)
    try:

        async def work() -> None:
            async with getattr(database, kind)() as db:
                await db.raw.fetchval("select 1")
                await db.raw.fetchval("select pg_sleep(0.0005)")

        await work()
        for _ in range(150):
            task = asyncio.create_task(work())
            await asyncio.sleep(dice.uniform(0.0, 0.003))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        for _ in range(10):
            await asyncio.gather(work(), work())
    finally:
        await database.close()
