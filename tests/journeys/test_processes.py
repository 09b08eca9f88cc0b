"""Real gateway processes that are frozen, drained under load, or live at another time: beside an honest one, on one world."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import websockets

import server
from persistence.events import millis
from protocol import team
from protocol.session import CommandStatus, Reauth
from server.rules import tokens
from tests.gateway.neighbours import log_of, team_of, until
from tests.play import Game, Lost, Someone
from tests.world import World

Make = Callable[..., Awaitable[Game]]
CHECKOUT = Path(server.__file__).parent.parent
ODD = Path(__file__).with_name("odd_server.py")
DAY_S = 86_400.0


class Odd:
    """A gateway process with some constants of the test's choosing."""

    def __init__(self, world: World, **constants: float) -> None:
        self.world = world
        self.constants = {name.replace("__", "."): value for name, value in constants.items()}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process: asyncio.subprocess.Process | None = None

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}/v1/ws"

    async def start(self) -> None:
        """Listens."""
        environment = {
            "PATH": os.environ["PATH"], "PYTHONPATH": str(CHECKOUT), "DATABASE_URL": self.world.database_url, "REDIS_URL": self.world.redis_url,
            "CALLISTO_REDIS_PREFIX": self.world.prefix, "CALLISTO_LIMITS__SCALE": "0", "CALLISTO_DB__SILENT_MS": "5000",
        }  # fmt: skip
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", str(ODD), json.dumps(self.constants), "serve", "--port", str(self.port), cwd=CHECKOUT, env=environment,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(30):
            while True:
                assert self.process.returncode is None, "it did not start"
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    return
                await asyncio.sleep(0.02)

    def send(self, what: signal.Signals) -> None:
        """A signal for it."""
        assert self.process is not None
        self.process.send_signal(what)

    async def take(self, someone: Someone, **cursors: Any) -> None:
        """Somebody's next socket is on this process."""
        await someone.dial(url=self.ws)
        await someone.ask("session.start", {"token": someone.token, "cursors": someone.cursors})

    async def end(self) -> None:
        """However it is."""
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        await self.process.wait()


@pytest.fixture
async def make_odd(world: World) -> AsyncIterator[Callable[..., Awaitable[Odd]]]:
    """Starts processes; none survives the test."""
    made: list[Odd] = []

    async def make(**constants: float) -> Odd:
        odd = Odd(world, **constants)
        made.append(odd)
        await odd.start()
        return odd

    yield make
    for odd in made:
        await odd.end()


def again(someone: Someone) -> Someone:
    """The same session, at a socket of its own."""
    twin = Someone(someone.game, f"{someone.name} again", someone.player, someone.user)
    twin.token, twin.session_id = someone.token, someone.session_id
    twin.cursors = {name: dict(at) for name, at in someone.cursors.items()}
    return twin


async def test_a_process_that_was_frozen_past_its_lease_tells_nobody_news_and_does_nothing(make_game: Make, make_odd: Any) -> None:
    here, frozen = await make_game(), await make_odd(server__lease__LEASE_S=1.5, server__lease__RENEW_S=0.3)
    ada, bo, cid = await here.crew(3)
    for one in (bo, cid):
        await frozen.take(one)
    await ada.does(team.Say("before"))
    await bo.hears_line("before")
    await cid.hears_line("before")
    frozen.send(signal.SIGSTOP)
    began = time.monotonic()
    # Bo's connection is dead to him: he goes on elsewhere, and need not wait. Cid waits.
    bo_now = again(bo)
    await bo_now.start(on=here, resume=True)
    await ada.does(team.Say("while it was frozen"))
    await bo_now.hears_line("while it was frozen")
    await bo_now.does(team.Say("I am here now"))
    # What is still on its way through the old socket is read when it thaws, and must not happen.
    zombie = await bo.send("team.say", {"text": "a ghost speaks"}, id="ghost")
    zombie.add_done_callback(lambda future: future.exception())
    leaving = await bo.send("team.leave", id="ghost leaves")
    leaving.add_done_callback(lambda future: future.exception())
    heard = len(bo.heard)
    while time.monotonic() - began < 2.0:
        await asyncio.sleep(0.05)
    frozen.send(signal.SIGCONT)
    assert await bo.is_closed(4520) is not None
    assert [each for each in bo.heard[heard:] if "s" in each] == [], "news from a gateway whose lease was over"
    for future in (zombie, leaving):
        with contextlib.suppress(Lost):
            assert (await future)["error"]["code"] == "unauthenticated"
    # Whose session is still its own gets everything, once.
    await cid.hears_line("I am here now")
    assert cid.lines() == ["before", "while it was frozen", "I am here now"]
    await ada.does(team.Say("end"))
    await bo_now.hears_line("end")
    assert bo_now.lines() == ["while it was frozen", "I am here now", "end"]
    assert len((await ada.ask("team.get"))["ok"]["members"]) == 3
    await bo_now.hang_up()


