"""Ten bugs that the harness must catch, planted into the imported server by a launcher of the tests, never by the server itself.

`plant(name)` patches this process's modules before it serves; `plant_in_database(name, url)` replaces the SQL functions
where the bug lives there, once, by a role that may, before the gateways start. Tests are not part of the installed package
and nothing in it knows of this module (tests/house/test_faults.py), so production cannot reach any of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import asyncpg

from persistence import events, receipts
from persistence.database import Db, is_away
from persistence.events import Numbered, Row
from persistence.receipts import Claim
from server import app, dispatch, lanes, worker
from server.app import App
from server.dispatch import Dispatch, Done
from server.gateway import drain, gate, hub, outlet, session
from server.gateway.bus import Bus
from server.gateway.hub import Hub, Tail, Told
from server.gateway.session import Session

CLOCK = "CALLISTO_FAULTS_CLOCK"
"""Environment: the file from which `wall-clock timer` reads the seconds that this machine's clock is off. The nemesis writes it."""
BEHIND_S = 0.05  # how long `ack before commit` commits behind its answer, as a writer that collects would
SLOW_S = 120.0  # how seldom heads are compared by the bugs that have switched that off


class Patches:
    """What was replaced, and a way back."""

    def __init__(self) -> None:
        self._before: list[tuple[object, str, object]] = []

    def set(self, where: object, name: str, value: object) -> None:
        """Replaces an attribute."""
        self._before.append((where, name, getattr(where, name)))
        setattr(where, name, value)

    def undo(self) -> None:
        """Puts everything back."""
        while self._before:
            where, name, value = self._before.pop()
            setattr(where, name, value)


@dataclass(frozen=True)
class Bug:
    """One planted bug, which judge is to find it, and under which nemesis."""

    name: str
    caught_by: tuple[str, ...]
    """Any of these judges will do; the first is the one expected."""
    under: tuple[str, ...]
    """Nemeses of guarantees.md 3.3, at least one of which must run; none for what the load alone shows."""
    how: str
    plants: Callable[[Patches], None] = lambda _: None
    functions: tuple[tuple[str, str, str], ...] = ()
    """(SQL function, text in it, its replacement)."""


def plant(name: str) -> Patches:
    """Plants a bug in this process. Raises KeyError for one that does not exist."""
    patches = Patches()
    try:
        BUGS[name].plants(patches)
    except BaseException:
        patches.undo()  # half a bug in a process of tests would be everybody's
        raise
    return patches


@contextlib.contextmanager
def planted(name: str) -> Iterator[None]:
    """A bug for the length of a block; gateways that shall have it are started inside."""
    patches = plant(name)
    try:
        yield
    finally:
        patches.undo()


