"""Onboarding over two gateways, by two devices at once, and through the death of a worker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from persistence import errands
from protocol.guard import ShipType
from protocol.onboarding import AnswerQuestion, Claim, Start
from server.asked import AskGuard
from server.errands import kind_of
from tests.dock import GOOD, lay_out, newcomer, no_errands, spoken, worker_sleeps
from tests.play import Game, Someone

MakeGame = Callable[..., Awaitable[Game]]


async def twice(one: Someone, other: Someone, name: str, fields: dict[str, Any]) -> list[dict[str, Any]]:
    """The same command under two ids from two devices at once: both frames."""
    futures = [await each.send(name, fields) for each in (one, other)]
    return list(await asyncio.gather(*futures))


async def two_devices(make_game: MakeGame) -> tuple[Game, Someone, Someone]:
    """One newcomer with a device on each of two gateways."""
    here, there = await asyncio.gather(make_game(node="g1"), make_game(node="g2"))
    ada = await newcomer(here)
    other = Someone(there, ada.name, ada.player, ada.user)
    await other.sign_in()
    await other.start()
    there.everybody.append(other)
    return here, ada, other


async def test_two_completions_at_once_give_one_ship(make_game: MakeGame) -> None:
    game, ada, other = await two_devices(make_game)
    await ada.does(Start())
    await ada.does(Claim(ShipType.ESCAPE_POD, "the pod"))
    frames = await twice(ada, other, "onboarding.complete", {})
    assert sorted("ok" in each for each in frames) == [False, True]
    assert [each["error"]["code"] for each in frames if "error" in each] == ["onboarding.already_completed"]
    assert await game.world.owner.fetchval("select count(*) from ships where owner_id = $1", ada.player) == 1
    assert await game.world.owner.fetchval("select credits from players where id = $1", ada.player) == 1000
    await game.converges()


async def test_of_two_answers_at_once_one_is_heard(make_game: MakeGame) -> None:
    game, ada, other = await two_devices(make_game)
    await ada.does(Start())
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP)
    await other.look()
    await ada.does(Claim(ShipType.SCOUT_SHIP, GOOD))
    for turn in range(2, 6):
        line = await spoken(ada, turn)
        if line["final"]:
            break
        frames = await twice(ada, other, "onboarding.answer", {"turn": turn, "text": GOOD})
        assert sorted("ok" in each for each in frames) == [False, True]
        assert [each["error"]["code"] for each in frames if "error" in each] == ["onboarding.wrong_turn"]
    await ada.hears("onboarding.verdict")
    numbers = await game.world.owner.fetch("select sequence_number from dialogue_exchanges order by 1")
    assert [row[0] for row in numbers] == list(range(1, len(numbers) + 1))
    await asyncio.gather(ada.check_convergence(), other.check_convergence())


async def test_two_starts_at_once_draw_once(make_game: MakeGame) -> None:
    game, ada, other = await two_devices(make_game)
    frames = await twice(ada, other, "onboarding.start", {})
    assert frames[0]["ok"] == frames[1]["ok"]
    assert await game.world.owner.fetchval("select count(*) from first_login_sessions") == 1


async def test_another_worker_finishes_what_a_dead_one_left(make_game: MakeGame) -> None:
    game, ada, other = await two_devices(make_game)
    await ada.does(Start())
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP)
    await other.look()
    worker_sleeps(game)
    await ada.does(Claim(ShipType.SCOUT_SHIP, GOOD))
    assert (await spoken(ada, 2))["turn"] == 2
    await ada.does(AnswerQuestion(2, GOOD))
    await ada.hang_up()
    await spoken(other, 3)
    assert await game.world.owner.fetchval("select count(*) from errands") == 0
    await other.check_convergence()


async def test_a_guard_who_thinks_twice_speaks_once(game: Game) -> None:
    ada = await newcomer(game)
    talk = await ada.does(Start())
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP)
    await ada.does(Claim(ShipType.SCOUT_SHIP, GOOD))
    await spoken(ada, 2)
    again = AskGuard(talk.session_id, ShipType.SCOUT_SHIP, 1, GOOD, [])
    async with game.app.database.transaction() as db:
        await errands.add(db, talk.session_id, kind_of(again), msgspec.msgpack.encode(again))
    game.app.dispatch.wake()
    await no_errands(game)
    await game.silence(ada)
    assert [each["d"]["turn"] for each in ada.heard if each["t"] == "onboarding.guard_spoke"] == [2]
