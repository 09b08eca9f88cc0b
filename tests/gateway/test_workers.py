"""`serve --workers`: several processes behind one port are one world, and come and go as one."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx2 as httpx
import pytest
from websockets import ConnectionClosed

from protocol import team
from server import shared_port
from server.embedded import running
from server.handlers.upkeep import SCHEDULES
from server.shared_port import SharedPort
from tests.conftest import driver_args
from tests.embedded.owners import alive
from tests.gateway.fleet import latency
from tests.gateway.neighbours import until
from tests.gateway.served import Served, readable_by_others
from tests.play import Game, Lost, Someone
from tests.world import World

Make = Callable[..., Awaitable[Game]]
Begin = Callable[..., Awaitable[Served]]

SLOW_S = 4.0  # on a machine that does other things as well

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def begin() -> AsyncIterator[Begin]:
    """Starts `serve`; none of its processes survives the test."""
    all_: list[Served] = []

    async def start(*args: Any, **kwargs: Any) -> Served:
        all_.append(await Served.start(*args, **kwargs))
        return all_[-1]

    yield start
    for each in all_:
        await each.clear()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where servers of a test's own may live."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 1 << 29
    found = Path(tempfile.mkdtemp(prefix="callisto-workers-", dir=memory if roomy else None))
    found.chmod(0o711)
    yield found
    shutil.rmtree(found, ignore_errors=True)


async def _set(world: World, what: str) -> None:
    """A setting of the server, as the application finds it in this test's database alone."""
    admin = await asyncpg.connect(**driver_args(world.admin_url))
    await admin.execute(f"alter role callisto in database {world.prefix} set {what}")
    await admin.close()


async def _talk(someone: Someone, mark: str, outcomes: dict[str, dict[str, Any]], enough: asyncio.Event) -> None:
    """Says lines, a few at once, until told otherwise or put out."""

    async def say(lane: int) -> None:
        number = lane
        while not enough.is_set():
            text = f"{mark} {number}"
            number += 4
            outcomes[text] = {}
            outcomes[text] = await (await someone.send("team.say", {"text": text}, id=text))

    for ended in await asyncio.gather(*map(say, range(4)), return_exceptions=True):
        assert ended is None or isinstance(ended, Lost | ConnectionClosed), ended


