"""What the application's role may do to the database, and what nobody else may."""

import asyncpg
import pytest

import migrations
from migrations import grants
from persistence.tables import Base
from tests.persistence.conftest import APP, OWNER, STRANGER, Database

RIGHTS = ("select", "insert", "update", "delete", "truncate", "references", "trigger")
FUNCTIONS = (
    "make_event_partitions(integer)",
    "retire_event_partitions(integer)",
    "redact_event(text, bigint, bytea)",
    "database_identity()",
)


async def test_the_application_is_no_superuser_and_owns_nothing(migrated: Database) -> None:
    connection = await migrated.connect(APP)
    role = await connection.fetchrow("select rolsuper, rolcreatedb, rolcreaterole, rolbypassrls from pg_roles where rolname = current_user")
    assert not any(role)
    owned = """select relname from pg_class where relowner = current_user::regrole
        union all select proname from pg_proc where proowner = current_user::regrole
        union all select nspname from pg_namespace where nspowner = current_user::regrole"""
    assert await connection.fetch(owned) == []
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("create table mine (a int)")
    await connection.close()


async def test_every_table_has_exactly_its_rights(migrated: Database) -> None:
    connection = await migrated.connect(APP)
    for table in (*Base.metadata.tables, "alembic_version"):
        has = {right for right in RIGHTS if await connection.fetchval("select has_table_privilege($1, $2)", table, right)}
        assert has == set(grants.rights(table).split(", ")), table
    await connection.close()


async def test_partitions_are_reached_through_their_parent_only(migrated: Database) -> None:
    connection = await migrated.connect(APP)
    await connection.fetchval("select make_event_partitions(20)")
    reachable = """select relname from pg_class where relispartition and relkind = 'r'
        and has_table_privilege(oid, 'select, insert, update, delete, truncate')"""
    assert await connection.fetch(reachable) == []
    await connection.close()


@pytest.mark.parametrize("table", sorted(grants.APPEND_ONLY))
async def test_what_is_written_stays_written(migrated: Database, table: str) -> None:
    connection = await migrated.connect(APP)
    column = next(iter(Base.metadata.tables[table].columns)).name
    for statement in (f"delete from {table}", f"update {table} set {column} = {column}", f"truncate {table} cascade"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


async def test_the_application_redacts_an_event_and_changes_nothing_else(migrated: Database) -> None:
    connection = await migrated.connect(APP)
    for seq in (1, 2):
        await connection.execute(
            "insert into stream_events (stream, seq, at, name, payload) values ('system', $1, now(), 'x', 'said')", seq
        )
    assert await connection.fetchval("select redact_event('system', 1, 'gone')")
    assert not await connection.fetchval("select redact_event('system', 3, 'gone')")
    rows = await connection.fetch("select seq, payload, name from stream_events order by seq")
    assert [tuple(row) for row in rows] == [(1, b"gone", "x"), (2, b"said", "x")]
    await connection.close()


async def test_the_identity_is_the_same_for_everybody_who_may_ask(migrated: Database) -> None:
    app, owner = await migrated.connect(APP), await migrated.connect(OWNER)
    identity = await app.fetchval("select database_identity()")
    system, timeline = identity.split(":")
    assert int(system) > 0 and int(timeline) == 1
    assert await owner.fetchval("select database_identity()") == identity
    await app.close()
    await owner.close()


@pytest.mark.parametrize("function", FUNCTIONS)
async def test_a_stranger_may_call_nothing_and_the_application_all(migrated: Database, function: str) -> None:
    connection = await migrated.connect()
    assert await connection.fetchval("select has_function_privilege($1, $2, 'execute')", APP, function)
    assert not await connection.fetchval("select has_function_privilege($1, $2, 'execute')", STRANGER, function)
    await connection.close()


async def test_a_stranger_reads_no_table(migrated: Database) -> None:
    connection = await migrated.connect(STRANGER)
    for table in Base.metadata.tables:
        assert not await connection.fetchval("select has_table_privilege($1, 'select, insert, update, delete')", table), table
    await connection.close()


async def test_functions_that_run_as_the_owner_trust_no_search_path(migrated: Database) -> None:
    connection = await migrated.connect()
    loose = """select proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
        and not coalesce(proconfig, '{}') @> array['search_path=pg_catalog, public']"""
    assert await connection.fetch(loose) == []
    await connection.close()


async def test_granting_again_takes_back_what_is_too_much(migrated: Database) -> None:
    owner = await migrated.connect()
    await owner.execute(f"grant update on stream_events to {APP}")
    assert not await migrations.upgrade(migrated.url(OWNER), APP)
    assert not await owner.fetchval("select has_table_privilege($1, 'stream_events', 'update')", APP)
    await owner.close()
