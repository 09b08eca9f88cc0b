"""Streams and who follows them on this process.

One tail per followed stream. A word that carries the next number is passed on as the bytes it is; an old one is dropped; a
jump is held for a moment (usually a neighbour's commit whose word is still on its way) and then the log is read. Words may
be lost, doubled, reordered or forged: numbers come only from the log, and a poll compares every followed head once a second.

Membership travels in band: an event that ends one says whom it drops, and that follower is detached before it is passed on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Protocol
from uuid import UUID

import structlog

from persistence.events import EVERYBODY, Moment, Page, wire_epoch
from server.gateway.stillness import Stillness
from server.gateway.tail import Hearer, Tail
from server.gateway.told import Bunch, Told

__all__ = ["CROWD", "Hearer", "Hub", "Log", "Tail", "Told"]

log = structlog.get_logger("callisto.hub")

HOLD_S = 0.020  # how long a jump waits for a neighbour's word (architecture.md 5)
POLL_S = 1.0  # every followed head is compared this often
POLL_UNHEALTHY_S = 0.25  # while Redis is away
POLL_AT_ONCE = 500  # heads a query
FRESH_S = 0.005  # a newly followed head is compared this soon
CROWD = 1_000  # followers who are told in one go, each written to as it is told; telling them all takes some 10 ms


class Log(Protocol):
    """The hub's reads. Given by app."""

    async def page_for(self, stream: str, since: int, player: UUID) -> Page | None:
        """What one player may hear after `since`."""
        ...

    async def page(self, stream: str, since: int) -> Page | None:
        """Everything after `since`."""
        ...

    async def moved(self, names: Sequence[str], epochs: Sequence[str], seqs: Sequence[int]) -> dict[str, tuple[str, int]]:
        """Of the named streams those that are not there any more."""
        ...

    async def moment(self) -> Moment | None:
        """Where the server's transactions are; None while somebody is writing."""
        ...

    @property
    def identity(self) -> str:
        """Which server and timeline the numbers come from."""
        ...


