"""PostgreSQL killed, frozen, cut off: commands are refused soon and say so, sockets stay, and nothing acknowledged is lost (P12)."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import msgspec
import pytest

from persistence import upkeep
from protocol import team
from protocol.session import CommandStatus, Ping
from server import serving
from server.app import App
from server.settings import Settings
from tests.conftest import SHM, driver_args
from tests.gateway.neighbours import log_of, team_of, until
from tests.gateway.own_postgres import Line, OwnPostgres, a_world_of_its_own
from tests.gateway.served import Served
from tests.play import Game, Someone
from tests.world import World

Own = tuple[OwnPostgres, World, Line]
NOT_LONG_S = 2.5  # the promise is 1 s; this machine may be busy
BACK_S = 6.0  # the promise is 3 s
WAYS = ("killed", "frozen", "cut off")


@pytest.fixture(scope="module")
async def own() -> AsyncIterator[Own]:
    """A PostgreSQL that this module may hurt."""
    folder = Path(tempfile.mkdtemp(prefix="callisto-own-", dir=SHM if SHM.is_dir() else None))
    folder.chmod(0o711)
    servers = OwnPostgres(folder / "data")
    try:
        async with a_world_of_its_own(servers) as (world, line):
            yield servers, world, line
    finally:
        servers.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Outage:
    """One way of being away, and back."""

    def __init__(self, own: Own, how: str) -> None:
        self.servers, self.world, self.line = own
        self.how = how

    def begin(self) -> None:
        """Away."""
        match self.how:
            case "killed":
                self.servers.kill()
            case "frozen":
                self.servers.freeze()
            case "cut off":
                self.line.cut = True

    async def end(self) -> None:
        """Back, and accepting connections."""
        match self.how:
            case "killed":
                if self.servers.dead:
                    self.servers.again()
            case "frozen":
                self.servers.resume()
            case "cut off":
                self.line.cut = False
        endpoints = self.servers.start()
        await self.servers.answers(endpoints)
        if self.world.owner.is_closed():
            self.world.owner = await asyncpg.connect(**driver_args(self.world.owner_url))


async def refusal(someone: Someone, name: str, fields: dict[str, Any], id: str) -> dict[str, Any]:
    """How a command is refused, within the time promised."""
    began = time.monotonic()
    answer = await (await someone.send(name, fields, id=id))
    assert time.monotonic() - began < NOT_LONG_S, f"{name} was answered late"
    error: dict[str, Any] = answer["error"]
    assert error["code"] == "unavailable", error
    assert error["retry_after_ms"] > 0
    return error


async def readiness(game: Game) -> int:
    """What a load balancer hears."""
    async with httpx2.AsyncClient(base_url=game.http, timeout=30) as http:
        return (await http.get("/readyz")).status_code


@pytest.mark.parametrize("how", WAYS)
async def test_while_postgres_is_away_commands_are_refused_sockets_stay_and_it_goes_on_by_itself(own: Own, how: str) -> None:
    outage = Outage(own, how)
    game = await Game.start(outage.world, db={"silent_ms": 700})
    try:
        ada, bo = await game.crew(2)
        acked = [f"before {number}" for number in range(20)]
        for text in acked:
            await ada.does(team.Say(text))
        assert await readiness(game) == 200
        outage.begin()
        # From the first moment on, in both lanes, before anybody can know; then, known, at once and surely without effect.
        first = await asyncio.gather(
            refusal(ada, "team.say", {"text": "lost?"}, "lost"),
            refusal(bo, "team.update", {"description": "lost?"}, "lost too"),
            refusal(bo, "team.get", {}, "asked"),
        )
        assert {each["outcome"] for each in first} <= {"none", "unknown"}
        await until(lambda: game.app.database.breaker.open, "it is known")
        for name, fields in (("team.say", {"text": "known"}), ("team.leave", {}), ("team.get", {})):
            began = time.monotonic()
            assert (await refusal(ada, name, fields, f"known {name}"))["outcome"] == "none"
            assert time.monotonic() - began < 0.5
        assert await readiness(game) == 503
        # Heartbeats go on, and whoever comes now is told the same and may try again on the same socket.
        await ada.does(Ping())
        late = Someone(game, bo.name, bo.player, bo.user)
        late.token = bo.token
        await late.dial()
        await refusal(late, "session.start", {"token": late.token}, "start")
        assert late.closed is None
        await outage.end()
        began = time.monotonic()
        while "error" in (answer := await (await ada.send("team.say", {"text": "lost?"}, id="lost"))):
            assert answer["error"]["code"] == "unavailable"
            assert time.monotonic() - began < BACK_S, "not back"
            await asyncio.sleep(0.05)
        await until(lambda: not game.app.database.breaker.open, "known to be back")
        # The unknown ones settle: to one outcome, each.
        await bo.ask("team.get")
        assert (await bo.does(CommandStatus("known team.say"))).state == "never"
        await bo.hears_line("lost?")
        assert bo.lines() == [*acked, "lost?"]
        rows = await log_of(outage.world, await team_of(ada))
        assert [msgspec.msgpack.decode(row.payload)["text"] for row in rows if row.name == "team.said"] == [*acked, "lost?"]
        assert await upkeep.unfit_settings(outage.world.owner) == [], "it was durable"
        assert await readiness(game) == 200
        assert ada.connected and bo.connected
        await late.hang_up()
    finally:
        await outage.end()
        await game.stop()


async def test_there_is_one_question_at_a_time_while_it_is_away_however_many_ask(own: Own) -> None:
    outage = Outage(own, "cut off")
    game = await Game.start(outage.world, db={"silent_ms": 300})
    try:
        crowd = [await game.captain(credits=0) for _ in range(5)]
        opened = 0
        serve = outage.line._serve

        async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal opened
            opened += 1
            await serve(reader, writer)

        outage.begin()
        await until(lambda: game.app.database.breaker.open, "it is known")
        outage.line._server.close()  # type: ignore[union-attr]
        outage.line._server = await asyncio.start_server(counting, "127.0.0.1", outage.line.port)
        began = time.monotonic()
        asked = 0
        while time.monotonic() - began < 1.0:
            await asyncio.gather(*(refusal(each, "team.get", {}, f"{asked} {number}") for number, each in enumerate(crowd)))
            asked += len(crowd)
        assert asked > 20
        assert opened <= 1 + (time.monotonic() - began) / 0.2, "more than one question at a time"
    finally:
        await outage.end()
        await game.stop()


async def test_one_lost_connection_alarms_nobody(own: Own) -> None:
    _, world, _ = own
    game = await Game.start(world)
    ada, bo = await game.crew(2)
    opened: list[bool] = []
    game.app.database.breaker.opened.append(lambda: opened.append(True))
    admin = await asyncpg.connect(**driver_args(world.admin_url))
    for _ in range(3):
        await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'callisto'")
        await ada.does(team.Say("still here"))
        await bo.does(team.Get())
    await admin.close()
    assert opened == []
    assert bo.lines() == ["still here"] * 3
    await game.stop()


def test_a_pool_that_complains_each_second_is_a_line_now_and_then_and_no_traceback() -> None:
    at, out = 0.0, io.StringIO()
    log, lines = logging.Logger("asyncpg.pool"), logging.StreamHandler(out)
    lines.addFilter(serving.Brief(lambda: at))
    log.addHandler(lines)
    other = logging.Logger("uvicorn.error")
    other.addHandler(lines)
    for _ in range(25):
        try:
            raise OSError("10.0.0.7 knows me not")
        except OSError:
            log.warning("Failed to restore; %s", "retrying", exc_info=True)
            other.error("a bug")
        at += 1.0
    said = out.getvalue().splitlines()
    assert [each for each in said if each != "a bug"] == ["Failed to restore; retrying (OSError)"] * 3
    assert said.count("a bug") == 25, "nobody else is kept from complaining"


async def test_who_starts_while_postgres_is_away_waits_for_it_says_so_and_then_serves(own: Own) -> None:
    outage = Outage(own, "killed")
    outage.begin()
    processes = [
        await Served.start(outage.world, "--port", "0", CALLISTO_DB__START_S=patience, PYTHONUNBUFFERED="1")
        for patience in ("60", "60", "0.2")
    ]
    stays, leaves, impatient = processes
    game = asyncio.create_task(Game.start(outage.world, db={"start_s": 60}))
    app = App(Settings(db={"start_s": 60}), outage.world.database_url, outage.world.redis_url)
    unwanted = serving.Gateway(app, signals=False, loop="none")

    async def serve_unwanted() -> None:
        # uvicorn's way to say that it did not start.
        with contextlib.suppress(SystemExit):
            await unwanted.serve(sockets=[serving.listen("127.0.0.1", 0)])

    unwanted_serving = asyncio.create_task(serve_unwanted())
    try:
        await until(lambda: all("waiting for PostgreSQL" in each.said for each in (stays, leaves)), "they say so", 30)
        assert await asyncio.wait_for(impatient.process.wait(), 30) == 4
        assert "the database does not answer" in impatient.said
        assert await leaves.end() == 0, "whoever is not wanted any more does not wait on"
        unwanted.leave()
        await asyncio.wait_for(unwanted_serving, 30)
        assert unwanted.leaving and not unwanted.started
        assert not game.done()
        await outage.end()
        await (await asyncio.wait_for(game, 60)).stop()
        await stays.ready()
        # Away once more: the log tells of it in lines, and a pool that tries again and again does so in one.
        outage.begin()
        await until(lambda: "database away" in stays.said and "pool connection floor" in stays.said, "it is told", 30)
        await outage.end()
        await until(lambda: "database back" in stays.said, "and that it is back", 30)
        assert "Traceback" not in stays.said, stays.said
        assert await stays.end() == 0
    finally:
        for task in (game, unwanted_serving):
            task.cancel()
        await outage.end()
        for each in processes:
            await each.clear()
