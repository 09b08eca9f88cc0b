"""Errands and schedules: claimed with a lease, run outside any transaction, ended in the transaction of a command."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import structlog

from persistence import errands
from protocol import codec
from protocol.codec import Incoming
from protocol.message import Answer, Command, name_of
from protocol.refusals import Conflict, Unavailable
from server import errands as kinds
from server.caller import SYSTEM
from server.context import Ctx
from server.dispatch import Dispatch

log = structlog.get_logger("callisto.worker")

IDLE_S = 1.0  # between looks, when nothing wakes it
LEASE_S = 15.0  # an errand's; longer than any errand may take, and no longer: who waits for a dead worker's errand waits so long
ERRAND_S = 12.0  # an errand's time; the longest asks a model, for 10 s at most
AT_ONCE = 64  # most of them wait for somebody else's service
STEPS_S = 10.0  # of one schedule that has more to do right away; shorter than its lease
COMMAND_S = 10.0
CLOSE_S = 5.0  # for commands that have begun, at the end
RETRY_S = 5.0  # after the first failure; doubled each time, up to ten minutes
AWAY_S = 1.0  # when it was the database that was away: somebody at a socket may be waiting for what the errand brings

Schedules = Mapping[str, tuple[float, Callable[[], Command[Answer]]]]


class Unfinished(Exception):
    """The command at an errand's end was refused; `code` says how."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Worker:
    """This process's worker. Several may run; leases keep them apart."""

    def __init__(self, dispatch: Dispatch, reads: Any, worker_id: UUID, schedules: Schedules, outside: kinds.Outside) -> None:
        self.dispatch = dispatch
        self.reads = reads
        self.id = worker_id
        self.schedules = schedules
        self.outside = outside
        self._woken = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._claimed: dict[UUID, asyncio.Task[None]] = {}
        dispatch.wake = self._woken.set

    async def run(self) -> None:
        """Works for as long as the process lives."""
        planned = False
        while True:
            try:
                if not planned:
                    async with self.reads.acquire() as connection:
                        for name in self.schedules:
                            await errands.plan(connection, name)
                    planned = True
                await self.tick()
            except Exception as error:
                log.info("worker waits", error=type(error).__name__)
                await asyncio.sleep(IDLE_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(IDLE_S):
                    await self._woken.wait()
            self._woken.clear()

    async def tick(self) -> None:
        """Starts what is due."""
        async with self.reads.acquire() as connection:
            due = await errands.due(connection, list(self.schedules), LEASE_S)
            claimed = (
                await errands.claim(connection, self.id, LEASE_S, AT_ONCE - len(self._running)) if len(self._running) < AT_ONCE else []
            )
        for name, at in due:
            self._spawn(self._scheduled(name, at.isoformat()))
        for errand in claimed:
            task = self._claimed[errand.errand_id] = self._spawn(self._errand(errand))
            task.add_done_callback(lambda _, id=errand.errand_id: self._claimed.pop(id, None))  # type: ignore[misc]  # bound now

    async def close(self) -> None:
        """Gives back the errands that are still outside, for another process to run at once, and lets what has begun here end."""
        claimed = dict(self._claimed)
        for task in claimed.values():
            task.cancel()
        await asyncio.gather(*claimed.values(), return_exceptions=True)
        if self._running:
            await asyncio.wait(self._running, timeout=CLOSE_S)
        with contextlib.suppress(Exception):
            async with asyncio.timeout(2), self.reads.acquire() as connection:
                await errands.give_back(connection, self.id, list(claimed))

    async def _scheduled(self, name: str, due_at: str) -> None:
        every_s, make = self.schedules[name]

        async def plan_next(ctx: Ctx) -> None:
            await errands.done(ctx.db, name, every_s)

        began, took = time.monotonic(), 0.0
        done = await self._perform(make(), f"{name}@{due_at}"[:64], plan_next)
        for step in itertools.count(1):
            answer = codec.as_map(done.outcome)
            if "error" in answer:
                log.warning("schedule failed", schedule=name)
                return
            if not answer["ok"].get("more") or time.monotonic() - began > STEPS_S:
                return
            # Half of the time is everybody else's.
            await asyncio.sleep(max(0.005, took))
            at = time.monotonic()
            done = await self._perform(make(), f"{name}@{due_at}"[:56] + f"#{step}", None)
            took = time.monotonic() - at

    async def _errand(self, claimed: errands.Claimed) -> None:
        try:
            errand, run = kinds.decode(claimed.kind, claimed.payload)
            async with asyncio.timeout(ERRAND_S):
                command = await run(errand, replace(self.outside, attempt=claimed.attempts))
            self._claimed.pop(claimed.errand_id, None)  # from here on it is a command, and finished like any other

            async def finish(ctx: Ctx) -> None:
                if not await errands.finish(ctx.db, claimed.errand_id):
                    # Somebody else ended it: what it came to must not happen twice.
                    raise Conflict

            done = await self._perform(command, f"errand:{claimed.errand_id}", finish)
            if done.outcome.startswith(b"\xa5error", 1):
                raise Unfinished(codec.as_map(done.outcome)["error"]["code"])
        except Exception as error:
            # An errand that waits for the database has done nothing wrong.
            away = isinstance(error, Unfinished) and error.code == Unavailable.code
            delay_s = AWAY_S if away else min(600.0, RETRY_S * 2 ** (claimed.attempts - 1))
            log.warning("errand failed", kind=claimed.kind, attempts=claimed.attempts, error=type(error).__name__)
            with contextlib.suppress(Exception):
                async with self.reads.acquire() as connection:
                    await errands.retry(connection, claimed.errand_id, type(error).__name__, delay_s)

    async def _perform(self, command: Command[Answer], id: str, ends: Any) -> Any:
        incoming = Incoming(id, name_of(command), command, int(COMMAND_S * 1000))
        return await self.dispatch(SYSTEM, incoming, time.monotonic() + COMMAND_S, ends=ends)

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if len(self._running) >= AT_ONCE:
            # There was no room: what waits is looked for now.
            self._woken.set()
        self._running.discard(task)