class Hub:
    """All tails of this process."""

    def __init__(self, log_: Log, *, watch: Callable[[str], None], unwatch: Callable[[str], None], resume_events: int = 10_000) -> None:
        self.log = log_
        self.watch = watch
        self.unwatch = unwatch
        self.resume_events = resume_events
        self.tails: dict[str, Tail] = {}
        self.healthy: Callable[[], bool] = lambda: True
        self.doubtful: Callable[[], Collection[str]] = lambda: ()
        """Streams that are polled as if Redis were away, although as a whole it is healthy."""
        self.crowd: Callable[[bool], None] = lambda begins: None
        """Told when the telling of a crowd begins and ends."""
        self.polled_at = time.monotonic()
        self.passed = 0
        self.read_back = 0
        self._identity = ""
        self.stillness = Stillness(log_)
        self._fresh: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()

    # Words.

    def told(self, stream: str, epoch: str, events: Iterable[Told]) -> None:
        """Somebody says that these events happened, oldest first: a commit here, or Redis."""
        tail = self.tails.get(stream)
        if tail is None:
            return
        bunch: list[Told] = []
        for told in events:
            if told.seq == tail.seq + 1 + len(bunch) and epoch == tail.epoch and told.drops is None and tail.seq >= 0:
                bunch.append(told)
                continue
            if bunch:
                self._pass_bunch(tail, bunch)
                bunch = []
            if tail.seq < 0:
                # Its first reader is still on the way: what comes meanwhile is settled by where that read ends.
                tail.held[told.seq] = told
            elif epoch != tail.epoch:
                self._repair(tail)
                return
            elif told.seq == tail.seq + 1:
                self._pass(tail, told)
            elif told.seq > tail.seq:
                tail.held[told.seq] = told
        if bunch:
            self._pass_bunch(tail, bunch)
        if tail.held and tail.seq >= 0:
            self._unhold(tail)

    def flash(self, stream: str, frame: bytes) -> None:
        """Tells a signal to whoever follows the stream here, right now: it is neither numbered nor kept."""
        tail = self.tails.get(stream)
        for hearer in list(tail.followers) if tail is not None else ():
            hearer.flash(frame)

    def _pass_bunch(self, tail: Tail, bunch: list[Told]) -> None:
        """Passes on what follows each other, as one where many events go to everybody. An own stream is obeyed event by event."""
        first_seq, crowd = bunch[0].seq, len(tail.followers) >= CROWD
        tail.seq = bunch[-1].seq
        self.passed += len(bunch)
        if tail.name.startswith("player:"):
            for hearer, first in tail.followers.items():
                for told in bunch:
                    if first <= told.seq:
                        hearer.hear(told)
            return
        whole = Bunch(bunch) if len(bunch) > 1 else bunch[0]
        if crowd:
            self.crowd(True)
        try:
            for hearer, first in tail.followers.items():
                if first <= first_seq:
                    hearer.take(whole)
                    continue
                for told in bunch:
                    if first <= told.seq:
                        hearer.take(told)
        finally:
            if crowd:
                self.crowd(False)

    def _pass(self, tail: Tail, told: Told) -> None:
        seq = tail.seq = told.seq
        drops = told.drops
        if drops is not None and drops != EVERYBODY:
            for hearer in [each for each, first in tail.followers.items() if first <= seq and str(each.player) == drops]:
                self._drop(tail, hearer)
        for hearer, first in list(tail.followers.items()) if drops is not None else tail.followers.items():
            if first <= seq:
                hearer.hear(told)
        self.passed += 1
        if drops == EVERYBODY:
            for hearer in [each for each, first in tail.followers.items() if first <= seq]:
                self._drop(tail, hearer)

    def _unhold(self, tail: Tail) -> None:
        """Passes on what has become the next; what still jumps waits a moment and then the log is read."""
        while (told := tail.held.pop(tail.seq + 1, None)) is not None:
            self._pass(tail, told)
        for seq in [each for each in tail.held if each <= tail.seq]:
            del tail.held[seq]
        if tail.held and tail.timer is None and not tail.reading:
            tail.timer = asyncio.get_running_loop().call_later(HOLD_S, self._repair, tail)
        elif not tail.held and tail.timer is not None:
            tail.timer.cancel()
            tail.timer = None

    # Following.

    async def follow(self, hearer: Hearer, stream: str, since: int, epoch: str | None = None) -> None:
        """Tells `hearer` everything it may hear after `since`, oldest first, then live; or resets it.

        `epoch` is the one `since` belongs to, as on the wire. Joining, resuming, repairing and a slow reader's catching up
        are this one call. Ends when the follower is attached, gone, or not entitled.
        """
        tail = self._tail(stream)
        begun = False
        while True:
            try:
                page = await self.log.page_for(stream, since, hearer.player)
            except Exception as error:
                # The socket stays; it is served as soon as the database is back.
                log.info("follow waits", stream=stream, error=type(error).__name__)
                await asyncio.sleep(0.5)
                if not await hearer.ready():
                    return
                continue
            if page is None or page.first is None:
                hearer.dropped(stream)
                self._forget(tail)
                return
            reason = None if begun else self._reason(page, since, epoch)
            if reason is None and not page.whole:
                reason = "gap" if begun else "too_old"
            if reason is not None:
                since = page.head
                hearer.reset(stream, self.wire_epoch(page.epoch), page.head, reason)
            else:
                for row in page.rows:
                    hearer.hear(Told.of(row))
                since = page.end
            begun = True
            tail = self._tail(stream)
            if page.to is not None and since >= page.to - 1:
                # The membership has ended meanwhile, and all of it has been told.
                hearer.dropped(stream)
                self._forget(tail)
                return
            if tail.seq < 0 and since >= page.head:
                tail.epoch, tail.seq = page.epoch, page.head
            # Attached only in the loop turn in which the read's end covers the tail; otherwise read again.
            if page.to is None and page.epoch == tail.epoch and since >= tail.seq >= 0:
                if not await hearer.ready():
                    self._forget(tail)
                    return
                tail = self._tail(stream)
                if tail.seq < 0:
                    tail.epoch, tail.seq = page.epoch, since
                if since >= tail.seq and page.epoch == tail.epoch:
                    tail.admit(hearer, max(since + 1, page.first))
                    self.stillness.doubt()
                    if tail.held:
                        self._unhold(tail)
                    return
                continue
            if page.epoch != tail.epoch and tail.seq >= 0:
                await self._read(tail)
            if not await hearer.ready():
                self._forget(tail)
                return

    def attach(self, hearer: Hearer, stream: str, since: int, first: int, epoch: str) -> None:
        """Follows live from `since`, which was the head a moment ago (on the server, in `epoch`).

        Nothing is read: what came in that moment is found by a comparison of all fresh tails, a few milliseconds later.
        """
        tail = self._tail(stream)
        if tail.seq < 0:
            tail.epoch, tail.seq = epoch, since
            if not self._fresh:
                asyncio.get_running_loop().call_later(FRESH_S, self._compare_fresh)
            self._fresh.append(stream)
        if tail.epoch == epoch and tail.seq <= since:
            tail.admit(hearer, max(since + 1, first))
            self.stillness.doubt()
            if tail.held:
                self._unhold(tail)
        else:
            self._spawn(self.follow(hearer, stream, since, self.wire_epoch(epoch)))

    def _compare_fresh(self) -> None:
        fresh, self._fresh = self._fresh, []
        for at in range(0, len(fresh), POLL_AT_ONCE):
            self._spawn(self._compare_quietly(fresh[at : at + POLL_AT_ONCE]))

    async def _compare_quietly(self, names: Sequence[str]) -> None:
        try:
            await self.compare(names)
        except Exception:
            self.stillness.doubt()  # the poll comes back to it

    def leave(self, hearer: Hearer, stream: str) -> int | None:
        """Stops following. Gives the last number that was passed on, or None when it was not followed."""
        tail = self.tails.get(stream)
        if tail is None or hearer not in tail.followers:
            return None
        del tail.followers[hearer]
        seq = tail.seq
        self._forget(tail)
        return seq

    def hurry(self, stream: str) -> None:
        """Compares a stream's head now instead of at the next poll: somebody knows that there is more."""
        self._spawn(self._compare_quietly([stream]))

    def wire_epoch(self, epoch: str) -> str:
        """A stream's epoch as clients see it."""
        return wire_epoch(epoch, self.log.identity)

    def _reason(self, page: Page, since: int, epoch: str | None) -> str | None:
        if epoch is not None and epoch != self.wire_epoch(page.epoch):
            return "epoch"
        if since > page.head:
            return "ahead"
        return "too_old" if page.head - max(since, (page.first or 1) - 1) > self.resume_events else None

    def _tail(self, stream: str) -> Tail:
        tail = self.tails.get(stream)
        if tail is None:
            tail = self.tails[stream] = Tail(stream)
            # Watched before the log is read, so that no word falls between.
            self.watch(stream)
        return tail

    def _drop(self, tail: Tail, hearer: Hearer) -> None:
        del tail.followers[hearer]
        hearer.dropped(tail.name)
        self._forget(tail)

    def _forget(self, tail: Tail) -> None:
        if not tail.followers and not tail.reading and self.tails.get(tail.name) is tail:
            asyncio.get_running_loop().call_later(1.0, self._really_forget, tail)

    def _really_forget(self, tail: Tail) -> None:
        # A second later: somebody who changes sockets does not cost two trips to Redis.
        if not tail.followers and not tail.reading and self.tails.get(tail.name) is tail:
            if tail.timer is not None:
                tail.timer.cancel()
            del self.tails[tail.name]
            self.unwatch(tail.name)

    # Repair.

    def _repair(self, tail: Tail) -> None:
        tail.timer = None
        if not tail.reading:
            self._spawn(self._read(tail))

    async def _read(self, tail: Tail) -> None:
        """Reads the log from the tail on, until it holds nothing new."""
        if tail.reading:
            await asyncio.sleep(0.005)
            return
        tail.reading = True
        try:
            while tail.seq >= 0:
                since = tail.seq
                page = await self.log.page(tail.name, since)
                self.read_back += 1
                # Compared with where the read began: words may have moved the tail past this page's moment.
                if page is None or page.epoch != tail.epoch or page.head < since or not page.whole:
                    self._reset(tail, page, since)
                    return
                for row in page.rows:
                    if row.seq == tail.seq + 1:
                        self._pass(tail, Told.of(row))
                if tail.seq >= page.end >= page.head:
                    return
        except Exception as error:
            # The poll comes back to it.
            self.stillness.doubt()
            log.info("read waits", stream=tail.name, error=type(error).__name__)
        finally:
            tail.reading = False
            if tail.seq >= 0:
                for seq in [each for each in tail.held if each <= tail.seq]:
                    del tail.held[seq]
                if tail.held and tail.timer is None:
                    tail.timer = asyncio.get_running_loop().call_later(HOLD_S, self._repair, tail)

    def _reset(self, tail: Tail, page: Page | None, since: int) -> None:
        """Another server, an older state, or numbers that are gone: every follower starts again from the head."""
        tail.held.clear()
        if page is None:
            for hearer in list(tail.followers):
                self._drop(tail, hearer)
            return
        reason = "epoch" if page.epoch != tail.epoch else "ahead" if page.head < since else "too_old"
        tail.epoch, tail.seq = page.epoch, page.head
        for hearer in list(tail.followers):
            tail.admit(hearer, page.head + 1)
            hearer.reset(tail.name, self.wire_epoch(page.epoch), page.head, reason)

    async def poll(self) -> None:
        """Compares every followed head with its tail, in rolling batches, for as long as the process lives."""
        while True:
            still = await self.stillness.still()  # nothing at all is committed anywhere: one small question is enough
            names = [] if still else [name for name, tail in self.tails.items() if tail.seq >= 0]
            self.polled_at = time.monotonic() if still else self.polled_at
            batches = [names[at : at + POLL_AT_ONCE] for at in range(0, len(names), POLL_AT_ONCE)] or [[]]
            pause = (POLL_S if self.healthy() else POLL_UNHEALTHY_S) / len(batches)
            for batch in batches:
                began = time.monotonic()
                if batch:
                    await self._compare_quietly(batch)
                await asyncio.sleep(max(0.0, pause - (time.monotonic() - began)))
            if not still:
                self.stillness.seen()

    async def poll_doubtful(self) -> None:
        """Compares those heads often whose words may not come, while the others' do."""
        while True:
            names = [name for name in self.doubtful() if name in self.tails] if self.healthy() else []
            for at in range(0, len(names), POLL_AT_ONCE):
                await self._compare_quietly(names[at : at + POLL_AT_ONCE])
            await asyncio.sleep(POLL_UNHEALTHY_S)

    async def compare(self, names: Sequence[str]) -> None:
        """Reads the log of those named streams whose head is not their tail."""
        tails = [self.tails[name] for name in names if name in self.tails and self.tails[name].seq >= 0]
        moved = await self.log.moved([each.name for each in tails], [each.epoch for each in tails], [each.seq for each in tails])
        self.polled_at = time.monotonic()
        if self._identity not in ("", self.log.identity):
            # Another server or timeline answers to the same address: its numbers are not the ones clients hold.
            for tail in self.tails.values():
                tail.epoch = ""
                self._repair(tail)
        self._identity = self.log.identity
        for tail in tails:
            if tail.name in moved and (moved[tail.name][0] != tail.epoch or moved[tail.name][1] != tail.seq):
                self._repair(tail)

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
