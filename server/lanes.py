"""The batched lane: many commands of one hot kind, one statement.

Whatever queued while the previous flush ran goes into the next single call; there is no timer, so alone a message never
waits. Same answers, same events, same guarantees as the ordinary lane. One flusher per process and lane, because two make
smaller batches. A team whose head somebody holds is skipped; skipped twice, its lines move to a connection of their own
and are parked there until drained, so that they keep their order and stall nobody. What has no order to keep, and what the
lane's statement does not know how to refuse, goes to the ordinary lane instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import asyncpg
import structlog

from persistence import events
from persistence.breaker import Away
from persistence.database import FULL, Database, code_of, is_away
from protocol import codec
from protocol.codec import Incoming
from protocol.message import Command
from protocol.refusals import Internal
from server.caller import Caller
from server.dispatch import Told, replay, storage_low, trace, unavailable

log = structlog.get_logger("callisto.lane")

AT_MOST = 256  # rows a flush; beyond, larger batches cost latency and save little (performance.md 3)
PARK_AFTER = 2  # skips before it is parked, or goes the ordinary way (delivery.md, rule 7)
SPARE = 4  # connections kept for the next parked team; making one costs ten times what a line costs

Answered = Callable[[str, bytes, bool], None]
"""Takes the id, the outcome and whether it is a replay. Called exactly once."""
Plain = Callable[[Caller, Incoming, float, Answered], None]
"""Performs a command on the ordinary lane."""


class Entry:
    """A command that waits for its flush. `twins` are sends of the same id that share its fate. `doubt` is there from a lost
    connection until a later call has seen that nothing came of the lost one."""

    __slots__ = ("caller", "incoming", "hash", "deadline", "answered", "skips", "tried", "doubt", "twins", "flying")

    def __init__(self, caller: Caller, incoming: Incoming, deadline: float, answered: Answered) -> None:
        self.caller = caller
        self.incoming = incoming
        self.hash = incoming.hash
        self.deadline = deadline
        self.answered: Answered | None = answered
        self.skips = 0
        self.tried = False
        self.doubt = False
        self.twins: list[Entry] = []
        self.flying = False

    @property
    def key(self) -> tuple[UUID, str]:
        """What makes two sends the same command."""
        return self.caller.account, self.incoming.id

    @property
    def given_up(self) -> bytes:
        """The outcome when it is not tried any further: `unknown` while what was begun may still come to its end."""
        return unavailable("unknown" if self.flying or self.doubt else "none")

    def conclude(self, outcome: bytes, replayed: bool) -> None:
        """Answers this send and its twins; a second conclusion is ignored (the deadline may have been first)."""
        if self.answered is not None:
            answered, self.answered = self.answered, None
            answered(self.incoming.id, outcome, replayed)
        for twin in self.twins:
            done = replay((self.hash, outcome), twin.hash)
            twin.conclude(done.outcome, done.replayed)
        self.twins = []


class State(Enum):
    """What a flush says of one row."""

    DONE = auto()
    BARRED = auto()
    PLAIN = auto()
    STORED = auto()
    MISMATCH = auto()
    AGAIN = auto()
    LATER = auto()


@dataclass(slots=True)
class Result:
    """What became of one row. DONE: with its events and the epoch of each. AGAIN: something of it is held; `park` is whose head, when
    its order must be kept. LATER: simply try again in the next flush. BARRED: this sender may not; nothing is kept, so it says
    nothing about the same id from another session. PLAIN: nothing is kept, and the ordinary lane has the say."""

    state: State
    outcome: bytes = b""
    rows: tuple[events.Row, ...] = ()
    epochs: tuple[str, ...] = ()
    park: UUID | None = None


R = TypeVar("R")


class Batch(Protocol[R]):
    """What a lane needs to know of its command."""

    name: str
    at_most: int

    @property
    def command(self) -> type[Command[Any]]:
        """The kind of command."""
        ...

    def takes(self, caller: Caller, incoming: Incoming) -> bool:
        """Whether a command of this kind is for this lane, or for the ordinary one."""
        ...

    def row(self, entry: Entry) -> R:
        """The statement's row for one entry."""
        ...

    async def perform(self, connection: asyncpg.Connection, entries: Sequence[Entry], rows: Sequence[R], *, wait: bool) -> list[Result]:
        """One result per entry, in order. With `wait`, held heads are waited for instead of skipped."""
        ...


class Line:
    """A connection of its own, made when first needed."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.connection: asyncpg.Connection | None = None

    async def get(self) -> asyncpg.Connection:
        """The open connection."""
        if self.connection is None or self.connection.is_closed():
            self.connection = await self.database.dedicated()
        return self.connection

    def drop(self) -> None:
        """Ends a connection that cannot be trusted any more."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.terminate()

    async def close(self) -> None:
        """Lets go of the connection."""
        connection, self.connection = self.connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                await connection.close(timeout=2)


