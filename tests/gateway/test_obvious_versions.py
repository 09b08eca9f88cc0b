"""The obvious version of each delivery rule, run beside ours: it breaks where ours holds, so the rules' tests can fail.

Where a rule's own test lives elsewhere, docs/promises.md names it; here stands only what the obvious design would have done.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable
from hashlib import blake2b
from typing import Any

import asyncpg
import msgspec
import pytest

from persistence import events, hot
from protocol import team
from protocol.codec import Incoming
from protocol.message import fields_hash
from server.gateway.hub import Told
from server.handlers.talk import KEPT
from server.lanes import AT_MOST, Entry, Lane
from tests.gateway.neighbours import another, epoch_of, log_of, team_of
from tests.play import Game, Someone

Make = Callable[..., Awaitable[Game]]
NO_REDIS = "redis://127.0.0.1:1/0"  # nobody listens there: no hint ever arrives
SOON_S = 0.2  # for what must not have happened yet


@contextlib.asynccontextmanager
async def neighbours(game: Game, count: int = 2) -> AsyncIterator[list[asyncpg.Connection]]:
    """Connections of nobody in particular."""
    found = [await another(game.world) for _ in range(count)]
    yield found
    for each in found:
        each.terminate()


def lines(game: Game, *speakers: Someone, id: str) -> list[hot.Saying]:
    """One line of each, as the batched lane's statement takes it, with one id."""
    rows = []
    for one in speakers:
        caller = next(each.caller for each in game.app.gate.live.values() if each.player == one.player)
        assert caller is not None
        entry = Entry(caller, Incoming(id, "team.say", team.Say("said"), 5_000), time.monotonic() + 5, lambda *_: None)
        rows.append(game.app.lanes.of[team.Say].batch.row(entry))
    return rows


async def say(connection: asyncpg.Connection, rows: list[hot.Saying], *, wait: bool = False) -> list[str]:
    """What the statement says of each line."""
    return [each.state for each in await hot.say_many(connection, rows, dict.fromkeys(KEPT, b"no"), wait=wait)]


async def waits(work: asyncio.Future[Any]) -> bool:
    """Whether it has not ended soon."""
    return not (await asyncio.wait([work], timeout=SOON_S))[0]


async def nothing(_: object) -> None:
    """Nobody compares heads."""


