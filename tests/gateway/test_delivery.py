"""Delivery rules, each by the story that breaks the obvious version (docs: delivery rules 1-9)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import asyncpg
import msgspec
import pytest
from uuid_utils.compat import uuid7

from persistence import events
from persistence.database import bump_epochs
from protocol import team
from protocol.types import Recruitment
from server.gateway.hub import Told
from tests.conftest import driver_args, of_database
from tests.gateway.neighbours import another, epoch_of, log_of, team_of, until
from tests.play import Game, Refused, Someone

Make = Callable[..., Awaitable[Game]]
NO_REDIS = "redis://127.0.0.1:1/0"  # nobody listens there: no hint ever arrives


# 1. Kicked, and still hearing.


@pytest.mark.parametrize("jump", [False, True], ids=["in order", "with a gap"])
async def test_a_kicked_captain_hears_nothing_more_even_when_the_word_of_the_kick_is_late(make_game: Make, jump: bool) -> None:
    here, there = await make_game(node="g1"), await make_game(node="g2", redis_url=NO_REDIS)
    ada, bo, cid = await here.crew(3)
    await bo.start(on=there, resume=True)
    await cid.start(on=there, resume=True)
    stream = await team_of(ada)
    before = there.app.hub.tails[stream].seq
    await ada.does(team.Kick(bo.player))
    for number in range(3):
        await ada.does(team.Say(f"he is gone {number}"))
    words = [Told.of(row) for row in await log_of(here.world, stream, before)]
    # The team's words come at once, the player's own word (the one that says "you are out") only with the poll.
    there.app.hub.told(stream, await epoch_of(here.world, stream), words[-1:] if jump else words)
    await cid.hears_line("he is gone 2")
    await bo.hears("team.exited")
    assert bo.lines() == []
    assert "team.member_left" not in [each["t"] for each in bo.heard]


async def test_after_a_disband_everybody_has_heard_the_end_and_nothing_later(make_game: Make) -> None:
    here, there = await make_game(node="g1"), await make_game(node="g2", redis_url=NO_REDIS)
    (ada,) = await here.crew(1)
    await ada.start(on=there, resume=True)
    stream = await team_of(ada)
    before = there.app.hub.tails[stream].seq
    await ada.does(team.Leave(disband_ok=True))
    rows = await log_of(here.world, stream, before)
    there.app.hub.told(stream, await epoch_of(here.world, stream), [Told.of(row) for row in rows])
    await ada.hears("team.disbanded")
    await ada.hears("team.exited")


async def test_who_is_put_out_has_heard_everything_that_was_said_before(make_game: Make) -> None:
    # The word of the kick overtakes the last lines before it: both streams are read, and the lines come first.
    here, there = await make_game(node="g1"), await make_game(node="g2", redis_url=NO_REDIS)
    ada, bo = await here.crew(2)
    await bo.start(on=there, resume=True)
    stream, own = await team_of(ada), f"player:{bo.player}"
    at = there.app.hub.tails[own].seq
    for number in range(3):
        await ada.does(team.Say(f"last words {number}"))
    await ada.does(team.Kick(bo.player))
    rows = await log_of(here.world, own, at)
    there.app.hub.told(own, await epoch_of(here.world, own), [Told.of(row) for row in rows])
    await bo.hears("team.exited")
    assert bo.lines() == ["last words 0", "last words 1", "last words 2"]
    assert bo.heard[-1]["t"] == "team.exited"
    assert stream not in bo.cursors


async def test_who_comes_and_goes_at_once_hears_the_team_in_between(make_game: Make) -> None:
    game = await make_game()
    ada = await game.captain()
    founded = await ada.does(team.Create(name="Blink", recruitment_status=Recruitment.OPEN))
    for number in range(20):
        bo = await game.captain(credits=0)
        joining = await bo.send("team.join", {"team_id": str(founded.team.team_id)})
        kicked = False
        while not kicked:
            try:
                await ada.does(team.Kick(bo.player))
                kicked = True
            except Refused:
                continue
        await joining
        await bo.hears("team.exited")
        seen = [each["t"] for each in bo.heard if each["t"].startswith("team.")]
        assert seen == ["team.entered", "team.member_joined", "team.exited"], number
        await bo.hang_up()


# Between the rules: reading the log back while the talk goes on.


async def test_a_log_read_in_the_middle_of_the_talk_resets_nobody(make_game: Make) -> None:
    here, there = await make_game(node="g1"), await make_game(node="g2")
    ada, bo = await here.crew(2)
    await bo.start(on=there, resume=True)
    tail = there.app.hub.tails[await team_of(ada)]
    sends = []
    for number in range(300):
        sends.append(await ada.send("team.say", {"text": f"line {number}"}))
        there.app.hub.hurry(tail.name)
        there.app.hub._repair(tail)
        await asyncio.sleep(0)
    await asyncio.gather(*sends)
    await bo.hears_line("line 299")
    assert bo.lines() == [f"line {number}" for number in range(300)]
    assert bo.resets == []


# 3. A refusal that becomes an acceptance.


async def test_a_refused_joining_stays_refused_under_its_id(game: Game) -> None:
    ada, _ = await game.crew(2)
    founded = (await ada.does(team.Get())).team
    await game.world.owner.execute("update teams set recruitment_status = 'CLOSED'")
    cid = await game.captain()
    no = await cid.is_refused(team.Closed, team.Join(founded.team_id), id="knock")
    await game.world.owner.execute("update teams set recruitment_status = 'OPEN'")
    again = await cid.is_refused(team.Closed, team.Join(founded.team_id), id="knock")
    assert again.error == no.error
    with pytest.raises(Refused, match="idempotency_mismatch"):
        await cid.ask("team.leave", id="knock")
    await cid.does(team.Join(founded.team_id), id="knock again")
    ada.state = cid.state = None  # the team's status was changed behind everybody's back


# 5. One id in both lanes at once.


async def test_one_id_in_both_lanes_at_once_is_one_line_and_nobody_waits(make_game: Make) -> None:
    batched, ordinary = await make_game(node="g1"), await make_game(node="g2", batched=False)
    ada, bo = await batched.crew(2)
    twin = Someone(ordinary, "Ada's other device", ada.player, ada.user)
    await twin.sign_in()
    await twin.start()
    slowest = 0.0
    for number in range(50):
        began = time.monotonic()
        lines = [await one.send("team.say", {"text": f"line {number}"}, id=f"id {number}") for one in (ada, twin)]
        first, second = await asyncio.gather(*lines)
        slowest = max(slowest, time.monotonic() - began)
        assert first["ok"] == second["ok"]
        assert first["pos"] == second["pos"]
        assert [first.get("replayed", False), second.get("replayed", False)].count(True) == 1
    await bo.hears_line("line 49")
    assert bo.lines() == [f"line {number}" for number in range(50)]
    assert slowest < 0.9, "somebody waited for a lock timeout"
    await twin.hang_up()


async def test_one_id_for_two_different_commands_at_once_has_one_winner(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    twin = Someone(game, "Ada's other device", ada.player, ada.user)
    await twin.sign_in()
    await twin.start()
    said = []
    for number in range(40):
        line, join = await asyncio.gather(
            ada.send("team.say", {"text": f"line {number}"}, id=f"both {number}"),
            twin.send("team.kick", {"player_id": str(uuid7())}, id=f"both {number}"),
        )
        one, two = await asyncio.gather(line, join)
        codes = (one.get("error", {}).get("code"), two.get("error", {}).get("code"))
        assert codes in ((None, "idempotency_mismatch"), ("idempotency_mismatch", "not_found")), codes
        if codes[0] is None:
            said.append(f"line {number}")
    await ada.does(team.Say("end"))
    await bo.hears_line("end")
    assert bo.lines() == [*said, "end"]
    await twin.hang_up()


# 6. Duplicates inside one batch.


async def test_one_frame_sent_many_times_at_once_is_one_line_with_one_answer(game: Game) -> None:
    ada, bo = await game.crew(2)
    same = msgspec.msgpack.encode({"t": "team.say", "id": "many", "d": {"text": "once"}})
    other = msgspec.msgpack.encode({"t": "team.say", "id": "many", "d": {"text": "twice"}})
    assert ada.socket is not None
    heard = len(ada.heard)
    for frame in (same, same, other, same, same):
        await ada.send_raw(frame)
    await until(lambda: len([1 for each in ada.heard[heard:] if each["t"] == "unasked"]) == 5, "five answers")
    answers = [each for each in ada.heard[heard:] if each["t"] == "unasked"]
    good = [each for each in answers if "ok" in each]
    assert len(good) == 4
    assert len({(each["ok"]["message_id"], each["ok"]["at"], tuple(each["pos"].items())) for each in good}) == 1
    assert [each.get("replayed", False) for each in good].count(False) == 1
    assert [each["error"]["code"] for each in answers if "error" in each] == ["idempotency_mismatch"]
    await ada.does(team.Say("end"))
    await bo.hears_line("end")
    assert bo.lines() == ["once", "end"]


async def test_a_kicked_sender_who_asks_again_gets_the_stored_answer(game: Game) -> None:
    ada, bo = await game.crew(2)
    first = await bo.ask("team.say", {"text": "remember me"}, id="mine")
    await ada.does(team.Kick(bo.player))
    again = await bo.ask("team.say", {"text": "remember me"}, id="mine")
    assert again.pop("replayed") is True
    assert again == first


async def test_a_retry_on_another_gateway_after_a_cut_gets_the_same_answer(make_game: Make) -> None:
    here, there = await make_game(node="g1"), await make_game(node="g2")
    ada, bo = await here.crew(2)
    for number in range(20):
        lost = await ada.send("team.say", {"text": f"line {number}"}, id=f"id {number}")
        lost.add_done_callback(lambda future: future.exception())
        ada.cut()
        await ada.start(on=(here, there)[number % 2], resume=True)
        await ada.ask("team.say", {"text": f"line {number}"}, id=f"id {number}")
    await bo.hears_line("line 19")
    assert bo.lines() == [f"line {number}" for number in range(20)]


# 8. Event time.


async def test_a_reader_in_the_middle_of_a_membership_is_served_that_one_to_its_end(game: Game) -> None:
    ada, bo = await game.crew(2)
    stream = await team_of(ada)
    since = bo.cursors[stream]["seq"]
    await ada.does(team.Say("one"))
    await ada.does(team.Kick(bo.player))
    await ada.does(team.Say("without him"))
    await bo.does(team.Join((await ada.does(team.Get())).team.team_id))
    await ada.does(team.Say("two"))
    page = await events.page_for(game.world.owner, stream, since, bo.player)
    assert page is not None
    assert ([row.name for row in page.rows], page.to, page.whole) == (["team.said"], since + 2, True)
    again = await events.page_for(game.world.owner, stream, since + 3, bo.player)
    assert again is not None
    assert ([row.name for row in again.rows], again.to) == (["team.member_joined", "team.said"], None)


async def test_event_time_never_goes_back_in_a_stream(game: Game) -> None:
    ada, bo = await game.crew(2)
    stream = await team_of(ada)
    neighbour = await another(game.world)
    async with neighbour.transaction():
        began = await neighbour.fetchval("select now()")  # an old transaction
        await ada.does(team.Say("in between"))
        held = await neighbour.fetchrow("select at from hold_heads($1)", [stream])
        last = (await log_of(game.world, stream))[-1].at
        assert events.millis(held["at"]) >= last >= events.millis(began)
    # A clock that jumped: the stream's last number is from the future.
    ahead = "update streams set last_at = clock_timestamp() + interval '1 hour' where name = $1 returning head, last_at"
    head, jumped = await game.world.owner.fetchrow(ahead, stream)
    await ada.does(team.Say("later"))
    await bo.does(team.Say("later still"))
    await ada.ask("team.update", {"description": "by the ordinary lane's last call"})
    cid = await game.captain(credits=0)
    await cid.does(team.Join((await ada.does(team.Get())).team.team_id))
    times = [row.at for row in await log_of(game.world, stream)]
    assert times == sorted(times)
    assert times[head] >= events.millis(jumped), "the first after the jump, in the batched lane"
    cid.state = None  # what is unread is counted by the clock, and we made it jump
    await neighbour.close()


# 9. Restore under live gateways.


async def test_bumped_epochs_reset_every_follower_and_life_goes_on(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    stream = await team_of(ada)
    old = dict(bo.cursors[stream])
    await bump_epochs(game.world.database_url)
    for one in (ada, bo):
        await until(lambda one=one: len(one.resets) == 3, "three resets")  # type: ignore[misc]
        assert {each["reason"] for each in one.resets} == {"epoch"}
        assert {each["stream"] for each in one.resets} == {"system", stream, f"player:{one.player}"}
    await ada.does(team.Say("a new age"))
    await bo.hears_line("a new age")
    cid = await game.captain(credits=0)
    bo.cursors[stream] = old
    bo.resets.clear()
    await bo.start(resume=True)
    reset = await bo.hears("stream.reset", lambda frame: frame["d"]["stream"] == stream)
    assert reset["d"]["reason"] == "epoch"
    await cid.hang_up()


async def test_a_restored_older_state_resets_and_the_reused_numbers_are_heard(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    stream, own = await team_of(ada), f"player:{bo.player}"
    for number in range(5):
        await ada.does(team.Say(f"lost {number}"))
    await bo.hears_line("lost 4")
    # As after a restore that nothing gives away but the numbers.
    async with game.world.owner.transaction():
        await game.world.owner.execute(
            "delete from stream_events where (stream = $1 and seq > 3) or (stream = $2 and seq > 0)", stream, own
        )
        await game.world.owner.execute("update streams set head = 3 where name = $1", stream)
        await game.world.owner.execute("update streams set head = 0 where name = $1", own)
    await until(lambda: {each["stream"] for each in bo.resets} >= {stream, own}, "resets")
    assert {each["reason"] for each in bo.resets} == {"ahead"}
    said = await ada.ask("team.say", {"text": "again"})
    assert said["pos"] == {stream: 4}
    assert (await bo.hears_line("again"))["s"] == 4
    # Reused numbers of the own stream steer again.
    await ada.does(team.Kick(bo.player))
    assert (await bo.hears("team.exited"))["s"] == 1
    heard = len(bo.heard)
    await ada.does(team.Say("without him"))
    await ada.hears_line("without him")
    await asyncio.sleep(0.1)
    assert bo.heard[heard:] == []
    founded = (await ada.does(team.Get())).team
    await bo.does(team.Join(founded.team_id))
    await ada.does(team.Say("with him"))
    await bo.hears_line("with him")


async def test_another_server_behind_the_address_is_another_epoch(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    stream = await team_of(ada)
    admin = await asyncpg.connect(**driver_args(of_database(game.world.admin_url, game.world.prefix)))
    await admin.execute("create or replace function database_identity() returns text language sql as $$ select 'another server' $$")
    await admin.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'callisto'"
    )
    await admin.close()
    await until(lambda: {each["stream"] for each in bo.resets} == {"system", stream, f"player:{bo.player}"}, "resets", 10)
    assert {each["reason"] for each in bo.resets} == {"epoch"}
    await ada.does(team.Say("we are elsewhere"))
    await bo.hears_line("we are elsewhere")
