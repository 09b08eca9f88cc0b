"""Servers start, answer, are shared, and leave nothing behind."""

import asyncio
import json
import os
from pathlib import Path

import asyncpg
import pytest

from server.embedded import Embedded, EmbeddedError, default_base, running

from .conftest import Start
from .owners import alive, ask, ping


async def test_a_first_start_makes_both_servers_and_a_stop_leaves_nothing_running(base: Path) -> None:
    servers = Embedded(base, durable=False)
    there = servers.start()
    try:
        assert there.owner
        assert await ask(there.database_url, "select current_user || current_database()") == "callistocallisto"
        assert ping(there.redis_url) == b"+PONG\r\n"
        assert all(map(alive, there.pids))
        assert await ask(there.admin_url, "select setting from pg_settings where name = 'listen_addresses'") == ""
    finally:
        codes = servers.stop()
    assert codes == {"redis": 0, "postgres": 0}
    assert not any(map(alive, there.pids))
    assert not (base / "run").exists()
    assert not (base / "endpoints.json").exists()
    assert running(base) is None


async def test_a_later_start_finds_the_rows_of_the_first(base: Path) -> None:
    servers = Embedded(base, durable=False)
    await ask(servers.start().owner_url, "create table log as select 'landed' as line")
    assert servers.stop() == {"redis": 0, "postgres": 0}
    there = servers.start()
    try:
        assert await ask(there.owner_url, "select line from log") == "landed"
    finally:
        servers.stop()


async def test_the_application_owns_nothing_and_the_owner_is_no_superuser(base: Path) -> None:
    servers = Embedded(base, durable=False)
    there = servers.start()
    powers = "select rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls from pg_roles where rolname = current_user"
    try:
        assert await ask(there.database_url, powers) is False
        assert await ask(there.owner_url, powers) is False
        assert await ask(there.admin_url, "select current_user || current_database()") == "callisto_adminpostgres"
        assert await ask(there.owner_url, "select datdba::regrole::text from pg_database where datname = 'callisto'") == "callisto_owner"
        assert await ask(there.owner_url, "select nspowner::regrole::text from pg_namespace where nspname = 'public'") == "callisto_owner"
        owned = "select count(*) from pg_shdepend where deptype = 'o' and refobjid = 'callisto'::regrole"
        assert await ask(there.admin_url, owned) == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ask(there.database_url, "create table mine (x int)")
    finally:
        servers.stop()


async def test_roles_lost_to_a_crash_come_back_at_the_next_start(base: Path) -> None:
    servers = Embedded(base)
    there = servers.start()
    for sql in ("drop database callisto", "drop role callisto", "alter role callisto_owner superuser"):
        await ask(there.admin_url, sql)
    servers.stop()
    again = servers.start()
    try:
        assert await ask(again.database_url, "select current_user::text") == "callisto"
        assert await ask(again.admin_url, "select rolsuper from pg_roles where rolname = 'callisto_owner'") is False
        # Nothing set inside the database makes a durable server forget what it committed.
        await ask(again.admin_url, "alter role callisto set synchronous_commit = off")
        servers.stop()
        healed = servers.start()
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert await ask(healed.database_url, f"show {name}") == "on"
    finally:
        servers.stop()


async def test_a_second_process_attaches_and_its_end_leaves_the_servers_running(base: Path, start: Start) -> None:
    first = start()
    second = start()
    assert (first.says["owner"], second.says["owner"]) == (True, False)
    assert second.pids == first.pids
    seen = running(base)
    assert seen is not None
    assert (seen.owner, list(seen.pids), seen.database_url) == (False, first.pids, first.url("database_url"))
    assert second.end() == {"codes": {}, "answer": None}
    assert await ask(first.url("database_url"), "select 1") == 1
    assert first.end() == {"codes": {"redis": 0, "postgres": 0}, "answer": None}
    assert not any(map(alive, first.pids))


async def test_of_several_that_start_at_once_one_owns_and_all_share(start: Start) -> None:
    owners = await asyncio.gather(*(asyncio.to_thread(start) for _ in range(3)))
    assert sorted(bool(owner.says["owner"]) for owner in owners) == [False, False, True]
    assert len({tuple(owner.pids) for owner in owners}) == 1


async def test_ctrl_c_reaches_the_owner_and_leaves_it_its_database(start: Start) -> None:
    owner = start()
    assert owner.interrupt() == {"codes": {"redis": 0, "postgres": 0}, "answer": "still here"}
    assert not owner.sockets.exists()


async def test_an_awkward_path_works(ground: Path) -> None:
    servers = Embedded(ground / "two words, 100%&more" / ("deep" * 20), durable=False)
    there = servers.start()
    try:
        assert await ask(there.database_url, "select 1") == 1
        assert ping(there.redis_url) == b"+PONG\r\n"
        seen = running(servers.base)
        assert seen is not None
        sockets = Path((servers.base / "run.path").read_text())
        assert sockets.stat().st_mode & 0o777 == 0o700
    finally:
        servers.stop()
    assert not sockets.exists()


def test_servers_without_durability_are_refused_to_who_needs_it(base: Path, start: Start) -> None:
    start()
    with pytest.raises(EmbeddedError, match="without durability"):
        Embedded(base).start()


def test_a_folder_made_for_tests_is_never_taken_for_a_durable_one(start: Start) -> None:
    start().end()
    assert "without durability" in str(start("--durable").says["refused"])


def test_the_addresses_are_private_to_who_started_the_servers(base: Path, start: Start) -> None:
    owner = start()
    assert (base / "endpoints.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((base / "endpoints.json").read_text())["pids"] == owner.pids
    assert owner.sockets.stat().st_mode & 0o777 == 0o700


def test_the_folder_is_chosen_by_setting_then_by_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CALLISTO_DATA", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", "/somewhere/state")
    assert default_base() == Path("/var/lib/callisto" if os.geteuid() == 0 else "/somewhere/state/callisto")
    monkeypatch.setenv("CALLISTO_DATA", "/elsewhere")
    assert default_base() == Path("/elsewhere")
