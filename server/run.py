"""`./callisto serve`: servers up, schema right, gateway listening, and all of it down again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from pathlib import Path

import structlog
from rich.console import Console

from persistence.arrival import arrived
from persistence.database import is_away
from server import owner, serving
from server.app import App
from server.embedded import EmbeddedError
from server.instance import Instance, open_instance
from server.settings import Settings
from server.shared_port import SharedPort
from server.storage import keep_ballast

log = structlog.get_logger("callisto.run")

REVIVE_S = 1.0  # how often it is looked whether the embedded servers live
OK, UNEXPECTED, USAGE, BAD_CONFIGURATION, UNREACHABLE, SCHEMA = 0, 1, 2, 3, 4, 5
BESIDE = 9  # connections of a process beside its pool: four that read, the lane's, four for parked teams


def run(settings: Settings, host: str, port: int, data: Path | None, *, migrate: bool, workers: int = 1) -> int:
    """Serves until a signal. The exit code."""
    console = Console(stderr=False, highlight=False)
    if workers > 1 and sys.platform != "linux":
        console.print("[red]✗[/] --workers needs Linux: elsewhere the kernel gives one process all connections of a shared port")
        return USAGE
    serving.set_up_logs(pretty=sys.stderr.isatty())
    serving.raise_file_limit()
    # Until the loop has handlers of its own: a SIGTERM must not pass over the end of the servers below.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(OK))
    began = time.perf_counter()
    try:
        instance = open_instance(settings, data)
    except EmbeddedError as error:
        console.print(f"[red]✗[/] {error}")
        return BAD_CONFIGURATION
    migrate = migrate or (instance.own is not None and settings.database_url is None)
    try:
        return _Serving(console, settings, instance, host, workers, began).run(port, migrate=migrate)
    except KeyboardInterrupt:
        return OK
    finally:
        instance.close()


class _Serving:
    """One `serve`, its servers up."""

    def __init__(self, console: Console, settings: Settings, instance: Instance, host: str, workers: int, began: float) -> None:
        self.console = console
        self.settings = settings
        self.instance = instance
        self.host = host
        self.workers = workers
        self.began = began

    def run(self, port: int, *, migrate: bool) -> int:
        """The exit code, once everybody has left."""
        try:
            listening = SharedPort(self.host, port) if self.workers > 1 else serving.listen(self.host, port)
        except OSError as error:
            self.console.print(f"[red]✗[/] cannot listen on {self.host}:{port}: {error.strerror}. Try --port.")
            return UNEXPECTED
        try:
            if self.instance.app_role is None:
                self.console.print(
                    "[yellow]![/] one database role for everything: set CALLISTO_DB__OWNER_URL to keep ledger and events append-only"
                )
            code = asyncio.run(_schema(self.console, self.settings, self.instance, migrate))
            if code == OK:
                self._keep_ballast()
                asyncio.run(_advise(self.console, self.instance, self.workers * (self.settings.db.pool_size + BESIDE)))
                code = self._many(listening) if isinstance(listening, SharedPort) else self._one(listening)
            if code == OK:
                self.console.print("stopped")
            return code
        finally:
            listening.close()

    @property
    def _disk(self) -> Path | None:
        """The folder of the embedded database, when it is ours."""
        return self.instance.base if self.instance.own is not None and self.settings.database_url is None else None

    def _keep_ballast(self) -> None:
        of = self.settings.storage
        if self._disk is not None and not self.instance.joined and not keep_ballast(self._disk, of.ballast_mib, mark_mib=of.free_mib):
            self.console.print("[yellow]![/] no ballast file: too little room, or switched off")

    def _one(self, listening: socket.socket) -> int:
        app = App(self.settings, self.instance.database_url, self.instance.redis_url, disk=self._disk)
        app.beside.append(lambda: _keep_alive(self.instance))
        port = listening.getsockname()[1]
        gateway = serving.Gateway(app, on_ready=lambda: self._say_ready(port, redis=app.bus is not None and app.bus.connected))
        if not serving.run(gateway, listening):
            self.console.print("[red]✗[/] the gateway did not start; the log above says why")
            return UNREACHABLE
        return OK

    def _many(self, shared: SharedPort) -> int:
        # They find the servers as if they were outside: only the owner starts and stops them.
        found = {"DATABASE_URL": self.instance.database_url, "REDIS_URL": self.instance.redis_url}
        if self._disk is not None:
            found["CALLISTO_STORAGE__PATH"] = str(self._disk)
        plan = owner.Plan(self.host, shared.port, self.workers, {**os.environ, **found}, self.settings.db.start_s)
        try:
            owner.run(plan, lambda redis: self._say_ready(shared.port, redis=redis), beside=lambda: _keep_alive(self.instance))
        except owner.NotStarted as no:
            self.console.print(f"[red]✗[/] {no}")
            return no.code
        return OK

    def _say_ready(self, port: int, *, redis: bool) -> None:
        console, settings, instance = self.console, self.settings, self.instance
        address = f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{port}"
        took_s = time.perf_counter() - self.began
        many = f"{self.workers} processes, " if self.workers > 1 else ""
        where = "joined the servers that run in" if instance.joined else "embedded, in"
        mine = f"{where} {instance.base}" if instance.own is not None else ""
        console.print(f"[green]✓[/] PostgreSQL             {'outside, by DATABASE_URL' if settings.database_url else mine}")
        mark = "[green]✓[/]" if redis else "[yellow]![/] (does not answer: events come late)"
        console.print(f"{mark} Redis                  {'outside, by REDIS_URL' if settings.redis_url else mine}")
        console.print("[green]✓[/] schema                 at head")
        console.print(f"[green]✓[/] gateway                {address} ({many}ready in {took_s:.1f} s)")
        console.print()
        console.print(f"  players    {address.replace('http', 'ws')}/v1/ws   callisto.v1.msgpack, callisto.v1.json")
        console.print(f"  accounts   {address}/v1/auth/register")
        console.print(f"  health     {address}/readyz")
        console.print()
        data = f" --data {instance.base}" if instance.own is not None else ""
        console.print(f"  try next   [bold]./callisto tour --url {address}{data}[/]   in another terminal", soft_wrap=True)
        console.print(f"             [bold]./callisto play --url {address}[/]   to play yourself", soft_wrap=True)
        console.print("  stop       Ctrl-C")


async def _keep_alive(instance: Instance) -> None:
    """Starts an embedded server again that has ended by itself."""
    while True:
        await asyncio.sleep(REVIVE_S)
        with contextlib.suppress(OSError, EmbeddedError):
            for name in instance.own.revive() if instance.own is not None else ():
                log.warning("embedded server started again", server=name)


async def _schema(console: Console, settings: Settings, instance: Instance, migrate: bool) -> int:
    began = time.monotonic()
    try:
        found = await arrived(instance.schema, settings.db.start_s)
        if migrate:
            await instance.migrate()
            found = await instance.schema()
        current, head = found
        unfit = await instance.unfit(prepared=settings.db.prepared) if current == head else []
    except Exception as error:
        if not is_away(error):
            raise
        console.print(f"[red]✗[/] the database does not answer ({type(error).__name__}), after {time.monotonic() - began:.0f} s of waiting")
        return UNREACHABLE
    if current != head:
        console.print(f"[red]✗[/] the schema stands at {current or 'nothing'}, this version needs {head}. Type: ./callisto serve --migrate")
        return SCHEMA
    for line in unfit:
        console.print(f"[yellow]![/] {line}", soft_wrap=True)
    if unfit and settings.env == "production":
        console.print("[red]✗[/] in production nothing is promised on such a server. See docs/operating.md, Outside databases")
        return BAD_CONFIGURATION
    return OK


async def _advise(console: Console, instance: Instance, connections: int) -> None:
    """Says what an administrator of the database should type."""
    for each in await instance.amiss(connections):
        console.print(f"[yellow]![/] PostgreSQL's {each.name} is {each.value}: {each.why}. Type, as its superuser:", soft_wrap=True)
        console.print(f"    {each.line}", markup=False, soft_wrap=True)
