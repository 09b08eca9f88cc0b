"""The owner of several gateway processes: starts them, starts them again when they die, and takes all of them along when it leaves.

It serves nobody itself. A process that ends is started again after a pause that doubles while it keeps ending; its players
have moved to the others meanwhile. This must never leave a process behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import Any

import structlog

log = structlog.get_logger("callisto.owner")

PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0  # before a process that ended is started again: the first, and the most it doubles to
STEADY_S = 10.0  # who lived so long is not in a loop of dying
READY_S = 60.0  # on a slow disk or a loaded machine; then something is wrong
STOP_S = 25.0  # a drain takes 12 s at most (drain.py), letting go of everything 12 more (app.py)


class NotStarted(Exception):
    """A process did not come up. `code` is the exit code to end with."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True)
class Plan:
    """What is to run."""

    host: str
    port: int
    workers: int
    environment: Mapping[str, str]
    wait_s: float = 0.0
    """How long each may wait for its database."""


class Owner:
    """All gateway processes of one `serve`. `on_ready` is told, once all serve, whether Redis answers."""

    def __init__(self, plan: Plan, on_ready: Callable[[bool], None]) -> None:
        self.plan = plan
        self.on_ready = on_ready
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._leaving = asyncio.Event()

    async def run(self) -> None:
        """Serves until told to leave. Raises NotStarted."""
        nodes = [f"g{number}" for number in range(1, self.plan.workers + 1)]
        first: dict[str, asyncio.Future[bool]] = {node: asyncio.get_running_loop().create_future() for node in nodes}
        keeping = [asyncio.create_task(self._keep(node, first[node])) for node in nodes]
        ready = asyncio.gather(*first.values())
        try:
            some: list[asyncio.Future[Any]] = [ready, *keeping]
            await asyncio.wait(some, return_when=asyncio.FIRST_COMPLETED)
            if ready.done() and (redis := ready.result()) and not self._leaving.is_set():
                self.on_ready(all(redis))
            await asyncio.gather(*keeping)
        finally:
            ready.cancel()
            self._leaving.set()
            self._signal(signal.SIGTERM)
            _, late = await asyncio.wait(keeping, timeout=STOP_S)
            if late:
                log.warning("workers do not leave", nodes=sorted(self._running))
                self._signal(signal.SIGKILL)
            await asyncio.gather(*keeping, return_exceptions=True)

    def leave(self) -> None:
        """Has everybody drain and end; said again, end at once."""
        self._leaving.set()
        self._signal(signal.SIGTERM)

    def _signal(self, what: signal.Signals) -> None:
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(what)

    async def _keep(self, node: str, first: asyncio.Future[bool]) -> None:
        """Has one process run, again and again, until all leave."""
        pause_s = PAUSE_S
        while not self._leaving.is_set():
            began = time.monotonic()
            process, said = await self._start(node)
            self._running[node] = process
            if self._leaving.is_set():
                process.terminate()
            try:
                ready, again = await self._ready(said), first.done()
                if isinstance(ready, NotStarted) and not again and not self._leaving.is_set():
                    first.set_exception(ready)
                elif not again:
                    first.set_result(ready is True)
                if isinstance(ready, NotStarted):
                    log.warning("worker does not start", node=node, why=str(ready))
                    with contextlib.suppress(ProcessLookupError):
                        process.terminate()
                elif again:
                    log.info("worker serves", node=node, pid=process.pid)
                code = await process.wait()
            finally:
                del self._running[node]
            if self._leaving.is_set():
                break
            pause_s = PAUSE_S if time.monotonic() - began > STEADY_S else min(LONGEST_PAUSE_S, pause_s * 2)
            log.warning("worker ended", node=node, code=code, again_in_s=pause_s)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._leaving.wait()
        if not first.done():
            first.set_result(False)

    async def _start(self, node: str) -> tuple[asyncio.subprocess.Process, asyncio.StreamReader]:
        here, there = os.pipe()
        try:
            words = [str(os.getpid()), self.plan.host, str(self.plan.port), node, str(there)]
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                "server.gateway_process",
                *words,
                stdin=asyncio.subprocess.DEVNULL,
                env=self.plan.environment,
                pass_fds=(there,),
                # Out of the terminal's reach: Ctrl-C is for the owner, who asks everybody to leave.
                start_new_session=True,
            )
        except BaseException:
            os.close(here)
            raise
        finally:
            os.close(there)
        said = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(said), os.fdopen(here, "rb"))
        return process, said

    async def _ready(self, said: asyncio.StreamReader) -> bool | NotStarted:
        """Whether Redis answers, once the process serves; or why it does not."""
        try:
            async with asyncio.timeout(within_s := READY_S + self.plan.wait_s):
                line = (await said.readline()).decode().strip()
        except TimeoutError:
            return NotStarted(1, f"a gateway is not ready after {within_s:.0f} s")
        what, _, rest = line.partition(" ")
        if what == "ready":
            return rest == "1"
        code, _, why = rest.partition(" ")
        return NotStarted(int(code), why) if what == "refused" else NotStarted(1, "a gateway ended at its start; the log above says why")


def run(plan: Plan, on_ready: Callable[[bool], None], beside: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Serves until a signal; `beside` runs meanwhile. Raises NotStarted."""

    async def work() -> None:
        owner = Owner(plan, on_ready)
        loop = asyncio.get_running_loop()

        def heard(_signal: int, _frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(owner.leave)

        # Not the loop's own handlers: those would leave none behind, and the embedded servers are still to be stopped.
        before = {each: signal.signal(each, heard) for each in (signal.SIGINT, signal.SIGTERM)}
        other = asyncio.create_task(beside())
        try:
            await owner.run()
        finally:
            other.cancel()
            for each, handler in before.items():
                signal.signal(each, handler)

    asyncio.run(work())
