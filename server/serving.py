"""Runs one gateway process: uvicorn with the fast socket, deadlines, and a drain before it stops."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import resource
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator, MutableMapping
from types import FrameType
from typing import Any

import structlog
import uvicorn
import uvloop

from server import huge_pages
from server.app import App
from server.gateway.door import DeadlineHttp
from server.gateway.drain import drain
from server.gateway.socket import FastSocket
from server.shared_port import listen as listen
from server.watchdog import Watchdog

log = structlog.get_logger("callisto.serving")

HEARTBEAT_S = 10.0  # wire.md 3
POOLS = ("asyncpg", "sqlalchemy.pool")  # what they complain of while the database is away is one thing, known, and no fault of theirs
COMPLAIN_S = 10.0  # at least between two lines of the same complaint
FILES = 65_536  # a socket is a file; the limit is raised as far as it may be


def config(app: App, *, loop: str = "uvloop") -> uvicorn.Config:
    """How this project runs uvicorn: no compression, no access log, small messages, deadlines."""
    return uvicorn.Config(
        app.asgi,
        loop=loop,
        http=type("Http", (DeadlineHttp,), {"porter": app.porter}),
        ws=FastSocket,
        ws_max_size=16_384,
        ws_ping_interval=HEARTBEAT_S,
        ws_ping_timeout=HEARTBEAT_S,
        ws_per_message_deflate=False,
        lifespan="on",
        access_log=False,
        log_config=None,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )


class Gateway(uvicorn.Server):
    """A server that leaves its clients properly. `on_ready` is called once it listens."""

    def __init__(self, app: App, *, on_ready: Callable[[], None] = lambda: None, signals: bool = True, loop: str = "uvloop") -> None:
        super().__init__(config(app, loop=loop))
        self.app = app
        self.on_ready = on_ready
        self.signals = signals
        self._draining: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts, then says so."""
        await super().startup(sockets)
        if self.started:
            settle_memory()
            self.on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ours, not uvicorn's: it would raise the signal again after its shutdown, past our own clean-up."""
        if not self.signals:
            yield
            return
        before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal drains, the second stops at once."""
        if self._draining is None:
            with contextlib.suppress(RuntimeError):
                asyncio.get_running_loop().call_soon_threadsafe(self.leave)
                return
        self.should_exit = self.force_exit = True

    @property
    def leaving(self) -> bool:
        """Whether it was asked to leave."""
        return self._draining is not None

    def leave(self) -> None:
        """Stops listening, drains, then stops."""
        if self._draining is None:
            self._draining = asyncio.get_running_loop().create_task(self._leave())

    async def _leave(self) -> None:
        # There are none yet while it waits for its database.
        for server in getattr(self, "servers", ()):
            server.close()
        try:
            await asyncio.gather(drain(self.app.gate), drain(self.app.service_gate))
        finally:
            self.should_exit = True


def run(gateway: Gateway, listening: socket.socket) -> bool:
    """Serves until a signal, in a loop of its own. Whether it ever started, or was asked to leave before; if not, the log says why."""
    gateway.app.beside.append(Watchdog().run)
    if gateway.app.settings.huge_pages:
        gateway.app.beside.append(huge_pages.keep)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, contextlib.suppress(SystemExit):
        # uvicorn leaves by exit code 3 when it cannot start, which is ours for a bad configuration.
        runner.run(gateway.serve(sockets=[listening]))
    return gateway.started or gateway.leaving


def settle_memory() -> None:
    """Takes what was loaded out of the garbage collector's sight, and has it look less often.

    Measured: full collections over modules and tables that never become garbage were 18 % of the gateway's CPU, half a
    second at a time. Everything on the hot path is freed by reference counts.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def raise_file_limit() -> int:
    """How many files, and so sockets, this process may hold, after asking for as many as it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)


def _where_only(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception becomes its kind and the lines it passed. Its text and the variables may hold what players wrote."""
    error = fields.pop("exc_info", None)
    if isinstance(error, BaseException):
        fields["kind"] = f"{type(error).__module__}.{type(error).__qualname__}"
        fields["where"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    return fields


class Brief(logging.Filter):
    """A connection pool's complaint is a line with the error's kind, now and then, however often it tries: an outage is no traceback a second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.clock = clock
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written."""
        if not record.name.startswith(POOLS):
            return True
        # By the words before any value of theirs is put in: the same complaint about another connection is the same one.
        complaint, now = (record.name, str(record.msg)[:40]), self.clock()
        if now - self._said.get(complaint, -COMPLAIN_S) < COMPLAIN_S:
            return False
        self._said[complaint] = now
        if record.exc_info and record.exc_info[0] is not None:
            record.msg, record.args = f"{record.getMessage()} ({record.exc_info[0].__name__})", None
        record.exc_info = record.exc_text = record.stack_info = None
        return True


def set_up_logs(*, pretty: bool, level: str = "info") -> None:
    """JSON lines on stderr, or something a person reads. Fields, never what players wrote."""
    plain = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    renderer: structlog.typing.Processor = plain if pretty else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _where_only,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    lines = logging.StreamHandler(sys.stderr)
    lines.addFilter(Brief())
    logging.basicConfig(level=logging.WARNING, handlers=[lines], format="%(asctime)s %(levelname)s %(name)s %(message)s")
