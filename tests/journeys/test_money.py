"""Money under load: two gateways, everybody at once, lost answers; and not a credit made or lost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
import pytest
import websockets
from hypothesis import given, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from persistence import ledger
from persistence.ledger import Leg, Party
from protocol import credits, team, treasury
from protocol.message import Command, name_of
from protocol.types import MOST, Resource, TeamId
from tests.audit import check_ledger
from tests.parts import Part
from tests.play import Game, Lost, Refused, Someone

COMMANDS = round(10_000 * float(os.environ.get("CALLISTO_TEST") or 1))
SEED = 2102
GOODS = (Resource.FUEL, Resource.PLASMA)
EXPECTED = {
    None, "bad_request", "treasury.insufficient", "treasury.not_docked", "treasury.no_cargo_space", "team.none", "team.already_member", "not_found",
}  # fmt: skip
# What everybody owns, with the fees they paid: money commands move it, and nothing else.
OWNED = """select resource, sum(balance) from accounts_ledger where owner_kind <> 'system' or owner_id::text like 'ca115700-00f2%'
    group by 1 order by 1"""

Make = Callable[..., Awaitable[Game]]


async def give_rights(game: Game, *members: Someone) -> None:
    """Lets members manage the treasury, behind the team's back."""
    ids = [each.player for each in members]
    await game.world.owner.execute("update team_members set can_manage_treasury = true where player_id = any($1::uuid[])", ids)


async def insist(one: Someone, command: Command[Any], id: str, games: list[Game], dice: random.Random) -> dict[str, Any]:
    """The outcome of a command for somebody who asks again with the same id until it is known, over whatever gateway answers.

    Now and then the connection breaks right after sending.
    """
    while True:
        try:
            answer = await one.send(name_of(command), msgspec.to_builtins(command), id=id)
            if dice.random() < 0.02:
                await asyncio.sleep(dice.uniform(0, 0.02))
                one.cut()
            async with asyncio.timeout(20):
                frame = await answer
        except (Lost, websockets.ConnectionClosed):
            await one.start(on=dice.choice(games), resume=True)
            continue
        if frame.get("error", {}).get("code") == "unavailable":
            await asyncio.sleep(0.05)
            continue
        return {key: value for key, value in frame.items() if key in ("ok", "error")}


async def at_once(one: Someone, moves: dict[str, Command[Any]], dice: random.Random) -> dict[str, dict[str, Any]]:
    """Sends all without waiting for any, and gives the outcomes that were heard before the connection broke, if it did."""
    answers = {}
    with contextlib.suppress(websockets.ConnectionClosed):
        for id, move in moves.items():
            answers[id] = await one.send(name_of(move), msgspec.to_builtins(move), id=id)
    if dice.random() < 0.05:
        await asyncio.sleep(dice.uniform(0, 0.01))
        one.cut()
    if answers:
        await asyncio.wait(answers.values(), timeout=20)
    frames = {id: answer.result() for id, answer in answers.items() if answer.done() and answer.exception() is None}
    return {
        id: {key: value for key, value in frame.items() if key in ("ok", "error")}
        for id, frame in frames.items()
        if frame.get("error", {}).get("code") != "unavailable"
    }


async def test_fifty_who_want_everything_at_once_and_one_who_gets_it(make_game: Make) -> None:
    games = [await make_game(node="g1"), await make_game(node="g2")]
    crew = await games[0].crew(10)
    await games[0].earn(crew[0], 777)
    await crew[0].does(treasury.Deposit(Resource.CREDITS, 777))
    await give_rights(games[0], *crew)
    for one in crew[5:]:
        await one.start(on=games[1], resume=True)
    everything = msgspec.to_builtins(treasury.Withdraw(Resource.CREDITS, 777))

    async def try_it(one: Someone) -> str:
        id = str(uuid7())
        while True:
            try:
                await one.ask("treasury.withdraw", everything, id=id)
                return "ok"
            except Refused as no:
                if no.code != "unavailable":
                    return no.code

    outcomes = await asyncio.gather(*(try_it(one) for one in crew for _ in range(5)))
    assert sorted(outcomes) == ["ok"] + ["treasury.insufficient"] * 49
    await check_ledger(games[0].world.owner)


