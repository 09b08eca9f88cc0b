"""Delivery rules, each by the story that breaks the obvious version (docs: delivery rules 1-15)."""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import msgspec
import pytest
from uuid_utils.compat import uuid7

from persistence import events
from persistence.database import bump_epochs
from protocol import team
from protocol.codec import Incoming
from protocol.session import CommandStatus
from protocol.types import Recruitment
from server.gateway.hub import Told
from tests.conftest import driver_args, of_database
from tests.play import Game, Refused, Someone
from tests.world import World

Make = Callable[..., Awaitable[Game]]
NO_REDIS = "redis://127.0.0.1:1/0"  # nobody listens there: no hint ever arrives


async def until(done: Callable[[], bool], what: str, within_s: float = 5.0) -> None:
    """Waits for something that is bound to happen."""
    async with asyncio.timeout(within_s):
        while not done():
            await asyncio.sleep(0.005)
    assert done(), what


async def team_of(someone: Someone) -> str:
    """The team stream of a captain."""
    got = await someone.does(team.Get())
    return f"team:{got.team.team_id}"


async def log_of(world: World, stream: str, after: int = 0) -> list[events.Row]:
    """The stored events of a stream."""
    found = await events.page(world.owner, stream, after, 10_000)
    assert found is not None
    return found.rows


async def epoch_of(world: World, stream: str) -> str:
    """A stream's epoch on the server."""
    return str(await world.owner.fetchval("select epoch from streams where name = $1", stream))


async def another(world: World) -> asyncpg.Connection:
    """A rude neighbour's connection."""
    return await asyncpg.connect(**driver_args(world.owner_url))


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
    await game.world.owner.execute("update streams set last_at = clock_timestamp() + interval '1 hour' where name = $1", stream)
    await ada.does(team.Say("later"))
    await bo.does(team.Say("later still"))
    cid = await game.captain(credits=0)
    await cid.does(team.Join((await ada.does(team.Get())).team.team_id))
    times = [row.at for row in await log_of(game.world, stream)]
    assert times == sorted(times)
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


# 10. Retention.


