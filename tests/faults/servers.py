"""The servers of a fault run, each killable: a durable PostgreSQL, a Redis, and gateways as processes of their own.

The runner starts them all and they all end with it, however it ends. The cluster is made and migrated once for an
invocation and copied for each run.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import msgspec

import migrations
import server
from server.embedded import DURABLE, SETTINGS
from server.embedded_programs import Command, living_in, programs, server_user, spawn
from server.embedded_roles import ADMIN, APP, DATABASE, OWNER, PORT, settle

CHECKOUT = Path(server.__file__).parent.parent
WHERE = Path("/var/tmp")
READY_S = 60.0
LOOK_S = 0.01
LOCALE = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
FASTER = {"max_wal_size": "1GB", "checkpoint_timeout": "15min"}  # a kill replays more, and checkpoints do not disturb the figures


class Broken(Exception):
    """A server of the run does not do what it must; nothing can be said of Callisto."""


class Template:
    """A migrated cluster, to be copied for each run, in a folder that is removed at the end."""

    def __init__(self) -> None:
        self.base = Path(tempfile.mkdtemp(prefix=f"callisto-faults-{os.getpid()}-", dir=WHERE if WHERE.is_dir() else None))
        self.base.chmod(0o711 if os.geteuid() == 0 else 0o700)
        self.user = server_user()
        self.programs = programs(self.base, self.user)
        self.runs = 0

    async def make(self) -> None:
        """Makes and migrates the cluster."""
        data = self.base / "template"
        data.mkdir()
        self.user.owns(data)
        command: Command = [self.programs.postgres / "initdb", "-D", data, "-U", ADMIN, "-E", "UTF8", *LOCALE, "--auth-local=trust", "--auth-host=reject", "--no-sync"]  # fmt: skip
        made = spawn(command, user=self.user, last_words=signal.SIGKILL, folder=data, log=self.base / "initdb.log")
        try:
            if await asyncio.to_thread(made.wait):
                raise Broken(f"initdb failed: {(self.base / 'initdb.log').read_text()[-500:]}")
        finally:
            made.kill()
            made.wait()
        postgres = Postgres(self, data, self._folder("template-run"))
        try:
            await postgres.start()
            settle(postgres.sockets, durable=True)
            await migrations.upgrade(postgres.owner_url, APP)
        finally:
            await postgres.stop()

    def _folder(self, name: str) -> Path:
        folder = self.base / name
        folder.mkdir()
        self.user.owns(folder)
        return folder

    def copy(self) -> tuple[Path, Path]:
        """A cluster of its own for one run, and a folder for sockets."""
        self.runs += 1
        data = self.base / f"pg{self.runs}"
        copied(self.base / "template", data)
        return data, self._folder(f"run{self.runs}")

    def remove(self) -> None:
        """Leaves nothing behind, not even when a server that was killed just now has children that still write."""
        end = time.monotonic() + READY_S
        while self.base.exists() and time.monotonic() < end:
            for pid in living_in(self.base):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            shutil.rmtree(self.base, ignore_errors=True)


def copied(source: Path, target: Path) -> None:
    """A cluster's folder, copied with its owners."""
    subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(target)], check=True)