async def a_world_of_money(game: Game, dice: random.Random) -> tuple[list[Someone], dict[Someone, TeamId]]:
    """Five teams of two, all with the right to spend, most with a docked ship, and two loners with enough to found a team."""
    crews = [await game.crew(2) for _ in range(5)]
    everybody = [one for crew in crews for one in crew]
    teams = {one: (await one.does(team.Get())).team.team_id for one in everybody}
    await give_rights(game, *everybody)
    for one in everybody:
        await game.earn(one, dice.randint(1, 3_000))
        if dice.random() < 0.8:
            await game.ship(one, 200, {each: dice.randint(1, 100) for each in GOODS})
    return [*everybody, await game.captain(), await game.captain(credits=20_000)], teams


def an_errand(one: Someone, mates: list[Someone], dice: random.Random) -> Command[Any]:
    """A random money command, often for more than there is."""
    resource, amount = dice.choice((Resource.CREDITS, Resource.CREDITS, *GOODS)), dice.choice((1, 7, 40, 300, 2_000, MOST))
    what = dice.random()
    if what < 0.48:
        return treasury.Deposit(resource, amount)
    if what < 0.80:
        return treasury.Withdraw(resource, amount)
    if what < 0.99:
        return treasury.Transfer(dice.choice(mates).player, resource, amount)
    return team.Create(name=f"Team {uuid7().hex}")


@pytest.mark.timeout(600)
async def test_ten_thousand_random_moves_make_and_lose_nothing(make_game: Make) -> None:
    games = [await make_game(node="g1"), await make_game(node="g2")]
    dice, owner = random.Random(SEED), games[0].world.owner
    everybody, teams = await a_world_of_money(games[0], dice)
    owned, before = await owner.fetch(OWNED), await owner.fetchval("select count(*) from transfers")
    outcomes: dict[tuple[UUID, str], dict[str, Any]] = {}
    left = iter(range(COMMANDS))

    async def live(one: Someone, dice: random.Random) -> None:
        mates = [each for each in everybody if teams.get(each) == teams.get(one)]
        await one.start(on=dice.choice(games), resume=True)
        await one.look()
        for number in left:
            id, command = f"c-{number}", an_errand(one, mates, dice)
            outcome = outcomes[one.player, id] = await insist(one, command, id, games, dice)
            assert outcome.get("error", {}).get("code") in EXPECTED, outcome
            if "ok" in outcome and dice.random() < 0.1:
                assert await insist(one, command, id, games, dice) == outcome

    await asyncio.gather(*(live(one, random.Random(f"{SEED}:{at}")) for at, one in enumerate(everybody)))

    await check_ledger(owner)
    acked = sorted(key for key, outcome in outcomes.items() if "ok" in outcome)
    moved = await owner.fetch("select account_id, command_id from transfers where command_id like 'c-%' order by 1, 2")
    assert [tuple(row) for row in moved] == acked
    assert await owner.fetchval("select count(*) from transfers") == before + len(acked)
    assert await owner.fetch(OWNED) == owned
    assert await owner.fetchval("select deadlocks from pg_stat_database where datname = current_database()") == 0
    assert len(outcomes) == COMMANDS
    assert len(acked) > COMMANDS / 10
    for one in everybody:
        await one.start(on=games[0], resume=True)
        await one.check_convergence()


