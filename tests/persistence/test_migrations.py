"""The way up equals the declared tables, the way down leaves nothing, and three at once is one."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import migrations
from persistence.tables import Base
from tests.persistence import catalogue
from tests.persistence.conftest import APP, OWNER, Database

T = TypeVar("T")


async def test_the_migrations_make_what_the_tables_declare(migrated: Database, empty: Database) -> None:
    await _with(empty, Base.metadata.create_all)
    by_classes, by_migrations = await empty.connect(), await migrated.connect()
    declared, made = await catalogue.read(by_classes), await catalogue.read(by_migrations)
    await by_classes.close()
    await by_migrations.close()
    for kind, rows in declared.items():
        assert made[kind] - rows == set(), f"{kind} made and not declared"
        assert rows - made[kind] == set(), f"{kind} declared and not made"
    assert len(declared["tables"]) == len(Base.metadata.tables)


async def test_alembic_finds_nothing_to_do(migrated: Database) -> None:
    def compare(connection: Connection) -> list[object]:
        options = {"include_name": migrations.is_ours, "compare_type": True, "compare_server_default": True}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))

    assert await _with(migrated, compare) == []


async def test_down_leaves_nothing_and_up_makes_it_again(migrated: Database) -> None:
    connection = await migrated.connect()
    before = await catalogue.read(connection)
    assert await migrations.downgrade(migrated.url(OWNER))
    left = await connection.fetch(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relname not like 'alembic_version%'"
        " union all select proname from pg_proc where pronamespace = 'public'::regnamespace"
        " union all select typname from pg_type where typnamespace = 'public'::regnamespace and typtype = 'e'"
    )
    assert left == []
    assert await migrations.current(migrated.url(OWNER)) is None
    assert await migrated.upgrade()
    assert await catalogue.read(connection) == before
    await connection.close()


async def test_three_at_once_all_succeed_and_one_migrates(empty: Database) -> None:
    changed = await asyncio.gather(*(empty.upgrade() for _ in range(3)))
    assert sorted(changed) == [False, False, True]
    assert await migrations.current(empty.url(APP)) == migrations.head()


async def test_current_is_none_where_nothing_was_migrated(empty: Database) -> None:
    assert await migrations.current(empty.url(OWNER)) is None


async def test_without_an_application_role_nothing_is_granted(empty: Database) -> None:
    assert await migrations.upgrade(empty.url(OWNER), None)
    connection = await empty.connect()
    assert not await connection.fetchval("select has_table_privilege($1, 'users', 'select')", APP)
    await connection.close()


async def test_every_step_can_be_undone_alone(empty: Database) -> None:
    await empty.upgrade()
    url = empty.url(OWNER)
    while (at := await migrations.current(url)) is not None:
        await migrations.downgrade(url, "-1")
        assert await migrations.current(url) != at
    await empty.upgrade()


async def _with(database: Database, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(database.url(OWNER).replace("postgresql:", "postgresql+asyncpg:"), poolclass=NullPool)
    async with engine.begin() as connection:
        return await connection.run_sync(work)
