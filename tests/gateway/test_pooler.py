"""Stories of other files once more, through a real PgBouncer in transaction mode: nothing that matters outlives a transaction."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from persistence.database import Database, revision
from protocol import team
from server.service_accounts import add, listed
from tests.conftest import driver_args, of_database
from tests.gateway.neighbours import another, team_of
from tests.gateway.pooler import PROGRAM, SERVERS, Pooler
from tests.gateway.served import Served
from tests.gateway.test_delivery import (  # noqa: F401  # run here, too
    test_a_retry_on_another_gateway_after_a_cut_gets_the_same_answer,
    test_one_id_in_both_lanes_at_once_is_one_line_and_nobody_waits,
)
from tests.gateway.test_delivery_fleet import test_what_is_said_through_one_gateway_is_heard_through_the_other  # noqa: F401
from tests.handlers.test_talk import (  # noqa: F401
    either,
    test_lines_are_heard_in_the_order_they_were_acknowledged,
)
from tests.journeys.test_money import test_fifty_who_want_everything_at_once_and_one_who_gets_it  # noqa: F401
from tests.play import Game
from tests.world import World

Make = Callable[..., Awaitable[Game]]

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed; .ci/run installs it when it is root")


@pytest.fixture
def pooler(world: World) -> Iterator[Pooler]:
    """PgBouncer before this test's database."""
    folder = Path(tempfile.mkdtemp(prefix="callisto-pooler-"))
    found = Pooler(folder, world.database_url)
    yield found
    found.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def make_game(world: World, pooler: Pooler) -> AsyncIterator[Make]:
    """Gateways that reach the database through the pooler alone."""
    games: list[Game] = []

    async def make(**settings: Any) -> Game:
        db = {"prepared": False, **settings.pop("db", {})}
        games.append(await Game.start(world, database_url=pooler.url, db=db, **settings))
        return games[-1]

    yield make
    for game in games:
        await game.stop()
    complaints = ("prepared statement", "unsupported startup parameter", "in a transaction", "does not exist")
    assert [line for line in pooler.log.splitlines() if any(each in line for each in complaints)] == []


async def test_the_bounds_hold_inside_and_leave_nothing_behind(world: World, pooler: Pooler) -> None:
    database = Database(pooler.url, prepared=False, statement_ms=1_234, lock_ms=567)
    ask = "select current_setting('statement_timeout') || ' ' || current_setting('lock_timeout') || ' ' || current_setting('jit')"
    async with database.transaction() as db:
        assert await db.raw.fetchval(ask) == "1234ms 567ms off"
    async with database.read_only() as db:
        assert await db.raw.fetchval(ask) == "1234ms 567ms off"
    reads = await database.reads()
    async with reads.acquire() as connection:
        assert await connection.fetchval(ask) == "1234ms 567ms off"
    line = await database.dedicated()
    async with database.statement(line):
        assert await line.fetchval(ask) == "1234ms 567ms off"
        await line.execute("select from streams limit 1 for update")
    await line.close()
    reads.terminate()
    assert database.identity
    # Every server connection of the pool, held at once, as the next client would find it.
    plain = [await asyncpg.connect(**driver_args(pooler.url), statement_cache_size=0) for _ in range(SERVERS)]
    for each in plain:
        await each.execute("begin")
        assert await each.fetchval(ask) == "0 0 on"
        assert await each.fetchval("select count(*) from pg_prepared_statements") == 0
        assert await each.fetchval("select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()") == 0
    for each in plain:
        await each.close()
    await database.close()


async def test_a_whole_serve_and_its_commands_pass_through_the_pooler(world: World, pooler: Pooler, make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    there = World(pooler.url, world.owner_url, world.admin_url, world.redis_url, world.prefix, world.owner)
    served = await Served.start(there, "--port", "0", CALLISTO_DB__PREPARED="0")
    try:
        await served.ready()
        await served.connect(ada)
        await ada.does(team.Say("through"))
        await bo.hears_line("through")
        assert await served.end() == 0
        assert "Traceback" not in served.said
    finally:
        await served.clear()
    assert await revision(pooler.url) == await revision(world.database_url)
    await add(pooler.url, "market", ("credits",))
    assert await listed(pooler.url) == [("market", ("credits",), False)]


async def test_a_lane_keeps_its_bounds_while_it_waits(make_game: Make) -> None:
    game = await make_game(db={"lock_ms": 300})
    ada, bo = await game.crew(2)
    neighbour = await another(game.world)
    holding = neighbour.transaction()
    await holding.start()
    await neighbour.execute("select from streams where name = $1 for update", await team_of(ada))
    waiting = await ada.send("team.say", {"text": "patient"}, deadline_ms=15_000)
    # A call that outlives its lock timeout is made again.
    ask = """select query_start from pg_stat_activity
             where wait_event_type = 'Lock' and query like '%say_many%' and datname = current_database()"""
    tries: set[datetime] = set()
    admin = await asyncpg.connect(**driver_args(of_database(game.world.admin_url, game.world.prefix)))
    async with asyncio.timeout(20):
        while len(tries) < 2:
            for row in await admin.fetch(ask):
                tries.add(row["query_start"])
    # Without a bound of its own a call would wait until the driver gives it up, after five seconds.
    assert max(tries) - min(tries) < timedelta(seconds=3)
    await holding.commit()
    for each in (neighbour, admin):
        await each.close()
    assert "ok" in await waiting
    await bo.hears_line("patient")


async def test_a_pool_that_is_used_up_for_a_while_is_no_outage(world: World, pooler: Pooler, make_game: Make) -> None:
    game = await make_game(db={"silent_ms": 200})
    ada, bo = await game.crew(2)
    outages: list[bool] = []
    game.app.database.breaker.opened.append(lambda: outages.append(True))
    plain = [await asyncpg.connect(**driver_args(pooler.url), statement_cache_size=0) for _ in range(SERVERS)]
    holding = [asyncio.ensure_future(each.execute("begin; select pg_sleep(1); commit")) for each in plain]
    said = await ada.send("team.say", {"text": "when there is room"})
    await asyncio.gather(*holding)
    for each in plain:
        await each.close()
    assert "ok" in await said
    await bo.hears_line("when there is room")
    assert outages == []


async def test_a_server_that_changes_behind_the_pooler_is_seen(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    identity = game.app.database.identity
    # The connections to the pooler stay; what lies behind them is another server now.
    admin = await asyncpg.connect(**driver_args(of_database(game.world.admin_url, game.world.prefix)))
    await admin.execute("create or replace function database_identity() returns text language sql as $$ select 'another server' $$")
    await admin.close()
    async with asyncio.timeout(10):
        while game.app.database.identity == identity:
            await asyncio.sleep(0.02)
    await ada.hears("stream.reset")
    await bo.hears("stream.reset")
    await ada.does(team.Say("after"))
    await bo.hears_line("after")
