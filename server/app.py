"""The only place that builds things and hands them out."""

from __future__ import annotations

import asyncio
import contextlib
import pkgutil
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from importlib import import_module
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import msgspec
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket
from uuid_utils.compat import uuid7

from persistence import events, sessions, upkeep
from persistence.database import Database
from persistence.events import Page, Row
from protocol import codec, team
from protocol.closes import Close
from protocol.codec import Incoming
from protocol.message import REGISTRY, Door
from protocol.refusals import Unauthenticated
from protocol.service import Announce
from protocol.session import Client
from server import errands, handlers, http, service
from server.accounts import Accounts
from server.caller import Caller
from server.dispatch import ROUTES, Dispatch, unavailable
from server.gateway.bus import Bus
from server.gateway.gate import Answered, At, Bounds, Gate, Identified
from server.gateway.hub import Hub, Told
from server.gateway.socket import serve
from server.handlers import service as service_handlers
from server.handlers import talk
from server.handlers import upkeep as kept
from server.lanes import Lane
from server.rules import tokens
from server.settings import Settings
from server.worker import Worker

log = structlog.get_logger("callisto.app")

LEASE_S, RENEW_S = 15.0, 5.0  # how long a silent gateway counts as alive, and how often it says so; guarantees.md P19
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
    ) -> None:
        check_complete()
        self.settings = settings
        self.node = node
        self.batched = batched
        self.id = uuid7()
        self.redis_url = redis_url
        db = settings.db
        self.database = Database(
            database_url,
            pool_size=db.pool_size,
            prepared=db.prepared,
            statement_ms=db.statement_ms,
            lock_ms=db.lock_ms,
            idle_ms=db.idle_in_transaction_ms,
        )
        self.dispatch = Dispatch(
            self.database, self.told, clock=clock, time_scale=settings.game_time_scale, limits_scale=settings.limits.scale
        )
        self.lane: Lane[Any] = Lane(self.database, talk.Saying(), self.told)
        self.announcements: Lane[Any] = Lane(self.database, service_handlers.Announcing(), self.told)
        self.accounts = Accounts(self.database, settings, self.nudge)
        self.reads: asyncpg.Pool | None = None
        self.bus: Bus | None = None
        limits = settings.limits
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
            sockets=limits.sockets_per_account,
            resume_window_s=min(7, settings.retention.events_days - 1) * 86_400,
        )
        self.gate = Gate(self, self.hub, node=node, bounds=bounds, steer={"team.entered": _entered, "team.exited": _exited})
        self.services = service.Services(self.database, self._reading, self.perform, limits.scale)
        self.service_gate = Gate(self.services, self.hub, node=node, bounds=service.generous(bounds), steer={})
        self.worker: Worker | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._running: set[asyncio.Task[None]] = set()
        routes: list[BaseRoute] = [
            WebSocketRoute("/v1/ws", lambda websocket: self._socket(websocket, self.gate)),
            WebSocketRoute("/v1/service/ws", lambda websocket: self._socket(websocket, self.service_gate)),
            *http.routes(self.accounts, settings.proxies, self.ready),
            *service.routes(self.services),
        ]
        self.asgi = Starlette(routes=routes, lifespan=self._lifespan, exception_handlers={HTTPException: http.no_such_route})
        self.asgi.router.redirect_slashes = False

    # Life.

    async def start(self) -> None:
        """Connects and begins to work. Raises what the database raises when it is not there."""
        self.reads = await self.database.reads()
        began = time.monotonic()
        async with self.reads.acquire() as connection:
            key = await connection.fetchval("select value from instance_secrets where name = 'bus'")
            await sessions.renew_lease(connection, self.id, LEASE_S)
        await self.gate.renewed(began + LEASE_S)
        kept.KEEP.update(events_days=self.settings.retention.events_days, receipts_days=self.settings.retention.receipts_days)
        self.bus = Bus(
            self.redis_url,
            prefix=self.settings.redis_prefix,
            key=key,
            origin=self.id.bytes,
            told=self.hub.told,
            nudged=self.gate.nudged,
        )
        self.hub.healthy = lambda: self.bus is not None and self.bus.healthy
        self.bus.reconnected = self._compare_all
        await self.bus.start()
        schedules = {name: (every_s, make) for name, (every_s, make) in kept.SCHEDULES.items()}
        self.worker = Worker(self.dispatch, self.reads, self.id, cast(Any, schedules))
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(work)
            for work in (self.hub.poll(), self.gate.watch(), self.service_gate.watch(), self._renew(), self._expire(), self.worker.run())
        ]

    async def stop(self) -> None:
        """Lets what has begun finish, and lets go of everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                await self.lane.close()
                await self.announcements.close()
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

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            with contextlib.suppress(Exception):
                began = time.monotonic()
                async with self._reading() as connection:
                    await sessions.renew_lease(connection, self.id, LEASE_S)
                await self.gate.renewed(began + LEASE_S)

    async def _expire(self) -> None:
        while True:
            await asyncio.sleep(EXPIRE_S)
            self.lane.expire(time.monotonic())
            self.announcements.expire(time.monotonic())

    async def ready(self) -> tuple[bool, dict[str, Any]]:
        """Whether commands are served, and what was looked at."""
        checks: dict[str, Any] = {"redis": bool(self.bus and self.bus.healthy), "draining": self.gate.draining, "database": False}
        with contextlib.suppress(Exception):
            async with asyncio.timeout(1.0), self._reading() as connection:
                checks["event_days_ahead"] = await upkeep.days_ahead(connection)
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

    def _watch(self, stream: str) -> None:
        if self.bus is not None:
            self.bus.watch(stream)

    def _unwatch(self, stream: str) -> None:
        if self.bus is not None:
            self.bus.unwatch(stream)

    def _compare_all(self) -> None:
        task = asyncio.get_running_loop().create_task(self._compare())
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
            return await events.moved(connection, names, epochs, seqs)

    async def moment(self) -> str | None:
        """The same text twice if nothing was committed between; None while somebody is writing."""
        async with self._reading() as connection:
            found = await events.moment(connection)
        return f"{self.identity} {found}" if found is not None else None

    def _reading(self) -> Any:
        assert self.reads is not None
        return self.reads.acquire(timeout=2.0)

    # The gate's ports.

    async def identify(self, token: str, client: Client) -> Identified:
        """Starts a session for a socket. Raises Unauthenticated; `reason` is `expired` when refreshing helps."""
        device = " ".join(filter(None, (client.name, client.version, client.platform)))
        hashed = tokens.hash_of(token)
        async with self.database.transaction() as db:
            begun = await sessions.begin(db, hashed, self.id, device) if token else None
            if begun is None:
                expired = bool(token) and await sessions.is_expired(db, hashed)
                raise Unauthenticated(reason="expired" if expired else "refused")
            streams = await sessions.streams(db, begun.player_id)
            crowded = await sessions.crowd_out(db, begun.session_id, self.settings.limits.sockets_per_account)
        self.nudge([str(each) for each in (begun.session_id, *crowded)])
        caller = Caller(Door.PLAYER, begun.player_id, begun.session_id, begun.fence, begun.name)
        return Identified(caller, begun.session_id, begun.player_id, begun.expires_in_s, {name: At(*at) for name, at in streams.items()})

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

    async def left(self, some: Sequence[tuple[UUID, int]]) -> None:
        """These sessions have no socket here any more."""
        async with self._reading() as connection:
            await sessions.left(connection, some)

    def perform(self, caller: Caller, incoming: Incoming, deadline: float, answered: Answered) -> None:
        """Performs a command on its lane."""
        # By its type itself: `isinstance` of a Struct asks an abstract base class, ten times as long.
        kind = type(incoming.command)
        if self.batched and kind is team.Say and caller.door is Door.PLAYER:
            self.lane.submit(caller, incoming, deadline, answered)
            return
        if self.batched and kind is Announce and caller.door is Door.SERVICE and caller.may(incoming.name):
            self.announcements.submit(caller, incoming, deadline, answered)
            return
        task = asyncio.get_running_loop().create_task(self._ordinary(caller, incoming, deadline, answered))
        # Kept here and not by the socket: what has begun is finished, whoever leaves.
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _ordinary(self, caller: Caller, incoming: Incoming, deadline: float, answered: Answered) -> None:
        once = [answered]

        def late() -> None:
            if once:
                once.pop()(incoming.id, unavailable("unknown"), False)

        timer = asyncio.get_running_loop().call_at(asyncio.get_running_loop().time() + max(0.0, deadline - time.monotonic()), late)
        try:
            done = await self.dispatch(caller, incoming, deadline)
        except BaseException:
            if once:
                once.pop()(incoming.id, unavailable("unknown"), False)
            raise
        finally:
            timer.cancel()
        if once:
            once.pop()(incoming.id, done.outcome, done.replayed)

    # The door.

    async def _socket(self, websocket: WebSocket, gate: Gate) -> None:
        if not self._may_open(websocket):
            # Before accepting: the one refusal a browser cannot see, and need not.
            await websocket.close()
            return
        offered = websocket.scope.get("subprotocols", [])
        chosen = next((each for each in offered if each in codec.SUBPROTOCOLS), None)
        if offered and chosen is None:
            await websocket.accept(offered[0])
            await websocket.close(Close.UNSUPPORTED_PROTOCOL.code, Close.UNSUPPORTED_PROTOCOL.with_())
            return
        if b"token=" in websocket.scope.get("query_string", b"").lower():
            await websocket.accept(chosen)
            await websocket.close(Close.AUTHENTICATION_FAILED.code, Close.AUTHENTICATION_FAILED.with_())
            return
        if gate.draining:
            await websocket.accept(chosen)
            await websocket.close(Close.SERVER_RESTART.code, Close.SERVER_RESTART.with_(after_ms=500))
            return
        bearer = http.bearer_of(websocket.headers)
        await serve(websocket, chosen, lambda wire: gate.open(wire, bearer))

    def _may_open(self, websocket: WebSocket) -> bool:
        origin = websocket.headers.get("origin")
        if origin is None:
            return True
        own = urlsplit(origin)
        return origin in self.settings.origins or (own.scheme in ("http", "https") and own.netloc == websocket.headers.get("host", ""))


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