async def test_workers_are_one_world_and_one_that_is_killed_comes_back(make_game: Make, begin: Begin) -> None:
    game = await make_game()  # only to make captains and their tokens
    ada, bo = await game.crew(2)
    await _set(game.world, "deadlock_timeout = '1s'")
    served = await begin(game.world, "--workers", "2", "--port", "0", ordinary=readable_by_others())
    await served.ready()
    assert "2 processes" in served.said
    assert "alter system set deadlock_timeout = '100ms'; select pg_reload_conf();" in served.said
    assert "max_locks" not in served.said
    assert sorted(served.workers) == ["g1", "g2"]
    await served.connect(ada, "g1")
    await served.connect(bo, "g2")
    for number in range(10):
        assert await latency(ada, bo, f"to you {number}") < SLOW_S
        assert await latency(bo, ada, f"and you {number}") < SLOW_S
    async with httpx.AsyncClient(timeout=30) as web:
        nodes: set[str] = set()
        async with asyncio.timeout(20):
            while len(nodes) < 2:
                answer = await web.get(f"http://127.0.0.1:{served.port}/readyz", headers={"connection": "close"})
                assert answer.status_code == 200
                nodes.add(answer.json()["checks"]["node"])
                assert answer.json()["checks"]["advice"] == ["deadlock_timeout"]
    # One of them is killed in the middle of the talk; its captain goes on through the other one.
    killed = served.workers["g1"]
    sent = await ada.send("team.say", {"text": "killed?"}, id="killed")
    sent.add_done_callback(lambda future: future.exception())
    os.kill(killed, signal.SIGKILL)
    began = time.monotonic()
    await ada.is_closed(1006)
    await served.connect(ada)
    await ada.ask("team.say", {"text": "killed?"}, id="killed")
    assert time.monotonic() - began < 10.0, "P13 says 3 s, of a machine that does nothing else"
    await bo.hears_line("killed?")
    assert bo.lines().count("killed?") == 1
    # It comes back, and takes captains again.
    await until(lambda: served.workers.get("g1", killed) != killed, "the worker was not started again", 30.0)
    await served.connect(ada, "g1")
    await latency(ada, bo, "back")
    await bo.does(team.Say("end"))
    await ada.hears_line("end")
    await bo.hears_line("end")
    assert ada.lines() == bo.lines()
    # Everybody leaves properly while they talk: nobody's outcome is unknown.
    outcomes: dict[str, dict[str, Any]] = {}
    enough = asyncio.Event()
    talking = [asyncio.create_task(_talk(one, one.name, outcomes, enough)) for one in (ada, bo)]
    await until(lambda: len(outcomes) > 40, "nobody talks")
    ended = asyncio.create_task(served.end())
    for one in (ada, bo):
        await one.hears("session.move")
        await one.is_closed(4001)
    enough.set()
    await asyncio.gather(*talking)
    assert await ended == 0, served.said
    assert "stopped" in served.said
    answers = [each for each in outcomes.values() if each]
    assert [each for each in answers if each.get("error", {}).get("outcome") == "unknown"] == []
    stored = {row[0] for row in await game.world.owner.fetch("select content from messages")}
    assert {text for text, each in outcomes.items() if "ok" in each} == {text for text in outcomes if text in stored}
    assert await served.left() == []
    assert "Traceback" not in served.said
    # Three processes have worked on this database, and what the clock asks for was done once.
    done = await game.world.owner.fetch("select id from receipts where id like 'upkeep.%'")
    assert sorted(row[0].partition("@")[0] for row in done) == sorted(SCHEDULES)


async def test_the_owners_death_takes_every_worker_and_every_server_with_it(folder: Path, begin: Begin) -> None:
    served = await begin(folder, "--workers", "2", "--port", "0", ordinary=readable_by_others())
    await served.ready()
    assert len(served.workers) == 2
    servers = running(folder)
    assert servers is not None
    served.seen.update(servers.pids)
    assert all(map(alive, served.seen)) and len(served.seen) == 5
    # Somebody else, with workers or without, does not get into this world by its port.
    for more in (("--workers", "2"), ()):
        other = await begin(folder, "--port", str(served.port), *more, ordinary=readable_by_others())
        assert await asyncio.wait_for(other.process.wait(), 30) == 1
        assert f"cannot listen on 127.0.0.1:{served.port}" in other.said
        assert other.workers == {}
    assert len(served.workers) == 2
    served.process.kill()
    assert await served.left() == []


async def test_workers_that_cannot_start_end_the_owner_with_their_code(world: World, begin: Begin) -> None:
    await _set(world, "default_transaction_read_only = on")  # enough to look at the schema, too little to serve
    served = await begin(world, "--workers", "2", "--port", "0")
    assert await asyncio.wait_for(served.process.wait(), 30) == 4, served.said
    assert "a gateway did not start; the log above says why" in served.said
    assert served.workers == {}


def test_a_port_is_shared_among_ours_and_with_nobody_else() -> None:
    with shared_port.listen("127.0.0.1", 0, shared=True) as somebody, pytest.raises(OSError, match="in use"):
        # One who would share: the kernel would let us in.
        SharedPort("127.0.0.1", somebody.getsockname()[1])
    mine = SharedPort("127.0.0.1", 0)
    # Before anybody of ours listens, too.
    with pytest.raises(OSError, match="in use"):
        SharedPort("127.0.0.1", mine.port)
    ours = [shared_port.listen("127.0.0.1", mine.port, shared=True) for _ in range(2)]
    with pytest.raises(OSError, match="in use"):
        shared_port.listen("127.0.0.1", mine.port)
    for each in ours:
        each.close()
    mine.close()
    shared_port.listen("127.0.0.1", mine.port).close()
