"""The engine, its transactions, and the order in which locks are taken.

Lock order, everywhere: the receipt's advisory lock, membership rows, domain rows and accounts by ascending id, stream heads
last and by name. Only what can be said in one transaction is promised; nobody but `transaction` commits.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from persistence.breaker import Breaker

# Codes after which running the command again may succeed: serialisation failure, deadlock.
AGAIN = frozenset(("40001", "40P01"))
LOCKED = "55P03"
FULL = "53100"
# Linux: unacknowledged for 4 s; idle for 5 s, then a probe each 2 s, and 2 missed ones.
KERNEL = {"TCP_USER_TIMEOUT": 4_000, "TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 2}


# SQLAlchemy names every statement it prepares, unless told to give the empty name.
_UNNAMED: dict[str, Any] = {"prepared_statement_cache_size": 0, "prepared_statement_name_func": str}
_HAS_IDENTITY = "select to_regprocedure('database_identity()') is not null"
_IDENTITY = "select database_identity()"


def normal_url(url: str) -> str:
    """`postgres://`, `postgresql://` and `postgresql+asyncpg://` alike, as SQLAlchemy with asyncpg wants it."""
    scheme, _, rest = url.partition("://")
    if scheme not in ("postgres", "postgresql", "postgresql+asyncpg"):
        raise ValueError(f"not a PostgreSQL address: {scheme}://")
    parts = urlsplit("postgresql+asyncpg://" + rest)
    query = [("ssl" if key == "sslmode" else key, value) for key, value in parse_qsl(parts.query)]
    return urlunsplit(parts._replace(query=urlencode(query, safe="/:")))


class Database:
    """One process's way to PostgreSQL."""

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 8,
        prepared: bool = True,
        statement_ms: int = 3_000,
        lock_ms: int = 1_000,
        idle_ms: int = 5_000,
        silent_ms: int = 700,
    ) -> None:
        self.identity = ""
        """System identifier and timeline of the server, as the newest connection saw it."""
        self.url = normal_url(url)
        self.prepared = prepared
        bounds = {
            "statement_timeout": str(statement_ms),
            "lock_timeout": str(lock_ms),
            "idle_in_transaction_session_timeout": str(idle_ms),
            "jit": "off",
        }
        self._connect_args: dict[str, Any] = {
            "timeout": 2.0,
            "command_timeout": statement_ms / 1000 + 2.0,
            "server_settings": {"application_name": "callisto", **(bounds if prepared else {})},
        }
        self._locally = "; ".join(f"set local {name} = '{value}'" for name, value in bounds.items())
        if not prepared:
            # A pooler in transaction mode lends a server connection for one transaction: whatever outlives one (a named
            # statement, a SET) is met by somebody else, and what spans two is torn apart.
            self._connect_args["statement_cache_size"] = 0
        self.engine: AsyncEngine = create_async_engine(
            self.url,
            # SQLAlchemy must not begin transactions of its own: `transaction` does, on the driver, for Core and raw alike.
            isolation_level="AUTOCOMMIT",
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=2.0,
            pool_use_lifo=True,
            connect_args=self._connect_args if prepared else _UNNAMED | {"async_creator_fn": self._opened},
        )
        event.listen(self.engine.sync_engine, "connect", self._seen)
        # A pooler lets the question wait until a server is free: silence means nothing before those of ours must have ended.
        self.breaker = Breaker(self._connect, (silent_ms if prepared else max(silent_ms, statement_ms)) / 1000)

    async def close(self) -> None:
        """Lets go of every pooled connection."""
        if self.breaker.open:
            # Nobody is there to say goodbye to.
            self.breaker.drop()
        await self.engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Db]:
        """One read-committed transaction; it commits when the block ends and rolls back when it raises."""
        async with self._connection() as db, db.raw.transaction():
            await self._bound(db.raw)
            yield db

    @asynccontextmanager
    async def read_only(self) -> AsyncIterator[Db]:
        """One transaction that sees a single moment and may write nothing."""
        async with self._connection() as db, db.raw.transaction(isolation="repeatable_read", readonly=True):
            await self._bound(db.raw)
            yield db

    @asynccontextmanager
    async def statement(self, connection: asyncpg.Connection) -> AsyncIterator[None]:
        """For one statement that is its own transaction: nothing, except through a pooler, where it must be said."""
        if self.prepared:
            yield
            return
        async with connection.transaction():
            await self._bound(connection)
            yield

    async def _bound(self, connection: asyncpg.Connection) -> None:
        if not self.prepared:
            await connection.execute(self._locally)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Db]:
        self.breaker.check()
        async with self.engine.connect() as core:
            raw = await _driver(core)
            while raw.is_closed():
                # The server went away under an idle connection; a fresh one is all that is needed.
                await core.invalidate()
                self.breaker.check()
                raw = await _driver(core)
            try:
                yield Db(raw, core)
                self.breaker.heard()
            except asyncio.CancelledError:
                # Called away between two words of the driver's: what it believes of the connection may be wrong, and the next
                # transaction on it would fail, and every one after that.
                raw.terminate()
                raise
            except (asyncpg.InternalClientError, DBAPIError) as error:
                if _is_torn(error):
                    raw.terminate()
                raise
            finally:
                if raw.is_closed() or raw.is_in_transaction():
                    raw.terminate()
                    self.breaker.suspect()
                    await core.invalidate()

    async def dedicated(self) -> asyncpg.Connection:
        """A connection outside the pool, for a lane. The caller closes it, and performs each call in `statement`."""
        self.breaker.check()
        connection = await self._connect()
        await self._met(connection)
        return connection

    async def _connect(self, **more: Any) -> asyncpg.Connection:
        connection = await asyncpg.connect(**{**self._driver_args(), **more})
        be_impatient(connection)
        self.breaker.track(connection)
        return connection

    async def reads(self, size: int = 4) -> Reads:
        """A small pool of the driver's own, for the hub, the poll and the worker. The caller closes it."""

        async def nothing(_: asyncpg.Connection) -> None:
            """What the driver would reset between two uses, nobody here sets."""

        async def connect(*_: Any, **pools: Any) -> asyncpg.Connection:
            self.breaker.check()
            return await self._connect(**pools)

        pool = await asyncpg.create_pool(min_size=1, max_size=size, connect=connect, init=self._met, reset=nothing, **self._driver_args())
        return Reads(self, pool)

    async def _met(self, connection: asyncpg.Connection) -> None:
        async with self.statement(connection):
            await self.look(connection)

    async def look(self, connection: asyncpg.Connection) -> None:
        """Learns which server answers: on every new connection, since one restored from a backup must not pass for the one
        whose numbers clients hold. Behind a pooler connections tell nothing; there the poll looks, too."""
        if await connection.fetchval(_HAS_IDENTITY):
            self.identity = await connection.fetchval(_IDENTITY)

    def _driver_args(self) -> dict[str, Any]:
        url = make_url(self.url)
        args = {**self._connect_args, **url.query}
        port = args.pop("port", None) or url.port
        return {
            "host": args.pop("host", None) or url.host,
            "port": int(str(port)) if port else None,
            "user": url.username,
            "password": url.password,
            "database": url.database,
            **args,
        }

    async def _opened(self, **_: Any) -> asyncpg.Connection:
        """A pooled connection with a transaction around what SQLAlchemy asks of it first; `_seen` ends it."""
        connection = await asyncpg.connect(**self._driver_args())
        await connection.execute("begin")
        return connection

    def _seen(self, raw: Any, _: object) -> None:
        cursor = raw.cursor()
        cursor.execute(_HAS_IDENTITY)
        if cursor.fetchone()[0]:
            cursor.execute(_IDENTITY)
            self.identity = str(cursor.fetchone()[0])
        cursor.close()
        be_impatient(raw.driver_connection)
        self.breaker.track(raw.driver_connection)
        if not self.prepared:
            raw.run_async(lambda connection: connection.execute("commit"))


