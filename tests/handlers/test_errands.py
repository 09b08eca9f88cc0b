"""Errands and schedules: asked for inside a transaction, run outside, ended exactly once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import msgspec
import pytest
from uuid_utils.compat import uuid7

from persistence import errands
from protocol import upkeep
from protocol.codec import Incoming
from protocol.message import Answer, Command
from server import errands as kinds
from server import worker
from server.caller import SYSTEM
from server.context import Ctx, Errand
from server.errands import runs
from tests.conftest import driver_args
from tests.play import Game

RUNS: list[str] = []
FAILURES: dict[str, int] = {}
HANGS: set[str] = set()


class Knock(Errand, frozen=True):
    """Knocks on a door that may stay shut a few times."""

    door: str


@runs
async def knock(errand: Knock) -> Command[Answer]:
    """Ends in a harmless command of the server's own."""
    RUNS.append(errand.door)
    if errand.door in HANGS:
        HANGS.discard(errand.door)
        await asyncio.Event().wait()  # whoever is asked never answers
    if FAILURES.get(errand.door, 0) > 0:
        FAILURES[errand.door] -= 1
        raise ConnectionError("nobody opens")
    return upkeep.SweepSessions()


async def ask(game: Game, door: str) -> Any:
    """Asks for a Knock within a transaction that commits."""
    id = uuid7()
    async with game.app.database.transaction() as db:
        await errands.add(db, id, kinds.kind_of(Knock(door)), kinds.encode(Knock(door)))
    game.app.dispatch.wake()
    return id


async def gone(game: Game, id: Any) -> None:
    """Waits until the errand's row has ended."""
    async with asyncio.timeout(10):
        while await game.world.owner.fetchval("select count(*) from errands where errand_id = $1", id):
            await asyncio.sleep(0.02)


async def test_an_errand_is_run_once_and_ends_in_a_command(game: Game) -> None:
    id = await ask(game, "front")
    await gone(game, id)
    assert RUNS.count("front") == 1
    receipt = await game.world.owner.fetchval("select count(*) from receipts where id = $1", f"errand:{id}")
    assert receipt == 1


async def test_an_errand_that_fails_is_tried_again(game: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.worker.RETRY_S", 0.05)
    FAILURES["back"] = 2
    id = await ask(game, "back")
    await gone(game, id)
    assert RUNS.count("back") == 3


async def test_an_errand_that_finds_the_database_away_waits_no_longer_for_having_been_tried_often(
    make_game: Callable[..., Awaitable[Game]],
) -> None:
    game = await make_game(db={"lock_ms": 100})
    other = await asyncpg.connect(**driver_args(game.world.owner_url))
    try:
        async with other.transaction():
            # Nothing can be ended meanwhile: as an outage, without disturbing anybody else's.
            await other.execute("lock table receipts in access exclusive mode")
            async with game.app.database.transaction() as db:
                id = uuid7()
                await errands.add(db, id, kinds.kind_of(Knock("often")), kinds.encode(Knock("often")))
                await db.raw.execute("update errands set attempts = 9 where errand_id = $1", id)
            game.app.dispatch.wake()
            async with asyncio.timeout(20):
                while await game.world.owner.fetchval("select last_error from errands where errand_id = $1", id) is None:
                    await asyncio.sleep(0.02)
            again_s = await game.world.owner.fetchval(
                "select extract(epoch from run_at - clock_timestamp()) from errands where errand_id = $1", id
            )
            assert again_s <= worker.AWAY_S
    finally:
        await other.close()


async def test_an_errand_that_hangs_is_given_up_and_tried_again_and_holds_up_nobody(game: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.worker.ERRAND_S", 0.3)
    monkeypatch.setattr("server.worker.RETRY_S", 0.05)
    HANGS.add("deaf")
    stuck = await ask(game, "deaf")
    await gone(game, await ask(game, "beside"))
    assert RUNS.count("beside") == 1
    await gone(game, stuck)
    assert RUNS.count("deaf") == 2


async def test_two_gateways_do_not_run_one_errand_twice(make_game: Callable[..., Awaitable[Game]]) -> None:
    games = await asyncio.gather(make_game(node="g1"), make_game(node="g2"))
    ids = [await ask(games[number % 2], f"door {number}") for number in range(20)]
    for id in ids:
        await gone(games[0], id)
    assert [RUNS.count(f"door {number}") for number in range(20)] == [1] * 20


@pytest.mark.parametrize("fails", ["handler", "receipt"])
async def test_an_errand_asked_for_by_a_command_that_fails_is_never_run(game: Game, fails: str) -> None:
    async def too_late(ctx: Ctx) -> None:
        ctx.later(Knock("never"))
        if fails == "handler":
            raise RuntimeError("the transaction fails after asking")

    incoming = Incoming("failing", "upkeep.sessions", upkeep.SweepSessions(), 5_000)
    if fails == "receipt":
        # The last thing that is written, when the errand's row is there already.
        await game.world.owner.execute("alter table receipts add constraint broken check (id <> 'failing') not valid")
    done = await game.app.dispatch(SYSTEM, incoming, time.monotonic() + 5, ends=too_late)
    assert msgspec.msgpack.decode(done.outcome)["error"]["code"] == "internal"
    await asyncio.sleep(0.3)
    assert "never" not in RUNS
    assert await game.world.owner.fetchval("select count(*) from errands") == 0


def test_a_dead_workers_errand_waits_no_longer_than_any_errand_may_take() -> None:
    assert worker.ERRAND_S < worker.LEASE_S <= 15.0, "a player may be waiting for it; guarantees P20"


async def test_schedules_run_when_due_and_plan_themselves_anew(game: Game) -> None:
    async with asyncio.timeout(10):
        while await game.world.owner.fetchval("select count(*) from schedules where last_run_at is not null") < 5:
            await asyncio.sleep(0.05)
    due = await game.world.owner.fetch("select name, due_at > clock_timestamp() as later from schedules order by name")
    assert [(row["name"], row["later"]) for row in due] == [
        ("upkeep.budgets", True),
        ("upkeep.partitions", True),
        ("upkeep.receipts", True),
        ("upkeep.retention", True),
        ("upkeep.sessions", True),
    ]


async def test_old_receipts_go_and_young_ones_stay(game: Game) -> None:
    await game.world.owner.execute(
        """insert into receipts (account, id, hash, answer, at)
           select gen_random_uuid(), n::text, ''::bytea, ''::bytea, clock_timestamp() - n * interval '1 day' from generate_series(1, 10) n"""
    )
    await game.world.owner.execute("update schedules set due_at = clock_timestamp() where name = 'upkeep.receipts'")
    incoming = Incoming("trim now", "upkeep.receipts", upkeep.TrimReceipts(), 5_000)
    await game.app.dispatch(SYSTEM, incoming, time.monotonic() + 5)
    left = await game.world.owner.fetch("select id from receipts where hash = ''::bytea and answer = ''::bytea order by id::int")
    assert [row["id"] for row in left] == ["1", "2", "3", "4", "5", "6"]