async def test_a_drain_under_load_loses_nobodys_command(make_game: Make, make_odd: Any) -> None:
    there, leaving = await make_game(), await make_odd()
    crews = [await there.crew(2) for _ in range(4)]
    everybody = [one for crew in crews for one in crew]
    for one in everybody:
        await leaving.take(one)
    answers: dict[tuple[Someone, str], dict[str, Any]] = {}
    unanswered: set[tuple[Someone, str]] = set()

    async def busy(one: Someone, number: int) -> None:
        """Talks, and founds nothing: both lanes, several at once, until the socket is closed."""
        for round_ in range(100_000):
            id = f"{number}.{round_}"
            name, fields = (
                ("team.say", {"text": id}) if number % 3 else ("player.update_settings", {"patch": {"audio": {"music": round_ % 2}}})
            )
            try:
                future = await one.send(name, fields, id=id)
            except websockets.ConnectionClosed:
                return
            try:
                answers[one, id] = await future
            except Lost:
                unanswered.add((one, id))
                return

    work = [asyncio.create_task(busy(one, number)) for one in everybody for number in range(4)]
    await until(lambda: len(answers) > 300, "it is busy", 20)
    leaving.send(signal.SIGTERM)
    for one in everybody:
        await one.hears("session.move")
        async with asyncio.timeout(20):
            while one.closed is None:
                one.arrived.clear()
                await one.arrived.wait()
        assert one.closed[0] == 4001
    await asyncio.gather(*work)
    assert await asyncio.wait_for(leaving.process.wait(), 20) == 0
    assert b"Traceback" not in await leaving.process.stderr.read()
    refused = [each["error"] for each in answers.values() if "error" in each]
    assert {(each["code"], each.get("outcome")) for each in refused} <= {("unavailable", "none")}, "no outcome is unknown"
    for one in everybody:
        await one.start(on=there, resume=True)
    # The close comes after the last answer: what it left unanswered was never begun.
    for one, id in unanswered:
        assert (await one.does(CommandStatus(id))).state == "never", id
    for one, mate in ((one, mate) for crew in crews for one, mate in (crew, reversed(crew))):
        await one.does(team.Say(f"end {one.name}"))
        await mate.hears_line(f"end {one.name}")
    for crew in crews:
        said = {
            id for one in crew for (who, id), answer in answers.items() if who is one and "ok" in answer and "message_id" in answer["ok"]
        }
        assert said <= set(crew[0].lines())
        assert crew[0].lines() == crew[1].lines()


async def test_a_gateway_whose_clock_jumps_by_a_month_changes_nothing(make_game: Make, make_odd: Any) -> None:
    here, moved = await make_game(), await make_odd(server__lease__RENEW_S=0.5)
    ada, bo = await here.crew(2)
    stream = await team_of(ada)
    await moved.take(bo)
    for jump in (None, signal.SIGUSR1, signal.SIGUSR2):
        if jump is not None:
            moved.send(jump)
        label = jump.name if jump is not None else "none"
        for number in range(3):
            await bo.does(team.Say(f"moved {label} {number}"))
            await ada.does(team.Say(f"honest {label} {number}"))
            await ada.hears_line(f"moved {label} {number}")
            await bo.hears_line(f"honest {label} {number}")
        # A session that ends in a moment ends then, and one that does not does not.
        cid = await here.captain(credits=0, online=False)
        await here.world.owner.execute(
            "update access_tokens set expires_at = clock_timestamp() + interval '0.6 seconds' where hash = $1", tokens.hash_of(cid.token)
        )
        await cid.dial(url=moved.ws)
        assert abs(cid._hello.result()["d"]["server_time_at"] / 1000 - time.time()) < 60  # type: ignore[union-attr]
        await cid.ask("session.start", {"token": cid.token})
        ends_at = (await cid.hears("session.expiring"))["d"]["expires_at"]
        assert abs(ends_at / 1000 - time.time()) < 60
        await cid.is_closed(4400)
        assert abs((await bo.does(Reauth(bo.token))).expires_at / 1000 - time.time() - 900) < 60
        # A command of the ordinary lane, and one that was done before the jump.
        await bo.ask("player.update_settings", {"patch": {"audio": {"music": 0}}}, id=f"volume {label}")
        assert (await bo.ask("player.update_settings", {"patch": {"audio": {"music": 0}}}, id="volume none")).get(
            "replayed", label == "none"
        )
    rows = await log_of(here.world, stream)
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    now = millis(await here.world.owner.fetchval("select clock_timestamp()"))
    assert all(0 <= now - row.at < 120_000 for row in rows), "event time is the database's"
    history = [each["text"] for each in (await ada.ask("team.history", {"limit": 100}))["ok"]["items"]]
    said = [msgspec.msgpack.decode(row.payload)["text"] for row in rows if row.name == "team.said"]
    assert history in (said, said[::-1])
    assert ada.lines() == bo.lines() == said
    assert bo.connected