class Reads:
    """Connections for reading outside the commands' pool."""

    def __init__(self, database: Database, pool: asyncpg.Pool) -> None:
        self.database = database
        self.pool = pool

    @asynccontextmanager
    async def acquire(self, timeout: float | None = None) -> AsyncIterator[asyncpg.Connection]:
        """A connection for a moment. Each statement is its own transaction; through a pooler all of them are one."""
        async with self.pool.acquire(timeout=timeout) as connection, self.database.statement(connection):
            yield connection

    def terminate(self) -> None:
        """Lets go of every connection, at once."""
        self.pool.terminate()


@dataclass(frozen=True, slots=True)
class Db:
    """A connection inside a transaction: `raw` is the driver's, `core` is SQLAlchemy's on the same connection."""

    raw: asyncpg.Connection
    core: AsyncConnection


async def _driver(core: AsyncConnection) -> asyncpg.Connection:
    raw = await core.get_raw_connection()
    found: asyncpg.Connection = raw.driver_connection
    return found


def be_impatient(connection: asyncpg.Connection) -> None:
    """Has the kernel end a TCP connection whose other end acknowledges nothing any more: some router forgets it in silence."""
    found = connection._transport.get_extra_info("socket")  # the driver has no public way to its socket
    if found is None or found.family == socket.AF_UNIX:
        return
    found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KERNEL.items():
        if hasattr(socket, name):
            found.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def code_of(error: BaseException) -> str | None:
    """The five-character code PostgreSQL gave, or None when the error is none of its."""
    if isinstance(error, DBAPIError):
        return getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    return getattr(error, "sqlstate", None)