async def test_a_cursor_whose_events_are_gone_is_too_old(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    stream = await team_of(ada)
    await bo.hears("team.member_joined")
    cursor = dict(bo.cursors[stream])
    await bo.hang_up()
    for number in range(6):
        await ada.does(team.Say(f"line {number}"))
    await game.world.owner.execute("delete from stream_events where stream = $1 and seq = $2", stream, cursor["seq"] + 1)
    await bo.start(cursors={stream: cursor})
    reset = await bo.hears("stream.reset")
    assert (reset["d"]["stream"], reset["d"]["reason"], reset["d"]["head"]) == (stream, "too_old", cursor["seq"] + 6)
    await ada.does(team.Say("live"))
    assert (await bo.hears_line("live"))["s"] == cursor["seq"] + 7
    assert bo.lines() == ["live"]


async def test_a_hole_in_a_later_page_of_a_replay_is_no_silent_gap(make_game: Make) -> None:
    game = await make_game(retention={"resume_events": 1_000})
    ada, bo = await game.crew(2)
    stream = await team_of(ada)
    await bo.hears("team.member_joined")
    cursor = dict(bo.cursors[stream])
    await bo.hang_up()
    await asyncio.gather(*[await ada.send("team.say", {"text": f"line {number}"}) for number in range(450)])
    await game.world.owner.execute("delete from stream_events where stream = $1 and seq = $2", stream, cursor["seq"] + 300)
    await bo.start(cursors={stream: cursor})
    reset = await bo.hears("stream.reset")
    assert reset["d"]["head"] == cursor["seq"] + 450
    await ada.does(team.Say("live"))
    assert (await bo.hears_line("live"))["s"] == cursor["seq"] + 451
    numbers = [each["s"] for each in bo.heard if each.get("st") == stream]
    assert cursor["seq"] + 300 not in numbers


async def test_more_than_may_be_replayed_is_too_old(make_game: Make) -> None:
    game = await make_game(retention={"resume_events": 100})
    ada, bo = await game.crew(2)
    stream = await team_of(ada)
    await bo.hears("team.member_joined")
    cursor = dict(bo.cursors[stream])
    await bo.hang_up()
    await asyncio.gather(*[await ada.send("team.say", {"text": f"line {number}"}) for number in range(101)])
    await bo.start(cursors={stream: cursor})
    assert (await bo.hears("stream.reset"))["d"]["reason"] == "too_old"
    await bo.hang_up()
    bo.resets.clear()
    later = bo.cursors[stream] = {**cursor, "seq": cursor["seq"] + 1}
    await bo.start(cursors={stream: later})
    await bo.hears_line("line 100")
    assert bo.resets == []


# 11. Deadlocks.


async def test_the_server_looks_for_deadlocks_long_before_a_lock_times_out(game: Game) -> None:
    assert await game.world.owner.fetchval("show deadlock_timeout") == "100ms"
    assert int(await game.world.owner.fetchval("show max_locks_per_transaction")) >= 256


async def test_a_deadlocked_command_is_tried_again_and_succeeds(game: Game) -> None:
    ada, bo = await game.crew(2)
    neighbour = await another(game.world)
    holding = neighbour.transaction()
    await holding.start()
    await neighbour.execute("select from players where id = $1 for update", bo.player)
    kicking = await ada.send("team.kick", {"player_id": str(bo.player)})
    await asyncio.sleep(0.05)  # by now it holds the team and waits for the player
    await neighbour.execute("select from teams for update")
    await holding.commit()
    answer = await kicking
    assert "ok" in answer, answer
    assert await game.world.owner.fetchval("select deadlocks from pg_stat_database where datname = current_database()") >= 0
    await bo.hears("team.exited")
    await neighbour.close()


# 12. Numbers that do not exist yet.


async def test_membership_begins_with_the_own_joining_and_ends_with_the_own_leaving(game: Game) -> None:
    ada, bo = await game.crew(2)
    stream = await team_of(ada)
    founded = (await ada.does(team.Get())).team
    talking = True

    async def talk() -> None:
        while talking:
            await ada.does(team.Say("blah"))

    chatter = asyncio.create_task(talk())
    guests = [await game.captain(credits=0) for _ in range(6)]
    for guest in guests:
        await guest.does(team.Join(founded.team_id))
    for guest in guests[:3]:
        await ada.does(team.Kick(guest.player))
    for guest in guests[3:]:
        await guest.does(team.Leave())
    talking = False
    await chatter
    joined, left = {}, {}
    for row in await log_of(game.world, stream):
        who = msgspec.msgpack.decode(row.payload).get("player_id")
        if row.name == "team.member_joined":
            joined[who] = row.seq
        elif row.name == "team.member_left":
            left[who] = row.seq
            assert row.drops == who
    for row in await game.world.owner.fetch("select player_id::text, from_seq, to_seq from team_memberships"):
        assert (row["from_seq"], row["to_seq"]) == (joined[row["player_id"]], left.get(row["player_id"]))
    for guest in guests:
        entered = await guest.hears("team.entered")
        await guest.hears("team.exited")
        assert entered["d"]["from_seq"] == joined[str(guest.player)]
        heard = [each["s"] for each in guest.heard if each.get("st") == stream]
        assert heard == list(range(joined[str(guest.player)], left[str(guest.player)]))


# 13. Snapshot against the live stream.


async def test_a_snapshot_taken_in_the_middle_of_everything_folds_to_the_next_one(game: Game) -> None:
    ada, bo, cid = await game.crew(3)
    founded = (await ada.does(team.Get())).team
    busy = True

    async def talk(one: Someone) -> None:
        while busy:
            await one.does(team.Say("blah"))

    async def come_and_go() -> None:
        while busy:
            guest = await game.captain(credits=0)
            await guest.does(team.Join(founded.team_id))
            await ada.does(team.Kick(guest.player))
            await guest.hears("team.exited")
            await guest.hang_up()

    work = [asyncio.create_task(talk(ada)), asyncio.create_task(talk(cid)), asyncio.create_task(come_and_go())]
    for _ in range(25):
        await bo.look()
        await asyncio.sleep(0.01)
    busy = False
    await asyncio.gather(*work)


# 14. What an id covers.


async def test_the_same_words_in_another_encoding_are_the_same_command(game: Game) -> None:
    ada, bo = await game.crew(2)
    words = "caf\u00e9 \u212b"
    first = await ada.ask("team.say", {"text": unicodedata.normalize("NFD", words)}, id="one")
    again = await ada.ask("team.say", {"reply_to": None, "text": unicodedata.normalize("NFC", words)}, id="one")
    assert again.pop("replayed") is True
    assert again == first
    json = Someone(game, "Ada in a browser", ada.player, ada.user, text=True)
    await json.sign_in()
    await json.start()
    there = await json.ask("team.say", {"text": unicodedata.normalize("NFC", words)}, id="one")
    assert there.pop("replayed") is True
    assert there == first
    assert (await bo.hears("team.said"))["d"]["text"] == unicodedata.normalize("NFC", words)
    await json.hang_up()


# 15. Late execution.


async def test_a_line_given_up_while_its_team_was_stuck_is_never_said(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    stream = await team_of(ada)
    neighbour = await another(game.world)
    holding = neighbour.transaction()
    await holding.start()
    await neighbour.execute("select from streams where name = $1 for update", stream)
    first = await ada.send("team.say", {"text": "first"}, deadline_ms=5_000)
    await asyncio.sleep(0.1)  # it waits for the head on a connection of its own by now
    assert (await ada.does(CommandStatus(str(_id_of(ada, first))))).state in ("running", "never")
    late = await (await ada.send("team.say", {"text": "late"}, id="late", deadline_ms=200))
    assert (late["error"]["code"], late["error"]["outcome"]) == ("unavailable", "none")
    await holding.commit()
    await neighbour.close()
    await first
    await ada.does(team.Say("end"))
    await bo.hears_line("end")
    assert "late" not in bo.lines()
    assert (await ada.does(CommandStatus("late"))).state == "never"
    with pytest.raises(Refused, match="conflict"):
        await ada.ask("team.say", {"text": "late"}, id="late")


def _id_of(someone: Someone, future: asyncio.Future[dict[str, Any]]) -> str:
    return next(id for id, each in someone._answers.items() if each is future)


async def test_a_command_whose_deadline_passed_in_the_queue_is_not_run(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    caller = next(iter(game.app.gate.live.values())).caller
    assert caller is not None
    answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def done(id: str, outcome: bytes, replayed: bool) -> None:
        answered.set_result(outcome)

    # As a gateway that slept between hearing and flushing.
    game.app.lane.submit(caller, Incoming("slept", "team.say", team.Say("slept"), 5_000), time.monotonic() - 0.001, done)
    refusal = msgspec.msgpack.decode(await answered)["error"]
    assert (refusal["code"], refusal["outcome"]) == ("unavailable", "none")
    await ada.does(team.Say("end"))
    await bo.hears_line("end")
    assert bo.lines() == ["end"]


@pytest.mark.parametrize("name", ["team.say", "team.leave"])
async def test_asking_what_became_of_a_command_settles_it(make_game: Make, name: str) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    fields = {"text": "hello"} if name == "team.say" else None
    assert (await bo.does(CommandStatus("unsent"))).state == "never"
    with pytest.raises(Refused, match="conflict"):
        await bo.ask(name, fields, id="unsent")
    done = await bo.ask(name, fields, id="sent")
    status = await bo.does(CommandStatus("sent"))
    assert (status.state, status.frame) == ("done", done)
    assert bo.lines() == ada.lines()


async def test_a_closing_socket_cancels_nothing_that_has_begun(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    stream = await team_of(ada)
    neighbour = await another(game.world)
    async with neighbour.transaction():
        await neighbour.execute("select from streams where name = $1 for update", stream)
        for text in ("on its way", "and this"):
            (await ada.send("team.say", {"text": text}, id=text)).add_done_callback(lambda future: future.exception())
        (await bo.send("team.leave", id="leaving")).add_done_callback(lambda future: future.exception())
        await asyncio.sleep(0.1)
        ada.cut()
        bo.cut()
        await asyncio.sleep(0.1)
    await neighbour.close()
    await asyncio.sleep(0.2)
    await ada.start(resume=True)
    for text in ("on its way", "and this"):
        assert (await ada.ask("team.say", {"text": text}, id=text))["replayed"] is True
    await bo.start(resume=True)
    assert (await bo.ask("team.leave", id="leaving"))["replayed"] is True
    assert [msgspec.msgpack.decode(row.payload)["text"] for row in await log_of(game.world, stream) if row.name == "team.said"] == [
        "on its way",
        "and this",
    ]
