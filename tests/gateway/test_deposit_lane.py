"""Giving to a treasury, over both lanes: the batched one must be the plain one, only cheaper; and nobody waits for a stuck neighbour."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from persistence import hot
from protocol import team, treasury
from protocol.codec import Incoming
from protocol.refusals import LimitExceeded, NoTeam
from protocol.types import MOST, Resource
from server.handlers.treasury import CREW, OWN
from server.lanes import Entry, Lane
from tests.audit import check_ledger
from tests.gateway.neighbours import another, log_of, team_of
from tests.play import Game, Refused, Someone

Make = Callable[..., Awaitable[Game]]
CREDITS = Resource.CREDITS


def lane_of(game: Game) -> Lane[Any]:
    """The batched lane of deposits."""
    return game.app.lanes.of[treasury.Deposit]


async def rich(game: Game, size: int, *, owns: int = 1_000) -> list[Someone]:
    """A crew of captains who own something each; the treasury has its account, by a first gift of one credit."""
    crew = await game.crew(size)
    for one in crew:
        await game.earn(one, owns)
        await one.look()
    await crew[0].does(treasury.Deposit(CREDITS, 1))
    await game.settled(*crew)
    return crew


@pytest.fixture(params=["batched", "ordinary"])
async def either(request: pytest.FixtureRequest, make_game: Make) -> AsyncIterator[Game]:
    """A gateway with deposits on one lane or the other; converges afterwards, and nothing was made or lost."""
    game = await make_game(batched=request.param == "batched")
    yield game
    assert bool(lane_of(game).flushes) == (request.param == "batched")
    await game.converges()
    await check_ledger(game.world.owner)


async def test_gifts_at_once_follow_each_other_and_say_so(either: Game) -> None:
    ada, bo, cid = await rich(either, 3)
    before = {one: len(one.heard) for one in (ada, bo, cid)}
    gifts = [(one, amount, f"{one.name} {amount}") for one in (ada, bo, cid) for amount in (5, 70, 300)]
    answers = await asyncio.gather(
        *(one.ask("treasury.deposit", {"resource": "credits", "amount": amount}, id=id) for one, amount, id in gifts)
    )
    await either.settled(ada, bo, cid)

    stream, owned = await team_of(ada), 1
    told = [each for each in bo.heard[before[bo] :] if each["t"] == "treasury.changed"]
    for event in told:
        owned += event["d"]["amount"]
        assert event["d"]["balance"] == owned
    assert owned == 1 + 3 * 375
    by_transfer = {event["d"]["transfer_id"]: event for event in told}
    for (one, amount, id), answer in zip(gifts, answers, strict=True):
        event = by_transfer.pop(answer["ok"]["transfer_id"])
        assert event["d"] == {
            "resource": "credits", "balance": answer["ok"]["balances"]["credits"], "amount": amount, "kind": "deposit",
            "actor_id": str(one.player), "transfer_id": answer["ok"]["transfer_id"],
        }  # fmt: skip
        assert list(answer["ok"]["balances"]) == [each.value for each in Resource]
        assert answer["pos"].keys() == {stream, f"player:{one.player}"}
        assert answer["pos"][stream] == event["s"]
        own = next(each for each in one.heard if each.get("st") == f"player:{one.player}" and each["s"] == answer["pos"][each["st"]])
        assert (own["t"], own["d"]["delta"], own["d"]["reason"]) == ("player.credits_changed", -amount, "deposit")
        # The same bytes again, and no other gift under this id.
        again = await one.ask("treasury.deposit", {"resource": "credits", "amount": amount}, id=id)
        assert again.pop("replayed") is True
        assert again == answer
    with pytest.raises(Refused, match="idempotency_mismatch"):
        await bo.ask("treasury.deposit", {"resource": "credits", "amount": 1}, id=gifts[0][2].replace(ada.name, bo.name))
    assert not by_transfer
    given = "select contribution_credits->>'credits' from team_members where player_id = $1"
    assert await either.world.owner.fetchval(given, bo.player) == "375"


async def test_a_gift_that_goes_the_ordinary_way_twice_at_once_is_one(either: Game) -> None:
    (ada,) = await either.crew(1)
    await either.earn(ada, 50)
    await ada.look()
    # The team never owned anything: the first gift opens its account, which the batched lane leaves to the other.
    _, answer = [await ada.send("treasury.deposit", {"resource": "credits", "amount": 50}, id="twin") for _ in range(2)]
    await ada.hears("unasked", lambda frame: frame["re"] == "twin")
    answers = [await answer, next(each for each in ada.heard if each["t"] == "unasked")]
    assert sorted(each.get("replayed", False) for each in answers) == [False, True]
    assert (await ada.does(treasury.Get())).balances["credits"] == 50


def gifts_of(game: Game, *gifts: tuple[Someone, int]) -> list[hot.Depositing]:
    """Each gift as the batched lane's statement takes it."""
    rows = []
    for one, amount in gifts:
        caller = next(each.caller for each in game.app.gate.live.values() if each.player == one.player)
        assert caller is not None
        incoming = Incoming(str(uuid4()), "treasury.deposit", treasury.Deposit(CREDITS, amount), 5_000)
        rows.append(lane_of(game).batch.row(Entry(caller, incoming, time.monotonic() + 5, lambda *_: None)))
    return rows