async def test_rule_1_words_that_do_not_say_whom_they_drop_let_the_kicked_hear(make_game: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = await make_game(node="g1"), await make_game(node="g2", redis_url=NO_REDIS)
    ada, bo = await here.crew(2)
    await bo.start(on=there, resume=True)
    stream = await team_of(ada)
    before = there.app.hub.tails[stream].seq
    # Nor does one that has begun already: nothing but the words below is believed.
    monkeypatch.setattr(there.app.hub, "compare", nothing)
    monkeypatch.setattr(there.app.hub, "_repair", lambda _: None)
    await ada.does(team.Kick(bo.player))
    await ada.does(team.Say("he is gone"))
    words = [Told.of(row) for row in await log_of(here.world, stream, before)]
    for each in words:
        each.drops = None
    there.app.hub.told(stream, await epoch_of(here.world, stream), words)
    await bo.hears_line("he is gone")
    bo.state = None


async def test_rule_2_rights_read_in_the_statement_that_waits_are_those_of_before(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    stream = await team_of(ada)
    obvious = """with h as materialized (select head from streams where name = $1 for no key update)
                 select (select count(*) from team_members where player_id = $2) from h"""
    ours = lines(game, bo, id="late")
    async with neighbours(game, 3) as (kicker, one, two):
        async with kicker.transaction():
            await kicker.execute("select from streams where name = $1 for no key update", stream)
            asked = asyncio.ensure_future(one.fetchval(obvious, stream, bo.player))
            said = asyncio.ensure_future(say(two, ours, wait=True))
            assert await waits(asked) and await waits(said)
            await kicker.execute("delete from team_members where player_id = $1", bo.player)
        assert await asked == 1, "he was put out before the head was free, and may still speak"
        assert await said == ["team.none"]
    ada.state = bo.state = None  # put out behind everybody's back


async def test_rule_3_a_refusal_that_is_not_kept_becomes_an_acceptance(make_game: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    game = await make_game()
    ada, _ = await game.crew(2)
    founded = (await ada.does(team.Get())).team
    cid = await game.captain()
    monkeypatch.setattr(team.Closed, "kept", False)
    await game.world.owner.execute("update teams set recruitment_status = 'CLOSED'")
    await cid.is_refused(team.Closed, team.Join(founded.team_id), id="knock")
    await game.world.owner.execute("update teams set recruitment_status = 'OPEN'")
    await cid.does(team.Join(founded.team_id), id="knock")


async def test_rule_4_a_hard_lock_on_a_captain_meets_everybody_who_writes_in_their_name(make_game: Make) -> None:
    game = await make_game()
    ada, _ = await game.crew(2)
    for strength, meets in (("for update", True), ("for no key update", False)):
        async with neighbours(game) as (one, two):
            holding = one.transaction()
            await holding.start()
            await one.execute(f"select from players where id = $1 {strength}", ada.player)
            # The batch holds the head by now, and its insert asks for the row the message refers to.
            said = asyncio.ensure_future(say(two, lines(game, ada, id=strength)))
            assert await waits(said) is meets, strength
            await holding.rollback()
            assert await said == ["ok"]


async def test_rule_5_receipts_without_an_order_of_their_own_make_a_cycle_with_heads(make_game: Make) -> None:
    game = await make_game()
    ada, _ = await game.crew(2)
    stream = await team_of(ada)
    claim = "insert into receipts (account, id, hash, answer) values ($1, 'both', '', '')"
    head = "select from streams where name = $1 for no key update"
    async with neighbours(game) as (ordinary, batched):
        for each in (ordinary, batched):
            await each.execute("begin")
        await ordinary.execute(claim, ada.player)
        await batched.execute(head, stream)
        cycle = [batched.execute(claim, ada.player), ordinary.execute(head, stream)]
        ends = await asyncio.gather(*cycle, return_exceptions=True)
        assert [isinstance(each, asyncpg.DeadlockDetectedError) for each in ends].count(True) == 1
    async with neighbours(game) as (ordinary, batched), ordinary.transaction():
        # Ours asks for the id before any head, and does not wait for it.
        await ordinary.fetch("select * from claim_receipt($1, 'both', null, 0)", ada.player)
        assert await say(batched, lines(game, ada, id="both")) == ["busy"]
        await ordinary.execute(head, stream)


async def test_rule_5_a_missing_head_is_an_error_and_leaves_nothing(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    stream = await team_of(ada)
    await bo.hears("team.member_joined")
    await game.world.owner.execute("update streams set name = 'team:gone' where name = $1", stream)
    frame = await (await ada.send("team.say", {"text": "into the void"}, id="void"))
    await game.world.owner.execute("update streams set name = $1 where name = 'team:gone'", stream)
    assert frame["error"]["code"] == "internal"
    assert await game.world.owner.fetchval("select count(*) from messages") == 0
    await ada.ask("team.say", {"text": "into the void"}, id="void")
    await game.world.owner.execute("select 1")
    ada.state = bo.state = None


async def test_rule_6_a_batch_with_one_id_twice_dies_as_a_whole(make_game: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    async with neighbours(game, 1) as (one,):
        with pytest.raises(asyncpg.UniqueViolationError):
            await say(one, [*lines(game, ada, ada, id="twice"), *lines(game, bo, id="innocent")])
    # The lane merges them before: no call ever has an id twice, and no batch has to be halved to find out.
    calls: list[list[str]] = []
    perform = game.app.lanes.of[team.Say].batch.perform

    async def seen(connection: asyncpg.Connection, entries: Any, rows: Any, *, wait: bool) -> Any:
        calls.append([each.incoming.id for each in entries])
        return await perform(connection, entries, rows, wait=wait)

    monkeypatch.setattr(game.app.lanes.of[team.Say].batch, "perform", seen)
    answers: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
    caller = next(each.caller for each in game.app.gate.live.values() if each.player == ada.player)
    assert caller is not None
    for id in ("merged", "other", "merged", "merged"):
        say_it = Incoming(id, "team.say", team.Say("said"), 5_000)
        game.app.lanes.of[team.Say].submit(caller, say_it, time.monotonic() + 30, lambda id, outcome, _: answers.put_nowait((id, outcome)))
    given = [await answers.get() for _ in range(4)]
    assert len({outcome for id, outcome in given if id == "merged"}) == 1
    assert [sorted(each) for each in calls] == [["merged", "other"]]


async def test_rule_7_a_batch_that_waits_for_one_head_keeps_everybody_waiting(make_game: Make) -> None:
    game = await make_game()
    (stuck,), (free,) = await game.crew(1), await game.crew(1)
    async with neighbours(game) as (holder, lane):
        async with holder.transaction():
            await holder.execute("select from streams where name = $1 for update", await team_of(stuck))
            obvious = asyncio.ensure_future(say(lane, lines(game, stuck, free, id="waiting"), wait=True))
            assert await waits(obvious), "the innocent waits, too"
        assert await obvious == ["ok", "ok"]
        async with holder.transaction():
            await holder.execute("select from streams where name = $1 for update", await team_of(stuck))
            assert await say(lane, lines(game, stuck, free, id="skipping")) == ["again", "ok"]


async def test_rule_7_more_stuck_lines_than_a_batch_holds_are_in_nobodys_way(make_game: Make) -> None:
    game = await make_game()
    (stuck,), (free,) = await game.crew(1), await game.crew(1)
    caller = next(each.caller for each in game.app.gate.live.values() if each.player == stuck.player)
    assert caller is not None
    said: list[str] = []
    async with neighbours(game, 1) as (holder,), holder.transaction():
        await holder.execute("select from streams where name = $1 for update", await team_of(stuck))
        for number in range(AT_MOST + 1):
            line = Incoming(f"stuck {number}", "team.say", team.Say(str(number)), 15_000)
            game.app.lanes.of[team.Say].submit(caller, line, time.monotonic() + 60, lambda id, *_: said.append(id))
        async with asyncio.timeout(20):
            await free.does(team.Say("free"))
        assert said == []
    await stuck.hears_line(str(AT_MOST))
    assert [int(each) for each in stuck.lines()] == list(range(AT_MOST + 1))


async def test_rule_8_the_transactions_own_time_is_older_than_the_number_before(make_game: Make) -> None:
    game = await make_game()
    ada, _ = await game.crew(2)
    stream = await team_of(ada)
    async with neighbours(game, 1) as (slow,), slow.transaction():
        obvious = await slow.fetchval("select now()")
        await ada.does(team.Say("in between"))
        ours = await slow.fetchval("select at from hold_heads($1)", [stream])
        last = (await log_of(game.world, stream))[-1].at
        assert events.millis(obvious) < last <= events.millis(ours)


async def test_rule_9_a_streams_own_epoch_is_the_same_on_the_server_it_was_restored_to() -> None:
    stored = "8c6f1f4e0b0a4a53b2f1c6a7d5e4f3a2"
    assert events.wire_epoch(stored, "7012:1") != events.wire_epoch(stored, "7013:1"), "a dump loaded into another cluster"
    assert events.wire_epoch(stored, "7012:1") != events.wire_epoch(stored, "7012:2"), "recovery to a point in time"


async def test_rule_10_a_plain_drop_behind_a_reader_stops_every_insert(make_game: Make) -> None:
    game = await make_game()
    ada, _ = await game.crew(2)
    old = "create table stream_events_20200101 partition of stream_events for values from ('2020-01-01+00') to ('2020-01-02+00')"
    await game.world.owner.execute(old)
    async with neighbours(game) as (reader, dropper):
        async with reader.transaction():
            await reader.fetch("select * from stream_events")
            dropping = asyncio.ensure_future(dropper.execute("drop table stream_events_20200101", timeout=4 * SOON_S))
            assert await waits(dropping)
            said = asyncio.ensure_future(ada.does(team.Say("behind a drop")))
            assert await waits(said), "it waits behind the one who waits"
            with pytest.raises(TimeoutError):
                await dropping
            await said
            # Ours gives up after 50 ms, and who writes meanwhile does not notice.
            assert await game.world.owner.fetchval("select retire_event_partitions(8)") is None
            await ada.does(team.Say("behind ours"))
        assert await game.world.owner.fetchval("select retire_event_partitions(8)") == "stream_events_20200101"


async def test_rule_10_what_is_gone_is_seen_by_counting_and_not_by_asking_for_more(make_game: Make) -> None:
    game = await make_game()
    ada, _ = await game.crew(2)
    stream = await team_of(ada)
    await ada.does(team.Say("here"))
    await ada.does(team.Say("and here"))
    assert [row.seq for row in await log_of(game.world, stream)] == [1, 2, 3, 4, 5]
    await game.world.owner.execute("delete from stream_events where stream = $1 and seq = 2", stream)
    obvious = await game.world.owner.fetch("select seq from stream_events where stream = $1 and seq > 1 order by seq", stream)
    assert [row["seq"] for row in obvious] == [3, 4, 5], "a silent gap"
    page = await events.page_for(game.world.owner, stream, 1, ada.player)
    assert page is not None
    assert not page.whole
    ada.state = None


async def test_rule_11_a_lock_that_is_strengthened_later_meets_its_twin(make_game: Make) -> None:
    game = await make_game()
    ada = await game.captain()
    for first, dies in (("for share", True), ("for no key update", False)):
        async with neighbours(game) as some:

            async def spend(one: asyncpg.Connection, first: str = first) -> None:
                async with one.transaction():
                    await one.execute(f"select from players where id = $1 {first}", ada.player)
                    await asyncio.sleep(0.05)  # in which the twin does the same, if it can
                    await one.execute("update players set turns = turns where id = $1", ada.player)

            ends = await asyncio.gather(*map(spend, some), return_exceptions=True)
            assert [isinstance(each, asyncpg.DeadlockDetectedError) for each in ends].count(True) == int(dies), first


async def test_rule_12_a_number_read_before_its_head_is_held_is_somebody_elses(make_game: Make) -> None:
    game = await make_game()
    ada, _ = await game.crew(2)
    stream = await team_of(ada)
    async with neighbours(game, 1) as (slow,), slow.transaction():
        obvious = 1 + await slow.fetchval("select head from streams where name = $1", stream)
        await ada.does(team.Say("meanwhile"))
        ours = 1 + await slow.fetchval("select head from hold_heads($1)", [stream])
        taken = {row.seq for row in await log_of(game.world, stream)}
        assert obvious in taken
        assert ours not in taken


async def test_rule_13_state_and_heads_of_two_moments_lose_what_lies_between(make_game: Make) -> None:
    game = await make_game()
    ada, _ = await game.crew(2)
    stream = await team_of(ada)
    members, head = "select count(*) from team_members", "select head from streams where name = $1"
    for isolation, agrees in (("read_committed", False), ("repeatable_read", True)):
        async with neighbours(game, 1) as (one,), one.transaction(isolation=isolation, readonly=True):
            state = await one.fetchval(members)
            guest = await game.captain(credits=0)
            joined = await guest.ask("team.join", {"team_id": stream.removeprefix("team:")})
            known = joined["pos"][stream] <= await one.fetchval(head, stream)
            # Known to the head but not to the state: no fold ever brings the guest in.
            assert (known and state < await game.world.owner.fetchval(members)) is not agrees


def test_rule_14_bytes_differ_where_the_command_is_the_same() -> None:
    words = "caf\u00e9"
    sent = [
        msgspec.msgpack.encode({"text": words}),
        msgspec.msgpack.encode({"text": unicodedata.normalize("NFD", words)}),
        msgspec.msgpack.encode({"reply_to": None, "text": words}),
        msgspec.json.encode({"text": words}),
    ]
    assert len({blake2b(each).digest() for each in sent}) == 4
    assert len({fields_hash(team.Say(words)), fields_hash(team.Say(words, reply_to=None))}) == 1


async def test_rule_15_a_lane_that_looks_at_no_deadline_says_what_was_given_up(make_game: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    caller = next(each.caller for each in game.app.gate.live.values() if each.player == ada.player)
    assert caller is not None
    monkeypatch.setattr(Lane, "_due", lambda self, batch: batch)
    game.app.lanes.of[team.Say].submit(
        caller, Incoming("slept", "team.say", team.Say("given up"), 5_000), time.monotonic() - 1.0, lambda *_: None
    )
    await bo.hears_line("given up")


async def test_without_the_look_at_heads_a_lost_hint_is_lost_for_good(make_game: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = await make_game(node="g1"), await make_game(node="g2")
    ada, bo = await here.crew(2)
    await bo.start(on=there, resume=True)
    assert there.app.bus is not None
    lost: list[str] = []
    monkeypatch.setattr(there.app.bus, "told", lambda stream, *_: lost.append(stream))
    with monkeypatch.context() as patch:
        patch.setattr(there.app.hub, "compare", nothing)
        patch.setattr(there.app.hub, "_repair", lambda _: None)
        await ada.does(team.Say("lost?"))
        await there.silence(bo, of="team.said")
    # With it, and Redis healthy as far as anybody knows, a single lost hint costs two seconds at most.
    assert there.app.bus.healthy
    began = time.monotonic()
    await bo.hears_line("lost?")
    assert time.monotonic() - began < 2.5
    assert await team_of(ada) in lost
