"""Whether the database answers: one question is asked all the time, and while nobody answers it nobody else asks.

A server that is gone refuses at once, and costs nothing. One that is frozen or cut off says nothing, and whoever asks it waits
for a timeout: so silence is noticed here, once for everybody, long before any timeout. Then every connection is dropped (what
it still carries must not be taken for an answer later), and a single question, again and again with jitter, finds out when
it is back.
"""

from __future__ import annotations

import asyncio
import random
import time
import weakref
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import Enum, auto

import asyncpg
import structlog

log = structlog.get_logger("callisto.database")

ASK_S = 0.25  # between two questions while all is well
AGAIN_S = 0.4  # at most, between two questions while it is away; half of it at least
TURN_S = 0.05  # for what has arrived while this process's own loop stood still
ALIVE_BUT = ("08", "57", "58")  # classes of codes that mean: going, gone, or not there yet


class Away(OSError):
    """The database does not answer: nothing was sent to it."""


class Said(Enum):
    """What came back of one question."""

    YES = auto()
    LOST = auto()
    NOTHING = auto()


class Breaker:
    """Closed while the database answers, open while it does not. `connect` makes a connection for the question."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]], silent_s: float) -> None:
        self.connect = connect
        self.silent_s = silent_s
        self.open = False
        self.opened: list[Callable[[], None]] = []
        """Called when the database went away: whoever waits for an answer of it waits for nothing."""
        self.closed: list[Callable[[], None]] = []
        """Called when it is back."""
        self.heard_at = 0.0
        self._connections: weakref.WeakSet[asyncpg.Connection] = weakref.WeakSet()
        self._line: asyncpg.Connection | None = None
        self._suspected = asyncio.Event()

    def check(self) -> None:
        """Raises Away while the database does not answer."""
        if self.open:
            raise Away("the database does not answer")

    def track(self, connection: asyncpg.Connection) -> None:
        """A connection that is to be dropped when the database goes away."""
        self._connections.add(connection)

    def heard(self) -> None:
        """Somebody got an answer just now."""
        self.heard_at = time.monotonic()

    def suspect(self) -> None:
        """Somebody lost a connection: it is asked at once."""
        self._suspected.set()

    async def watch(self) -> None:
        """Asks for as long as the process lives."""
        try:
            while True:
                said = await self._question()
                if said is Said.LOST and not self.open:
                    # One connection may end for reasons of its own: a fresh one is tried before anybody is alarmed.
                    said = await self._question()
                if said is Said.YES:
                    if self.open:
                        self.open = False
                        log.info("database back")
                        for each in self.closed:
                            each()
                    self._suspected.clear()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(ASK_S):
                            await self._suspected.wait()
                    continue
                if not self.open:
                    self._break(said)
                await asyncio.sleep(random.uniform(AGAIN_S / 2, AGAIN_S))
        finally:
            self._hang_up()

    def _break(self, said: Said) -> None:
        self.open = True
        log.warning("database away", said=said.name.lower())
        self.drop()
        for each in self.opened:
            each()

    def drop(self) -> None:
        """Ends every connection without a word to the server: a late answer would be taken for the answer to something else."""
        for connection in list(self._connections):
            connection.terminate()
        self._connections.clear()

    async def _question(self) -> Said:
        asking = asyncio.get_running_loop().create_task(self._ask())
        since = time.monotonic()
        while True:
            await asyncio.wait([asking], timeout=self.silent_s)
            if not asking.done():
                # Perhaps it was us who stood still: what has arrived meanwhile gets its turn.
                await asyncio.sleep(TURN_S)
            if asking.done() or self.heard_at <= since:
                break
            # Slow to this question, but others are answered.
            since = time.monotonic()
        if asking.done():
            said = Said.YES if asking.result() else Said.LOST
        else:
            said = Said.NOTHING
            asking.cancel()
        if said is not Said.YES:
            self._hang_up()
        return said

    async def _ask(self) -> bool:
        try:
            if self._line is None or self._line.is_closed():
                self._line = await self.connect()
            # Simply asked, in one word and answer: a pooler may change servers between two.
            await self._line.execute("select 1")
        except asyncpg.PostgresError as error:
            # It speaks to us, whatever it says; except that it is going, or not ready yet.
            return not (error.sqlstate or "08").startswith(ALIVE_BUT)
        except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            return False
        return True

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.terminate()
