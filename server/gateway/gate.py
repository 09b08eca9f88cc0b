"""All connections of one process: who is here, what they may, and the few things that are done for all of them at once.

It is handed a handful of functions and knows no domain.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from uuid import UUID

import structlog

import protocol
from protocol import codec
from protocol.closes import Close
from protocol.codec import Incoming
from protocol.session import Client, Hello
from server.caller import Caller
from server.dispatch import unavailable
from server.gateway.account import Account
from server.gateway.clock import now_ms
from server.gateway.framing import Wire
from server.gateway.hub import CROWD, Hub
from server.gateway.outlet import Outlet
from server.gateway.porter import Guest
from server.gateway.session import Session
from server.gateway.stillness import Stillness
from server.gateway.turnstile import Turnstile

CHECK_S = 1.0  # every session is looked up this often: revoked, superseded, banned
CHECK_AT_ONCE = 500
HEARTBEAT_MS = 10_000
REST_S = 0.030  # at most, until the next crowd is told: what comes meanwhile leaves in the same write

Answered = Callable[[str, bytes, bool], None]
"""Takes a command's id, its outcome, and whether that is a replay. Called exactly once."""
Steer = Callable[[bytes], tuple[str, int | None]]
"""Reads a steering event's fields: the stream, and the first number to hear, or None to leave it."""


class At(NamedTuple):
    """Where a stream is, on the server. `first` is the first number the player may hear."""

    epoch: str
    head: int
    first: int = 1


class Identified(NamedTuple):
    """Whom a token speaks for, and where the streams of that player are, read in one transaction.

    `gateways` is how many hold sockets of the account, this one included, or 0 when that could not be read now; `debts` what it spent
    elsewhere, by rate class, in seconds.
    """

    caller: Caller
    session_id: UUID
    player_id: UUID
    expires_in_s: float
    streams: dict[str, At]
    gateways: int = 1
    debts: Mapping[str, float] = {}


class Ports(Protocol):
    """All the gateway ever learns about the game."""

    async def identify(self, token: str, client: Client, wanted: Callable[[], bool]) -> Identified:
        """Starts a session, or is cancelled when its turn finds that nobody wants it any more. Raises Unauthenticated."""
        ...

    async def reauth(self, token: str, session_id: UUID) -> float:
        """The seconds a newer token of the same session lives. Raises Unauthenticated."""
        ...

    async def streams(self, caller: Caller) -> dict[str, At]:
        """What the player follows right now."""
        ...

    async def ended(self, sessions: Sequence[tuple[UUID, int]]) -> dict[UUID, Close]:
        """Of these sessions (with their fences) those that may not go on, and why."""
        ...

    async def left(self, sessions: Sequence[tuple[UUID, int]], debts: Mapping[UUID, Mapping[str, float]]) -> None:
        """These sessions have no socket here any more, and these accounts spent so much before they left."""
        ...

    async def shared(self) -> dict[UUID, int]:
        """The accounts that were on other gateways, too, and on how many they are now."""
        ...

    def perform(self, caller: Caller, incoming: Incoming, deadline: float, answered: Answered) -> None:
        """Performs a command; `answered` is called exactly once."""
        ...


@dataclass(frozen=True)
class Bounds:
    """The gateway's limits, as the settings have them. `scale` multiplies rates; 0 lifts them."""

    scale: float = 1.0
    commands_per_s: float = 20.0
    commands_burst: float = 40.0
    in_flight: int = 32
    queued: int = 10_000
    outbound_bytes: int = 524_288
    outbound_events: int = 256
    slow_s: float = 10.0
    start_s: float = 5.0
    starts_at_once: int = 4
    starts_queued: int = 2_000
    sockets: int = 5
    resume_window_s: int = 604_800


