"""Everybody at once: starts and commands take turns, and whoever is in play goes on playing."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import team
from protocol.closes import parameter
from protocol.refusals import Unauthenticated
from protocol.session import Client
from server.gateway.gate import Identified
from server.gateway.turnstile import SPARE, Crowded, Turnstile
from server.rules import tokens
from tests.gateway.neighbours import another, blocked, until
from tests.play import Game, Lost, Someone

Make = Callable[..., Awaitable[Game]]


async def crowd_of(game: Game, many: int) -> list[Someone]:
    """Captains who are signed in and not connected."""
    return [await game.captain(online=False) for _ in range(many)]


async def starting(one: Someone) -> asyncio.Task[dict[str, object]]:
    """A captain at an open socket who has asked to start."""
    await one.dial()
    return asyncio.create_task(one.ask("session.start", {"token": one.token}))


async def test_a_storm_of_starts_is_let_in_many_in_one_transaction_and_a_crew_goes_on_talking(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    crowd = await crowd_of(game, 200)
    for each in crowd:
        await each.dial()
    starts, before = game.app.gate.starts, game.app.starts.batches
    inside: list[int] = []

    async def watch() -> None:
        # In every turn of the loop: a crew's two questions may take longer than the whole storm.
        while True:
            inside.append(starts.inside)
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    storm = [asyncio.create_task(each.ask("session.start", {"token": each.token})) for each in crowd]
    spans: list[float] = []
    while not all(each.done() for each in storm):
        began = time.monotonic()
        await ada.does(team.Say("hello"))
        await ada.does(team.Get())
        spans.append(time.monotonic() - began)
    assert all("ok" in each for each in await asyncio.gather(*storm))
    watching.cancel()
    assert 0 < max(inside) <= 64
    assert game.app.starts.batches - before < 150
    assert starts.inside == starts.waiting == 0
    assert sorted(spans)[len(spans) // 2] < 0.5, spans
    assert bo.closed is None


async def test_starts_that_hang_leave_room_for_commands_and_too_many_are_told_to_come_back(make_game: Make) -> None:
    game = await make_game(limits={"scale": 0, "starts_at_once": 4, "starts_queued": 3})
    ada, _ = await game.crew(2)
    crowd = await crowd_of(game, 12)
    rude = await another(game.world)
    holding = rude.transaction()
    await holding.start()
    await rude.execute("select * from sessions where session_id = any($1::uuid[]) for update", [each.session_id for each in crowd])
    tasks = [await starting(each) for each in crowd[:7]]
    starts = game.app.gate.starts
    await until(lambda: starts.inside == 4 and starts.waiting == 3, "four hang, three wait")
    for each in crowd[7:]:
        tasks.append(await starting(each))
        assert 0 < (parameter(await each.is_closed(4013), "retry_after_ms") or 0) < 20_000
    # Every start there is room for hangs, and the crew plays on.
    for _ in range(5):
        await ada.does(team.Get())
        await ada.does(team.Say("still here"))
    await holding.rollback()
    await rude.close()
    assert all("ok" in each for each in await asyncio.gather(*tasks[:7]))
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_starts_whose_session_is_held_by_somebody_do_not_keep_the_others_of_their_batch_waiting(make_game: Make) -> None:
    game = await make_game()
    held, *others = await crowd_of(game, 20)
    rude = await another(game.world)
    holding = rude.transaction()
    await holding.start()
    await rude.execute("select * from sessions where session_id = $1 for update", held.session_id)
    hanging = await starting(held)
    tasks = [await starting(each) for each in others]
    assert all("ok" in each for each in await asyncio.gather(*tasks))
    assert not hanging.done() or "ok" not in hanging.result()
    await holding.rollback()
    await rude.close()
    while "ok" not in (answer := await hanging):  # the second it may wait for a lock may be over
        assert cast(dict[str, object], answer["error"])["retryable"], answer
        hanging = asyncio.create_task(held.ask("session.start", {"token": held.token}))


async def test_a_start_whose_socket_has_gone_is_not_begun_any_more(make_game: Make) -> None:
    # It would take the session from where its captain is by now.
    game = await make_game(db={"lock_ms": 20_000, "statement_ms": 30_000})
    *hung, gone = await crowd_of(game, 3)
    rude = await another(game.world)
    holding = rude.transaction()
    await holding.start()
    await rude.execute("select * from sessions where session_id = any($1::uuid[]) for update", [each.session_id for each in (*hung, gone)])
    tasks = [await starting(each) for each in hung]
    starts = game.app.gate.starts
    await until(lambda: game.app.starts.alone.locked(), "two hang, each by itself")
    tasks.append(await starting(gone))
    await until(lambda: starts.inside == 3 and game.app.starts.batches == 5 and not game.app.starts.working, "the third waits for its turn")
    gone.cut()
    await until(lambda: len(game.app.gate.sockets) == 2, "it has gone")
    await holding.rollback()
    await rude.close()
    await asyncio.gather(*tasks, return_exceptions=True)
    await until(lambda: starts.inside == 0, "all have had their turn")
    assert await game.world.owner.fetchval("select fence from sessions where session_id = $1", gone.session_id) == 0


async def test_a_drain_lets_what_has_begun_end_and_begins_nothing_more(make_game: Make) -> None:
    game = await make_game(db={"lock_ms": 20_000, "statement_ms": 30_000})
    ada, late = await game.captain(), await game.captain(online=False)
    rude = await another(game.world)
    holding = rude.transaction()
    await holding.start()
    await rude.execute("select from sessions where session_id = $1 for update", late.session_id)
    await rude.execute("select from players where id = $1 for no key update", ada.player)
    starts = await starting(late)
    runs = await ada.send("player.update_settings", {"patch": {"audio": {"music": 0}}})
    await blocked(rude, 2)
    game.gateway.leave()
    for each in (ada, late):
        await each.hears("session.move")
    async with asyncio.timeout(8):
        while "ok" in (answer := await (await ada.send("team.directory"))):
            pass
    assert (answer["error"]["code"], answer["error"]["outcome"]) == ("unavailable", "none")
    assert ada.connected and late.connected, "what they asked for before is still under way"
    await holding.rollback()
    await rude.close()
    assert "ok" in await runs
    assert "ok" in await starts
    for each in (ada, late):
        await each.is_closed(4001)


async def test_of_one_batch_each_start_gets_the_answer_that_is_its_own(make_game: Make) -> None:
    game = await make_game()
    good, late, twice, renewed = await crowd_of(game, 4)
    starts, owner = game.app.starts, game.world.owner
    await owner.execute("update access_tokens set expires_at = now() - interval '1 s' where session_id = $1", late.session_id)
    await owner.execute(
        "insert into access_tokens (hash, session_id, expires_at) values ($1, $2, now() + interval '1 h')",
        tokens.hash_of("newer"),
        renewed.session_id,
    )
    asked = [good.token, late.token, twice.token, twice.token, renewed.token, "newer", "nobody's", ""]
    before = starts.batches
    found = await asyncio.gather(*(starts.identify(each, Client("test")) for each in asked), return_exceptions=True)
    # One for all, one for whose token came twice, and one for the second token of a session.
    assert starts.batches - before == 3
    ours = [each for each in found if isinstance(each, Identified)]
    assert [each.session_id for each in ours] == [each.session_id for each in (good, twice, twice, renewed, renewed)]
    fences = [each.caller.fence for each in ours]
    assert fences[2] == fences[1] + 1 and abs(fences[4] - fences[3]) == 1
    refused = [each.extra["reason"] for each in found if isinstance(each, Unauthenticated)]
    assert refused == ["expired", "refused", "refused"]
    assert all(each.streams.keys() == {"system", f"player:{each.player_id}"} for each in ours)


async def test_whoever_waits_too_long_for_a_start_is_told_to_come_back(make_game: Make) -> None:
    game = await make_game(limits={"scale": 0, "start_s": 0.5, "starts_at_once": 1})
    slow, waiting = await crowd_of(game, 2)
    rude = await another(game.world)
    holding = rude.transaction()
    await holding.start()
    await rude.execute("select * from sessions where session_id = $1 for update", slow.session_id)
    first = await starting(slow)
    await until(lambda: game.app.gate.starts.inside == 1, "one hangs")
    second = await starting(waiting)
    reason = await waiting.is_closed(4013)
    assert (parameter(reason, "retry_after_ms") or 0) >= 500
    await holding.rollback()
    await rude.close()
    await asyncio.gather(first, second, return_exceptions=True)
    assert "ok" in first.result()


async def test_a_crowd_at_one_address_does_not_keep_another_address_waiting(make_game: Make) -> None:
    game = await make_game(limits={"scale": 0, "starts_at_once": 1})
    done: list[str] = []
    turnstile = game.app.gate.starts

    async def start(network: str) -> None:
        async with turnstile.turn(network, 30.0):
            done.append(network)
            await asyncio.sleep(0)

    await asyncio.gather(*(start("192.0.2.1") for _ in range(50)), *(start("192.0.2.2") for _ in range(3)))
    assert [at for at, each in enumerate(done) if each == "192.0.2.2"][-1] < 10, done


async def test_a_captain_who_pipelines_waits_behind_himself(make_game: Make) -> None:
    """His commands hang on a row somebody holds: two of them at most have a connection, the others' play goes on."""
    game = await make_game()
    hog = await game.captain()
    others = [await game.captain() for _ in range(4)]
    founded = await hog.does(team.Create(name="Hogs"))
    rude = await another(game.world)
    holding = rude.transaction()
    await holding.start()
    await rude.execute("select * from teams where id = $1 for update", founded.team.team_id)
    asked = [await hog.send("team.update", {"description": f"{number}"}) for number in range(20)]
    await until(lambda: game.app.turns.heavy.waiting >= 10, "he waits behind himself")
    began = time.monotonic()
    await asyncio.gather(*(each.does(team.Get(team_id=founded.team.team_id)) for each in others))
    assert time.monotonic() - began < 0.9, "a lock timeout long"
    await holding.rollback()
    await rude.close()
    answers = await asyncio.gather(*asked)
    assert all("ok" in each or each["error"]["code"] == "unavailable" for each in answers)