def is_away(error: BaseException) -> bool:
    """Whether the server was out of reach or ended the connection, so that the outcome may be unknown."""
    if isinstance(error, (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError)) or _is_torn(error):
        return True
    code = code_of(error)
    if code is not None:
        return code[:2] in ("08", "57", "53", "58") or code == "25P03"
    if isinstance(error, DBAPIError):
        # SQLAlchemy has names of its own for the driver's errors; what it was stands behind them.
        gone = isinstance(error.orig, (OSError, TimeoutError)) or isinstance(error.orig.__cause__, asyncpg.InternalClientError)  # type: ignore[union-attr]
        return error.connection_invalidated or gone or "connection" in str(error.orig).lower()
    return type(error).__name__ == "TimeoutError" and error.__class__.__module__.startswith("sqlalchemy")


def _is_torn(error: BaseException) -> bool:
    """Whether the driver lost its place in the conversation: a connection that ended under an operation, met again by the roll-back."""
    if isinstance(error, DBAPIError):
        error = error.orig.__cause__ if error.orig is not None and error.orig.__cause__ is not None else error
    return isinstance(error, asyncpg.InternalClientError)


async def bump_epochs(url: str) -> int:
    """Gives every stream a new epoch, so that clients of a rolled-back volume start from a snapshot. Tells how many."""
    database = Database(url, pool_size=1, prepared=False, statement_ms=60_000)
    try:
        async with database.transaction() as db:
            done = await db.raw.execute("update streams set epoch = replace(gen_random_uuid()::text, '-', '')")
            return int(done.split()[-1])
    finally:
        await database.close()


async def revision(url: str) -> str | None:
    """The revision of the schema, or None where nothing was ever migrated. Directly or through a pooler."""
    database = Database(url, pool_size=1, prepared=False)
    try:
        async with database.read_only() as db:
            if await db.raw.fetchval("select to_regclass('alembic_version') is null"):
                return None
            found = await db.raw.fetchval("select version_num from alembic_version")
            return None if found is None else str(found)
    finally:
        await database.close()