class Gate:
    """All connections of this process."""

    def __init__(self, ports: Ports, hub: Hub, *, node: str, bounds: Bounds, steer: Mapping[str, Steer]) -> None:
        self.ports = ports
        self.hub = hub
        self.node = node
        self.bounds = bounds
        self.steer = steer
        self.log = structlog.get_logger("callisto.gate")
        self.scale = bounds.scale
        self.commands_per_s = bounds.commands_per_s * (bounds.scale or 1.0)
        self.commands_burst = bounds.commands_burst * (bounds.scale or 1.0)
        self.in_flight = bounds.in_flight
        self.outbound_bytes = bounds.outbound_bytes
        self.outbound_events = bounds.outbound_events
        self.slow_s = bounds.slow_s
        self.start_s = bounds.start_s
        self.starts = Turnstile(bounds.starts_at_once, bounds.starts_queued)
        self.identify = ports.identify
        self.reauth = ports.reauth
        self.streams = ports.streams
        self.sockets: set[Session] = set()
        self.live: dict[UUID, Session] = {}
        self.accounts: dict[UUID, Account] = {}
        self.lagging: set[Outlet] = set()
        self.unanswered = 0
        self.draining = False
        self.closes: dict[int, int] = {}
        self.leased_until = math.inf
        self._soiled: list[Outlet] = []
        self._resting: list[Outlet] = []
        self._at_rest = False
        self.at_once = False
        """A crowd is being told, and is not at rest."""
        self._held: list[Outlet] = []
        self._left: list[tuple[UUID, int]] = []
        self.stillness = Stillness(hub.log)
        self._owing: dict[UUID, dict[str, float]] = {}
        self._shared: set[UUID] = set()
        self._checks: set[asyncio.Task[None]] = set()

    def open(self, wire: Wire, bearer: str = "", guest: Guest | None = None) -> Session:
        """A new connection. `guest` is its place in the doorway."""
        session = Session(self, wire, bearer, guest)
        self.sockets.add(session)
        return session

    def hello(self) -> Hello:
        """What the server says first."""
        return Hello(
            protocol=protocol.VERSION,
            server_time_at=now_ms(),
            heartbeat_ms=HEARTBEAT_MS,
            start_timeout_ms=int(self.start_s * 1000),
            max_frame_bytes=codec.MAX_FRAME,
            resume_window_s=self.bounds.resume_window_s,
            node=self.node,
            notices=[],
        )

    def perform(self, caller: Caller, incoming: Incoming, deadline: float, answered: Answered) -> None:
        """Performs a command, unless the process has too much to do."""
        if self.unanswered >= self.bounds.queued:
            self.unanswered += 1
            answered(incoming.id, unavailable("none"), False)
            return
        self.unanswered += 1
        self.ports.perform(caller, incoming, deadline, answered)

    # Writing: everything a socket gets in one loop turn leaves in one write.

    def soil(self, session: Outlet) -> None:
        """Has this session's collected frames written at the end of the loop turn."""
        session.dirty = True
        if not self._soiled:
            asyncio.get_running_loop().call_soon(self._flush)
        self._soiled.append(session)

    def _flush(self) -> None:
        soiled, self._soiled = self._soiled, []
        if len(soiled) >= CROWD:
            soiled = self._spare_crowds(soiled)
        for session in soiled:
            if session.dirty:
                session.flush()

    def _spare_crowds(self, soiled: list[Outlet]) -> list[Outlet]:
        """Those to be written to now. A crowd that is told one event after the other hears at most every other moment, and
        so several in one write: a write is five times what an event costs, and half of the time stays for everything else."""
        if not self._at_rest:
            # After this flush, rest as long as it took twice over; measured when the loop comes back.
            self._at_rest = True
            loop = asyncio.get_running_loop()
            loop.call_soon(self._rest_after, loop.time())
            return soiled
        others = []
        for session in soiled:
            if session.dirty and not session.others:
                # What has an answer among it is not kept; an answer that comes later takes these events along.
                session.dirty = False
                self._resting.append(session)
            else:
                others.append(session)
        return others

    def crowd(self, begins: bool) -> None:
        """The telling of a crowd begins or ends."""
        self.at_once = begins and not self._at_rest
        if self.at_once:
            self._at_rest = True
            loop = asyncio.get_running_loop()
            loop.call_soon(self._rest_after, loop.time())

    def _rest_after(self, began: float) -> None:
        loop = asyncio.get_running_loop()
        # A moment to end at, and no clock to be asked again: timers may fire a moment early, and who then found the rest not
        # over yet would wait for a timer that has been.
        loop.call_later(min(REST_S, 2 * (loop.time() - began)), self._end_rest)

    def _end_rest(self) -> None:
        resting, self._resting = self._resting, []
        self._at_rest = bool(resting)
        if resting:
            loop = asyncio.get_running_loop()
            loop.call_soon(self._rest_after, loop.time())
        for session in resting:
            session.flush()

    # The lease: a process that was frozen, or cannot reach the database, tells nobody news that another may be telling.

    def fenced(self) -> bool:
        """Whether this gateway's lease is over."""
        return time.monotonic() > self.leased_until

    def hold(self, session: Outlet) -> None:
        """Keeps what a session would have been told until the lease is renewed."""
        self._held.append(session)

    async def renewed(self, until: float) -> None:
        """The lease runs until then (monotonic seconds). If it was over, every session is looked up before it is told more."""
        if self.fenced():
            live = list(self.live.values())
            for at in range(0, len(live), CHECK_AT_ONCE):
                await self._close_ended(live[at : at + CHECK_AT_ONCE])
        self.leased_until = until
        held, self._held = self._held, []
        for session in held:
            session.flush()

    # Who is here.

    async def begin(self, network: str, token: str, client: Client) -> Identified:
        """Starts a session when its turn has come: of a storm a few at a time, so that commands find the database free.
        Raises Unauthenticated, Crowded."""
        await self.starts.enter(network, self.start_s)
        began = time.monotonic()
        here = True
        work = asyncio.ensure_future(self.identify(token, client, lambda: here))
        work.add_done_callback(lambda _: self.starts.leave(network, began))
        try:
            # What has begun is finished, whoever leaves; and its place is taken until then. What has not is not begun any more:
            # whoever left may have started elsewhere meanwhile, and would be superseded by himself.
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            here = False
            work.add_done_callback(self._nobody_left)
            raise

    def _nobody_left(self, work: asyncio.Future[Identified]) -> None:
        if not work.cancelled() and work.exception() is None:
            self.abandoned(work.result())

    def started(self, session: Session, found: Identified) -> None:
        """A session began: an older socket of it, or the account's oldest beyond five, gives way."""
        assert session.session_id is not None and session.caller is not None
        other = self.live.get(session.session_id)
        if other is not None and other is not session:
            assert other.caller is not None
            if other.caller.fence > session.caller.fence:
                # Begun before it, and told so after it: to close the newer one would leave nobody.
                session.close(Close.SUPERSEDED)
                return
            other.close(Close.SUPERSEDED)
        self.live[session.session_id] = session
        self.stillness.doubt()
        account = self.accounts.get(session.caller.account)
        if account is None:
            account = self.accounts[session.caller.account] = Account(self.commands_per_s, self.commands_burst, self.scale)
        self._share(account, session.caller.account, found.gateways, found.debts)
        session.account = account
        account.sessions.append(session)
        while len(account.sessions) > self.bounds.sockets:
            account.sessions[0].close(Close.SUPERSEDED)

    def learned(self, session_id: UUID, gateways: int, debts: Mapping[str, float]) -> None:
        """Of a session that has started: what its start could not say."""
        session = self.live.get(session_id)
        if session is not None and session.account is not None and session.caller is not None:
            self._share(session.account, session.caller.account, gateways, debts)

    def _share(self, account: Account, key: UUID, gateways: int, debts: Mapping[str, float]) -> None:
        now = time.monotonic()
        if gateways:  # else what was known of it holds, until more is learned
            account.spread(gateways, now)
        account.owe(debts, now)
        if gateways > 1:
            self._shared.add(key)

    def ended(self, session: Session) -> None:
        """A session that was live is not any more."""
        assert session.session_id is not None and session.caller is not None
        if self.live.get(session.session_id) is session:
            del self.live[session.session_id]
            self._left.append((session.session_id, session.caller.fence))
        account = session.account
        if account is not None and session in account.sessions:
            account.sessions.remove(session)
            if not account.sessions:
                debts = account.debts(time.monotonic()) if self.scale else {}
                if debts:
                    self._owing[session.caller.account] = debts
                # The buckets stay a while: a new socket is no fresh credit.
                asyncio.get_running_loop().call_later(60.0, self._forget, session.caller.account, account)

    def abandoned(self, found: Identified) -> None:
        """A session was started for a socket that has gone meanwhile."""
        self._left.append((found.session_id, found.caller.fence))

    def _forget(self, key: UUID, account: Account) -> None:
        if not account.sessions and self.accounts.get(key) is account:
            del self.accounts[key]

    def lost(self, session: Session) -> None:
        """A connection is gone."""
        self.sockets.discard(session)
        self.lagging.discard(session)

    def nudged(self, session_ids: list[str]) -> None:
        """Somebody says these sessions changed: those held here are looked up at once."""
        here = [self.live[each] for each in map(_uuid, session_ids) if each is not None and each in self.live]
        if here:
            task = asyncio.get_running_loop().create_task(self._check(here))
            self._checks.add(task)
            task.add_done_callback(self._checks.discard)

    async def _check(self, sessions: Sequence[Session]) -> None:
        try:
            await self._close_ended(sessions)
        except Exception as error:
            # The watch comes back to it.
            self.stillness.doubt()
            self.log.debug("check waits", error=type(error).__name__)

    async def _close_ended(self, sessions: Sequence[Session]) -> None:
        asked = [(each.session_id, each.caller.fence) for each in sessions if each.session_id is not None and each.caller is not None]
        for session_id, why in (await self.ports.ended(asked)).items():
            session = self.live.get(session_id)
            if session is not None and session in sessions:
                session.close(why)

    async def watch(self) -> None:
        """Looks after all connections for as long as the process lives: revocations, slow readers, who has left."""
        while True:
            began = time.monotonic()
            still = await self.stillness.still()
            if not still:
                live = list(self.live.values())
                for at in range(0, len(live), CHECK_AT_ONCE):
                    await self._check(live[at : at + CHECK_AT_ONCE])
                self.stillness.seen()
            await self._tell_left()
            if not still or self._shared:  # another gateway's end is no commit: its lease only runs out
                with contextlib.suppress(Exception):
                    await self._learn_shares()
            for session in list(self.lagging):
                if not session.check_progress(time.monotonic()):
                    self.lagging.discard(session)
            await asyncio.sleep(max(0.05, CHECK_S - (time.monotonic() - began)))

    async def _tell_left(self) -> None:
        if not self._left:
            return
        (left, self._left), (owing, self._owing) = (self._left, []), (self._owing, {})
        try:
            await self.ports.left(left, owing)
        except Exception:
            self._left = [*left, *self._left][:10_000]
            self._owing = {**owing, **self._owing}

    async def _learn_shares(self) -> None:
        """An account that is on several gateways has its share of every rate here; one that is not any more has all of it."""
        found = await self.ports.shared()
        now = time.monotonic()
        for each in self._shared | found.keys():
            if (account := self.accounts.get(each)) is not None:
                account.spread(found.get(each, 1), now)
        self._shared = set(found)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
