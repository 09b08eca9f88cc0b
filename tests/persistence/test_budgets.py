"""Money for models: set aside before, settled after, never more than allowed, and never held for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from persistence import budgets
from persistence.budgets import Reservation
from protocol.guard import ModelCall
from protocol.onboarding import Start
from server.rules.spending import Budgets
from tests.dock import newcomer
from tests.play import Game

PLENTY = Budgets(10**9, 10**9, 10**9, 10**9)
CALL = ModelCall("openai", "m", "ok", 700, 90, 40, 1_000)


async def talks(game: Game, number: int) -> list[tuple[UUID, UUID]]:
    """Captains with the talks they are in."""
    people = [await newcomer(game) for _ in range(number)]
    return [(one.player, (await one.does(Start())).session_id) for one in people]


async def reserve(game: Game, who: tuple[UUID, UUID], micro_usd: int, limits: Budgets) -> UUID | None:
    """The reservation's id, or None when there is no money."""
    wanted = Reservation(uuid7(), *who, micro_usd)
    async with game.app.database.transaction() as db:
        return wanted.id if await budgets.reserve(db, wanted, limits) else None


async def settle(game: Game, id: UUID, talk: UUID, call: ModelCall | None) -> bool:
    """Whether this was the end of the reservation."""
    async with game.app.database.transaction() as db:
        return await budgets.settle(db, id, talk, call)


BOUNDS = (
    (PLENTY._replace(hour=1_000), 10),
    (PLENTY._replace(day=1_050), 10),
    (PLENTY._replace(player_day=300), 12),
    (PLENTY._replace(talk=200), 8),
)


async def test_however_many_ask_at_once_no_budget_is_exceeded(make_game: Callable[..., Awaitable[Game]]) -> None:
    games = [await make_game(node="g1"), await make_game(node="g2")]
    who = await talks(games[0], 4)
    for limits, fitting in BOUNDS:
        found = await asyncio.gather(*(reserve(games[at % 2], who[at % 4], 100, limits) for at in range(60)))
        assert sum(each is not None for each in found) == fitting
        assert await games[0].world.owner.fetchval("select sum(micro_usd) from ai_reservations") == fitting * 100
        await games[0].world.owner.execute("delete from ai_reservations")


async def test_what_is_settled_for_less_makes_room(game: Game) -> None:
    [who] = await talks(game, 1)
    limits = PLENTY._replace(hour=100)
    first = await reserve(game, who, 100, limits)
    assert first is not None
    assert await reserve(game, who, 1, limits) is None
    assert await settle(game, first, who[1], CALL)
    assert await reserve(game, who, 61, limits) is None
    assert await reserve(game, who, 60, limits) is not None


async def test_a_call_is_settled_once(game: Game) -> None:
    [who] = await talks(game, 1)
    id = await reserve(game, who, 100, PLENTY)
    assert id is not None
    ended = await asyncio.gather(*(settle(game, id, who[1], CALL) for _ in range(5)))
    assert sorted(ended) == [False, False, False, False, True]
    assert await game.world.owner.fetchval("select count(*) from ai_call_log") == 1
    rows: list[Any] = await game.world.owner.fetch("select scope, settled_micro_usd, calls from ai_budgets")
    assert {(row[1], row[2]) for row in rows} == {(40, 1)}
    assert {row[0].partition(":")[0] for row in rows} == {"all", "player", "talk"}


async def test_a_reservation_without_a_call_costs_nothing(game: Game) -> None:
    [who] = await talks(game, 1)
    id = await reserve(game, who, 100, PLENTY)
    assert id is not None
    assert await settle(game, id, who[1], None)
    assert await game.world.owner.fetchval("select sum(settled_micro_usd) from ai_budgets") == 0
    assert await game.world.owner.fetchval("select count(*) from ai_call_log") == 0


async def test_what_nobody_settles_runs_out(game: Game) -> None:
    [who] = await talks(game, 1)
    limits = PLENTY._replace(talk=100)
    id = await reserve(game, who, 100, limits)
    assert id is not None
    assert await reserve(game, who, 100, limits) is None
    await game.world.owner.execute("update ai_reservations set expires_at = clock_timestamp() - interval '1 second'")
    again = await reserve(game, who, 100, limits)
    assert again is not None
    # Whoever comes back from the dead is charged all the same: it was spent.
    assert await settle(game, id, who[1], CALL)
    assert await reserve(game, who, 1, limits) is None


async def test_old_sums_go_and_this_months_stay(game: Game) -> None:
    [who] = await talks(game, 1)
    await reserve(game, who, 100, PLENTY)
    owner = game.world.owner
    await owner.execute(
        """insert into ai_budgets (scope, period, updated_at)
           select 'all', to_char(at, 'YYYY-MM-DD'), at from (select clock_timestamp() - n * interval '1 day' as at from generate_series(30, 49) n) old"""
    )
    await owner.execute("update ai_reservations set expires_at = clock_timestamp() - interval '2 days'")
    async with game.app.database.transaction() as db:
        assert await budgets.trim(db) == 10 + 1
    assert await owner.fetchval("select count(*) from ai_budgets") == 10 + 4


async def test_a_frozen_gateway_that_holds_the_budgets_stops_nobody(game: Game) -> None:
    [who] = await talks(game, 1)
    limits = PLENTY._replace(talk=100)
    id = await reserve(game, who, 100, limits)
    assert id is not None
    owner = game.world.owner
    async with owner.transaction():
        await owner.fetch("select * from ai_budgets for update")
        assert await reserve(game, who, 1, PLENTY) is None
        assert await settle(game, id, who[1], CALL)
        assert not await settle(game, id, who[1], CALL)
    assert await owner.fetchval("select count(*) from ai_call_log") == 1
    assert await reserve(game, who, 61, limits) is None
    assert await reserve(game, who, 60, limits) is not None
    async with game.app.database.transaction() as db:
        assert await budgets.settle(db, id, who[1], CALL) is False
        # What was waited for briefly is as patient as before.
        assert await db.raw.fetchval("show lock_timeout") == "1s"