async def plant_in_database(name: str, url: str) -> int:
    """Plants a bug's SQL part, if it has one. Tells how many places were changed."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        for function, old, new in BUGS[name].functions:
            source = await connection.fetchval("select pg_get_functiondef(oid) from pg_proc where proname = $1", function)
            if old not in source:
                raise LookupError(f"{function} does not say {old!r} any more: the planted bug must follow the server")
            await connection.execute(source.replace(old, new))
        return len(BUGS[name].functions)
    finally:
        await connection.close()


def _unbatched(patches: Patches) -> None:
    """All commands through the ordinary lane, where the bug is."""
    start = App.__init__

    def __init__(self: App, *args: Any, **settings: Any) -> None:
        start(self, *args, **settings)
        self.batched = False

    patches.set(App, "__init__", __init__)


_early: ContextVar[asyncio.Future[bytes] | None] = ContextVar("early", default=None)
_behind: set[asyncio.Task[Done]] = set()


def _forget(task: asyncio.Task[Done]) -> None:
    _behind.discard(task)
    if not task.cancelled():
        task.exception()  # nobody is told any more: that is the bug


def _ack_before_commit(patches: Patches) -> None:
    perform, keep = Dispatch._perform, receipts.keep

    async def early_keep(db: Db, account: UUID, id: str, hash: bytes, outcome: bytes) -> None:
        await keep(db, account, id, hash, outcome)
        early = _early.get()
        if early is not None and not early.done():
            early.set_result(outcome)
            await asyncio.sleep(BEHIND_S)

    async def early_perform(self: Dispatch, *args: Any) -> Done:
        early: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        token = _early.set(early)
        task = asyncio.get_running_loop().create_task(perform(self, *args))
        _early.reset(token)
        waits: set[asyncio.Future[Any]] = {task, early}
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        _behind.add(task)
        task.add_done_callback(_forget)
        return Done(early.result())

    _unbatched(patches)
    patches.set(receipts, "keep", early_keep)
    patches.set(Dispatch, "_perform", early_perform)


_performing: ContextVar[Dispatch | None] = ContextVar("performing", default=None)


def _publish_before_commit(patches: Patches) -> None:
    perform, append = Dispatch._perform, events.append

    async def publishing_append(db: Db, rows: Sequence[Row], held: dict[str, Numbered]) -> None:
        await append(db, rows, held)
        performing = _performing.get()
        if performing is not None:
            performing.told(rows, {name: numbered.epoch for name, numbered in held.items()})

    async def noted_perform(self: Dispatch, *args: Any) -> Done:
        token = _performing.set(self)
        try:
            return await perform(self, *args)
        finally:
            _performing.reset(token)

    _unbatched(patches)
    patches.set(events, "append", publishing_append)
    patches.set(Dispatch, "_perform", noted_perform)


def _no_receipt(patches: Patches) -> None:
    async def keep(db: Db, account: UUID, id: str, hash: bytes, outcome: bytes) -> None:
        """Keeps nothing."""

    patches.set(receipts, "keep", keep)


_later: ContextVar[list[tuple[UUID, str, bytes, bytes]] | None] = ContextVar("later", default=None)


def _receipt_outside(patches: Patches) -> None:
    perform, keep = Dispatch._perform, receipts.keep

    async def later_keep(db: Db, account: UUID, id: str, hash: bytes, outcome: bytes) -> None:
        later = _later.get()
        if later is None:
            await keep(db, account, id, hash, outcome)
        else:
            later.append((account, id, hash, outcome))

    async def two_step_perform(self: Dispatch, *args: Any) -> Done:
        later: list[tuple[UUID, str, bytes, bytes]] = []
        token = _later.set(later)
        try:
            done = await perform(self, *args)
        finally:
            _later.reset(token)
        for each in later:
            async with self.database.transaction() as db:
                await keep(db, *each)
        return done

    _unbatched(patches)
    patches.set(receipts, "keep", later_keep)
    patches.set(Dispatch, "_perform", two_step_perform)


def _heads_unchecked(patches: Patches) -> None:
    async def poll(self: Hub) -> None:
        while True:
            await asyncio.sleep(SLOW_S)
            await self._compare_quietly(list(self.tails))

    patches.set(Hub, "poll", poll)
    patches.set(App, "_compare_all", lambda self: None)


def _membership_at_follow(patches: Patches) -> None:
    def passing(self: Hub, tail: Tail, told: Told) -> None:
        tail.seq = told.seq
        for hearer, first in list(tail.followers.items()):
            if first <= told.seq:
                hearer.hear(told)
        self.passed += 1

    def steer(self: Session) -> None:
        while self.held:
            told = self.held.popleft()
            if told.seq > self.steered and told.name in self.gate.steer:
                self.steered = told.seq
                stream, first = self.gate.steer[told.name](told.fields)
                if first is None:
                    self._leave(stream)
                elif stream not in self.follows:
                    self._follow(stream, first - 1, None)
            self.pass_on(told)

    unbounded = events._FOR_PLAYER.replace("and (m.to_seq is null or e.seq < m.to_seq)", "").replace(
        ", m.to_seq, e.found", ", null::bigint, e.found"
    )
    if unbounded.count("to_seq") != 1:
        raise LookupError("the reading of one player's page has changed: the planted bug must follow the server")
    patches.set(Hub, "_pass", passing)
    patches.set(Session, "_steer", steer)
    patches.set(events, "_FOR_PLAYER", unbounded)


def wall() -> float:
    """This machine's clock as the nemesis has set it."""
    with contextlib.suppress(OSError, ValueError):
        return time.time() + float(Path(os.environ.get(CLOCK, "")).read_text())
    return time.time()


def _wall_clock(patches: Patches) -> None:
    clock = SimpleNamespace(monotonic=wall, time=time.time, perf_counter=time.perf_counter)
    for module in (app, dispatch, lanes, worker, drain, gate, hub, session):
        patches.set(module, "time", clock)
    patches.set(outlet, "monotonic", wall)