class Lane(Generic[R]):
    """One process's lane of one command kind."""

    def __init__(self, database: Database, batch: Batch[R], told: Told, plain: Plain, full: Callable[[], None]) -> None:
        self.database = database
        self.batch = batch
        self.told = told
        self.plain = plain
        self.queue: deque[Entry] = deque()
        self.flying: dict[tuple[UUID, str], Entry] = {}
        self.parks: dict[UUID, deque[Entry]] = {}
        self.parked: dict[UUID, UUID] = {}
        self.line = Line(database)
        self.spare: list[Line] = []
        self.flushes = 0
        self.handed_over = 0  # to the ordinary lane
        self.full = full
        """Called when the database says that its disk is full."""
        self._flusher: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def submit(self, caller: Caller, incoming: Incoming, deadline: float, answered: Answered) -> None:
        """Queues a command until `deadline` (monotonic seconds). Never waits."""
        entry = Entry(caller, incoming, deadline, answered)
        first = self.flying.get(entry.key)
        if first is not None:
            first.twins.append(entry)
            return
        self.flying[entry.key] = entry
        park = self.parked.get(caller.account)
        if park is not None:
            self.parks[park].append(entry)
            return
        self.queue.append(entry)
        if self._flusher is None:
            self._flusher = asyncio.get_running_loop().create_task(self._flush_all())

    def give_up(self) -> None:
        """Answers everything: the database does not, and what it may still do with what it was sent is unknown."""
        self.expire(math.inf)

    def expire(self, now: float) -> None:
        """Answers what is past its deadline: `none` when it never began (it will not run), else `unknown`."""
        for entry in [each for each in self.flying.values() if each.deadline < now and each.answered is not None]:
            entry.conclude(entry.given_up, False)
        for entry in self.flying.values():
            for twin in entry.twins:
                # Whatever becomes of the first send: it may still run, and this one is its equal.
                if twin.deadline < now:
                    twin.conclude(unavailable("unknown"), False)

    @property
    def waiting(self) -> int:
        """Commands without an answer."""
        return len(self.flying)

    async def close(self) -> None:
        """Lets what has begun finish, then lets go of the connection."""
        while self._flusher is not None or self._tasks:
            await asyncio.gather(*filter(None, (self._flusher, *self._tasks)), return_exceptions=True)
        for line in (self.line, *self.spare):
            await line.close()
        self.spare.clear()

    async def _flush_all(self) -> None:
        try:
            while self.queue:
                batch = [self.queue.popleft() for _ in range(min(self.batch.at_most, len(self.queue)))]
                again = await self._flush(self._due(batch), self.line, wait=False)
                if again:
                    self.queue.extendleft(reversed(again))
                    if len(again) == len(self.queue):
                        # Nothing but what somebody else holds: give the holder a moment.
                        await asyncio.sleep(0.002)
        finally:
            self._flusher = None

    def _due(self, batch: list[Entry]) -> list[Entry]:
        """The entries that may still run; the rest has been given up by its sender and must never run."""
        now = time.monotonic()
        due = []
        for entry in batch:
            if entry.deadline < now or entry.answered is None:
                self._conclude(entry, entry.given_up, False)
            else:
                due.append(entry)
        return due

    async def _flush(self, entries: list[Entry], line: Line, *, wait: bool) -> list[Entry]:
        """Performs entries in one call, and gives those that must be tried again."""
        if not entries:
            return []
        for entry in entries:
            entry.flying = True
        try:
            results = await self._call(entries, line, wait=wait)
        except Exception as error:
            return await self._failed(entries, error, line, wait=wait)
        self.flushes += 1
        self.database.breaker.heard()
        return self._settle(entries, results, wait=wait)

    async def _call(self, entries: list[Entry], line: Line, *, wait: bool) -> list[Result]:
        rows = [self.batch.row(entry) for entry in entries]
        connection = await line.get()
        if self.database.prepared:
            return await self.batch.perform(connection, entries, rows, wait=wait)
        async with self.database.statement(connection):
            return await self.batch.perform(connection, entries, rows, wait=wait)

    def _settle(self, entries: list[Entry], results: list[Result], *, wait: bool) -> list[Entry]:
        again: list[Entry] = []
        told: list[events.Row] = []
        epochs: dict[str, str] = {}
        for entry, result in zip(entries, results, strict=True):
            match result.state:
                case State.DONE:
                    for row, epoch in zip(result.rows, result.epochs, strict=True):
                        told.append(row)
                        epochs[row.stream] = epoch
                    self._conclude(entry, result.outcome, False)
                case State.BARRED:
                    # A device that reconnected asks again under its new session: that is a try of its own.
                    twins, entry.twins = entry.twins, []
                    self._conclude(entry, result.outcome, False)
                    for twin in twins:
                        if twin.answered is not None:
                            self.submit(twin.caller, twin.incoming, twin.deadline, twin.answered)
                case State.PLAIN:
                    self._hand_over(entry)
                case State.STORED | State.MISMATCH:
                    done = replay((entry.hash if result.state is State.STORED else b"", result.outcome), entry.hash)
                    self._conclude(entry, done.outcome, done.replayed)
                case State.LATER | State.AGAIN:
                    entry.flying = False
                    if result.state is State.AGAIN:
                        entry.skips += 1
                        # Its id was ours and had no receipt: a call that was lost before did not happen.
                        entry.doubt = False
                    if result.state is State.AGAIN and entry.skips >= PARK_AFTER and not wait:
                        if result.park is None:
                            self._hand_over(entry)
                            continue
                        self.parked.setdefault(entry.caller.account, result.park)
                    again.append(entry)
        if self.parked and not wait:
            again = self._park(again)
        if told:
            # Answers first, then the events: both leave in one write per socket at the end of this loop turn.
            self.told(told, epochs)
        return again

    def _hand_over(self, entry: Entry) -> None:
        """Gives a send and its twins to the ordinary lane, where their one id makes them one again. Its id was ours and had no
        receipt: nothing of it has happened."""
        self.handed_over += 1
        self.flying.pop(entry.key, None)
        twins, entry.twins = entry.twins, []
        for each in (entry, *twins):
            if each.answered is not None:
                answered, each.answered = each.answered, None
                self.plain(each.caller, each.incoming, each.deadline, answered)

    def _conclude(self, entry: Entry, outcome: bytes, replayed: bool) -> None:
        self.flying.pop(entry.key, None)
        entry.conclude(outcome, replayed)

    async def _failed(self, entries: list[Entry], error: Exception, line: Line, *, wait: bool) -> list[Entry]:
        """A whole call failed: the rows are halved until the bad one is alone, a lost connection is tried once more."""
        if wait and code_of(error) == "55P03":
            # Still held after lock_timeout: they wait on, each until its own deadline.
            for entry in entries:
                entry.flying = False
            return entries
        away = is_away(error) and code_of(error) != FULL
        if away:
            line.drop()
            self.database.breaker.suspect()
        if isinstance(error, Away) and not any(entry.tried for entry in entries):
            # Nothing was sent, this time.
            for entry in entries:
                entry.flying = False
                self._conclude(entry, entry.given_up, False)
            return []
        if (away or code_of(error) in ("40001", "40P01")) and not any(entry.tried for entry in entries):
            for entry in entries:
                entry.tried, entry.doubt = True, entry.doubt or away
            try:
                return self._settle(entries, await self._call(entries, line, wait=wait), wait=wait)
            except Exception as second:
                error, away = second, is_away(second) and code_of(second) != FULL
                if away:
                    line.drop()
        if away:
            log.warning("database away", lane=self.batch.name, commands=len(entries), error=type(error).__name__)
            for entry in entries:
                self._conclude(entry, unavailable("unknown"), False)
            return []
        if len(entries) > 1:
            half = len(entries) // 2
            return [*await self._flush(entries[:half], line, wait=wait), *await self._flush(entries[half:], line, wait=wait)]
        trace_id = trace()
        if code_of(error) == FULL:
            self.full()
            self._conclude(entries[0], storage_low(), False)
        elif code_of(error) in ("55P03", "57014", "40P01", "40001"):
            # Rolled back, this time; of a call that was lost before, nobody knows yet.
            entries[0].flying = False
            self._conclude(entries[0], entries[0].given_up, False)
        else:
            log.error("bug", lane=self.batch.name, trace_id=trace_id, exc_info=error)
            self._conclude(entries[0], codec.refused(Internal(), trace_id), False)
        return []

    def _park(self, again: list[Entry]) -> list[Entry]:
        """Moves everything of parked senders to their teams' parks, in the order it was sent, and gives what stays."""
        stay: list[Entry] = []
        for entry in again:
            self._move(entry, stay)
        # What waits in the queue was sent later, and would overtake.
        rest: list[Entry] = []
        for entry in self.queue:
            self._move(entry, rest)
        self.queue = deque(rest)
        return stay

    def _move(self, entry: Entry, stay: list[Entry]) -> None:
        team = self.parked.get(entry.caller.account)
        if team is None:
            stay.append(entry)
            return
        park = self.parks.get(team)
        if park is None:
            park = self.parks[team] = deque()
            task = asyncio.get_running_loop().create_task(self._drain(team))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        park.append(entry)

    async def _drain(self, team: UUID) -> None:
        """Performs a parked team's lines on a connection of their own, waiting for the head, until none is left."""
        park, line = self.parks[team], self.spare.pop() if self.spare else Line(self.database)
        try:
            while park:
                entries = self._due([park.popleft() for _ in range(min(self.batch.at_most, len(park)))])
                again = await self._flush(entries, line, wait=True)
                park.extendleft(reversed(again))
                if again:
                    # Held still, or busy: give the holder a moment.
                    await asyncio.sleep(0.002)
        finally:
            del self.parks[team]
            for account in [account for account, where in self.parked.items() if where == team]:
                del self.parked[account]
            if len(self.spare) < SPARE:
                self.spare.append(line)
            else:
                await line.close()