async def test_one_call_keeps_the_order_of_gifts_and_stops_at_the_brim(make_game: Make) -> None:
    game = await make_game()
    ada, bo, cid, dot, eli = await rich(game, 5)
    await game.earn(cid, MOST - 1_000)
    stranger = await game.captain()
    connection = await game.app.database.dedicated()
    rows = gifts_of(game, (ada, 10), (bo, 20), (ada, 30), (cid, MOST - 30), (dot, 5), (eli, 1_001), (stranger, 1))
    found = await hot.deposit_many(connection, rows, OWN, CREW, MOST)
    # ada's second has to wait; cid's is too much, and what comes after it is looked at again by the other lane.
    assert [each.state for each in found] == ["ok", "ok", "later", "plain", "plain", "plain", "plain"]
    told = [msgspec.msgpack.decode(each.payload) for each in found[:2] if each.payload]
    assert [(each["amount"], each["balance"]) for each in told] == [(10, 11), (20, 31)]
    assert [each.payload for each in (await log_of(game.world, await team_of(ada)))[-2:]] == [each.payload for each in found[:2]]
    again = [each.state for each in await hot.deposit_many(connection, rows, OWN, CREW, MOST)]
    assert again == ["stored", "stored", "ok", "plain", "plain", "plain", "plain"]
    await connection.close()
    await check_ledger(game.world.owner)
    await cid.is_refused(LimitExceeded, treasury.Deposit(CREDITS, MOST - 30))


async def test_a_stuck_team_lets_the_gifts_to_others_pass(make_game: Make) -> None:
    game = await make_game()
    (ada,), (bo,) = await rich(game, 1), await rich(game, 1)
    neighbour = await another(game.world)
    for stuck in (
        "select from teams where id = (select team_id from team_members where player_id = $1) for update",
        "select from players where id = $1 for no key update",
        "select from team_members where player_id = $1 for share",
        "select from streams where name = 'player:' || $1::uuid for update",
        "select from accounts_ledger where owner_id = $1 for update",
    ):
        holding = neighbour.transaction()
        await holding.start()
        await neighbour.execute(stuck, ada.player)
        waits = await ada.send("treasury.deposit", {"resource": "credits", "amount": 1})
        for _ in range(3):
            await bo.does(treasury.Deposit(CREDITS, 1))
        assert not waits.done(), stuck
        await holding.commit()
        assert "ok" in await waits
    await neighbour.close()
    assert (await ada.does(treasury.Get())).balances["credits"] == 6
    await game.converges()
    await check_ledger(game.world.owner)


async def test_whoever_is_kicked_meanwhile_gives_nothing(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await rich(game, 2)
    neighbour, connection = await another(game.world), await game.app.database.dedicated()
    holding = neighbour.transaction()
    await holding.start()
    # As a kick does it, and has not yet committed.
    await neighbour.execute(
        "select from teams where id = (select team_id from team_members where player_id = $1) for no key update", bo.player
    )
    await neighbour.execute("delete from team_members where player_id = $1", bo.player)
    rows = gifts_of(game, (bo, 5))
    assert [each.state for each in await hot.deposit_many(connection, rows, OWN, CREW, MOST)] == ["again"]
    waits = await bo.send("treasury.deposit", {"resource": "credits", "amount": 5})
    await ada.does(team.Get())
    await holding.commit()
    assert (await waits)["error"]["code"] == NoTeam.code
    assert [each.state for each in await hot.deposit_many(connection, rows, OWN, CREW, MOST)] == ["plain"]
    await neighbour.close()
    await connection.close()
    assert (await ada.does(treasury.Get())).balances["credits"] == 1
