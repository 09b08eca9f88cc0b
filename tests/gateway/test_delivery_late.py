"""Delivery rules, each by the story that breaks the obvious version (docs: delivery rules 10-15)."""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from protocol import team
from protocol.codec import Incoming
from protocol.messaging import Send
from protocol.session import Client, CommandStatus
from server.gateway import hub
from server.gateway.gate import Identified
from server.gateway.session import Session
from tests.gateway.neighbours import another, blocked, log_of, team_of
from tests.play import Game, Refused, Someone

Make = Callable[..., Awaitable[Game]]
NO_REDIS = "redis://127.0.0.1:1/0"


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


async def test_what_is_told_between_the_first_and_the_last_look_of_a_snapshot_is_in_it_once(make_game: Make) -> None:
    game = await make_game(db={"lock_ms": 20_000, "statement_ms": 30_000})
    ada, bo = await game.captain(), await game.captain()
    rude = await another(game.world)
    holding = rude.transaction()
    await holding.start()
    # The snapshot reads the heads first, then standing, and what is unread last.
    await rude.execute("lock table reputations in access exclusive mode")
    looking = asyncio.create_task(bo.look())
    await blocked(rude, 1)
    await ada.does(Send(str(bo.player), "in between"))
    await holding.rollback()
    await rude.close()
    await looking
    await bo.hears("message.received")
    assert bo.state is not None
    assert bo.state["unread"]["direct"] == 1
    assert (await bo.ask("session.snapshot"))["ok"]["unread"]["direct"] == 1