class Postgres:
    """A durable PostgreSQL on a unix socket."""

    def __init__(self, template: Template, data: Path, sockets: Path) -> None:
        self.template = template
        self.data = data
        self.sockets = sockets
        self.log = sockets / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, role: str, database: str = DATABASE) -> str:
        """The address of the server itself."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.sockets))}&port={PORT}"

    @property
    def owner_url(self) -> str:
        """The owner's, past every proxy."""
        return self.url(OWNER)

    @property
    def socket(self) -> str:
        """Where it listens."""
        return str(self.sockets / f".s.PGSQL.{PORT}")

    async def connect(self, role: str = ADMIN, database: str = DATABASE) -> asyncpg.Connection:
        """A connection past every proxy."""
        return await asyncpg.connect(
            host=str(self.sockets), port=PORT, user=role, database=database, ssl=False, timeout=5, command_timeout=30
        )

    def _spawn(self, more: dict[str, str]) -> None:
        settings = SETTINGS | DURABLE | FASTER | more
        flags = [f"--{name}={value}" for name, value in settings.items()]
        command: Command = [self.template.programs.postgres / "postgres", "-D", self.data, "-k", self.sockets, *flags]
        self.process = spawn(command, user=self.template.user, last_words=signal.SIGQUIT, folder=self.data, log=self.log)

    async def start(self, more: dict[str, str] | None = None) -> float:
        """Starts, with more settings if any are given, and answers. Seconds until it accepted a connection."""
        began = time.monotonic()
        self._spawn(more or {})
        while time.monotonic() - began < READY_S:
            assert self.process is not None
            if self.process.poll() is not None:
                # A backend of the one that was killed has not noticed yet, and holds the shared memory.
                await asyncio.sleep(0.05)
                self._spawn(more or {})
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                connection = await self.connect(database="postgres")
                await connection.close()
                return time.monotonic() - began
            await asyncio.sleep(LOOK_S)
        raise Broken(f"PostgreSQL does not start: {self.log.read_text()[-800:]}")

    async def kill(self, sig: signal.Signals = signal.SIGKILL) -> None:
        """Ends the postmaster, and so all of it, at once."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(sig)
            await asyncio.to_thread(self.process.wait)

    async def stop(self) -> None:
        """A fast shutdown, for copying its folder."""
        await self.kill(signal.SIGINT)
        self.process = None


class Redis:
    """An empty Redis on a unix socket."""

    def __init__(self, template: Template, folder: Path) -> None:
        self.template = template
        self.folder = folder
        self.socket = str(folder / "redis.sock")
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Starts, empty, and answers."""
        Path(self.socket).unlink(missing_ok=True)
        command: Command = [self.template.programs.redis, "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700", "--save", "", "--appendonly", "no"]  # fmt: skip
        self.process = spawn(command, user=self.template.user, last_words=signal.SIGKILL, folder=self.folder, log=self.folder / "redis.log")
        end = time.monotonic() + READY_S
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_unix_connection(self.socket)
                writer.write(b"PING\r\n")
                said = await reader.readline()
                writer.close()
                if said.startswith(b"+PONG"):
                    return
            await asyncio.sleep(LOOK_S)
        raise Broken("Redis does not start")

    def send(self, sig: signal.Signals) -> None:
        """A signal for it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(sig)

    async def kill(self) -> None:
        """Ends it at once, with everything it knew."""
        self.send(signal.SIGKILL)
        if self.process is not None:
            await asyncio.to_thread(self.process.wait)


class Gateway:
    """One place a gateway process runs at. `node` names the incarnation: g1.3 is the third process at the first place."""

    def __init__(self, place: str, port: int, environment: dict[str, str], log: Path, plant: str | None = None) -> None:
        self.place = place
        self.port = port
        self.environment = environment
        self.log = log
        self.plant = plant
        self.born = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.source: Path = CHECKOUT

    @property
    def node(self) -> str:
        """The name of the process that runs now, or ran last."""
        return f"{self.place}.{self.born}"

    def spawn(self) -> None:
        """Starts a process."""
        self.born += 1
        command = [sys.executable, "-P", "-m", "tests.faults.gateway", "--port", str(self.port), "--node", self.node, "--runner", str(os.getpid())]  # fmt: skip
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(self.source)} | self.environment
        if self.source != CHECKOUT:
            # An older version refuses settings that it does not know.
            environment = {name: value for name, value in environment.items() if not name.startswith("CALLISTO_GUARD__")}
        if "LD_LIBRARY_PATH" in os.environ:
            environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [*command, *(("--plant", self.plant) if self.plant else ())],
                cwd=self.source, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip

    async def ready(self) -> None:
        """Waits until it listens and its application has started. Raises Broken when it ended instead."""
        end = time.monotonic() + READY_S
        while time.monotonic() < end:
            if self.process is None or self.process.poll() is not None:
                raise Broken(f"gateway {self.node} ended at its start: {self.log.read_text()[-1500:]}")
            if await self.resources(1.0) is not None:
                return
            await asyncio.sleep(0.03)
        raise Broken(f"gateway {self.node} is not ready: {self.log.read_text()[-1500:]}")

    async def start(self) -> None:
        """Starts until it serves; again and again while its database is away, as a supervisor does."""
        end = time.monotonic() + READY_S
        while True:
            self.spawn()
            try:
                return await self.ready()
            except Broken:
                if time.monotonic() > end:
                    raise
                await asyncio.sleep(0.2)

    async def resources(self, within_s: float = 2.0) -> dict[str, Any] | None:
        """What it holds, or None when it does not answer."""
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, msgspec.DecodeError):
            async with asyncio.timeout(within_s):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    writer.write(b"GET /faults/resources HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                    said = await reader.read()
                finally:
                    writer.close()
            found: dict[str, Any] = msgspec.json.decode(said.partition(b"\r\n\r\n")[2])
            return found
        return None

    def send(self, sig: signal.Signals) -> None:
        """A signal for it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(sig)

    async def kill(self) -> None:
        """kill -9."""
        self.send(signal.SIGKILL)
        if self.process is not None:
            await asyncio.to_thread(self.process.wait)

    async def drained(self, within_s: float = 20.0) -> float:
        """Seconds that leaving took after SIGTERM. Raises Broken when it did not."""
        began = time.monotonic()
        self.send(signal.SIGTERM)
        assert self.process is not None
        try:
            await asyncio.to_thread(self.process.wait, within_s)
        except subprocess.TimeoutExpired:
            raise Broken(f"gateway {self.node} did not drain in {within_s:.0f} s") from None
        return time.monotonic() - began