def _lost_resubscribe(patches: Patches) -> None:
    connect = Bus._connect

    async def forgetful(self: Bus) -> None:
        watched, self.watched = self.watched, set()
        try:
            await connect(self)
        finally:
            self.watched |= watched

    # As long as heads are compared, this costs a second and loses nothing: that is what the comparison is for.
    _heads_unchecked(patches)
    patches.set(Bus, "_connect", forgetful)


_again: ContextVar[bool] = ContextVar("again", default=False)


def _double_apply(patches: Patches) -> None:
    call, verdict, claim, keep = Dispatch.__call__, Dispatch._again, receipts.claim, receipts.keep

    async def fresh_call(self: Dispatch, *args: Any, **more: Any) -> Done:
        token = _again.set(False)
        try:
            return await call(self, *args, **more)
        finally:
            _again.reset(token)

    def remembering(self: Dispatch, error: BaseException, tries: int) -> str:
        found = verdict(self, error, tries)
        if found == "again" and is_away(error):
            _again.set(True)
        return found

    async def blind_claim(*args: Any) -> Claim:
        found = await claim(*args)
        return found._replace(stored=None) if _again.get() else found

    async def careless_keep(db: Db, account: UUID, id: str, hash: bytes, outcome: bytes) -> None:
        if _again.get():
            await db.raw.execute("delete from receipts where account = $1 and id = $2", account, id)
        await keep(db, account, id, hash, outcome)

    _unbatched(patches)
    patches.set(Dispatch, "__call__", fresh_call)
    patches.set(Dispatch, "_again", remembering)
    patches.set(receipts, "claim", blind_claim)
    patches.set(receipts, "keep", careless_keep)


_LOCK = 'order by s.name collate "C" for no key update'
_UNLOCKED = 'order by s.name collate "C"'

BUGS = {
    bug.name: bug
    for bug in (
        Bug(
            "ack before commit", ("C1",), ("N1", "N7", "N8"),
            "the answer leaves before the commit: whoever dies in between has promised what is not there", _ack_before_commit,
        ),
        Bug(
            "publish before commit", ("C2",), ("N7", "N8", "N11"),
            "events are told before the commit: when it fails they were heard and are not in the log, and their numbers are given again",
            _publish_before_commit,
        ),
        Bug(
            "no receipt", ("C3", "C1"), (),
            "ids are forgotten: every second send of one (W6) is a second effect", _no_receipt,
            (
                ("say_many", "from said where st in ('ok', 'muted', 'team.none', 'not_found')", "from said where false"),
                ("deposit_many", "outcome, moment from given where fate = 'ok'", "outcome, moment from given where false"),
            ),
        ),
        Bug(
            "receipt outside the transaction", ("C3", "C1"), ("N1", "N7", "N8", "N11"),
            "the receipt is a transaction of its own after the effect's: what dies in between is performed again by its retry",
            _receipt_outside,
        ),
        Bug(
            "global serial cursor", ("C2",), (),
            "numbers are taken without holding the head, as from a sequence: two commands at once take one, in no order of commits",
            functions=(
                ("hold_heads", _LOCK, _UNLOCKED),
                ("say_many", _LOCK + " skip locked", _UNLOCKED),
                ("say_many", _LOCK, _UNLOCKED),
                ("deposit_many", _LOCK + " skip locked", _UNLOCKED),
            ),
        ),
        Bug(
            "heads check off", ("C6",), ("N4", "N5", "N6"),
            "no head is ever compared: the last word of a stream that Redis loses is never heard", _heads_unchecked,
        ),
        Bug(
            "membership checked only at follow", ("C6",), (),
            "followers leave when they hear that they are out, and not in the team's own order", _membership_at_follow,
        ),
        Bug(
            "wall-clock timer", ("C6", "C12"), ("N15",),
            f"leases and deadlines are on the wall clock: each jump forward (the file in {CLOCK}, every 2 s) fences the gateway until"
            " its next renewal, and refuses what is in flight",
            _wall_clock,
        ),
        Bug(
            "lost resubscribe", ("C6",), ("N4", "N5"),
            "the bus comes back to Redis without its subscriptions (and heads are not compared, which would cover it within a second)",
            _lost_resubscribe,
        ),
        Bug(
            "double apply on retry", ("C3",), ("N11",),
            "after a commit whose reply is lost, dispatch tries again without looking at the receipt", _double_apply,
        ),
    )
}  # fmt: skip
