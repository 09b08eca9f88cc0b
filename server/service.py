"""The service door: other parts of the game, over HTTP and over sockets. Both end in the same dispatch as a captain's command."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uuid_utils.compat import uuid7

from persistence import services
from persistence.database import Database
from protocol import codec
from protocol.closes import Close
from protocol.codec import Incoming
from protocol.message import REGISTRY, Door, Refusal
from protocol.refusals import BadRequest, RateLimited, Unauthenticated, UnknownCommand
from protocol.service import SERVICE, Batch, BatchItem
from protocol.session import Client
from server import http
from server.caller import Caller
from server.dispatch import trace
from server.gateway.gate import Answered, At, Bounds, Identified
from server.gateway.limits import Limiter, advice_ms
from server.rules import tokens

MAX_BATCH_BODY = 262_144  # bytes
BATCH_S = 15.0  # for a whole batch
SOCKET_S = 30 * 86_400.0  # a service's token has no end; its socket is opened anew now and then
SOCKETS = 100  # of one service: it may be many processes
STARTS = 4  # being started at the same time

Perform = Callable[[Caller, Incoming, float, Answered], None]
Reading = Callable[[], AbstractAsyncContextManager[asyncpg.Connection]]


class Services:
    """Who other parts of the game are, and what they ask. It is what a gateway of services knows of the game, too."""

    def __init__(self, database: Database, reading: Reading, perform: Perform, scale: float) -> None:
        self.database = database
        self.reading = reading
        self.perform = perform
        self.limiter = Limiter(SERVICE.limit / SERVICE.per_s * scale, SERVICE.limit * scale)
        self._tokens: dict[UUID, bytes] = {}

    async def caller(self, token: str) -> Caller:
        """The service with this token. Raises Unauthenticated."""
        async with self.database.read_only() as db:
            found = await services.find(db, tokens.hash_of(token)) if token else None
        if found is None:
            raise Unauthenticated
        return Caller(Door.SERVICE, found.account, name=found.name, scopes=frozenset(found.scopes))

    async def outcome(self, caller: Caller, incoming: Incoming, deadline: float) -> tuple[bytes, bool]:
        """What a command came to, and whether it was stored before."""
        future: asyncio.Future[tuple[bytes, bool]] = asyncio.get_running_loop().create_future()

        def answered(id: str, outcome: bytes, replayed: bool) -> None:
            if not future.done():
                future.set_result((outcome, replayed))

        self.perform(caller, incoming, deadline, answered)
        return await future

    def afford(self, caller: Caller, cost: int) -> None:
        """Raises RateLimited when a service asks for more than its generous share."""
        wait_s = self.limiter.take(caller.account, time.monotonic(), cost)
        if wait_s:
            raise RateLimited(retry_after_ms=advice_ms(wait_s, 0.0), bucket=SERVICE.name, limit=SERVICE.limit)

    # What the gateway of services asks.

    async def identify(self, token: str, client: Client, wanted: Callable[[], bool]) -> Identified:
        """A service's connection: it follows no streams. Raises Unauthenticated."""
        caller, session_id = await self.caller(token), uuid7()
        self._tokens[session_id] = tokens.hash_of(token)
        return Identified(caller, session_id, caller.account, SOCKET_S, {})

    async def reauth(self, token: str, session_id: UUID) -> float:
        """The seconds a connection may go on with another token of the same service. Raises Unauthenticated."""
        await self.caller(token)
        self._tokens[session_id] = tokens.hash_of(token)
        return SOCKET_S

    async def streams(self, caller: Caller) -> dict[str, At]:
        """Nothing: a service hears no events."""
        return {}

    async def ended(self, some: Sequence[tuple[UUID, int]]) -> dict[UUID, Close]:
        """Of these connections those whose token was revoked."""
        async with self.reading() as connection:
            gone = await services.gone(connection, [self._tokens[each] for each, _ in some if each in self._tokens])
        return {each: Close.SIGNED_OUT for each, _ in some if self._tokens.get(each) in gone}

    async def left(self, some: Sequence[tuple[UUID, int]], debts: Mapping[UUID, Mapping[str, float]]) -> None:
        """These connections are gone. A service's rate is each gateway's own."""
        for session_id, _ in some:
            self._tokens.pop(session_id, None)

    async def shared(self) -> dict[UUID, int]:
        """Nobody: a service is trusted with its generous rate on every gateway."""
        return {}