async def test_commands_that_hang_leave_connections_for_those_who_arrive(make_game: Make) -> None:
    game = await make_game(db={"lock_ms": 20_000, "statement_ms": 30_000})
    crowd = [await game.captain() for _ in range(5)]
    newcomer = await game.captain(online=False)
    rude = await another(game.world)
    holding = rude.transaction()
    await holding.start()
    await rude.execute("select * from players for update")
    settings = {"patch": {"audio": {"music": 0}}}
    asked = [await each.send("player.update_settings", settings) for each in crowd for _ in range(2)]
    await blocked(rude, game.app.settings.db.pool_size - SPARE)
    assert game.app.turns.all.waiting == len(asked) - (game.app.settings.db.pool_size - SPARE)
    assert "ok" in await (await starting(newcomer))
    await holding.rollback()
    await rude.close()
    assert all("ok" in each for each in await asyncio.gather(*asked))


async def test_a_command_that_waited_for_its_turn_past_its_deadline_never_ran(make_game: Make) -> None:
    game = await make_game()
    hog = await game.captain()
    founded = await hog.does(team.Create(name="Hogs"))
    rude = await another(game.world)
    holding = rude.transaction()
    await holding.start()
    await rude.execute("select * from teams where id = $1 for update", founded.team.team_id)
    first = [await hog.send("team.update", {"description": f"{number}"}) for number in range(2)]
    late = await hog.send("team.update", {"description": "late"}, id="late", deadline_ms=300)
    error = (await late)["error"]
    assert (error["code"], error["outcome"]) == ("unavailable", "none")
    assert error["retry_after_ms"] > 0
    await holding.rollback()
    await rude.close()
    await asyncio.gather(*first)
    assert (await hog.does(team.Get())).team.description != "late"


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_a_turnstile_never_lets_too_many_in_and_forgets_everybody(at_once: int, share: int, seed: int) -> None:
    dice = random.Random(seed)

    async def run() -> None:
        turnstile, inside, served, refused = Turnstile(at_once, 20, share), dict.fromkeys("abc", 0), 0, 0

        async def work(key: str, stay: int, within_s: float) -> None:
            nonlocal served, refused
            try:
                async with turnstile.turn(key, within_s):
                    inside[key] += 1
                    assert sum(inside.values()) <= at_once
                    assert inside[key] <= share
                    try:
                        for _ in range(stay):
                            await asyncio.sleep(0)
                        served += 1
                    finally:
                        inside[key] -= 1
            except Crowded:
                refused += 1

        tasks = []
        for _ in range(40):
            tasks.append(asyncio.create_task(work(dice.choice("aaabc"), dice.randrange(4), dice.choice((0.0, 5.0, 5.0)))))
            if dice.random() < 0.3:
                dice.choice(tasks).cancel()
            if dice.random() < 0.5:
                await asyncio.sleep(0)
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert not [each for each in done if each is not None and not isinstance(each, asyncio.CancelledError)]
        assert (turnstile.inside, turnstile.waiting, len(turnstile._lines), len(turnstile._ready)) == (0, 0, 0, 0)
        assert served + refused + sum(isinstance(each, asyncio.CancelledError) for each in done) == 40

    asyncio.run(run())


