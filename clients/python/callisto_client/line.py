"""Keeps a connection: carries out what the link decides, over sockets that come and go.

This module owns the socket, the tasks and the timers, and makes no decision about the wire.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any
from weakref import WeakSet

from callisto_client.account import Source
from callisto_client.advice import CUT, Closed, back_off
from callisto_client.dial import Connect, Gone, Socket, Urls
from callisto_client.effects import Done, Effect, Hang, Renew, Send, Tell
from callisto_client.errors import Offline, Stopped
from callisto_client.heard import Events
from callisto_client.link import Link
from callisto_client.outbox import Outcome, Pending
from callisto_client.wire import SUBPROTOCOL, Encoding, Unreadable, decode, encode


class Line:
    """One client's connection, from `begin` to `end`. `ended` is why there will be no other."""

    def __init__(self, link: Link, urls: Urls, source: Source, connect: Connect, encoding: Encoding) -> None:
        self.link = link
        self.urls = urls
        self.source = source
        self.connect = connect
        self.encoding: Encoding = encoding
        self.ended: Exception | None = None
        self.last_close: Closed | None = None
        self.answers: dict[Pending, asyncio.Future[Outcome]] = {}
        self.listeners: WeakSet[Events] = WeakSet()
        self._socket: Socket | None = None
        self._token = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self._renewing: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()
        self._changed = asyncio.Event()
        self._out: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def begin(self) -> None:
        """Connects, and stays connected."""
        self._start(self._stay())
        self._start(self._keep_time())

    async def end(self) -> None:
        """Says goodbye, and lets go of everything."""
        socket, self._socket = self._socket, None
        if socket is not None:
            with contextlib.suppress(Exception):
                await socket.close()
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._finish(Offline("this client is closed"), told=None)

    def cut(self) -> None:
        """Ends the connection without a word."""
        if self._socket is not None:
            self._socket.abort()

    async def until(self, ready: Callable[[], bool]) -> None:
        """Waits for something that the link's moves bring about. Raises why there will be no connection any more."""
        while not ready():
            if self.ended is not None:
                raise self.ended
            self._changed.clear()
            await self._changed.wait()

    def act(self) -> Closed | None:
        """Carries out what the link asks for. How it wants the connection to end, if it does."""
        hang = None
        for effect in self.link.take():
            hang = self._do(effect) or hang
        self._moved.set()
        self._changed.set()
        return hang

    def _do(self, effect: Effect) -> Closed | None:
        match effect:
            case Send(frame):
                self._out.put_nowait(frame)
            case Tell(heard):
                for each in list(self.listeners):
                    if each.signals or heard.seq is not None or heard.name == "stream.reset":
                        each.tell(heard)
            case Done(pending, outcome):
                self._done(pending, outcome)
            case Renew(in_s):
                if self._renewing is not None:
                    self._renewing.cancel()
                self._renewing = self._start(self._renew(in_s))
            case Hang(closed):
                return closed
        return None

    def _done(self, pending: Pending, outcome: Outcome) -> None:
        future = self.answers.get(pending)
        if future is not None and not future.done():
            future.set_result(outcome)

    async def _stay(self) -> None:
        stale: str | None = None
        wait_s = 0.0
        while True:
            await asyncio.sleep(wait_s)
            closed = await self._once(stale)
            self.last_close, self._socket = closed, None
            plan = self.link.lost(closed)
            self.act()
            self.urls.turn()
            stale, wait_s = self._token if plan.refresh else None, plan.wait_s

    async def _once(self, stale: str | None) -> Closed:
        """One connection from its beginning to its end, and how it ended."""
        try:
            self._token = await self.source.token(stale)
            socket = await self.connect(await self.urls.ws(), SUBPROTOCOL[self.encoding])
        except Offline as error:
            return Closed(CUT, str(error))
        self._socket = socket
        self._out = asyncio.Queue()
        writer = asyncio.create_task(self._write(socket, self._out))
        self.link.opened(self._token)
        self.act()
        try:
            while True:
                self.link.receive(decode(await socket.receive()))
                if (hang := self.act()) is not None:
                    return hang
        except Gone as gone:
            return gone.closed
        except Unreadable as error:
            self.link.forget()
            return Closed(CUT, str(error))
        finally:
            writer.cancel()
            if self._renewing is not None:
                self._renewing.cancel()
            socket.abort()

    async def _write(self, socket: Socket, out: asyncio.Queue[dict[str, Any]]) -> None:
        with contextlib.suppress(Gone):
            while True:
                await socket.send(encode(await out.get(), self.encoding))

    async def _renew(self, in_s: float) -> None:
        await asyncio.sleep(in_s)
        tries = 0
        # A Stopped ends the trying here; the close that follows brings it up where it is surfaced.
        with contextlib.suppress(Stopped):
            while True:
                try:
                    token = await self.source.token(self._token)
                    break
                except Offline:
                    tries += 1
                    await asyncio.sleep(back_off(tries, self.link.dice))
            self._token = token
            self.link.renewed(token)
            self.act()

    async def _keep_time(self) -> None:
        while True:
            self._moved.clear()
            at = self.link.next_at()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if at is None else max(0.0, at - self.link.clock())):
                    await self._moved.wait()
            if at is not None and at <= self.link.clock():
                self.link.tick()
                if self.act() is not None:
                    self.cut()

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ran)
        return task

    def _ran(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Stopped, or what a token function of the caller's raised: it comes up wherever somebody waits.
            self._finish(error if isinstance(error, Exception) else RuntimeError(str(error)), told=error)

    def _finish(self, why: Exception, *, told: BaseException | None) -> None:
        self.ended = self.ended or why
        for task in self._tasks:
            task.cancel()
        for pending, error in list(self.link.outbox.give_up()):
            self._done(pending, why if isinstance(why, Stopped) and isinstance(error, Offline) else error)
        for each in list(self.listeners):
            each.end(why if told is not None else None)
        self._changed.set()