def generous(ordinary: Bounds) -> Bounds:
    """The limits of a service's socket: it speaks for many captains."""
    rate = SERVICE.limit / SERVICE.per_s
    return dataclasses.replace(
        ordinary, commands_per_s=rate, commands_burst=float(SERVICE.limit), in_flight=256, sockets=SOCKETS, starts_at_once=STARTS
    )


def routes(door: Services) -> list[Route]:
    """All HTTP routes of services."""

    async def one(request: Request) -> Response:
        caller = await door.caller(http.bearer_of(request.headers))
        door.afford(caller, 1)
        name, id = request.path_params["command"], request.headers.get("idempotency-key", "")
        incoming = _incoming(name, id, await http.json_of(request))
        outcome, replayed = await door.outcome(caller, incoming, time.monotonic() + codec.DEADLINE_MS / 1000)
        found = codec.as_map(outcome)
        if "error" in found:
            return _problem(found["error"])
        return http.answered({"ok": found["ok"], "replayed": True} if replayed else {"ok": found["ok"]})

    async def batch(request: Request) -> Response:
        caller = await door.caller(http.bearer_of(request.headers))
        asked = _batch(await http.json_of(request, MAX_BATCH_BODY))
        door.afford(caller, len(asked.commands))
        end = time.monotonic() + BATCH_S
        return http.answered({"results": [await _result(door, caller, each, end) for each in asked.commands]})

    return [
        Route("/v1/service/batch", http.guarded(batch), methods=["POST"]),
        Route("/v1/service/{command}", http.guarded(one), methods=["POST"]),
    ]


def _incoming(name: str, id: str, fields: object) -> Incoming:
    """A command as a frame would have it; a query needs no key. Raises UnknownCommand, BadRequest."""
    spec = REGISTRY.commands.get(name)
    if spec is None:
        raise UnknownCommand
    id = id or (str(uuid7()) if spec.query else "")
    if not 1 <= len(id) <= 64 or codec.FORBIDDEN.search(id) or "\n" in id:
        raise BadRequest(
            fields=[
                {
                    "path": "Idempotency-Key",
                    "code": "missing" if not id else "length",
                    "message": "1-64 characters, the same for every try.",
                }
            ]
        )
    return Incoming(id, name, codec.convert(fields, spec.type), codec.DEADLINE_MS)


def _batch(body: object) -> Batch:
    """The envelope only: what each command holds is looked at when its turn comes. Raises BadRequest."""
    try:
        return msgspec.convert(body, Batch)
    except msgspec.ValidationError as error:
        raise BadRequest(str(error)) from None


async def _result(door: Services, caller: Caller, item: Any, end: float) -> dict[str, Any]:
    """One command of a batch as its answer frame on a socket would be."""
    id = item.get("id") if isinstance(item, dict) else None
    try:
        asked: BatchItem = codec.convert(item, BatchItem)
        incoming = _incoming(asked.t, asked.id, asked.d)
    except Refusal as no:
        return {"re": id if isinstance(id, str) else None, "error": no.body(trace())}
    outcome, replayed = await door.outcome(caller, incoming, min(end, time.monotonic() + codec.DEADLINE_MS / 1000))
    return codec.as_map(codec.reply(asked.id, outcome, replayed=replayed))


def _problem(error: dict[str, Any]) -> Response:
    """A stored refusal as HTTP says it."""
    kind = REGISTRY.refusals.get(error["code"], Refusal)
    full = {"type": f"urn:callisto:{error['code']}", "title": kind.says, "status": kind.status, **error}
    headers = {"retry-after": str(-(-error["retry_after_ms"] // 1000))} if "retry_after_ms" in error else {}
    return Response(msgspec.json.encode(full), kind.status, headers, media_type="application/problem+json")