async def test_gifts_in_batches_over_two_gateways_between_other_moves(make_game: Make) -> None:
    games = [await make_game(node="g1"), await make_game(node="g2")]
    dice, owner = random.Random(SEED), games[0].world.owner
    crews = [await games[0].crew(4) for _ in range(3)]
    everybody, part = [one for crew in crews for one in crew], await Part.hired(games[0], "credits")
    await give_rights(games[0], *everybody)
    for one in everybody:
        await games[0].earn(one, dice.randint(200, 2_000))
        await one.start(on=dice.choice(games), resume=True)
        await one.look()
    outcomes: dict[tuple[UUID, str], dict[str, Any]] = {}
    left = iter(range(COMMANDS // 80))

    async def live(one: Someone, dice: random.Random) -> None:
        for number in left:
            if dice.random() < 0.1:
                await part.does(credits.Adjust(one.player, dice.choice((1, 300)), "found"))
            moves: dict[str, Command[Any]] = {
                f"g-{number}-{each}": (treasury.Deposit if dice.random() < 0.9 else treasury.Withdraw)(
                    Resource.CREDITS, dice.choice((1, 7, 40, 300))
                )
                for each in range(3)
            }
            heard = await at_once(one, moves, dice)
            for id, move in moves.items():
                outcome = outcomes[one.player, id] = await insist(one, move, id, games, dice)
                assert outcome.get("error", {}).get("code") in (None, "treasury.insufficient"), outcome
                assert heard.get(id, outcome) == outcome

    await asyncio.gather(*(live(one, random.Random(f"{SEED}:{at}")) for at, one in enumerate(everybody)))

    await check_ledger(owner)
    acked = sorted(key for key, outcome in outcomes.items() if "ok" in outcome)
    moved = await owner.fetch("select account_id, command_id from transfers where command_id like 'g-%' order by 1, 2")
    assert [tuple(row) for row in moved] == acked
    lanes = [game.app.lanes.of[treasury.Deposit] for game in games]
    assert 0 < sum(lane.handed_over for lane in lanes) < len(outcomes), "both lanes had their part"
    torn = """select s.name from streams s left join stream_events e on e.stream = s.name
        group by s.name, s.head having count(e.seq) <> s.head or coalesce(max(e.seq), 0) <> s.head or coalesce(min(e.seq), 1) <> 1"""
    assert await owner.fetch(torn) == []
    assert await owner.fetchval("select deadlocks from pg_stat_database where datname = current_database()") == 0
    for one in everybody:
        await one.start(on=games[0], resume=True)
        await one.check_convergence()
    owned: dict[str, int] = {}
    for stream, payload in await owner.fetch(
        "select stream, payload from stream_events where name = 'treasury.changed' order by stream, seq"
    ):
        changed = msgspec.msgpack.decode(payload)
        owned[stream] = owned.get(stream, 0) + changed["amount"]
        assert changed["balance"] == owned[stream]
    assert len(owned) == len(crews)


@pytest.mark.parametrize(
    "theft",
    [
        "update players set credits = credits + 1",
        "update teams set treasury_fuel = 5",
        "update accounts_ledger set balance = balance + 1 where owner_kind = 'player'",
        "update ships set cargo = jsonb_set(cargo, '{contents,fuel}', '99')",
        "delete from transfers where transfer_id = (select transfer_id from entries limit 1)",
        "update entries set balance_after = balance_after + 1",
    ],
)
async def test_the_audit_sees_a_theft(make_game: Make, theft: str) -> None:
    game = await make_game()
    (ada,) = await game.crew(1)
    await game.ship(ada, 50, {Resource.FUEL: 10})
    await check_ledger(game.world.owner)
    await game.world.owner.execute("alter table entries disable trigger user")
    await game.world.owner.execute("alter table entries drop constraint fk_entries_transfer_id")
    await game.world.owner.execute(theft)
    with pytest.raises(AssertionError):
        await check_ledger(game.world.owner)


PARTIES = [Party("player", uuid7()), Party("team", uuid7()), Party("ship", uuid7()), Party("system", uuid7())]
LEGS = st.lists(st.builds(Leg, st.sampled_from(PARTIES), st.sampled_from(list(Resource)), st.integers(-MOST - 2, MOST + 2)), max_size=6)


@given(LEGS)
@settings(max_examples=400)
def test_legs_are_a_transfer_or_refused(legs: list[Leg]) -> None:
    balanced = legs + [Leg(PARTIES[3], leg.resource, -leg.amount) for leg in legs]
    for each in (legs, balanced):
        try:
            found = ledger.merged(each)
        except ValueError:
            continue
        assert len({(leg.party, leg.resource) for leg in found}) == len(found)
        assert all(leg.amount and abs(leg.amount) <= MOST for leg in found)
        for resource in Resource:
            assert sum(leg.amount for leg in found if leg.resource is resource) == 0
        for party in PARTIES:
            for resource in Resource:
                given_ = sum(leg.amount for leg in each if (leg.party, leg.resource) == (party, resource))
                assert given_ == sum(leg.amount for leg in found if (leg.party, leg.resource) == (party, resource))


@given(st.integers(1, MOST), st.sampled_from(list(Resource)))
def test_a_leg_without_its_other_side_is_no_transfer(amount: int, resource: Resource) -> None:
    for legs in ([Leg(PARTIES[1], resource, amount)], [Leg(PARTIES[1], resource, amount), Leg(PARTIES[3], resource, 1 - amount)]):
        try:
            ledger.merged(legs)
        except ValueError:
            continue
        raise AssertionError(legs)


def test_floats_and_truths_are_no_amounts() -> None:
    for amount in (1.0, True, "1", None):
        legs: list[Any] = [Leg(PARTIES[1], Resource.CREDITS, amount), Leg(PARTIES[3], Resource.CREDITS, -1)]  # type: ignore[arg-type]  # on purpose
        try:
            ledger.merged(legs)
        except ValueError:
            continue
        raise AssertionError(amount)
