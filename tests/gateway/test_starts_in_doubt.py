"""A start whose database goes away in the middle: what is committed has happened, once, and what could not be asked is asked later."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from protocol import team
from tests.faults.cutter import Cutter
from tests.gateway.neighbours import another, blocked, until
from tests.play import Game, Someone
from tests.world import World

Make = Callable[..., Awaitable[Game]]
PATIENCE_S = 30.0
TAKES_OVER = b"set fence = s.fence + 1"  # of a start's transaction, and of no other


class Dying(Cutter):
    """A way to a PostgreSQL that dies right after it has told of the first start's commit, and may live again."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.dead = self.died = False
        self._starting: set[asyncio.StreamWriter] = set()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        if self.dead:
            to_client.transport.abort()
        else:
            await super()._serve(client, to_client)

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        both: tuple[asyncio.StreamWriter, asyncio.StreamWriter],
        *,
        watched: bool,
    ) -> None:
        to_client, to_server = both
        with contextlib.suppress(OSError):
            while data := await source.read(65_536):
                sink.write(data)
                if sink is to_server and TAKES_OVER in data:
                    self._starting.add(to_server)
                elif to_server in self._starting and self.COMMITTED in data and not self.died:
                    # The word is on its way; nobody has read it yet.
                    self.dead = self.died = True
                    self._open = [each for each in self._open if each not in both]
                    self.cut()
                await sink.drain()
        for each in both:
            each.close()


@pytest.fixture
async def dying(world: World) -> AsyncIterator[Dying]:
    """Made before the games are, so that they still reach the database when they end."""
    async with Dying(world.database_url) as found:
        yield found


async def test_a_start_that_is_committed_has_started_though_postgres_dies_before_its_rates_are_read(
    world: World, dying: Dying, make_game: Make
) -> None:
    one, two = await make_game(node="g1"), await make_game(node="g2", database_url=dying.url)
    ada, bo = await one.crew(2)
    other = Someone(one, ada.name, ada.player, ada.user)
    await other.sign_in()
    await other.dial(on=two)
    answer = await other.ask("session.start", {"token": other.token})
    assert dying.died
    assert "ok" in answer, answer
    fence = "select fence from sessions where session_id = $1"
    # Once: a second time would have taken the session from itself.
    assert await world.owner.fetchval(fence, other.session_id) == 1
    await until(lambda: two.app.database.breaker.open, "it is known", PATIENCE_S)
    assert two.app.gate.accounts[ada.player].gateways == 1
    dying.dead = False
    await until(lambda: not two.app.database.breaker.open, "it is back", PATIENCE_S)
    # What could not be read is read now, and the other gateway learns of it as always: half of each rate is either's.
    accounts = [each.app.gate.accounts[ada.player] for each in (one, two)]
    await until(lambda: all(each.gateways == 2 for each in accounts), "shared", PATIENCE_S)
    await ada.does(team.Say("both of us"))
    await other.hears_line("both of us")
    await bo.hears_line("both of us")
    assert await world.owner.fetchval(fence, other.session_id) == 1
    assert ada.connected and other.connected
    await other.hang_up()


async def test_sockets_that_could_not_be_counted_once_more_are_counted_when_they_can_be(make_game: Make) -> None:
    # As test_storms.test_six_sockets_whose_starts_do_not_see_each_other_are_five: but the second count finds no way.
    patient = {"lock_ms": 20_000, "statement_ms": 30_000}
    one, two = await make_game(node="g1", db=patient), await make_game(node="g2", db=patient)
    first = await one.captain()
    others = [Someone(one, first.name, first.player, first.user) for _ in range(5)]
    for each in others:
        await each.sign_in()
    for each in others[:3]:
        await each.start()
    await one.world.owner.execute(
        """create function wait_here() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(77); return null; end $$;
           create constraint trigger commits_late after update on sessions deferrable initially deferred for each row
           when (new.fence > old.fence) execute function wait_here()"""
    )
    rude, ruder = await another(one.world), await another(one.world)
    await rude.execute("select pg_advisory_lock(77)")
    await ruder.execute("begin; lock table rate_debts in access exclusive mode")
    for each, on in zip(others[3:], (one, two), strict=True):
        await each.dial(on=on)
    tasks = [asyncio.create_task(each.ask("session.start", {"token": each.token})) for each in others[3:]]
    await blocked(rude, 2)
    # Both have begun and are committed before either looks around: so both find the other, and both count.
    await rude.execute("select pg_advisory_unlock(77)")
    async with asyncio.timeout(PATIENCE_S):
        while await rude.fetchval("select count(*) from pg_locks where relation = 'rate_debts'::regclass and not granted") < 2:
            await asyncio.sleep(0.01)
    await one.world.owner.execute("revoke update on sessions from callisto; grant update (shared) on sessions to callisto")
    await rude.close()
    await ruder.close()
    assert all("ok" in each for each in await asyncio.gather(*tasks))
    await until(lambda: bool(one.app.starts.uncounted and two.app.starts.uncounted), "both have counted in vain", PATIENCE_S)
    assert first.connected
    await one.world.owner.execute("grant update on sessions to callisto")
    assert await first.is_closed(4520)
    assert all(each.connected for each in others)
    for each in others:
        await each.hang_up()
