"""A PostgreSQL of the test's own, durable, behind a line that can be cut: to be killed, frozen and cut off."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import unquote

import asyncpg
from sqlalchemy.engine import make_url

import migrations
from server.embedded import Embedded, Endpoints
from server.embedded_programs import Command, living_in
from server.embedded_roles import PORT
from tests.conftest import driver_args
from tests.world import World


class OwnPostgres(Embedded):
    """Servers in a folder of their own; PostgreSQL may be hurt."""

    def __init__(self, base: Path) -> None:
        super().__init__(base)
        self.commands: dict[str, tuple[Command, Path]] = {}
        self.frozen: list[int] = []

    def _spawn(self, name: str, command: Command, folder: Path, **more: signal.Signals) -> subprocess.Popen[bytes]:  # type: ignore[override]
        self.commands[name] = command, folder
        return super()._spawn(name, command, folder, **more)

    @property
    def pids(self) -> list[int]:
        """The postmaster, its sessions and its helpers."""
        return [pid for pid in living_in(self.base) if pid != self._servers["redis"].pid]

    def kill(self) -> None:
        """kill -9 of all of it."""
        self.resume()
        for pid in self.pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._servers["postgres"].wait(10)

    @property
    def dead(self) -> bool:
        """Whether it has ended."""
        return self._servers["postgres"].poll() is not None

    def again(self) -> None:
        """Starts after a kill; it recovers first."""
        self._spawn("postgres", *self.commands["postgres"])

    def freeze(self) -> None:
        """SIGSTOP to all of it."""
        self.frozen = self.pids
        for pid in self.frozen:
            os.kill(pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        for pid in self.frozen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self.frozen = []

    async def answers(self, endpoints: Endpoints) -> None:
        """Waits until it accepts connections."""
        async with asyncio.timeout(20):
            while True:
                with contextlib.suppress(OSError, asyncpg.PostgresError):
                    await (await asyncpg.connect(**driver_args(endpoints.admin_url), timeout=2)).close()
                    return
                await asyncio.sleep(0.02)


class Line:
    """A TCP line to a unix socket. Cut, it swallows what is sent both ways and accepts connections nobody answers."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.cut = False
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listens."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.cut:
            await reader.read()  # into the void
            writer.close()
            return
        try:
            there_reader, there_writer = await asyncio.open_unix_connection(self.path)
        except OSError:
            writer.close()
            return
        self._tasks |= (
            both := {asyncio.ensure_future(self._pass(reader, there_writer)), asyncio.ensure_future(self._pass(there_reader, writer))}
        )
        for task in both:
            task.add_done_callback(self._tasks.discard)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                if self.cut:
                    # This connection is lost for good: a partition that heals does not bring back what it lost.
                    await reader.read()
                    break
                writer.write(data)
        writer.close()

    async def stop(self) -> None:
        """Ends."""
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def a_world_of_its_own(own: OwnPostgres) -> AsyncIterator[tuple[World, Line]]:
    """A migrated database, the gateways' way to it being a TCP line."""
    endpoints = own.start()
    await migrations.upgrade(endpoints.owner_url, "callisto")
    owner = await asyncpg.connect(**driver_args(endpoints.owner_url))
    sockets = Path(unquote(endpoints.redis_url.removeprefix("unix://"))).parent
    line = Line(str(sockets / f".s.PGSQL.{PORT}"))
    await line.start()
    by_line = make_url(endpoints.database_url).set(host="127.0.0.1", port=line.port, query={}).render_as_string(hide_password=False)
    yield World(by_line, endpoints.owner_url, endpoints.admin_url, endpoints.redis_url, "own", owner), line
    owner.terminate()
    await line.stop()
    own.resume()