async def test_sockets_that_go_in_the_middle_of_their_start_leave_the_database_as_it_was(make_game: Make) -> None:
    game = await make_game()
    ada, _ = await game.crew(2)
    crowd = await crowd_of(game, 40)
    for turn in range(4):
        for each in crowd:
            await each.dial()
            await each.send("session.start", {"token": each.token})
            if turn % 2:
                await asyncio.sleep(0)
            each.cut()
    await until(lambda: len(game.app.gate.sockets) == 2 and game.app.gate.starts.inside == 0, "they have all gone")
    await until(lambda: not game.app.gate._left, "and are forgotten", 10)
    for _ in range(20):
        await asyncio.gather(*(ada.does(team.Get()) for _ in range(8)))
    held = await game.world.owner.fetchval("select count(*) from sessions where gateway_id is not null")
    assert held == 2
    for each in crowd:
        await each.hang_up()


async def test_a_process_with_too_much_to_do_says_so_at_once(make_game: Make) -> None:
    game = await make_game(limits={"scale": 0, "queued": 3})
    hog = await game.captain()
    founded = await hog.does(team.Create(name="Hogs"))
    rude = await another(game.world)
    holding = rude.transaction()
    await holding.start()
    await rude.execute("select * from teams where id = $1 for update", founded.team.team_id)
    asked = [await hog.send("team.update", {"description": f"{number}"}) for number in range(3)]
    await until(lambda: game.app.gate.unanswered == 3, "three wait")
    error = (await (await hog.send("team.leave")))["error"]
    assert (error["code"], error["outcome"]) == ("unavailable", "none")
    assert 500 <= error["retry_after_ms"] <= 1_000
    await holding.rollback()
    await rude.close()
    await asyncio.gather(*asked)
    assert game.app.gate.unanswered == 0


