"""One connection, without I/O of its own: bytes come in by `receive`, frames go out through a `Wire`, effects through the gate.

Holds the order of things on a connection: hello first, then session.start, its answer before any event, one answer per
command, credit for what is unanswered, and where the streams are when a reader falls behind. Knows no domain.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, cast
from uuid import UUID

from protocol import codec
from protocol.closes import Close
from protocol.codec import Incoming, Malformed, Rejected
from protocol.message import REGISTRY, Refusal
from protocol.refusals import BadRequest, Conflict, RateLimited, Unauthenticated
from protocol.session import (
    Expiring,
    Head,
    Ping,
    Pong,
    Reauth,
    Reauthed,
    Start,
    Started,
    StreamReset,
)
from protocol.types import PlayerId, SessionId
from server.caller import Caller
from server.dispatch import unavailable
from server.gateway.addresses import network_of
from server.gateway.clock import now_ms
from server.gateway.framing import Wire
from server.gateway.hub import Told
from server.gateway.limits import Bucket, advice_ms
from server.gateway.outlet import LIVE, Outlet, State
from server.gateway.porter import Guest
from server.gateway.turnstile import Crowded

if TYPE_CHECKING:
    from server.gateway.account import Account
    from server.gateway.gate import Gate

STRIKES = 3  # undecodable frames; then 4500
EARLY = 2  # commands before session.start; then 4510
FIRST_FRAME = 4_096  # bytes, before the session has started; guarantees.md 4.2
QUERIES = 2  # of one connection at a time: their answers may be large, and the client may not be reading
EXPIRING_S = 60.0  # before the token's end the client is told
FLOODER_S = 5.0  # at least so long a flooder is told to stay away
REFUSALS_BURST, REFUSALS_PER_S = 120.0, 10.0  # rate_limited answers a socket may collect; then 4008


class Session(Outlet):
    """One connection. A `Sink` to its socket and a `Hearer` to the hub."""

    __slots__ = (
        "bearer", "guest", "player", "caller", "account", "session_id", "own", "steered", "follows", "ending", "held", "in_flight", "queries",
        "backlog", "stopping", "strikes", "early", "bucket", "refusals", "_timers", "_tasks",
    )  # fmt: skip

    def __init__(self, gate: Gate, wire: Wire, bearer: str = "", guest: Guest | None = None) -> None:
        super().__init__(gate, wire)
        self.bearer = bearer
        self.guest = guest
        self.player = UUID(int=0)
        self.caller: Caller | None = None
        self.account: Account | None = None
        self.session_id: UUID | None = None
        self.own = ""
        self.steered = 0
        self.follows: dict[str, asyncio.Task[None] | None] = {}
        self.ending = ""
        self.held: deque[Told] = deque()
        self.in_flight = 0
        self.queries = 0
        self.backlog: deque[Incoming] = deque()
        self.stopping = False
        self.strikes = 0
        self.early = 0
        now = time.monotonic()
        self.bucket = Bucket(gate.commands_per_s, gate.commands_burst, now)
        self.refusals = Bucket(REFUSALS_PER_S, REFUSALS_BURST, now)
        self._timers: list[asyncio.TimerHandle] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.signal(gate.hello())
        self._after(gate.start_s, self._start_timeout)

    # In.

    def receive(self, data: bytes) -> None:
        """One complete message of the client's."""
        if self.state is State.CLOSED:
            return
        if self.caller is None and len(data) > FIRST_FRAME:
            self.close(Close.TOO_BIG)
            return
        try:
            incoming = codec.decode(data, text=self.wire.text)
        except Malformed as error:
            self.strikes += 1
            self._refuse(None, BadRequest(str(error)))
            if self.strikes >= STRIKES:
                self.close(Close.MALFORMED)
            return
        except Rejected as no:
            if self.state is State.NEW:
                # Shape comes before authentication: a start with a broken cursor must learn what is wrong with it.
                self._too_early(no.id, no.refusal)
            elif self._afford(no.id, 1.0, None):
                self._refuse(no.id, no.refusal)
            return
        if self.state is State.LIVE:
            self._command(incoming)
        elif self.state is State.STARTING:
            self.backlog.append(incoming)
            if len(self.backlog) >= self.gate.in_flight or len(data) > FIRST_FRAME:
                self.pause()
        elif isinstance(incoming.command, Start):
            self.state = State.STARTING
            self._spawn(self._start(incoming, incoming.command))
        else:
            self._too_early(incoming.id, Unauthenticated())

    def _command(self, incoming: Incoming) -> None:
        spec = REGISTRY.commands[incoming.name]
        if not self._afford(incoming.id, spec.rate.cost, incoming.name):
            return
        command, kind = incoming.command, type(incoming.command)  # `isinstance` of a Struct takes ten times as long
        if kind is Ping:
            self._answer(incoming.id, codec.answer(Pong(at=cast(Ping, command).at, server_at=now_ms())))
        elif kind is Start:
            self._refuse(incoming.id, Conflict("This connection has started."))
            self.close(Close.ALREADY_STARTED)
        elif kind is Reauth:
            self._spawn(self._reauth(incoming.id, cast(Reauth, command)))
        elif self.backlog or self.in_flight >= self.gate.in_flight or (spec.query and self.queries >= QUERIES):
            self.backlog.append(incoming)
            if self.in_flight + len(self.backlog) >= self.gate.in_flight:
                self.pause()
        else:
            self._perform(incoming)

    def _perform(self, incoming: Incoming) -> None:
        if self.stopping:
            self._answer(incoming.id, unavailable("none", wait_s=0.1))
            return
        self.in_flight += 1
        if self.in_flight >= self.gate.in_flight:
            self.pause()
        assert self.caller is not None
        answered = self.answered
        if REGISTRY.commands[incoming.name].query:
            self.queries += 1
            answered = self._answered_query
        self.gate.perform(self.caller, incoming, time.monotonic() + incoming.deadline_ms / 1000, answered)

    def _answered_query(self, id: str, outcome: bytes, replayed: bool) -> None:
        self.queries -= 1
        self.answered(id, outcome, replayed)

    def answered(self, id: str, outcome: bytes, replayed: bool) -> None:
        """A command came to its outcome; its answer leaves before the events of the same loop turn."""
        self.in_flight -= 1
        self.gate.unanswered -= 1
        if self.state is State.CLOSED:
            return
        self._send(codec.reply(id, outcome, replayed=replayed))
        if self.backlog or self.paused:
            self._go_on()

    def _go_on(self) -> None:
        """Takes up what waited, unless the client is behind with what it has been sent: then nothing more is asked for it."""
        while self.backlog and self.in_flight < self.gate.in_flight and not self.lagging:
            if self.queries >= QUERIES and REGISTRY.commands[self.backlog[0].name].query:
                break
            self._perform(self.backlog.popleft())
        if self.paused and not self.lagging and self.in_flight + len(self.backlog) <= self.gate.in_flight // 2:
            self.resume()

    def _afford(self, id: str, cost: float, name: str | None) -> bool:
        """Whether the rates allow one more; if not, it has been refused."""
        now = time.monotonic()
        if self.gate.scale == 0:
            return True
        limit, bucket = self.gate.commands_burst, "commands"
        wait = self.bucket.take(cost, now)
        if not wait and self.account is not None:
            wait = self.account.bucket.take(cost, now)
            if not wait and name is not None:
                rate = REGISTRY.commands[name].rate
                wait, limit, bucket = self.account.take(rate, now), rate.limit, rate.name
        if not wait:
            return True
        self._refuse(id, RateLimited(retry_after_ms=advice_ms(wait, 0.0), bucket=bucket, limit=int(limit)))
        if self.refusals.take(1.0, now):
            self.close(Close.RATE_LIMITED, retry_after_ms=advice_ms(FLOODER_S))
        return False

    @property
    def network(self) -> str:
        """Whose turn it is when many want to start."""
        return self.guest.network if self.guest is not None else network_of(self.wire.peer)

    def _too_early(self, id: str, refusal: Refusal) -> None:
        self.early += 1
        self._refuse(id, refusal)
        if self.early >= EARLY:
            self.close(Close.AUTHENTICATION_FAILED)

    # Starting.

    async def _start(self, incoming: Incoming, command: Start) -> None:
        cursors = {name: (cursor.epoch, cursor.seq) for name, cursor in command.cursors.items()}
        try:
            found = await self.gate.begin(self.network, command.token or self.bearer, command.client)
        except Crowded as no:
            self.close(Close.OVERLOADED, retry_after_ms=advice_ms(no.wait_s))
            return
        except Refusal as no:
            self._refuse(incoming.id, no)
            self.close(Close.TOKEN_EXPIRED if no.extra.get("reason") == "expired" else Close.AUTHENTICATION_FAILED)
            return
        except Exception as error:
            self.gate.log.warning("start failed", error=type(error).__name__)
            if self.state is State.STARTING:
                # The database is away: the socket stays, the client starts again.
                self._answer(incoming.id, unavailable("none"))
                self.state = State.NEW
                self.backlog.clear()
                self.resume()
                self._after(self.gate.start_s, self._start_timeout)
            return
        if self.state is not State.STARTING:
            self.gate.abandoned(found)
            return
        self._cancel_timers()
        self.caller, self.player, self.session_id = found.caller, found.player_id, found.session_id
        self.own = f"player:{found.player_id}"
        self.steered = found.streams[self.own].head if self.own in found.streams else 0
        self.state = State.LIVE
        if self.guest is not None:
            self.guest.settle()
        self.gate.started(self, found)
        if self.state is not LIVE:
            return
        self._expires(found.expires_in_s)
        heads = {
            name: Head(self.gate.hub.wire_epoch(at.epoch), at.head, at.first if at.first > 1 else None)
            for name, at in found.streams.items()
        }
        self._answer(incoming.id, codec.answer(Started(SessionId(found.session_id), PlayerId(found.player_id), heads)))
        for name, at in found.streams.items():
            epoch, since = cursors.get(name, (None, at.head))
            if since == at.head and (epoch is None or epoch == heads[name].epoch):
                self.follows[name] = None
                self.gate.hub.attach(self, name, since, at.first, at.epoch)
            else:
                self._follow(name, max(since, at.first - 1), epoch)
        backlog, self.backlog = self.backlog, deque()
        for each in backlog:
            if self.state is State.LIVE:
                self._command(each)
        self._go_on()

    async def _reauth(self, id: str, command: Reauth) -> None:
        assert self.session_id is not None
        try:
            expires_in_s = await self.gate.reauth(command.token, self.session_id)
        except Refusal as no:
            self._refuse(id, no)
            return
        except Exception as error:
            self.gate.log.warning("reauth failed", error=type(error).__name__)
            self._answer(id, unavailable("none"))
            return
        self._cancel_timers()
        self._expires(expires_in_s)
        self._answer(id, codec.answer(Reauthed(now_ms() + int(expires_in_s * 1000))))

    def _expires(self, in_s: float) -> None:
        ends_at = now_ms() + int(in_s * 1000)
        self._after(max(0.0, in_s - EXPIRING_S), lambda: self.signal(Expiring(ends_at)))
        self._after(max(0.0, in_s), lambda: self.close(Close.TOKEN_EXPIRED))

    def _start_timeout(self) -> None:
        if self.state is State.NEW:
            self.close(Close.START_TIMEOUT)

    # Streams.

    def hear(self, told: Told) -> None:
        """One event of a followed stream."""
        if self.state is not LIVE:
            return
        if told.stream == self.own and (self.held or (told.seq > self.steered and told.name in self.gate.steer)):
            self.held.append(told)
            self._steer()
            return
        self.take(told)

    def _steer(self) -> None:
        """Passes on the own stream's events, obeying those that steer. One that ends a following waits until that stream
        has been told to its end: nothing of a team comes after `team.exited`, and nothing before it is left out."""
        while self.held:
            told = self.held[0]
            if told.seq > self.steered and told.name in self.gate.steer:
                stream, first = self.gate.steer[told.name](told.fields)
                if first is None and stream in self.follows:
                    if self.ending != stream:
                        self.ending = stream
                        self.gate.hub.hurry(stream)
                    return
                self.steered = told.seq
                if first is not None and stream not in self.follows:
                    self._follow(stream, first - 1, None)
            self.pass_on(self.held.popleft())
        self.ending = ""

    def reset(self, stream: str, epoch: str, head: int, reason: str) -> None:
        """A stream goes on live from `head`; what was between is in the next snapshot."""
        self.signal(StreamReset(stream, epoch, head, reason))
        if stream == self.own and self.state is State.LIVE:
            # The word of a joining or leaving may be among what is gone.
            self.steered = head
            self.held.clear()
            self.ending = ""
            self._spawn(self._realign())
        elif stream.startswith("team:") and self.gate.hub.leave(self, stream) is not None:
            # The end of the membership may be among what is gone: the log says whether it goes on.
            self._follow(stream, head, None)

    async def _realign(self) -> None:
        assert self.caller is not None
        try:
            streams = await self.gate.streams(self.caller)
        except Exception as error:
            self.gate.log.warning("realign failed", error=type(error).__name__)
            self.close(Close.SESSION_REPLACED_STATE)
            return
        for stream in [each for each in self.follows if each not in streams]:
            self._leave(stream)
        for stream, at in streams.items():
            if stream not in self.follows and self.state is State.LIVE:
                self._follow(stream, at.head, None)

    def dropped(self, stream: str) -> None:
        """The hub let go of this follower: its membership ended in band."""
        self.follows.pop(stream, None)
        if self.held:
            # In a later loop turn: we are called from the middle of that stream's telling.
            asyncio.get_running_loop().call_soon(self._steer_on)

    def _steer_on(self) -> None:
        if self.state is State.LIVE:
            self._steer()

    async def ready(self) -> bool:
        """Waits until the client has taken what was sent. False when the connection is over."""
        await self.drained()
        if self.state is State.LIVE:
            self._go_on()
        return self.state is State.LIVE

    def _follow(self, stream: str, since: int, epoch: str | None) -> None:
        self._on_the_way(stream, self.gate.hub.follow(self, stream, since, epoch))

    def _on_the_way(self, stream: str, work: object) -> None:
        task = self.follows[stream] = self._spawn(work)
        task.add_done_callback(lambda _: self.follows.update({stream: None}) if self.follows.get(stream) is task else None)

    def _leave(self, stream: str) -> None:
        task = self.follows.pop(stream, None)
        if task is not None:
            task.cancel()
        self.gate.hub.leave(self, stream)
        if self.held and self.state is State.LIVE:
            self._steer()

    def fall_behind(self) -> None:
        """Stops live push: what follows is read from the log at the reader's own pace, so nothing is lost and nobody waits."""
        if self.state is not State.LIVE:
            return
        behind = {stream: self.gate.hub.leave(self, stream) for stream, task in self.follows.items() if task is None}
        self.lagging = True
        self.progress = (time.monotonic(), self.wire.buffered())
        self.pause()
        self.gate.lagging.add(self)
        for stream, since in behind.items():
            if since is not None:
                self._on_the_way(stream, self._catch_up(stream, since))
        if not any(self.follows.values()):
            self._spawn(self.ready())

    async def _catch_up(self, stream: str, since: int) -> None:
        if await self.ready():
            await self.gate.hub.follow(self, stream, since)

    # The end.

    def close(self, close: Close, **parameters: int | str) -> None:
        """Says goodbye with a code; commands that have begun go on."""
        if self.state is State.CLOSED:
            return
        # Past the lease without the news: whoever took the session over hears it.
        self.flush()
        was, self.state = self.state, State.CLOSED
        self._let_go(was)
        self.wire.close(close.code, close.with_(**parameters))

    def lost(self, code: int) -> None:
        """The connection is gone."""
        if self.state is not State.CLOSED:
            was, self.state = self.state, State.CLOSED
            self._let_go(was)
        self.gate.lost(self)

    def _let_go(self, was: State) -> None:
        self._cancel_timers()
        for stream in list(self.follows):
            self._leave(stream)
        for task in list(self._tasks):
            task.cancel()
        self.out.clear()
        self.others.clear()
        self.held.clear()
        self.backlog.clear()
        self.wake()
        if was is State.LIVE:
            self.gate.ended(self)

    def _after(self, seconds: float, then: object) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(seconds, then))  # type: ignore[arg-type]

    def _cancel_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def _spawn(self, work: object) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
