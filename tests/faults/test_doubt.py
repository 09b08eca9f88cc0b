"""`none` is said only of what did not and will not happen, however the connection to the database was lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest

from protocol import team
from tests.conftest import driver_args
from tests.faults.cutter import Cutter
from tests.gateway.neighbours import another
from tests.play import PATIENCE_S, Game
from tests.world import World

WAITS = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%say_many%'"


@pytest.fixture
async def cutter(world: World) -> AsyncIterator[Cutter]:
    """Made before the game is, so that it still reaches the database when it ends."""
    async with Cutter(world.database_url) as found:
        yield found


async def test_a_line_that_may_still_be_said_behind_a_partition_is_not_called_undone(
    world: World, cutter: Cutter, make_game: Callable[..., Awaitable[Game]]
) -> None:
    # The wait for the lock must outlast the line's deadline, or its end would hide what is asked here.
    game = await make_game(database_url=cutter.url, db={"lock_ms": 10_000, "statement_ms": 20_000})
    ada, bo = await game.crew(2)
    neighbour, admin = await another(world), await asyncpg.connect(**driver_args(world.admin_url))
    # Whoever stores a line has to wait in the middle of it, as in a process that is stopped.
    await admin.execute(
        "create function dawdle() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(4711); return new; end $$"
    )
    await admin.execute("create trigger dawdle before insert on messages for each row execute function dawdle()")
    async with neighbour.transaction():
        await neighbour.execute("select pg_advisory_xact_lock(4711)")
        said = await ada.send("team.say", {"text": "perhaps"}, id="perhaps", deadline_ms=1_500)
        async with asyncio.timeout(PATIENCE_S):
            while not await admin.fetchval(WAITS):
                await asyncio.sleep(0.01)
        cutter.cut()
        async with asyncio.timeout(PATIENCE_S + 10):
            frame = await said
    await neighbour.close()
    await admin.close()
    await bo.hears_line("perhaps")
    assert (frame["error"]["code"], frame["error"]["outcome"]) == ("unavailable", "unknown")
    # The id settles: the line was said once, and that is its answer.
    again = await ada.does(team.Say("perhaps"), id="perhaps")
    assert (await bo.hears_line("perhaps"))["d"]["message_id"] == str(again.message_id)
    assert bo.lines() == ["perhaps"]
