"""Real PostgreSQL, real Redis, a real gateway: started once, cloned for each test that runs one.

The pytest controller starts the embedded servers; workers get their addresses. Each test has a database of its own, cloned
from a migrated template, and a Redis prefix of its own, since pub/sub ignores the database number.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import make_url

import migrations
from persistence.database import normal_url
from server.embedded import Embedded, Endpoints
from server.serving import set_up_logs
from tests.audit import check_ledger
from tests.play import Game
from tests.world import World

SHM = Path("/dev/shm")
ROOM = 768 * 1024 * 1024  # bytes free in /dev/shm; Docker's default of 64 MB is too little for clones
TEMPLATE = "callisto_template"

_own: dict[str, Any] = {}
_count = itertools.count()


def _start() -> Endpoints:
    where = SHM if SHM.is_dir() and shutil.disk_usage(SHM).free > ROOM else Path(tempfile.gettempdir())
    base = Path(tempfile.mkdtemp(prefix="callisto-test-", dir=where))
    base.chmod(0o711 if os.geteuid() == 0 else 0o700)
    _own["base"], _own["servers"] = base, Embedded(base, durable=False)
    found: Endpoints = _own["servers"].start()
    asyncio.run(_make_template(found))
    return found


async def _make_template(found: Endpoints) -> None:
    admin = await asyncpg.connect(**driver_args(found.admin_url))
    await admin.execute(f"create database {TEMPLATE} owner callisto_owner")
    await admin.close()
    await migrations.upgrade(of_database(found.owner_url, TEMPLATE), "callisto")


def pytest_configure(config: pytest.Config) -> None:
    """The controller (or the only process) starts the servers, unless nothing but other folders is asked for."""
    set_up_logs(pretty=True, level="warning")
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        _own["endpoints"] = _start()


def pytest_configure_node(node: Any) -> None:
    """Workers of xdist get the addresses."""
    node.workerinput["endpoints"] = _own["endpoints"].__dict__


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops what was started here."""
    if "servers" in _own:
        _own.pop("servers").stop()
        shutil.rmtree(_own.pop("base"), ignore_errors=True)


def of_database(url: str, name: str) -> str:
    """The same server and role, another database."""
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def driver_args(url: str) -> dict[str, Any]:
    """What asyncpg.connect takes for this address."""
    parts = make_url(normal_url(url))
    return {
        "host": parts.query.get("host") or parts.host,
        "port": int(str(parts.query.get("port") or parts.port or 5432)),
        "user": parts.username,
        "password": parts.password,
        "database": parts.database,
    }


@pytest.fixture(scope="session")
def endpoints(request: pytest.FixtureRequest) -> Endpoints:
    """Addresses of the test servers."""
    if "endpoints" in _own:
        found: Endpoints = _own["endpoints"]
        return found
    return Endpoints(**request.config.workerinput["endpoints"])  # type: ignore[attr-defined]  # xdist's


@pytest.fixture
async def world(endpoints: Endpoints) -> AsyncIterator[World]:
    """A migrated database of its own and a Redis prefix of its own."""
    name = f"t_{os.getpid()}_{next(_count)}"
    admin = await asyncpg.connect(**driver_args(endpoints.admin_url))
    await admin.execute(f"create database {name} owner callisto_owner template {TEMPLATE} strategy file_copy")
    await admin.close()
    owner = await asyncpg.connect(**driver_args(of_database(endpoints.owner_url, name)))
    # A clone has the template's secrets; every instance has its own.
    await owner.execute("update streams set epoch = replace(gen_random_uuid()::text, '-', '')")
    found = World(
        database_url=of_database(endpoints.database_url, name),
        owner_url=of_database(endpoints.owner_url, name),
        admin_url=of_database(endpoints.admin_url, name),
        redis_url=endpoints.redis_url,
        prefix=name,
        owner=owner,
    )
    yield found
    await owner.close()
    admin = await asyncpg.connect(**driver_args(endpoints.admin_url))
    with contextlib.suppress(asyncpg.PostgresError):
        await admin.execute(f"drop database {name} with (force)")
    await admin.close()


@pytest.fixture
async def make_game(world: World) -> AsyncIterator[Callable[..., Awaitable[Game]]]:
    """Starts gateways on this test's world, with settings of the test's choosing. They end with the test."""
    games: list[Game] = []

    async def make(**settings: Any) -> Game:
        game = await Game.start(world, **settings)
        games.append(game)
        return game

    yield make
    for game in games:
        await game.stop()


@pytest.fixture
async def game(make_game: Callable[..., Awaitable[Game]]) -> AsyncIterator[Game]:
    """One gateway. After the test every captain's old snapshot, with what they heard folded in, must equal a new one, and the ledger true."""
    found = await make_game()
    yield found
    await found.converges()
    await check_ledger(found.world.owner)
