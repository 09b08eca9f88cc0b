"""Who is who inside the embedded cluster: one superuser, the owner who migrates, the application that owns nothing.

Runs at every start and says the same each time, so a crash between initdb and here heals by itself.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg

from server.embedded_programs import EmbeddedError

PORT = 5432  # only a part of the socket's name
ADMIN, OWNER, APP = "callisto_admin", "callisto_owner", "callisto"
DATABASE = "callisto"

POWERLESS = "LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
OURS = (
    f"ALTER SCHEMA public OWNER TO {OWNER}",
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    f"GRANT USAGE ON SCHEMA public TO {APP}",
)
# A role or a database can carry settings of its own, stronger than the server's.
NO_WEAKER = [
    f"ALTER ROLE {role} {where} RESET synchronous_commit" for role in ("ALL", OWNER, APP) for where in ("", f"IN DATABASE {DATABASE}")
]
KEEP_WHAT_COMMITS = ("fsync", "full_page_writes", "synchronous_commit")


def settle(sockets: Path, *, durable: bool) -> None:
    """Makes roles and database what they are to be. Raises EmbeddedError where a durable server would lose commits."""
    # The caller may have a running loop in this thread, and a loop cannot run inside another.
    with ThreadPoolExecutor(1) as thread:
        try:
            thread.submit(asyncio.run, _settle(sockets, durable)).result()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            raise EmbeddedError(f"the embedded database cannot be set up: {error}") from error


async def _settle(sockets: Path, durable: bool) -> None:
    admin = await _connect(sockets, ADMIN, "postgres")
    try:
        there = {row["rolname"] for row in await admin.fetch("SELECT rolname FROM pg_roles")}
        for role in (OWNER, APP):
            await admin.execute(f"{'ALTER' if role in there else 'CREATE'} ROLE {role} {POWERLESS}")
        if not await admin.fetchval("SELECT true FROM pg_database WHERE datname = $1", DATABASE):
            await admin.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    finally:
        await admin.close()
    inside = await _connect(sockets, ADMIN, DATABASE)
    try:
        await inside.execute(";".join((f"ALTER DATABASE {DATABASE} OWNER TO {OWNER}", *OURS, *(NO_WEAKER if durable else ()))))
    finally:
        await inside.close()
    if durable:
        await _refuse_to_forget(sockets)


async def _refuse_to_forget(sockets: Path) -> None:
    app = await _connect(sockets, APP, DATABASE)
    try:
        rows = await app.fetch("SELECT name, source FROM pg_settings WHERE name = ANY($1::text[]) AND setting <> 'on'", KEEP_WHAT_COMMITS)
    finally:
        await app.close()
    if rows:
        off = ", ".join(f"{row['name']} (set by {row['source']})" for row in rows)
        raise EmbeddedError(f"PostgreSQL would lose committed rows, because these are not on: {off}")


async def _connect(sockets: Path, user: str, database: str) -> asyncpg.Connection:
    return await asyncpg.connect(host=str(sockets), port=PORT, user=user, database=database, ssl=False, timeout=10, command_timeout=60)
