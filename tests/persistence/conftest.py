"""Databases of their own, with roles of their own, for the tables' tests."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count

import asyncpg
import pytest
from sqlalchemy.engine import make_url

import migrations
from server.embedded import Endpoints

# Roles belong to the whole cluster, and each worker of the tests makes its own.
OWNER, APP, STRANGER = (f"t_{role}_{os.getpid()}" for role in ("owner", "app", "stranger"))
TEMPLATE = f"t_template_{os.getpid()}"
NUMBERS = count(1)


@dataclass(frozen=True)
class Database:
    """One database, by role: the owner migrates, the application works, the stranger may only connect."""

    name: str
    admin_url: str

    def url(self, role: str) -> str:
        return make_url(self.admin_url).set(username=role, database=self.name).render_as_string(hide_password=False)

    async def connect(self, role: str = OWNER) -> asyncpg.Connection:
        return await asyncpg.connect(self.url(role))

    async def upgrade(self, revision: str = "head") -> bool:
        return await migrations.upgrade(self.url(OWNER), APP, revision)


@pytest.fixture(scope="session")
def admin_url(endpoints: Endpoints) -> str:
    """Address of the test servers' superuser."""
    return endpoints.admin_url


@pytest.fixture(scope="session")
async def template(admin_url: str) -> str:
    """Name of a migrated database that nobody is connected to."""
    admin = await asyncpg.connect(admin_url)
    for role in (OWNER, APP, STRANGER):
        await admin.execute(f"create role {role} login nosuperuser")
    await admin.execute(f"create database {TEMPLATE} owner {OWNER}")
    await admin.close()
    await Database(TEMPLATE, admin_url).upgrade()
    return TEMPLATE


async def _fresh(admin_url: str, template: str) -> AsyncIterator[Database]:
    name = f"tables_{os.getpid()}_{next(NUMBERS)}"
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
