"""Starting, resuming, being limited, and being moved: the life of a connection as captains live it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec
import pytest
import websockets
from websockets.asyncio.client import connect

from protocol import codec, team
from protocol.closes import Close, parameter
from protocol.message import REGISTRY
from protocol.session import Ping, Reauth
from tests.handlers.talk import chatter, stream_of
from tests.play import Game, Refused, Someone

Make = Callable[..., Awaitable[Game]]


async def test_a_captain_who_was_away_hears_exactly_what_was_missed(game: Game) -> None:
    ada, bo, cid = await game.crew(3)
    await ada.does(team.Say("first"))
    await bo.hears_line("first")
    for round_ in range(3):
        bo.cut()
        await chatter(ada, 30, f"round {round_}")
        await ada.does(team.Kick(cid.player)) if round_ == 1 else None
        began = await bo.start(resume=True)
        await ada.does(team.Say(f"end {round_}"))
        await bo.hears_line(f"end {round_}")
        assert bo.lines() == ada.lines()
        assert set(began["streams"]) == {"system", f"player:{bo.player}", await stream_of(ada)}
    assert bo.resets == []


async def test_without_a_cursor_a_stream_begins_live_at_its_head(game: Game) -> None:
    ada, bo = await game.crew(2)
    await bo.hang_up()
    await chatter(ada, 5)
    began = await bo.start(cursors={})
    assert began["streams"][await stream_of(ada)]["head"] == bo.cursors[await stream_of(ada)]["seq"]
    await ada.does(team.Say("live"))
    await bo.hears_line("live")
    assert bo.lines() == ["live"]
    bo.state = None


async def test_the_answer_to_the_start_comes_before_any_event(game: Game) -> None:
    ada, bo = await game.crew(2)
    stream = await stream_of(ada)
    await bo.hears("team.member_joined")
    cursors = {name: dict(at) for name, at in bo.cursors.items()}
    await bo.hang_up()
    await chatter(ada, 10)
    talk = asyncio.create_task(chatter(ada, 200, "more"))
    for _ in range(5):
        async with connect(game.ws, subprotocols=[websockets.Subprotocol(codec.MSGPACK)], compression=None, max_queue=None) as socket:
            await socket.recv()
            await socket.send(msgspec.msgpack.encode({"t": "session.start", "id": "1", "d": {"token": bo.token, "cursors": cursors}}))
            first = msgspec.msgpack.decode(await socket.recv())  # type: ignore[arg-type]
            assert first["re"] == "1"
            # What was missed follows at once, from the cursor to the head and on, without a gap.
            numbers: list[int] = []
            while len(numbers) < 10:
                frame = msgspec.msgpack.decode(await socket.recv())  # type: ignore[arg-type]
                if frame.get("st") == stream:
                    numbers.append(frame["s"])
            assert numbers == list(range(cursors[stream]["seq"] + 1, cursors[stream]["seq"] + 11))
    await talk


@pytest.mark.parametrize("case", ["ahead", "epoch"])
async def test_a_cursor_that_leads_nowhere_is_reset_and_the_stream_goes_on_live(make_game: Make, case: str) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    stream = await stream_of(ada)
    await bo.hang_up()
    await chatter(ada, 3)
    head = ada.cursors[stream]["seq"]
    wrong = {**bo.cursors[stream], **({"seq": head + 1_000} if case == "ahead" else {"epoch": "0123456789abcdef"})}
    began = await bo.start(cursors={**bo.cursors, stream: wrong})
    reset = (await bo.hears("stream.reset"))["d"]
    await asyncio.sleep(0.05)
    assert [each["stream"] for each in bo.resets] == [stream]
    assert reset == {"stream": stream, "epoch": began["streams"][stream]["epoch"], "head": began["streams"][stream]["head"], "reason": case}
    await ada.does(team.Say("live"))
    assert (await bo.hears_line("live"))["s"] == reset["head"] + 1


async def test_cursors_are_checked_and_those_of_others_are_ignored(game: Game) -> None:
    ada, bo = await game.crew(2)
    (cid,) = await game.crew(1)
    await cid.does(team.Say("ours alone"))
    await cid.hears_line("ours alone")
    good = {name: dict(at) for name, at in bo.cursors.items()}
    wrongs: tuple[Any, ...] = (
        {"system": {"epoch": "x"}}, {"system": {"epoch": "x", "seq": -1}}, {"system": {"epoch": "", "seq": 1}}, {"system": {"epoch": 7, "seq": 1}},
        {"system": {"epoch": "x", "seq": 1.5}}, {"system": {"epoch": "x", "seq": 1, "more": 1}}, {"system": 7}, [],
    )  # fmt: skip
    for wrong in wrongs:
        await bo.dial()
        with pytest.raises(Refused, match="bad_request"):
            await bo.ask("session.start", {"token": bo.token, "cursors": wrong})
    foreign = {
        await stream_of(cid): {"epoch": cid.cursors[await stream_of(cid)]["epoch"], "seq": 0},
        f"player:{cid.player}": {"epoch": "x", "seq": 0},
        "nonsense": {"epoch": "x", "seq": 0},
    }
    began = await bo.start(cursors={**good, **foreign})
    assert set(began["streams"]) == set(good)
    await game.silence(bo)
    assert bo.lines() == []


async def test_a_malformed_cursor_refuses_the_whole_start_as_a_bad_request(game: Game) -> None:
    ada = await game.captain(online=False)
    await ada.dial()
    with pytest.raises(Refused) as no:
        await ada.ask("session.start", {"token": ada.token, "cursors": {"system": {"epoch": "x", "seq": -1}}})
    assert no.value.code == "bad_request"
    assert no.value.error["fields"]


async def test_positions_name_only_what_the_caller_follows(game: Game) -> None:
    ada, bo, cid = await game.crew(3)
    stream = await stream_of(ada)
    own = f"player:{ada.player}"
    assert set((await ada.ask("team.say", {"text": "hello"}))["pos"]) == {stream}
    kicked = await ada.ask("team.kick", {"player_id": str(bo.player)})
    assert set(kicked["pos"]) == {stream}
    left = await cid.ask("team.leave")
    assert set(left["pos"]) == {f"player:{cid.player}"}
    dee = await game.captain()
    joined = await dee.ask("team.join", {"team_id": stream.removeprefix("team:")})
    assert set(joined["pos"]) == {stream, f"player:{dee.player}"}
    assert own not in joined["pos"]
    entered = await dee.hears("team.entered")
    assert joined["pos"][f"player:{dee.player}"] == entered["s"]


async def test_coming_back_to_a_team_the_numbers_jump_to_the_new_joining(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    stream = await stream_of(ada)
    await ada.does(team.Say("with him"))
    await bo.hears_line("with him")
    old = {name: dict(at) for name, at in bo.cursors.items()}
    bo.cut()
    await ada.does(team.Kick(bo.player))
    await chatter(ada, 5, "without him")
    other = Someone(game, "Bo elsewhere", bo.player, bo.user)
    await other.sign_in()
    await other.start()
    await other.does(team.Join((await ada.does(team.Get())).team.team_id))
    await ada.does(team.Say("with him again"))
    await bo.dial()
    answer = (await bo.ask("session.start", {"token": bo.token, "cursors": {stream: old[stream]}}))["ok"]
    first = answer["streams"][stream]["from"]
    bo.cursors[stream] = {"epoch": old[stream]["epoch"], "seq": first - 1}
    await bo.hears_line("with him again")
    assert next(each["s"] for each in bo.heard if each.get("st") == stream and each["s"] >= first) == first
    assert "without him 0" not in bo.lines()
    await other.hang_up()


async def test_renewing_the_token_keeps_the_connection(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    old, session_id = ada.token, ada.session_id
    await ada.sign_in()  # another session's token is none of this one's
    with pytest.raises(Refused, match="unauthenticated"):
        await ada.does(Reauth(ada.token))
    ada.token, ada.session_id = old, session_id
    assert (await ada.does(Reauth(old))).expires_at > time.time() * 1000
    await ada.does(team.Say("same socket"))
    await bo.hears_line("same socket")


async def test_a_token_that_runs_out_closes_the_connection_unless_renewed(make_game: Make) -> None:
    game = await make_game()
    ada = await game.captain(online=False)
    await game.world.owner.execute("update access_tokens set expires_at = clock_timestamp() + interval '0.7 seconds'")
    await ada.start()
    warned = await ada.hears("session.expiring")
    assert abs(warned["d"]["expires_at"] / 1000 - time.time() - 0.7) < 0.6
    await ada.is_closed(4400)


# Rates.


async def test_the_eleventh_line_within_a_minute_is_refused_and_says_when(make_game: Make) -> None:
    game = await make_game(limits={"scale": 1})
    ada, bo = await game.crew(2)
    for number in range(10):
        await ada.does(team.Say(f"line {number}"))
    with pytest.raises(Refused) as no:
        await ada.ask("team.say", {"text": "one too many"}, id="eleventh")
    assert (no.value.code, no.value.error["bucket"], no.value.error["limit"]) == ("rate_limited", "chat", 10)
    assert no.value.error["retryable"] is True
    assert 0 < no.value.error["retry_after_ms"] <= 6_100
    await bo.does(team.Say("others may"))
    # Another device of hers has no credit of its own, and the refused id is free.
    device = Someone(game, "Ada's other device", ada.player, ada.user)
    await device.sign_in()
    await device.start()
    with pytest.raises(Refused, match="rate_limited"):
        await device.ask("team.say", {"text": "nor from here"})
    await bo.hears_line("others may")
    assert "one too many" not in bo.lines()
    await device.hang_up()


async def test_what_is_refused_for_its_rate_or_its_shape_is_not_kept(make_game: Make) -> None:
    game = await make_game(limits={"scale": 1})
    ada, _ = await game.crew(2)
    answers = [await (await ada.send("team.say", {"text": "line"}, id=f"kept {number}")) for number in range(12)]
    refused = [number for number, each in enumerate(answers) if "error" in each]
    assert refused and {answers[number]["error"]["code"] for number in refused} == {"rate_limited"}
    assert (await (await ada.send("team.say", {"text": 5}, id="kept of no shape")))["error"]["code"] == "bad_request"
    kept = {row[0] for row in await game.world.owner.fetch("select id from receipts where id like 'kept %'")}
    assert kept == {f"kept {number}" for number in range(12) if number not in refused}
    # An id that was refused so may still be anything.
    settings = {"patch": {"audio": {"music": 0}}}
    assert not (await ada.ask("player.update_settings", settings, id=f"kept {refused[-1]}")).get("replayed")


async def test_who_keeps_asking_too_fast_is_told_and_then_closed(make_game: Make) -> None:
    game = await make_game(limits={"scale": 1})
    ada = await game.captain()
    neighbour = await game.captain()
    ping = msgspec.msgpack.encode({"t": "session.ping", "id": "p"})
    heard = len(ada.heard)
    with contextlib.suppress(websockets.ConnectionClosed):
        for _ in range(300):
            await ada.send_raw(ping)
    reason = await ada.is_closed(4008)
    assert 5_000 < (parameter(reason, "retry_after_ms") or 0) <= 7_501
    answers = [each for each in ada.heard[heard:] if each["t"] == "unasked"]
    refused = [each["error"] for each in answers if "error" in each]
    assert 40 - 5 <= len(answers) - len(refused) <= 50
    assert {each["code"] for each in refused} == {"rate_limited"}
    assert {each["bucket"] for each in refused} == {"commands"}
    assert 115 <= len(refused) <= 135
    await neighbour.does(Ping())


async def test_the_scale_multiplies_the_rates(make_game: Make) -> None:
    game = await make_game(limits={"scale": 3})
    ada, _ = await game.crew(2)
    for number in range(30):
        await ada.does(team.Say(f"line {number}"))
    with pytest.raises(Refused, match="rate_limited"):
        await ada.does(team.Say("the thirty-first"))


# Being moved.


async def test_a_gateway_that_leaves_says_so_answers_what_runs_and_loses_nothing(make_game: Make) -> None:
    here, there = await make_game(node="g1"), await make_game(node="g2")
    ada, bo = await here.crew(2)
    crowd = [await here.captain() for _ in range(10)]
    acked: list[str] = []
    unsure: list[str] = []

    async def talk() -> None:
        with contextlib.suppress(Exception):
            for number in range(100_000):
                answer = await (await ada.send("team.say", {"text": f"line {number}"}, id=f"line {number}"))
                if "ok" in answer:
                    acked.append(f"line {number}")
                else:
                    assert (answer["error"]["code"], answer["error"]["outcome"]) == ("unavailable", "none"), answer
                    unsure.append(f"line {number}")

    talking = asyncio.create_task(talk())
    async with asyncio.timeout(20):
        while len(acked) <= 20:
            await asyncio.sleep(0.005)
    here.gateway.leave()
    for one in (ada, bo, *crowd):
        moved = await one.hears("session.move")
        assert moved["d"]["reason"] == "server_restart"
        reason = await one.is_closed(4001)
        assert parameter(reason, "after_ms") == moved["d"]["after_ms"]
    await talking
    for one in (ada, bo, *crowd):
        await one.start(on=there, resume=True)
    await ada.does(team.Say("over here"))
    await bo.hears_line("over here")
    assert ada.lines() == bo.lines()
    assert [each for each in bo.lines() if each in set(acked)] == acked
    assert not set(unsure) & set(bo.lines())
    await there.converges()


async def test_a_signed_out_or_banned_captain_is_closed_even_without_redis(make_game: Make) -> None:
    game = await make_game(redis_url="redis://127.0.0.1:1/0")
    ada, bo, cid = await game.crew(3)
    began = time.monotonic()
    await game.world.owner.execute("update sessions set revoked_at = clock_timestamp() where session_id = $1", ada.session_id)
    await game.world.owner.execute("update players set is_active = false where id = $1", bo.player)
    await ada.is_closed(4521)
    await bo.is_closed(4523)
    assert time.monotonic() - began < 2.0
    await cid.does(team.Say("I am still here"))
    bo.state = None


async def test_who_may_not_act_any_more_is_refused_before_the_socket_is_closed(game: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, bo = await game.crew(2)

    async def nobody(_: object) -> dict[UUID, Close]:
        return {}

    # The look at all sessions has not come round yet.
    with monkeypatch.context() as patch:
        patch.setattr(game.app, "ended", nobody)
        await _is_refused_everything(game, bo)
    await bo.is_closed(4521)
    assert bo.lines() == ada.lines() == []


async def _is_refused_everything(game: Game, bo: Someone) -> None:
    await game.world.owner.execute("update sessions set revoked_at = clock_timestamp() where session_id = $1", bo.session_id)
    for name, fields in (("team.say", {"text": "quick"}), ("team.leave", None)):
        with pytest.raises(Refused, match="unauthenticated"):
            await bo.ask(name, fields)


async def test_a_gateway_whose_lease_is_over_tells_nobody_news_until_it_knows_whose_they_are(make_game: Make) -> None:
    one, two = await make_game(node="g1"), await make_game(node="g2")
    ada, bo = await one.crew(2)
    # As a process that was frozen for longer than its lease.
    one.app.gate.leased_until = 0.0
    await ada.does(team.Say("who hears me?"))
    await one.silence(ada, bo)
    taken_over = Someone(one, bo.name, bo.player, bo.user)
    taken_over.token, taken_over.cursors = bo.token, {name: dict(at) for name, at in bo.cursors.items()}
    await taken_over.start(on=two, resume=True)
    await taken_over.hears_line("who hears me?")
    await one.app.gate.renewed(time.monotonic() + 15.0)
    await ada.hears_line("who hears me?")
    assert await bo.is_closed(4520)
    assert bo.lines() == []
    await taken_over.hang_up()


@pytest.mark.parametrize("batched", [True, False], ids=["batched", "ordinary"])
async def test_a_gateway_that_does_not_know_of_a_newer_socket_does_nothing_for_the_older_one(make_game: Make, batched: bool) -> None:
    game = await make_game(batched=batched)
    ada, bo = await game.crew(2)
    caller = next(each.caller for each in game.app.gate.live.values() if each.player == ada.player)
    assert caller is not None
    # As a gateway has it that slept while the session began anew elsewhere.
    older = replace(caller, fence=caller.fence - 1)
    for command in (team.Say("from before"), team.Leave()):
        name, outcomes = REGISTRY.names[type(command)], asyncio.Queue[bytes]()

        def told(_: str, outcome: bytes, __: bool, outcomes: asyncio.Queue[bytes] = outcomes) -> None:
            outcomes.put_nowait(outcome)

        game.app.perform(older, codec.Incoming(name, name, command, 5_000), time.monotonic() + 20, told)
        assert msgspec.msgpack.decode(await outcomes.get())["error"]["code"] == "unauthenticated"
    await ada.does(team.Say("and now"))
    await bo.hears_line("and now")
    assert bo.lines() == ["and now"]


async def test_six_sockets_of_one_account_over_two_gateways_are_five(make_game: Make) -> None:
    one, two = await make_game(node="g1"), await make_game(node="g2")
    first = await one.captain()
    sockets = [first]
    for number in range(5):
        another = Someone(one, first.name, first.player, first.user)
        await another.sign_in()
        await another.start(on=(one, two)[number % 2])
        sockets.append(another)
    assert await first.is_closed(4520)
    assert all(each.connected for each in sockets[1:])
    for each in sockets[1:]:
        await each.hang_up()


@pytest.mark.parametrize("seq", [2**31 - 2, 2**31 - 1, 2**31, 2**53 - 1])
async def test_a_cursor_far_ahead_is_reset_and_the_stream_goes_on(game: Game, seq: int) -> None:
    ada = await game.captain()
    own = f"player:{ada.player}"
    await ada.start(cursors={own: {"epoch": ada.cursors[own]["epoch"], "seq": seq}})
    reset = await ada.hears("stream.reset")
    assert (reset["d"]["stream"], reset["d"]["reason"]) == (own, "ahead")
    await ada.does(team.Create(name="Still here"))
    await ada.hears("team.entered")


async def test_an_id_that_is_not_in_its_normal_form_is_no_id(game: Game) -> None:
    ada = await game.captain()
    await ada.send("team.get", id="e\u0301")
    refused = await ada.hears("unasked")
    assert (refused["re"], refused["error"]["code"]) == (None, "bad_request")
