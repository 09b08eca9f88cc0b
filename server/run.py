"""`./callisto serve`: servers up, schema right, gateway listening, and all of it down again."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from pathlib import Path

import structlog
import uvloop
from rich.console import Console

from persistence.database import is_away
from server import serving
from server.app import App
from server.embedded import EmbeddedError
from server.instance import Instance, open_instance
from server.settings import Settings
from server.storage import keep_ballast
from server.watchdog import Watchdog

log = structlog.get_logger("callisto.run")

REVIVE_S = 1.0  # how often it is looked whether the embedded servers live
OK, UNEXPECTED, BAD_CONFIGURATION, UNREACHABLE, SCHEMA = 0, 1, 3, 4, 5


def run(settings: Settings, host: str, port: int, data: Path | None, *, migrate: bool) -> int:
    """Serves until a signal. The exit code."""
    console = Console(stderr=False, highlight=False)
    serving.set_up_logs(pretty=sys.stderr.isatty())
    serving.raise_file_limit()
    began = time.perf_counter()
    # Until the loop has handlers of its own: a SIGTERM must not pass over the end of the servers below.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(OK))
    try:
        instance = open_instance(settings, data)
    except EmbeddedError as error:
        console.print(f"[red]✗[/] {error}")
        return BAD_CONFIGURATION
    try:
        return _serve(
            console, settings, instance, host, port, migrate or (instance.own is not None and settings.database_url is None), began
        )
    except KeyboardInterrupt:
        return OK
    finally:
        instance.close()


def _serve(console: Console, settings: Settings, instance: Instance, host: str, port: int, migrate: bool, began: float) -> int:
    try:
        listening = serving.listen(host, port)
    except OSError as error:
        console.print(f"[red]✗[/] cannot listen on {host}:{port}: {error.strerror}. Try --port.")
        return UNEXPECTED
    try:
        if instance.app_role is None:
            console.print("[yellow]![/] one database role for everything: set CALLISTO_DB__OWNER_URL to keep ledger and events append-only")
        code = asyncio.run(_schema(console, settings, instance, migrate))
        if code != OK:
            return code
        port = listening.getsockname()[1]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        ours = instance.base if instance.own is not None and settings.database_url is None else None
        app = App(settings, instance.database_url, instance.redis_url, disk=ours)
        app.beside.append(Watchdog().run)
        if instance.own is not None and not instance.joined:
            app.beside.append(lambda: _keep_alive(instance))
            if ours is not None and not keep_ballast(ours, settings.storage.ballast_mib, mark_mib=settings.storage.free_mib):
                console.print("[yellow]![/] no ballast file: too little room, or switched off")
        gateway = serving.Gateway(app, on_ready=lambda: _say_ready(console, settings, app, instance, address, time.perf_counter() - began))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(gateway.serve(sockets=[listening]))
        if not gateway.started:
            console.print("[red]✗[/] the gateway did not start; the log above says why")
            return UNREACHABLE
        console.print("stopped")
        return OK
    finally:
        listening.close()


async def _keep_alive(instance: Instance) -> None:
    """Starts an embedded server again that has ended by itself."""
    while True:
        await asyncio.sleep(REVIVE_S)
        with contextlib.suppress(OSError, EmbeddedError):
            for name in instance.own.revive() if instance.own is not None else ():
                log.warning("embedded server started again", server=name)


async def _schema(console: Console, settings: Settings, instance: Instance, migrate: bool) -> int:
    try:
        if migrate:
            await instance.migrate()
        current, head = await instance.schema()
        unfit = await instance.unfit(prepared=settings.db.prepared) if current == head else []
    except Exception as error:
        if not is_away(error):
            raise
        console.print(f"[red]✗[/] the database does not answer ({type(error).__name__})")
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


def _say_ready(console: Console, settings: Settings, app: App, instance: Instance, address: str, took_s: float) -> None:
    where = "joined the servers that run in" if instance.joined else "embedded, in"
    mine = f"{where} {instance.base}" if instance.own is not None else ""
    console.print(f"[green]✓[/] PostgreSQL             {'outside, by DATABASE_URL' if settings.database_url else mine}")
    mark = "[green]✓[/]" if app.bus is not None and app.bus.connected else "[yellow]![/] (does not answer: events come late)"
    console.print(f"{mark} Redis                  {'outside, by REDIS_URL' if settings.redis_url else mine}")
    console.print("[green]✓[/] schema                 at head")
    console.print(f"[green]✓[/] gateway                {address} (ready in {took_s:.1f} s)")
    console.print()
    console.print(f"  players    {address.replace('http', 'ws')}/v1/ws   callisto.v1.msgpack, callisto.v1.json")
    console.print(f"  accounts   {address}/v1/auth/register")
    console.print(f"  health     {address}/readyz")
    console.print()
    data = f" --data {instance.base}" if instance.own is not None else ""
    console.print(f"  try next   [bold]./callisto tour --url {address}{data}[/]   in another terminal", soft_wrap=True)
    console.print(f"             [bold]./callisto play --url {address}[/]   to play yourself", soft_wrap=True)
    console.print("  stop       Ctrl-C")
