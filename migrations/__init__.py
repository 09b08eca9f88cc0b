"""The way from an empty database to the declared tables, and back.

Run as the owner of the schema. The application's role gets its rights afterwards, from `migrations.grants`. Any number of
processes may call `upgrade` at once: one migrates, the others wait and find nothing to do.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from migrations import grants

LOCK = 0x0CA1_1157  # pg_advisory_xact_lock: one migration at a time in one database
LOCK_WAIT = "10s"  # rather fail than stand in front of everybody behind one slow reader

PARTITION = re.compile(r"stream_events_\d{8}")

Kind = Literal["schema", "table", "column", "index", "unique_constraint", "foreign_key_constraint", "check_constraint"]
T = TypeVar("T")


def is_ours(name: str | None, kind: Kind, _parents: object) -> bool:
    """Whether Alembic may look at this: everything but the daily partitions, which come and go without a migration."""
    return not (kind == "table" and name is not None and PARTITION.fullmatch(name))


async def upgrade(owner_url: str, app_role: str | None, revision: str = "head") -> bool:
    """Whether anything changed. Afterwards the database stands at `revision` and `app_role` has its rights (None: no grants)."""

    def work(connection: Connection) -> bool:
        before = _revision(connection)
        command.upgrade(_config(connection, app_role), revision)
        if app_role is not None:
            grants.apply(connection, app_role)
        return before != _revision(connection)

    return await _alone(owner_url, work)


async def downgrade(owner_url: str, revision: str = "base") -> bool:
    """Whether anything changed. Afterwards the database stands at `revision`; rows of dropped tables are gone."""

    def work(connection: Connection) -> bool:
        before = _revision(connection)
        command.downgrade(_config(connection, None), revision)
        return before != _revision(connection)

    return await _alone(owner_url, work)


async def current(url: str) -> str | None:
    """The revision a database stands at, or None where nothing was ever migrated. Any role that may read will do."""
    engine = create_async_engine(_driver_url(url), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_revision)
    finally:
        await engine.dispose()


def head() -> str:
    """The newest revision in this checkout."""
    found = ScriptDirectory.from_config(_config(None, None)).get_current_head()
    if found is None:
        raise LookupError("there is no migration")
    return found


def _config(connection: Connection | None, app_role: str | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["app_role"] = app_role
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _driver_url(url: str) -> str:
    return make_url(url).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


async def _alone(owner_url: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(_driver_url(owner_url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            await connection.execute(text(f"set local lock_timeout = '{LOCK_WAIT}'"))
            return await connection.run_sync(work)
    finally:
        await engine.dispose()
