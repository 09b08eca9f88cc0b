"""The only place that builds things and hands them out."""

from __future__ import annotations

import asyncio
import contextlib
import pkgutil
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, WebSocketRoute
from uuid_utils.compat import uuid7

from persistence import advice, arrival, events, rates, sessions, upkeep
from persistence.database import Database, Reads
from persistence.events import Moment, Page, Row
from protocol import codec
from protocol.closes import Close
from protocol.codec import Incoming
from protocol.message import REGISTRY, Signal
from protocol.refusals import Unauthenticated
from protocol.session import Client
from protocol.streams import Stream
from server import errands, handlers, http, service, sockets
from server.accounts import Accounts
from server.batched import Lanes
from server.caller import Caller
from server.dispatch import ROUTES, Dispatch, Done, unavailable
from server.errands import Outside
from server.gateway import clock
from server.gateway.addresses import Proxies
from server.gateway.bus import Bus
from server.gateway.cluster import ClusterBus, is_cluster
from server.gateway.gate import Answered, At, Bounds, Gate, Identified
from server.gateway.hub import Hub, Told
from server.gateway.porter import Doorway, Porter
from server.gateway.turnstile import Crowded, Turns
from server.handlers import service as service_handlers
from server.handlers import talk, treasury
from server.handlers import upkeep as kept
from server.lease import Lease
from server.providers import asking
from server.rules import tokens
from server.settings import Settings
from server.starts import Starts
from server.storage import Storage
from server.worker import Worker

log = structlog.get_logger("callisto.app")

EXPIRE_S = 0.1  # how often the lane looks for commands past their deadline
# Registered by being imported: every module of these folders.
HANDLERS = tuple(import_module(f"server.handlers.{each.name}") for each in pkgutil.iter_modules(handlers.__path__))
ERRANDS = tuple(import_module(f"server.errands.{each.name}") for each in pkgutil.iter_modules(errands.__path__))
# What the gateway and dispatch answer themselves, without a transaction of the game's.
ELSEWHERE = frozenset(("session.start", "session.ping", "session.reauth", "session.command_status"))


