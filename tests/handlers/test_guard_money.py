"""What a model costs while many talk at once, on two gateways: no budget is overdrawn."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import asyncpg

from protocol.guard import ShipType
from protocol.onboarding import Restart, Start
from tests.conftest import driver_args
from tests.dock import GOOD, lay_out, newcomer, no_errands, talk_through
from tests.play import Game
from tests.providers.stub import USED, Stub

MakeGame = Callable[..., Awaitable[Game]]
# Dear enough that talk, player and hour run dry (the day with the hour): a call sets some 0.2 dollars aside and costs 0.03 if it goes well.
DEAR = {"price_in_usd": 30, "price_out_usd": 150, "breaker_failures": 1_000, "first_token_s": 1.0, "turn_s": 2.0}
CALL = USED[0] * 30 + USED[1] * 150  # millionths of a dollar
LIMITS = {"session_usd": 0.25, "player_day_usd": 0.35, "hour_usd": 1.00, "day_usd": 1.00}
SPENT = """
  select coalesce((select settled_micro_usd from ai_budgets where scope = 'all' and length(period) = 10), 0)
    + coalesce((select sum(micro_usd) from ai_reservations where expires_at > clock_timestamp()), 0)"""


@contextlib.asynccontextmanager
async def watched(game: Game, most: int) -> AsyncIterator[list[int]]:
    """What was spent and set aside together, in one look after the other. No look finds more than `most`."""
    seen: list[int] = []
    connection = await asyncpg.connect(**driver_args(game.world.admin_url))

    async def look() -> None:
        while True:
            seen.append(int(await connection.fetchval(SPENT)))
            assert seen[-1] <= most
            await asyncio.sleep(0.005)

    task = asyncio.create_task(look())
    yield seen
    assert not task.done(), task.exception()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await connection.close()


async def test_many_talks_at_once_with_a_dear_model_overdraw_none_of_the_four_budgets(make_game: MakeGame) -> None:
    async with Stub("openai") as stub:
        games = [await make_game(node=f"g{each}", guard=stub.guard(**DEAR, **LIMITS)) for each in (1, 2)]
        people = [await newcomer(games[at % 2]) for at in range(8)]
        # Two whose calls are charged at their worst, because nobody knows what they cost; then the crowd.
        costly = {people[3]: f"{GOOD} behave:reset", people[6]: f"{GOOD} behave:half"}
        async with watched(games[0], 1_000_000) as seen:
            for some in (costly, dict.fromkeys((one for one in people if one not in costly), GOOD)):
                # Again after a restart: another session of the same player and day.
                for begin in (Start(), Restart(), *([Restart()] if some is costly else [])):
                    for one in some:
                        await one.does(begin)
                        await lay_out(one.game, one, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP)
                    await asyncio.gather(*(talk_through(one, ShipType.SCOUT_SHIP, text) for one, text in some.items()))
            await no_errands(games[0])
        assert max(seen) > 3 * CALL, "money was set aside while somebody looked"
        rows = await games[0].world.owner.fetch("select * from ai_call_log")
        assert len(rows) == len(stub.asked) > 3
        by_talk, by_player = Counter[UUID](), Counter[UUID]()
        for row in rows:
            by_talk[row["session_id"]] += row["cost_micro_usd"]
            by_player[row["player_id"]] += row["cost_micro_usd"]
        assert max(by_talk.values()) <= 250_000
        assert max(by_player.values()) <= 350_000
        spent = sum(row["cost_micro_usd"] for row in rows)
        assert 500_000 < spent <= 1_000_000
        # The books say the same in every scope, and nothing is left aside.
        sums = await games[0].world.owner.fetch(
            "select split_part(scope, ':', 1) || length(period), sum(settled_micro_usd), sum(calls) from ai_budgets group by 1"
        )
        assert {(row[1], row[2]) for row in sums} == {(spent, len(rows))}
        assert len(sums) == 4
        assert await games[0].world.owner.fetchval("select count(*) from ai_reservations where not settled") == 0
