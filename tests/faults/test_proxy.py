"""The proxies: what they cut, hold and make up is what they say, and the server survives what they do."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from protocol import team, treasury
from protocol.types import Resource
from tests.conftest import driver_args
from tests.faults.proxy import Weather
from tests.faults.proxy_postgres import CALL, COMMIT, PostgresLink, PostgresProxy
from tests.faults.proxy_redis import RedisProxy, extent, message, parts
from tests.play import Game, Refused
from tests.world import World

Make = Callable[..., Awaitable[Game]]
LAST_WORD = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0"


@pytest.fixture
async def postgres(world: World) -> AsyncIterator[PostgresProxy]:
    """A proxy in front of the test's database."""
    place = driver_args(world.database_url)
    proxy = PostgresProxy(f"{place['host']}/.s.PGSQL.{place['port']}", random.Random(1))
    await proxy.start()
    yield proxy
    await proxy.close()


def through(world: World, proxy: PostgresProxy) -> str:
    """The test's database by way of the proxy."""
    url = make_url(world.database_url)
    return f"postgresql://{url.username}@127.0.0.1:{proxy.port}/{url.database}?sslmode=disable"


async def test_a_connection_that_has_had_the_servers_last_word_costs_no_command(
    postgres: PostgresProxy, make_game: Make, world: World
) -> None:
    """PostgreSQL says why it ends before it ends; in between the driver can do nothing with the connection."""
    game = await make_game(database_url=through(world, postgres))
    (ada,) = await game.crew(1)
    await game.earn(ada, 1)
    await ada.does(team.Say("before"))
    for link in list(postgres.links):
        link.lanes[1].pass_on(b"E" + (len(LAST_WORD) + 4).to_bytes(4, "big") + LAST_WORD)
    await ada.does(team.Say("in between"))
    await ada.does(treasury.Deposit(Resource.CREDITS, 1))


class DoomedLink(PostgresLink):
    """A connection that has the server's last word as soon as it may ask something."""

    def down(self, data: bytes) -> None:
        super().down(data)
        if b"Z\x00\x00\x00\x05I" in data:
            self.lanes[1].pass_on(b"E" + (len(LAST_WORD) + 4).to_bytes(4, "big") + LAST_WORD)


async def test_a_server_that_ends_every_connection_it_has_just_made_is_away_and_no_fault_of_ours(
    postgres: PostgresProxy, make_game: Make, world: World
) -> None:
    game = await make_game(database_url=through(world, postgres))
    (ada,) = await game.crew(1)
    postgres.link = DoomedLink
    postgres.reset_all()
    for number in range(5):
        with pytest.raises(Refused) as no:
            await ada.ask("team.update", {"description": "doomed"}, id=f"doomed {number}")
        assert no.value.code == "unavailable"
    postgres.link = PostgresLink
    postgres.reset_all()
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(Refused):
                await ada.ask("team.say", {"text": "and back"}, id="back")
                break
            await asyncio.sleep(0.05)


async def test_a_cut_commit_is_committed_and_its_reply_never_comes(postgres: PostgresProxy, make_game: Make, world: World) -> None:
    game = await make_game(database_url=through(world, postgres))
    (ada,) = await game.crew(1)
    await game.earn(ada, 100)
    await ada.does(treasury.Deposit(Resource.CREDITS, 10))
    before = dict(postgres.cuts)
    postgres.share = 1.0
    asked = asyncio.gather(
        ada.ask("treasury.deposit", {"resource": "credits", "amount": 7}, id="money"),
        ada.ask("treasury.withdraw", {"resource": "credits", "amount": 2}, id="back"),
        ada.ask("team.say", {"text": "hear, hear"}, id="line"),
        return_exceptions=True,
    )
    async with asyncio.timeout(10):
        # The server tries once more by itself, which is cut as well.
        outcomes = await asked
    assert [outcome.error["outcome"] for outcome in outcomes] == ["unknown"] * 3  # type: ignore[union-attr]  # refusals
    assert postgres.cuts[COMMIT] > before[COMMIT]
    assert postgres.cuts[CALL] >= before[CALL] + 2
    assert await world.owner.fetchval("select count(*) from receipts where id in ('money', 'back', 'line')") == 3
    postgres.share = 0.0
    for name, amount, id in (("treasury.deposit", 7, "money"), ("treasury.withdraw", 2, "back")):
        again = await ada.ask(name, {"resource": "credits", "amount": amount}, id=id)
        assert again["replayed"]
    assert await world.owner.fetchval("select treasury_credits from teams") == 15


async def test_silence_holds_what_is_said_and_lets_it_through_in_order(postgres: PostgresProxy, world: World) -> None:
    connection = await asyncpg.connect(through(world, postgres))
    postgres.suffer(Weather(hold_down=True))
    asked = asyncio.create_task(connection.fetchval("select 1"))
    await asyncio.wait([asked], timeout=0.1)
    assert not asked.done()
    postgres.suffer(Weather())
    assert await asked == 1
    postgres.suffer(Weather(delay_s=0.01, jitter_s=0.05))
    assert [await connection.fetchval("select $1::int", number) for number in range(5)] == list(range(5))
    postgres.suffer(Weather(refuse=True))
    postgres.reset_all()
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await connection.fetchval("select 1")
    with pytest.raises((asyncpg.PostgresError, OSError)):
        await asyncpg.connect(through(world, postgres))


async def test_a_lying_redis_changes_nothing_that_is_heard(make_game: Make, world: World) -> None:
    redis = RedisProxy(unquote(world.redis_url.removeprefix("unix://").partition("?")[0]), random.Random(2))
    await redis.start()
    redis.lie(on=True)
    address = f"redis://127.0.0.1:{redis.port}/0"
    games = [await make_game(node=f"g{number}", redis_url=address) for number in (1, 2)]
    ada, bob = await games[0].crew(2)
    await bob.start(on=games[1], resume=True)
    said = [f"line {number}" for number in range(60)]
    for text in said:
        await ada.does(team.Say(text))
    await bob.hears_line(said[-1])
    assert [each["d"]["text"] for each in bob.heard if each["t"] == "team.said"] == said
    assert {"dropped", "doubled", "repeated", "forged"} <= set(redis.lies), redis.lies
    assert sum(game.app.bus.forged_count for game in games if game.app.bus is not None) > 0
    for game in games:
        await game.stop()
    await redis.close()


def test_replies_of_redis_are_told_apart_at_any_cut() -> None:
    whole: list[Any] = [b"+PONG\r\n", message(b"channel", b"\0\r\n\xff"), b":12\r\n", b"*2\r\n$4\r\npong\r\n$0\r\n\r\n", b"$-1\r\n"]
    stream = b"".join(whole)
    for size in range(len(stream) + 1):
        at, found = 0, []
        while (end := extent(stream[:size], at)) is not None:
            found.append(stream[at:end])
            at = end
        assert found == whole[: len(found)]
        assert sum(map(len, found)) <= size
    assert parts(message(b"channel", b"\0\r\n\xff")) == (b"channel", b"\0\r\n\xff")