class App:
    """One process of Callisto: everything that is built once."""

    def __init__(
        self,
        settings: Settings,
        database_url: str,
        redis_url: str,
        *,
        node: str = "g1",
        batched: bool = True,
        clock: Callable[[datetime], datetime] = lambda at: at,
        disk: Path | None = None,
    ) -> None:
        check_complete()
        self.settings = settings
        self.node = node
        self.batched = batched
        self.id = uuid7()
        self.redis_url = redis_url
        db, limits = settings.db, settings.limits
        self.database = Database(
            database_url,
            pool_size=db.pool_size,
            prepared=db.prepared,
            statement_ms=db.statement_ms,
            lock_ms=db.lock_ms,
            idle_ms=db.idle_in_transaction_ms,
            silent_ms=db.silent_ms,
        )
        self.model = asking.model_of(settings.guard)
        self.dispatch = Dispatch(
            self.database,
            self.told,
            clock=clock,
            time_scale=settings.game_time_scale,
            limits_scale=limits.scale,
            terms=asking.terms_of(settings.guard),
        )
        self.turns = Turns(db.pool_size, limits.queued)
        self.accounts = Accounts(self.database, settings, self.nudge)
        room = settings.storage
        self.storage = Storage(disk or room.path, share=room.free_share, mib=room.free_mib)
        self.dispatch.short = self.accounts.short = lambda: self.storage.low
        self.dispatch.full = self.storage.full
        batches = (talk.Saying(), service_handlers.Announcing(), treasury.Depositing())
        self.lanes = Lanes(self.database, batches, self.told, self._plain, self.storage.full)
        self.reads: Reads | None = None
        self.bus: Bus | None = None
        self.hub = Hub(self, watch=self._watch, unwatch=self._unwatch, resume_events=settings.retention.resume_events)
        bounds = Bounds(
            scale=limits.scale,
            commands_per_s=limits.commands_per_s,
            commands_burst=limits.commands_burst,
            in_flight=limits.in_flight,
            queued=limits.queued,
            outbound_bytes=limits.outbound_bytes,
            outbound_events=limits.outbound_events,
            slow_s=limits.slow_s,
            start_s=limits.start_s,
            starts_at_once=limits.starts_at_once,
            starts_queued=limits.starts_queued,
            sockets=limits.sockets_per_account,
            resume_window_s=min(7, settings.retention.events_days - 1) * 86_400,
        )
        self.gate = Gate(self, self.hub, node=node, bounds=bounds, steer={"team.entered": _entered, "team.exited": _exited})
        self.hub.crowd = self.gate.crowd
        self.lease = Lease(self.id, self.gate, self._reading)
        self.starts = Starts(self.database, self.id, self._reading, self.nudge, self._spawn, self.gate.learned, limits.sockets_per_account)
        self.services = service.Services(self.database, self._reading, self.perform, limits.scale)
        self.service_gate = Gate(self.services, self.hub, node=node, bounds=service.generous(bounds), steer={})
        doorway = Doorway.scaled(
            limits.scale,
            limits.unstarted_per_address,
            limits.unstarted,
            limits.opens_per_address_s,
            limits.opens_s,
            limits.account_requests_per_address_s,
        )
        self.porter = Porter(doorway, Proxies(settings.proxies))
        self.worker: Worker | None = None
        self.beside: list[Callable[[], Coroutine[Any, Any, None]]] = []
        """What else runs for as long as the app does, given by whoever serves."""
        self._tasks: list[asyncio.Task[None]] = []
        self._running: set[asyncio.Task[None]] = set()
        self._waiting: set[Callable[[], None]] = set()
        self.database.breaker.opened.append(self._give_up)
        self.database.breaker.closed.append(self._go_on)
        routes: list[BaseRoute] = [
            WebSocketRoute("/v1/ws", lambda websocket: sockets.open_socket(websocket, self.gate, settings.origins)),
            WebSocketRoute("/v1/service/ws", lambda websocket: sockets.open_socket(websocket, self.service_gate, settings.origins)),
            *http.routes(self.accounts, self.porter, self.ready),
            *service.routes(self.services),
        ]
        self.asgi = Starlette(routes=routes, lifespan=self._lifespan, exception_handlers={HTTPException: http.no_such_route})
        self.asgi.router.redirect_slashes = False

    # Life.

    async def start(self) -> None:
        """Connects and begins to work. Raises what the database raises when it is not there in time."""
        self.reads = await arrival.arrived(self.database.reads, self.settings.db.start_s, lambda: self.gate.draining)
        async with self.reads.acquire() as connection:
            key = await connection.fetchval("select value from instance_secrets where name = 'bus'")
        await self.lease.renew()
        kept.KEEP.update(events_days=self.settings.retention.events_days, receipts_days=self.settings.retention.receipts_days)
        self.bus = (ClusterBus if is_cluster(self.redis_url) else Bus)(
            self.redis_url,
            prefix=self.settings.redis_prefix,
            key=key,
            origin=self.id.bytes,
            told=self.hub.told,
            nudged=self.gate.nudged,
            flashed=self.hub.flash,
        )
        self.hub.healthy = lambda: self.bus is not None and self.bus.healthy
        self.hub.doubtful = self.bus.doubtful
        self.bus.reconnected = self._compare_all
        await self.bus.start()
        schedules = {name: (every_s, make) for name, (every_s, make) in kept.SCHEDULES.items()}
        self.worker = Worker(self.dispatch, self.reads, self.id, cast(Any, schedules), Outside(self.signal, self.model))
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(work)
            for work in (
                self.database.breaker.watch(),
                self.hub.poll(),
                self.hub.poll_doubtful(),
                self.starts.settle(),
                self.gate.watch(),
                self.service_gate.watch(),
                self.lease.keep(),
                self._expire(),
                self.worker.run(),
                self.storage.watch(),
                *(each() for each in self.beside),
            )
        ]

    async def stop(self) -> None:
        """Lets what has begun finish, and lets go of everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.worker is not None:
            await self.worker.close()
        if self.model is not None:
            await self.model.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                await self.lanes.close()
                await asyncio.gather(*self._running, return_exceptions=True)
        if self.bus is not None:
            await self.bus.close()
        if self.reads is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(2):
                    async with self.reads.acquire() as connection:
                        await sessions.end_lease(connection, self.id)
            self.reads.terminate()
        self.accounts.passwords.close()
        await self.database.close()

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        await self.start()
        try:
            yield
        finally:
            await self.stop()

    def _give_up(self) -> None:
        """The database went away: nobody waits longer for it."""
        self.lanes.give_up()
        for late in list(self._waiting):
            late()

    def _go_on(self) -> None:
        """The database is back: the lease may be over, and there may be news."""
        self._spawn(self.lease.renew_quietly())
        self._compare_all()

    async def _expire(self) -> None:
        while True:
            await asyncio.sleep(EXPIRE_S)
            self.lanes.expire(time.monotonic())

    async def ready(self) -> tuple[bool, dict[str, Any]]:
        """Whether commands are served, and what was looked at."""
        checks: dict[str, Any] = {
            "node": self.node,
            "redis": bool(self.bus and self.bus.healthy),
            "draining": self.gate.draining,
            "database": False,
            # No reason to turn away: whoever wants to sign in, read or leave still may.
            "storage_low": self.storage.low,
        }
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1.0), self._reading() as connection:
                checks["event_days_ahead"] = await upkeep.days_ahead(connection)
                checks["advice"] = [each.name for each in await advice.amiss(connection)]
                checks["database"] = True
        days = checks.get("event_days_ahead", 0)
        return checks["database"] and not self.gate.draining and days >= upkeep.ALARM_BELOW, checks

    # Events: to the own hub at once, and as a hint to the other processes.

    def told(self, rows: Sequence[Row], epochs: dict[str, str]) -> None:
        """These events are committed."""
        grouped: dict[str, list[Row]] = {}
        for row in rows:
            grouped.setdefault(row.stream, []).append(row)
        for stream, some in grouped.items():
            epoch = epochs[stream]
            if stream in self.hub.tails:
                self.hub.told(stream, epoch, [Told.of(row) for row in some])
            if self.bus is not None:
                self.bus.publish(stream, epoch, some)

    def nudge(self, session_ids: list[str]) -> None:
        """These sessions changed: every gateway looks up what it holds of them."""
        self.gate.nudged(session_ids)
        if self.bus is not None and session_ids:
            self.bus.nudge(session_ids)

    def signal(self, message: Signal, to: Stream) -> None:
        """Tells a signal to every socket that follows a stream, on whichever process. It may be lost."""
        frame = codec.signal(message, clock.now_ms())
        self.hub.flash(str(to), frame)
        if self.bus is not None:
            self.bus.flash(str(to), frame)

    def _watch(self, stream: str) -> None:
        if self.bus is not None:
            self.bus.watch(stream)

    def _unwatch(self, stream: str) -> None:
        if self.bus is not None:
            self.bus.unwatch(stream)

    def _compare_all(self) -> None:
        self._spawn(self._compare())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        # Kept here and not by the socket: what has begun is finished, whoever leaves.
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _compare(self) -> None:
        names = list(self.hub.tails)
        for at in range(0, len(names), 500):
            with contextlib.suppress(Exception):
                await self.hub.compare(names[at : at + 500])

    # The hub's reads.

    @property
    def identity(self) -> str:
        """Which server and timeline the numbers come from."""
        return self.database.identity

    async def page_for(self, stream: str, since: int, player: UUID) -> Page | None:
        """What one player may hear after `since`."""
        async with self._reading() as connection:
            return await events.page_for(connection, stream, since, player)

    async def page(self, stream: str, since: int) -> Page | None:
        """Everything after `since`."""
        async with self._reading() as connection:
            return await events.page(connection, stream, since)

    async def moved(self, names: Sequence[str], epochs: Sequence[str], seqs: Sequence[int]) -> dict[str, tuple[str, int]]:
        """Of the named streams those that are not where the hub believes."""
        async with self._reading() as connection:
            if not self.database.prepared:
                await self.database.look(connection)
            return await events.moved(connection, names, epochs, seqs)

    async def moment(self) -> Moment | None:
        """Where the server's transactions are; None while somebody is writing."""
        async with self._reading() as connection:
            return await events.moment(connection)

    def _reading(self) -> Any:
        assert self.reads is not None
        self.database.breaker.check()
        return self.reads.acquire(timeout=2.0)

    # The gate's ports.

    async def identify(self, token: str, client: Client, wanted: Callable[[], bool]) -> Identified:
        """Starts a session for a socket. Raises Unauthenticated; `reason` is `expired` when refreshing helps."""
        return await self.starts.identify(token, client, wanted)

    async def reauth(self, token: str, session_id: UUID) -> float:
        """The seconds a newer token of the same session lives. Raises Unauthenticated."""
        async with self.database.read_only() as db:
            left = await sessions.remaining(db, tokens.hash_of(token), session_id)
        if left is None:
            raise Unauthenticated
        return left

    async def streams(self, caller: Caller) -> dict[str, At]:
        """What the player follows right now."""
        async with self.database.read_only() as db:
            return {name: At(*at) for name, at in (await sessions.streams(db, caller.account)).items()}

    async def ended(self, some: Sequence[tuple[UUID, int]]) -> dict[UUID, Close]:
        """Of these sessions those that may not go on, and why."""
        async with self._reading() as connection:
            found = await sessions.ended(connection, some)
        return {session_id: Close[why.upper()] for session_id, why in found.items()}

    async def left(self, some: Sequence[tuple[UUID, int]], debts: Mapping[UUID, Mapping[str, float]]) -> None:
        """These sessions have no socket here any more, and these accounts spent so much before they left."""
        async with self._reading() as connection:
            if debts:
                await rates.owe(connection, debts)
            await sessions.left(connection, some)

    async def shared(self) -> dict[UUID, int]:
        """The accounts here that were on other gateways, too, and on how many they are now."""
        async with self._reading() as connection:
            return await rates.shared(connection, self.id)

    def perform(self, caller: Caller, incoming: Incoming, deadline: float, answered: Answered) -> None:
        """Performs a command on its lane."""
        # Short of room the ordinary lane looks at each for itself: an old one is answered again, a new one refused.
        if not (self.batched and not self.storage.low and self.lanes.submit(caller, incoming, deadline, answered)):
            self._plain(caller, incoming, deadline, answered)

    def _plain(self, caller: Caller, incoming: Incoming, deadline: float, answered: Answered) -> None:
        self._spawn(self._ordinary(caller, incoming, deadline, answered))

    async def _ordinary(self, caller: Caller, incoming: Incoming, deadline: float, answered: Answered) -> None:
        once, begun = [answered], [False]

        def late() -> None:
            if once:
                once.pop()(incoming.id, unavailable("unknown" if begun[0] else "none"), False)

        timer = asyncio.get_running_loop().call_at(asyncio.get_running_loop().time() + max(0.0, deadline - time.monotonic()), late)
        self._waiting.add(late)
        try:
            async with self.turns.turn(caller, REGISTRY.commands[incoming.name].rate.cost, deadline):
                begun[0] = True
                done = await self.dispatch(caller, incoming, deadline)
        except Crowded as no:
            done = Done(unavailable("none", wait_s=no.wait_s))
        except BaseException:
            if once:
                once.pop()(incoming.id, unavailable("unknown"), False)
            raise
        finally:
            timer.cancel()
            self._waiting.discard(late)
        if once:
            once.pop()(incoming.id, done.outcome, done.replayed)


def check_complete() -> None:
    """Raises RuntimeError unless every declared command has its one place to go."""
    missing = [name for name, spec in REGISTRY.commands.items() if spec.type not in ROUTES and name not in ELSEWHERE]
    if missing:
        raise RuntimeError(f"commands without a handler: {', '.join(sorted(missing))}")


def _entered(fields: bytes) -> tuple[str, int | None]:
    found = msgspec.msgpack.decode(fields)
    return f"team:{found['team_id']}", int(found["from_seq"])


def _exited(fields: bytes) -> tuple[str, int | None]:
    return f"team:{msgspec.msgpack.decode(fields)['team_id']}", None
