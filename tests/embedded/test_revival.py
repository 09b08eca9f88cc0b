"""A server that ends by itself is started again by its owner, and committed rows are there."""

import asyncio
import os
import signal
from pathlib import Path

import asyncpg

from server.embedded import Embedded, running

from .owners import alive, ask, eventually, ping
from .test_crashes import BUSY, ROW


async def test_servers_that_were_killed_are_started_again(base: Path) -> None:
    servers = Embedded(base)
    there = servers.start()
    try:
        assert servers.revive() == []
        await ask(there.owner_url, ROW)
        # Its sessions outlive a killed postmaster for as long as they are busy, and no other can start beside them.
        session = await asyncpg.connect(there.database_url)
        busy = asyncio.create_task(session.execute(BUSY.format(until="false")))
        while await ask(there.admin_url, "select count(*) from pg_stat_activity where query like 'do %' and state = 'active'") != 1:
            pass
        for pid in there.pids:
            os.kill(pid, signal.SIGKILL)
        started: set[str] = set()
        assert eventually(lambda: started.update(servers.revive()) or len(started) == 2)  # type: ignore[func-returns-value]
        assert not alive(session.get_server_pid())
        # Who looks for them finds those that live, and who asks the owner again, too.
        assert eventually(
            lambda: (found := running(base)) is not None and all(map(alive, found.pids)) and not {*found.pids} & {*there.pids}
        )
        assert alive(servers.start().pids[0])
        assert eventually(lambda: ping_or_nothing(there.redis_url) == b"+PONG\r\n")
        async with asyncio.timeout(30):
            while True:
                try:
                    assert await ask(there.owner_url, "select line from log") == "kept"
                    break
                except (OSError, asyncpg.PostgresError):
                    await asyncio.sleep(0.05)
        await asyncio.gather(busy, return_exceptions=True)
        session.terminate()
    finally:
        assert servers.stop() == {"redis": 0, "postgres": 0}


def ping_or_nothing(url: str) -> bytes:
    """Redis's answer, if it is there."""
    try:
        return ping(url)
    except OSError:
        return b""
