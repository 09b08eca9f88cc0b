"""Everything one fault run stands on: servers behind proxies, people, and the history."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import signal
import socket
import time
from collections import Counter
from pathlib import Path
from typing import Literal

import asyncpg

from server.embedded_roles import APP, DATABASE, OWNER
from tests.faults.gateway import CLOCK
from tests.faults.history import Fault, Resources, Writer
from tests.faults.proxy import Proxy, Weather
from tests.faults.proxy_postgres import PostgresProxy
from tests.faults.proxy_redis import RedisProxy
from tests.faults.servers import Gateway, Postgres, Redis, Template
from tests.providers.stub import Stub

GATEWAYS = 2
DAY_S = 100.0
"""How long a game's day takes: within one a guard waits for an answer."""
# With such days whoever leaves a team would have to wait for the next: nobody does.
NO_COOLDOWN = """create function no_cooldown() returns trigger language plpgsql as $$ begin return null; end $$;
    create trigger no_cooldown before insert on team_cooldowns for each row execute function no_cooldown()"""
MODEL = {
    "FIRST_TOKEN_S": "0.6", "TURN_S": "1.5", "BREAKER_FAILURES": "1000",
    "SESSION_USD": "100", "PLAYER_DAY_USD": "100", "HOUR_USD": "10000", "DAY_USD": "100000",
}  # fmt: skip
"""The guard's settings: impatient, so that a talk is short, and never tired of asking."""


class Rig:
    """One run's servers. Every gateway has proxies of its own to PostgreSQL and Redis, and clients reach it through one."""

    def __init__(self, template: Template, seed: int, history: Path, plant: str | None = None) -> None:
        self.template = template
        self.dice = random.Random(f"{seed}:rig")
        data, self.folder = template.copy()
        self.postgres = Postgres(template, data, self.folder)
        self.redis = Redis(template, self.folder)
        self.record = Writer(history)
        self.model = Stub("openai")
        self.plant = plant
        self.gateways: list[Gateway] = []
        self.doors: list[Proxy] = []
        self.databases: list[PostgresProxy] = []
        self.hints: list[RedisProxy] = []
        self.injected: Counter[str] = Counter()
        self.clock = self.folder / "clock"
        self.clock.write_text("0")
        self.owner: asyncpg.Connection | None = None

    async def start(self) -> None:
        """Everything up, the gateways serving."""
        await asyncio.gather(self.postgres.start(), self.redis.start())
        owner = await self.postgres.connect(OWNER)
        await owner.execute(NO_COOLDOWN)
        await owner.close()
        await self.model.__aenter__()
        model = {"PROVIDER": "openai", "BASE_URL": self.model.base_url, "MODEL": "stub-1", "API_KEY": "sk-none", **MODEL}
        if self.plant is not None:
            # Where it is used only: it opens up the whole server.
            from tests.faults.planted import plant_in_database

            await plant_in_database(self.plant, self.postgres.owner_url)
        for number in range(GATEWAYS):
            database = PostgresProxy(self.postgres.socket, random.Random(self.dice.random()))
            hints = RedisProxy(self.redis.socket, random.Random(self.dice.random()))
            port = free_port()
            door = Proxy(("127.0.0.1", port))
            for each in (database, hints, door):
                await each.start()
            environment = {
                "DATABASE_URL": f"postgresql://{APP}@127.0.0.1:{database.port}/{DATABASE}?sslmode=disable",
                "REDIS_URL": f"redis://127.0.0.1:{hints.port}/0",
                "CALLISTO_LIMITS__SCALE": "0",
                "GAME_TIME_SCALE": str(86_400 / DAY_S),
                **{f"CALLISTO_GUARD__{name}": value for name, value in model.items()},
            }
            if self.plant is not None:
                environment[CLOCK] = str(self.clock)
            gateway = Gateway(f"g{number + 1}", port, environment, self.folder / f"g{number + 1}.log", self.plant)
            self.gateways.append(gateway)
            self.doors.append(door)
            self.databases.append(database)
            self.hints.append(hints)
        await asyncio.gather(*(each.start() for each in self.gateways))

    def fault(self, name: str, what: str, phase: Literal["begin", "end"]) -> None:
        """Notes a fault."""
        self.record(Fault(time.monotonic(), name, what, phase))
        if phase == "begin":
            self.injected[name] += 1

    @property
    def cuts(self) -> int:
        """Commits whose reply was cut so far."""
        return sum(sum(each.cuts.values()) for each in self.databases)

    @property
    def lies(self) -> int:
        """Lies that Redis told so far."""
        return sum(sum(each.lies.values()) for each in self.hints)

    async def heal(self) -> None:
        """Nothing is broken any more: every server runs, every link is calm."""
        self.redis.send(signal.SIGCONT)
        for gateway in self.gateways:
            gateway.send(signal.SIGCONT)
        for database in self.databases:
            database.share = 0.0
        for hints in self.hints:
            if hints.lying:
                hints.lie(on=False)
        for proxy in (*self.databases, *self.hints, *self.doors):
            for link in list(proxy.links):
                if link.own is not None:
                    link.own = None
                    link.reset()
            proxy.suffer(Weather())
        if self.postgres.process is None or self.postgres.process.poll() is not None:
            await self.postgres.start()
        if self.redis.process is None or self.redis.process.poll() is not None:
            await self.redis.start()
        for gateway in self.gateways:
            if gateway.process is None or gateway.process.poll() is not None:
                await gateway.start()
            else:
                await gateway.ready()
        self.fault("heal", "", "end")

    async def sample(self) -> None:
        """Notes what every gateway holds."""
        for gateway in self.gateways:
            inside = await gateway.resources()
            if inside is None or gateway.process is None:
                continue
            with contextlib.suppress(OSError):
                fds = len(os.listdir(f"/proc/{gateway.process.pid}/fd"))
                resident = int(Path(f"/proc/{gateway.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
                self.record(Resources(time.monotonic(), gateway.node, fds, inside["tasks"], inside["pool"], resident))

    async def stop(self) -> None:
        """Ends everything at once and removes it."""
        for proxy in (*self.doors, *self.databases, *self.hints):
            await proxy.close()
        for gateway in self.gateways:
            gateway.send(signal.SIGCONT)
            await gateway.kill()
        self.redis.send(signal.SIGCONT)
        await self.redis.kill()
        await self.postgres.kill(signal.SIGQUIT)
        if self.model.server is not None:
            await self.model.__aexit__()
        self.record.close()

    def remove(self) -> None:
        """Its folders."""
        shutil.rmtree(self.postgres.data, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
