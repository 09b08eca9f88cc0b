"""Receipts: for seven days the same id gets the same bytes, then its row goes, in small steps (P2)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import connect

from persistence import receipts, upkeep
from persistence.advice import amiss
from protocol import codec, team
from protocol.preferences import UpdateSettings
from protocol.session import CommandStatus
from tests.gateway.neighbours import another, log_of, team_of, until
from tests.play import Game, Refused, Someone

Make = Callable[..., Awaitable[Game]]


async def raw_answer(game: Game, someone: Someone, name: str, fields: dict[str, Any], id: str) -> bytes:
    """The bytes of an answer, on a connection of its own."""
    async with connect(game.ws, subprotocols=[codec.MSGPACK], compression=None) as socket:  # type: ignore[list-item]
        await socket.recv()
        await socket.send(msgspec.msgpack.encode({"t": "session.start", "id": "start", "d": {"token": someone.token}}))
        await socket.recv()
        await socket.send(msgspec.msgpack.encode({"t": name, "id": id, "d": fields}))
        while True:
            data = await socket.recv()
            assert isinstance(data, bytes)
            if msgspec.msgpack.decode(data).get("re") == id:
                return data


@pytest.mark.parametrize(
    ("name", "fields"), [("team.say", {"text": "once"}), ("team.update", {"description": "once"}), ("team.kick", {"player_id": None})]
)
async def test_within_seven_days_the_same_id_gives_the_same_bytes_and_no_second_effect(
    make_game: Make, name: str, fields: dict[str, Any]
) -> None:
    here, there = await make_game(node="g1"), await make_game(node="g2")
    ada, bo = await here.crew(2)
    fields = {key: value or str(here.app.id) for key, value in fields.items()}  # nobody's: a refusal is kept like an answer
    first = await raw_answer(here, ada, name, fields, "id")
    before = await log_of(here.world, await team_of(bo))
    await here.world.owner.execute("update receipts set at = at - interval '7 days' + interval '1 minute'")
    async with here.app.database.transaction() as db:
        assert await receipts.trim(db, 7) == 0
    second = await raw_answer(there, ada, name, fields, "id")
    plain = codec.as_map(first)
    assert codec.as_map(second) == {**plain, **({"replayed": True} if "ok" in plain else {})}
    # The same bytes, but for the mark.
    assert second.replace(b"\xa8replayed\xc3", b"")[1:] == first[1:]
    with pytest.raises(Refused, match="idempotency_mismatch"):
        await bo.ask("team.say", {"text": "another"}, id="x") and await bo.ask("team.say", {"text": "yet another"}, id="x")
    assert len(await log_of(here.world, await team_of(bo))) == len(before) + 1
    # Past the window the row goes, and the id means nothing any more.
    await here.world.owner.execute("update receipts set at = at - interval '2 minutes' where id = 'id'")
    async with here.app.database.transaction() as db:
        assert await receipts.trim(db, 7) == 1
    assert not codec.as_map(await raw_answer(here, ada, name, fields, "id")).get("replayed")


async def test_old_receipts_go_step_by_step_until_none_is_left_and_by_an_index(make_game: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    game = await make_game()
    ada = await game.captain()
    owner = game.world.owner
    monkeypatch.setattr(receipts, "STEP", 50)
    await owner.execute(
        """insert into receipts (account, id, hash, answer, at)
           select gen_random_uuid(), 'old ' || n, ''::bytea, ''::bytea, clock_timestamp() - interval '8 days' from generate_series(1, 1020) n"""
    )
    await owner.execute("update schedules set due_at = clock_timestamp() where name = 'upkeep.receipts'")
    async with asyncio.timeout(20):
        while await owner.fetchval("select count(*) from receipts where id like 'old %'"):
            await asyncio.sleep(0.05)
    steps = await owner.fetchval("select count(*) from receipts where id like 'upkeep.receipts@%'")
    assert steps >= 1_020 // 50, "in small steps, one after another and not one a minute"
    await ada.does(UpdateSettings({"audio": {"music": 0}}))
    # However large the table: the obvious clock_timestamp() is volatile, and no index would be asked.
    await owner.execute("analyze receipts; set enable_seqscan = off")
    for clock, found in (("now()", True), ("clock_timestamp()", False)):
        plan = "\n".join(
            row[0]
            for row in await owner.fetch(
                f"explain select ctid from receipts where at < {clock} - make_interval(days => 7) order by at limit 5"
            )
        )
        assert ("Index Cond" in plan) is found, plan


async def test_reads_go_over_midnight_without_a_gap(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    stream = await team_of(ada)
    await bo.hears("team.member_joined")
    await ada.does(team.Say("today"), id="today")
    await bo.hears_line("today")
    cursor = dict(bo.cursors[stream])
    await bo.hang_up()
    await ada.does(team.Say("still today"))
    # The stream's clock goes over midnight: event time never goes back, so what follows is tomorrow's.
    await game.world.owner.execute(
        "update streams set last_at = (date_trunc('day', clock_timestamp() at time zone 'UTC') + interval '1 day') at time zone 'UTC' where name = $1",
        stream,
    )
    await ada.does(team.Say("tomorrow"))
    days = await game.world.owner.fetch("select distinct tableoid::regclass::text as day from stream_events where stream = $1", stream)
    assert len(days) == 2
    await bo.start(cursors={**bo.cursors, stream: cursor})
    await bo.hears_line("tomorrow")
    assert bo.lines() == ["today", "still today", "tomorrow"]
    assert bo.resets == []
    assert (await ada.ask("team.say", {"text": "today"}, id="today"))["replayed"] is True
    ada.state = bo.state = None  # what is unread is counted by the clock, and the test moved it


async def test_readiness_warns_when_days_run_short(make_game: Make) -> None:
    game = await make_game()
    assert (await game.app.ready())[0]
    async with asyncio.timeout(10):
        # It makes what is missing, once an hour; not in the middle of this.
        while not await game.world.owner.fetchval(
            "select count(*) from schedules where name = 'upkeep.partitions' and last_run_at is not null"
        ):
            await asyncio.sleep(0.02)
    days = await game.world.owner.fetch(
        "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'stream_events'::regclass order by 1"
    )
    for row in days[-(upkeep.DAYS_AHEAD - upkeep.ALARM_BELOW + 1) :]:
        await game.world.owner.execute(f"drop table {row['relname']}")
    ok, checks = await game.app.ready()
    assert (ok, checks["event_days_ahead"]) == (False, upkeep.ALARM_BELOW - 1)
    async with game.app.database.transaction() as db:
        assert await upkeep.make_partitions(db) == upkeep.DAYS_AHEAD
    assert (await game.app.ready())[0]


async def test_a_server_that_may_forget_what_was_answered_is_told_of(make_game: Make) -> None:
    game = await make_game()
    # The tests' own server is one: fast, and not durable. The locks are as they must be.
    wrong = await upkeep.unfit_settings(game.world.owner)
    assert [line.split()[1] for line in wrong] == ["fsync", "full_page_writes", "synchronous_commit"]


async def test_a_server_with_too_few_locks_or_connections_is_told_of_with_the_line_that_helps(make_game: Make) -> None:
    owner = (await make_game()).world.owner
    assert await amiss(owner, 50) == []
    assert [(each.name, each.line[:41]) for each in await amiss(owner, 195)] == [
        ("max_connections", "alter system set max_connections = 205;  ")
    ]
    # What the server would say, had it been started with PostgreSQL's own defaults: only a start can change them.
    await owner.execute("create temp table pg_settings as select name, boot_val as setting from pg_catalog.pg_settings")
    found = {each.name: each.line for each in await amiss(owner, 95)}
    await owner.execute("drop table pg_temp.pg_settings")
    assert list(found) == ["deadlock_timeout", "max_locks_per_transaction", "max_connections"]
    assert "max_locks_per_transaction = 256;" in found["max_locks_per_transaction"]
    assert "max_connections = 105;" in found["max_connections"]


async def test_every_command_is_answered_by_its_deadline_and_settles_afterwards(make_game: Make) -> None:
    # Nothing else would end the wait: neither a lock that times out nor a statement.
    game = await make_game(db={"lock_ms": 60_000, "statement_ms": 60_000, "silent_ms": 60_000})
    ada, bo = await game.crew(2)
    neighbour = await another(game.world)
    holding = neighbour.transaction()
    await holding.start()
    await neighbour.execute("select from streams for update")
    began = time.monotonic()
    waits = {
        id: await one.send(name, fields, id=id, deadline_ms=deadline)
        for one, name, fields, id, deadline in (
            (ada, "team.say", {"text": "said?"}, "say", 300),
            (ada, "team.update", {"description": "updated?"}, "update", 300),
            (bo, "team.leave", {}, "leave", -5),
        )
    }
    for future in waits.values():
        async with asyncio.timeout(10):
            error = (await future)["error"]
        assert (error["code"], error["outcome"] in ("none", "unknown")) == ("unavailable", True)
    assert time.monotonic() - began < 3.0, "the deadlines are 0.3 s, and 0.1 s at least"
    assert (await bo.does(CommandStatus("leave"))).state in ("running", "never")
    await holding.commit()
    await neighbour.close()
    for one, id in ((ada, "say"), (ada, "update"), (bo, "leave")):
        states: list[str] = []
        async with asyncio.timeout(10):
            while not states or states[-1] == "running":
                states.append((await one.does(CommandStatus(id))).state)
        assert states[-1] in ("done", "never")
        assert (await one.does(CommandStatus(id))).state == states[-1], "asking settles"


@pytest.mark.parametrize(
    ("asked", "given"), [(None, 5_000), (1, 100), (99, 100), (100, 100), (15_000, 15_000), (60_000, 15_000), (-1, 100)]
)
def test_deadlines_are_clamped(asked: int | None, given: int) -> None:
    frame = {"t": "team.get", "id": "1", **({} if asked is None else {"deadline_ms": asked})}
    assert codec.decode(msgspec.msgpack.encode(frame), text=False).deadline_ms == given


_FAILS_AT_COMMIT = """
create or replace function breaks() returns trigger language plpgsql as $$ begin raise exception 'when all is written'; end $$;
create constraint trigger broken after update on streams deferrable initially deferred for each row execute function breaks()
"""


async def test_what_a_command_changes_and_what_it_tells_are_one(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    stream, owner = await team_of(ada), game.world.owner
    before = await log_of(game.world, stream)
    # Whichever half fails, the other does not happen, in both lanes; and nothing is kept, so that a retry may succeed.
    for table, name, fields in (
        ("stream_events", "team.say", {"text": "half"}),
        ("messages", "team.say", {"text": "half"}),
        ("receipts", "team.say", {"text": "half"}),
        ("stream_events", "team.leave", {}),
        ("receipts", "team.leave", {}),
        ("", "team.say", {"text": "half"}),
        ("", "team.leave", {}),
    ):
        if table:
            await owner.execute(f"alter table {table} add constraint broken check (false) not valid")
        else:
            await owner.execute(_FAILS_AT_COMMIT)
        frame = await (await bo.send(name, fields, id=name))
        await owner.execute(f"alter table {table} drop constraint broken" if table else "drop trigger broken on streams")
        assert frame["error"]["code"] == "internal"
        assert [row.seq for row in await log_of(game.world, stream)] == [row.seq for row in before]
        assert await owner.fetchval("select head from streams where name = $1", stream) == before[-1].seq
        assert await owner.fetchval("select count(*) from messages") == 0
        assert await owner.fetchval("select count(*) from receipts where id = $1", name) == 0
        assert await owner.fetchval("select count(*) from team_members") == 2
    await bo.ask("team.say", {"text": "whole"}, id="team.say")
    await bo.ask("team.leave", id="team.leave")
    await until(lambda: ada.lines() == ["whole"], "heard")