async def test_what_is_said_between_the_start_and_the_following_is_heard_at_once(make_game: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    # Neither Redis nor the look at all heads tells of it: only the comparison of what has just been attached.
    monkeypatch.setattr(hub, "POLL_S", 600.0)
    monkeypatch.setattr(hub, "POLL_UNHEALTHY_S", 600.0)
    here, there = await make_game(node="g1", redis_url=NO_REDIS), await make_game(node="g2", redis_url=NO_REDIS)
    ada, bo = await here.crew(2)
    identify = there.app.gate.identify

    async def begun(token: str, client: Client, wanted: Callable[[], bool]) -> Identified:
        """Heads are read; before anything is attached somebody speaks."""
        found = await identify(token, client, wanted)
        await ada.does(team.Say("in between"))
        return found

    there.app.gate.identify = begun
    await bo.start(on=there, resume=True)
    await bo.hears_line("in between")
    assert bo.lines() == ["in between"]


async def test_what_is_said_while_a_reader_takes_the_last_page_of_a_replay_is_not_skipped(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bo = await game.crew(2)
    await bo.hang_up()
    await ada.does(team.Say("missed"))
    ready, said = Session.ready, asyncio.Event()

    async def slowly(self: Session) -> bool:
        """By the time that all has been read the talk has gone on."""
        if self.player == bo.player and not said.is_set():
            said.set()
            await ada.does(team.Say("meanwhile"))
            await ada.hears_line("meanwhile")
        return await ready(self)

    monkeypatch.setattr(Session, "ready", slowly)
    await bo.start(resume=True)
    await bo.hears_line("meanwhile")
    assert bo.lines() == ["missed", "meanwhile"]


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
    async with asyncio.timeout(5):
        # Until it waits for the head on a connection of its own.
        while not game.app.lanes.of[team.Say].parks or any(game.app.lanes.of[team.Say].parks.values()):
            await asyncio.sleep(0.005)
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


async def test_a_second_send_of_a_stuck_line_is_given_up_at_its_own_deadline(make_game: Make) -> None:
    game = await make_game()
    (ada,) = await game.crew(1)
    neighbour = await another(game.world)
    holding = neighbour.transaction()
    await holding.start()
    await neighbour.execute("select from streams where name = $1 for update", await team_of(ada))
    await ada.send("team.say", {"text": "stuck"}, id="stuck", deadline_ms=15_000)
    second = await ada.send("team.say", {"text": "stuck"}, id="stuck", deadline_ms=200)
    refused = await second
    # Not `none`: the first send may still be said.
    assert (refused["error"]["code"], refused["error"]["outcome"]) == ("unavailable", "unknown")
    assert ada.lines() == []
    await holding.rollback()
    await neighbour.close()
    assert (await ada.hears("unasked"))["re"] == "stuck"  # the first send's answer, which nobody here waits for any more
    assert (await ada.ask("team.say", {"text": "stuck"}, id="stuck"))["replayed"]
    assert len(ada.lines()) == 1


async def test_a_command_whose_deadline_passed_in_the_queue_is_not_run(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    caller = next(iter(game.app.gate.live.values())).caller
    assert caller is not None
    answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def done(id: str, outcome: bytes, replayed: bool) -> None:
        answered.set_result(outcome)

    # As a gateway that slept between hearing and flushing.
    game.app.lanes.of[team.Say].submit(caller, Incoming("slept", "team.say", team.Say("slept"), 5_000), time.monotonic() - 0.001, done)
    refusal = msgspec.msgpack.decode(await answered)["error"]
    assert (refusal["code"], refusal["outcome"]) == ("unavailable", "none")
    await ada.does(team.Say("end"))
    await bo.hears_line("end")
    assert bo.lines() == ["end"]


async def test_a_hole_that_a_gateway_meets_in_the_log_resets_who_follows_and_life_goes_on(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    stream = await team_of(ada)
    # Two numbers were given, and the first of them is no longer kept.
    async with game.world.owner.transaction():
        await game.world.owner.execute(
            """insert into stream_events (stream, seq, at, name, payload, drops)
               select stream, seq + 2, at, name, payload, drops from stream_events where stream = $1 order by seq desc limit 1""",
            stream,
        )
        await game.world.owner.execute("update streams set head = head + 2 where name = $1", stream)
    for one in (ada, bo):
        assert (await one.hears("stream.reset"))["d"]["reason"] == "too_old"
    await ada.does(team.Say("after the hole"))
    await bo.hears_line("after the hole")


async def test_who_was_put_out_in_a_hole_of_the_log_hears_nothing_more_of_the_team(
    make_game: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("POLL_S", "POLL_UNHEALTHY_S"):
        monkeypatch.setattr(hub, name, 600.0)
    here, there = await make_game(node="g1", redis_url=NO_REDIS), await make_game(node="g2", redis_url=NO_REDIS)
    ada, bo, cid = await here.crew(3)
    stream = await team_of(ada)
    for one in (bo, cid):
        await one.start(on=there, resume=True)
    # Nobody has told his gateway yet, and what would tell it is no longer kept.
    await ada.does(team.Kick(bo.player))
    await here.world.owner.execute("delete from stream_events where stream = $1 and drops is not null", stream)
    await ada.does(team.Say("without him"))
    for each in (stream, f"player:{bo.player}"):
        there.app.hub.hurry(each)
    await bo.hears("team.exited")
    assert (await cid.hears("stream.reset"))["d"]["reason"] == "too_old"
    await ada.does(team.Say("the next line"))
    there.app.hub.hurry(stream)
    await cid.hears_line("the next line")
    assert bo.lines() == []
    bo.state = cid.state = None


async def test_a_line_that_was_given_up_in_the_queue_is_not_said_when_the_database_is_back(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    caller = next(each.caller for each in game.app.gate.live.values() if each.player == ada.player)
    assert caller is not None
    outcomes: list[bytes] = []
    # In one turn of the loop: no flush has begun, so it is told that nothing was done, long before its deadline.
    game.app.lanes.of[team.Say].submit(
        caller,
        Incoming("gone", "team.say", team.Say("gone"), 5_000),
        time.monotonic() + 30,
        lambda _, outcome, __: outcomes.append(outcome),
    )
    game.app.lanes.of[team.Say].give_up()
    assert [msgspec.msgpack.decode(each)["error"]["outcome"] for each in outcomes] == ["none"]
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


async def test_a_session_of_a_database_that_went_back_is_sent_to_a_snapshot_and_not_away(game: Game) -> None:
    """A restored backup holds older fences than the sockets that are open; nobody else is playing in their place."""
    ada = await game.captain()
    await game.world.owner.execute("update sessions set fence = fence - 1 where session_id = $1", ada.session_id)
    await ada.is_closed(4200)
    assert (await ada.start())["session_id"] == str(ada.session_id)