async def test_six_sockets_whose_starts_do_not_see_each_other_are_five(make_game: Make) -> None:
    # Each of two gateways counts the account's sockets in its transaction, before the other's is committed.
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
    rude = await another(one.world)
    await rude.execute("select pg_advisory_lock(77)")
    for each, on in zip(others[3:], (one, two), strict=True):
        await each.dial(on=on)
    tasks = [asyncio.create_task(each.ask("session.start", {"token": each.token})) for each in others[3:]]
    await blocked(rude, 2)
    await rude.close()
    assert all("ok" in each for each in await asyncio.gather(*tasks))
    assert await first.is_closed(4520)
    assert all(each.connected for each in others)
    for each in others:
        await each.hang_up()


async def test_a_start_that_is_told_late_does_not_close_the_newer_one(make_game: Make) -> None:
    game = await make_game()
    ada = await game.captain(online=False)
    twin = Someone(game, ada.name, ada.player, ada.user)
    twin.token = ada.token
    gate, first, go_on = game.app.gate, asyncio.Event(), asyncio.Event()
    identify = gate.identify

    async def late(token: str, client: Client, wanted: Callable[[], bool]) -> Identified:
        """The database's answer to the first is slow to come."""
        found = await identify(token, client, wanted)
        if not first.is_set():
            first.set()
            await go_on.wait()
        return found

    gate.identify = late
    hanging = await starting(ada)
    await first.wait()
    await twin.dial()
    await twin.ask("session.start", {"token": twin.token})
    go_on.set()
    assert await ada.is_closed(4520)
    with pytest.raises(Lost):
        await hanging
    await twin.ask("player.update_settings", {"patch": {"audio": {"music": 0}}})
    assert twin.connected
    await twin.hang_up()
