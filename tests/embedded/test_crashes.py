"""However an owner ends, its servers end too, committed rows stay, and the next start works."""

import asyncio
import os
import signal
import subprocess
from pathlib import Path

import asyncpg
import pytest

from server.embedded import Embedded

from .conftest import Start
from .owners import ROOT, Owner, alive, ask, eventually, ping

ROW = "create table log as select 'kept' as line"
# A loop never looks whether its postmaster lives.
BUSY = "do $$ begin loop exit when {until}; end loop; end $$"


async def test_servers_of_a_killed_owner_end_by_themselves(start: Start) -> None:
    owner = start("--durable")
    await ask(owner.url("owner_url"), ROW)
    owner.kill()
    assert eventually(lambda: not any(map(alive, owner.pids)))
    again = start("--durable")
    assert await ask(again.url("owner_url"), "select line from log") == "kept"
    assert again.end()["codes"] == {"redis": 0, "postgres": 0}


async def test_a_start_right_after_a_kill_waits_for_the_old_servers(base: Path, start: Start) -> None:
    owner = start("--durable")
    await ask(owner.url("owner_url"), ROW)
    owner.kill()
    servers = Embedded(base)
    there = servers.start()
    try:
        assert there.owner
        assert not any(map(alive, owner.pids))
        # An ending Redis removes its socket, and it must not be the new one's.
        assert ping(there.redis_url) == b"+PONG\r\n"
        assert await ask(there.owner_url, "select line from log") == "kept"
    finally:
        servers.stop()


async def test_a_killed_postmaster_is_recovered_from_even_while_its_sessions_are_busy(start: Start) -> None:
    owner = start("--durable")
    await ask(owner.url("owner_url"), ROW)
    session = await asyncpg.connect(owner.url("database_url"))
    busy = asyncio.create_task(session.execute(BUSY.format(until="false")))
    await under_way(owner)
    os.kill(owner.pids[0], signal.SIGKILL)
    owner.kill()
    assert alive(session.get_server_pid())
    again = start("--durable")
    assert again.says["owner"] is True
    assert not alive(session.get_server_pid())
    assert await ask(again.url("owner_url"), "select line from log") == "kept"
    with pytest.raises((asyncpg.PostgresError, OSError)):
        await busy
    session.terminate()


async def test_a_pid_file_that_names_no_server_of_ours_is_no_obstacle(base: Path, start: Start) -> None:
    start().end()
    # Of the servers' own user: PostgreSQL takes nobody else for a running server.
    user = "nobody" if ROOT else None
    stranger = subprocess.Popen(["cat"], stdin=subprocess.PIPE, user=user)
    # Never waited for: it stays as a zombie, which PostgreSQL believes too.
    zombie = subprocess.Popen(["true"], user=user)
    assert eventually(lambda: not alive(zombie.pid))
    gone = subprocess.Popen(["true"], user=user)
    gone.wait()
    for pid in (stranger.pid, zombie.pid, gone.pid):
        (base / "pg" / "postmaster.pid").write_text(f"{pid}\n{base / 'pg'}\n0\n5432\n{base / 'run'}\n\n")
        owner = start()
        assert owner.says["owner"] is True
        assert await ask(owner.url("database_url"), "select 1") == 1
        owner.end()
    stranger.communicate()
    assert (stranger.returncode, zombie.wait()) == (0, 0)


async def test_a_half_made_cluster_is_thrown_away(base: Path, start: Start) -> None:
    base.mkdir(mode=0o711)
    (base / "owner.lock").touch()
    (base / "pg.new-left").mkdir()
    (base / "pg.new-left" / "PG_VERSION").write_text("18\n")
    owner = start()
    assert await ask(owner.url("database_url"), "select 1") == 1
    assert not list(base.glob("pg.new-*"))


@pytest.mark.skipif(not ROOT, reason="an ordinary user may always look at its own processes")
async def test_a_container_that_hides_processes_from_root_changes_nothing(start: Start) -> None:
    # Docker's default: root without CAP_SYS_PTRACE.
    owner = start("--durable", without="sys_ptrace")
    await ask(owner.url("owner_url"), ROW)
    session = await asyncpg.connect(owner.url("database_url"))
    # Frozen, Redis is still there for certain; the session cannot be seen at all, and has to be waited for.
    busy = asyncio.create_task(session.execute(BUSY.format(until="clock_timestamp() > now() + interval '1.8 s'")))
    await under_way(owner)
    postgres, redis = owner.pids
    os.kill(redis, signal.SIGSTOP)
    os.kill(postgres, signal.SIGKILL)
    owner.kill()
    again = start("--durable", without="sys_ptrace")
    assert again.says["owner"] is True
    assert not alive(redis)
    assert ping(again.url("redis_url")) == b"+PONG\r\n"
    assert await ask(again.url("owner_url"), "select line from log") == "kept"
    await asyncio.gather(busy, return_exceptions=True)
    session.terminate()


async def under_way(owner: Owner) -> None:
    """Waits until the busy session is busy."""
    looping = "select count(*) from pg_stat_activity where query like 'do %' and state = 'active'"
    while await ask(owner.url("admin_url"), looping) != 1:
        pass
