"""At most so many of one kind of work at a time, and everybody in turn: whoever asks for a lot waits behind himself, not before others."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Hashable
from contextlib import AsyncExitStack, asynccontextmanager

from protocol.message import Door
from server.caller import Caller

SPARE = 2  # connections of the pool that commands leave alone: for starts, signing in, health (abuse case 70)
ACCOUNT_AT_ONCE, SERVICE_AT_ONCE = 2, 6  # commands of one account that hold a connection at the same time
HEAVY = 5  # cost of a command, from which on it may have half of them at most
SMOOTH = 0.1  # weight of the newest span in the mean


class Crowded(Exception):
    """Too many wait, or it took too long. `wait_s` is when it is worth coming back."""

    def __init__(self, wait_s: float) -> None:
        super().__init__("crowded")
        self.wait_s = wait_s


class _Line:
    """Who waits for one key, and how many of it are inside."""

    __slots__ = ("inside", "share", "waiting")

    def __init__(self, share: int) -> None:
        self.inside = 0
        self.share = share
        self.waiting: deque[asyncio.Future[None]] = deque()


class Turnstile:
    """Lets `at_once` in, of one key at most `share`; at most `most` wait. Keys take turns, and within a key the first is first."""

    def __init__(self, at_once: int, most: int, share: int | None = None) -> None:
        self.at_once = at_once
        self.most = most
        self.share = share or at_once
        self.inside = 0
        self.waiting = 0
        self._lines: dict[Hashable, _Line] = {}
        self._ready: OrderedDict[Hashable, None] = OrderedDict()  # keys with somebody waiting and room in their share
        self._mean_s = 0.005

    @property
    def wait_s(self) -> float:
        """How long whoever came now would wait, as things go."""
        return max(0.5, min(10.0, (self.waiting + 1) * self._mean_s / self.at_once))

    async def enter(self, key: Hashable, within_s: float, share: int | None = None) -> None:
        """Waits for a turn; `leave` is owed for it. Raises Crowded, at once when too many wait and else after `within_s`."""
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line(share or self.share)
        if self.inside < self.at_once and line.inside < line.share and not self._ready:
            self.inside += 1
            line.inside += 1
            return
        if self.waiting >= self.most:
            self._forget(key, line)
            raise Crowded(self.wait_s)
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        line.waiting.append(turn)
        self.waiting += 1
        if line.inside < line.share:
            self._ready[key] = None
        late = loop.call_later(within_s, self._late, turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.leave(key)  # let in and called away in the same loop turn
            raise
        finally:
            late.cancel()
            self.waiting -= 1

    def leave(self, key: Hashable, began: float | None = None) -> None:
        """Out again; somebody else's turn. `began` (monotonic seconds) is when it was let in, for the mean."""
        if began is not None:
            self._mean_s += SMOOTH * (time.monotonic() - began - self._mean_s)
        line = self._lines[key]
        self.inside -= 1
        line.inside -= 1
        if line.waiting:
            self._ready.setdefault(key, None)
        else:
            self._forget(key, line)
        self._let_in()

    @asynccontextmanager
    async def turn(self, key: Hashable, within_s: float, share: int | None = None) -> AsyncIterator[None]:
        """A turn for as long as the block takes. Raises Crowded."""
        await self.enter(key, within_s, share)
        began = time.monotonic()
        try:
            yield
        finally:
            self.leave(key, began)

    def _let_in(self) -> None:
        while self._ready and self.inside < self.at_once:
            key, _ = self._ready.popitem(last=False)
            line = self._lines[key]
            turn = None
            while line.waiting and (turn is None or turn.done()):
                turn = line.waiting.popleft()
            if turn is None or turn.done():  # they have all gone meanwhile
                self._forget(key, line)
                continue
            self.inside += 1
            line.inside += 1
            turn.set_result(None)
            if line.waiting and line.inside < line.share:
                self._ready[key] = None

    def _forget(self, key: Hashable, line: _Line) -> None:
        if not line.inside and not line.waiting:
            self._lines.pop(key, None)
            self._ready.pop(key, None)

    def _late(self, turn: asyncio.Future[None]) -> None:
        if not turn.done():
            turn.set_exception(Crowded(self.wait_s))


class Turns:
    """Who may have a connection of the pool: accounts in turn, and heavy commands only some of it."""

    def __init__(self, pool_size: int, most: int) -> None:
        commands = max(1, pool_size - SPARE)
        self.all = Turnstile(commands, most, share=ACCOUNT_AT_ONCE)
        self.heavy = Turnstile(max(1, commands // 2), most, share=ACCOUNT_AT_ONCE)

    @asynccontextmanager
    async def turn(self, caller: Caller, cost: int, deadline: float) -> AsyncIterator[None]:
        """A turn at the database, before `deadline` (monotonic seconds). Raises Crowded."""
        share = SERVICE_AT_ONCE if caller.door is Door.SERVICE else ACCOUNT_AT_ONCE
        async with AsyncExitStack() as stack:
            for turnstile in (self.heavy, self.all) if cost >= HEAVY else (self.all,):
                await stack.enter_async_context(turnstile.turn(caller.account, deadline - time.monotonic(), share))
            yield
