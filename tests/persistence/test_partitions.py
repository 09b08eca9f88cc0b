"""Days of events: fourteen ahead, none in a default, made by anybody at any time, removed one a day."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from tests.persistence.conftest import APP, Database

INSERT = "insert into stream_events (stream, seq, at, name, payload) values ('system', $1, $2, 'x', 'said')"
PARTITIONS = """
    select c.relname, pg_get_expr(c.relpartbound, c.oid) as bound from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'stream_events'::regclass order by 1"""
OLD = "create table {0} partition of stream_events for values from ('{1}+00') to ('{2}+00')"


async def _names(connection: asyncpg.Connection) -> list[str]:
    return [row["relname"] for row in await connection.fetch(PARTITIONS)]


def _day(days: int) -> datetime:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days)


async def _add_day(connection: asyncpg.Connection, days: int) -> str:
    name = f"stream_events_{_day(days):%Y%m%d}"
    await connection.execute(OLD.format(name, f"{_day(days):%Y-%m-%d}", f"{_day(days + 1):%Y-%m-%d}"))
    return name


async def test_days_run_from_yesterday_to_fourteen_ahead_and_there_is_no_default(migrated: Database) -> None:
    connection = await migrated.connect()
    rows = await connection.fetch(PARTITIONS)
    await connection.close()
    assert [row["relname"] for row in rows] == [f"stream_events_{_day(n):%Y%m%d}" for n in range(-1, 15)]
    assert not any(row["bound"] == "DEFAULT" for row in rows)


async def test_an_event_outside_all_days_is_an_error_and_not_lost(migrated: Database) -> None:
    connection = await migrated.connect(APP)
    await connection.execute(INSERT, 1, _day(14) + timedelta(hours=23))
    with pytest.raises(asyncpg.CheckViolationError, match="no partition"):
        await connection.execute(INSERT, 2, _day(15))
    await connection.close()


async def test_making_days_twice_or_at_once_makes_them_once(migrated: Database) -> None:
    connections = [await migrated.connect(APP) for _ in range(4)]
    ahead = await asyncio.gather(*(c.fetchval("select make_event_partitions(20)") for c in connections))
    assert ahead == [20] * 4
    assert await connections[0].fetchval("select make_event_partitions(3)") == 20
    assert len(await _names(connections[0])) == 22
    for connection in connections:
        await connection.close()


async def test_days_bounds_are_utc_whatever_the_session_thinks(migrated: Database) -> None:
    connection = await migrated.connect(APP)
    await connection.execute("set timezone = 'Pacific/Kiritimati'")
    await connection.fetchval("select make_event_partitions(16)")
    await connection.execute("set timezone = 'UTC'")
    last = (await connection.fetch(PARTITIONS))[-1]
    assert f"'{_day(16):%Y-%m-%d} 00:00:00+00'" in last["bound"]
    await connection.close()


async def test_making_a_day_does_not_wait_for_a_writer_nor_a_writer_for_it(migrated: Database) -> None:
    writer, maker = await migrated.connect(APP), await migrated.connect(APP)
    async with writer.transaction():
        await writer.execute(INSERT, 1, _day(0))
        async with maker.transaction():
            assert await maker.fetchval("select make_event_partitions(15)", timeout=5) == 15
            await writer.execute(INSERT, 2, _day(0), timeout=5)
    await writer.close()
    await maker.close()


async def test_a_new_day_carries_the_key(migrated: Database) -> None:
    connection = await migrated.connect(APP)
    await connection.fetchval("select make_event_partitions(15)")
    await connection.execute(INSERT, 1, _day(15))
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute(INSERT, 1, _day(15))
    await connection.close()


async def test_one_old_day_goes_a_day_the_oldest_first(migrated: Database) -> None:
    owner, app = await migrated.connect(), await migrated.connect(APP)
    older, old = await _add_day(owner, -12), await _add_day(owner, -11)
    assert await app.fetchval("select retire_event_partitions(30)") is None
    assert await app.fetchval("select retire_event_partitions(7)") == older
    assert await app.fetchval("select retire_event_partitions(7)") is None
    await owner.execute("update event_retention set removed_on = removed_on - 1")
    assert await app.fetchval("select retire_event_partitions(7)") == old
    assert older not in await _names(app) and old not in await _names(app)
    await owner.close()
    await app.close()


async def test_the_newest_days_stay_whatever_is_asked(migrated: Database) -> None:
    connection = await migrated.connect(APP)
    assert await connection.fetchval("select retire_event_partitions(-5)") is None
    assert len(await _names(connection)) == 16
    await connection.close()


async def test_behind_a_reader_removal_gives_up_soon_and_works_later(migrated: Database) -> None:
    owner, app, reader = await migrated.connect(), await migrated.connect(APP), await migrated.connect(APP)
    old = await _add_day(owner, -12)
    async with reader.transaction():
        await reader.fetch("select * from stream_events")
        assert await app.fetchval("select retire_event_partitions(7)", timeout=2) is None
        await app.execute(INSERT, 1, _day(0), timeout=2)
    assert await app.fetchval("select retire_event_partitions(7)") == old
    for connection in (owner, app, reader):
        await connection.close()
