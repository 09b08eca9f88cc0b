"""The HTTP door: accounts, health. JSON in, JSON out; refusals are `application/problem+json` with the socket's codes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from persistence.database import FULL, code_of, is_away
from protocol import codec
from protocol.account import Login, Refresh, Register
from protocol.message import Message, Refusal
from protocol.refusals import (
    BadRequest,
    Internal,
    NotFound,
    RateLimited,
    Unavailable,
)
from server.accounts import Accounts
from server.dispatch import no_room, trace
from server.gateway.addresses import Proxies, network_of
from server.gateway.limits import advice_ms
from server.gateway.porter import Porter

log = structlog.get_logger("callisto.http")

MAX_BODY = 16_384  # bytes
BODY_S = 5.0  # to send it

Handler = Callable[[Request], Awaitable[Response]]


def address_of(request: Any, proxies: Proxies) -> str:
    """The network the client's address counts as; X-Forwarded-For counts only from a trusted proxy."""
    peer = request.client.host if request.client else ""
    return network_of(proxies.client(peer, request.headers.getlist("x-forwarded-for")))


def bearer_of(headers: Any) -> str:
    """The token of an Authorization header, or nothing."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def body_of(request: Request, type_: type[Any], most: int = MAX_BODY) -> Any:
    """The request's body as a struct. Raises BadRequest."""
    return codec.convert(await json_of(request, most), type_)


async def json_of(request: Request, most: int = MAX_BODY) -> object:
    """The value in the request's body of at most so many bytes. Raises BadRequest."""
    data = b""
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.stream():
                data += chunk
                if len(data) > most:
                    raise BadRequest("The body is too large.")
    except TimeoutError:
        raise BadRequest("The body did not arrive in time.") from None
    return codec.parse_json(data)


def problem(refusal: Refusal) -> Response:
    """A refusal as HTTP says it."""
    body = refusal.body(trace())
    full = {"type": f"urn:callisto:{refusal.code}", "title": refusal.says, "status": refusal.status, **body}
    headers = {}
    if refusal.retry_after_ms is not None:
        headers["retry-after"] = str(-(-refusal.retry_after_ms // 1000))
    if refusal.status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(msgspec.json.encode(full), refusal.status, headers, media_type="application/problem+json")


async def no_such_route(request: Request, error: Exception) -> Response:
    """A path or method that is not served, in the same shape as every other refusal."""
    status = getattr(error, "status_code", 404)
    response = problem(NotFound() if status == 404 else BadRequest("This path is not served by this method."))
    response.status_code = status
    return response


def answered(message: Message | dict[str, Any], status: int = 200) -> Response:
    """A body, never to be cached: it may hold tokens."""
    return Response(msgspec.json.encode(message), status, {"cache-control": "no-store"}, media_type="application/json")


def guarded(handler: Handler) -> Handler:
    """The handler with every refusal and every fault turned into its response."""

    async def endpoint(request: Request) -> Response:
        try:
            return await handler(request)
        except Refusal as no:
            return problem(no)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:
            if code_of(error) == FULL:
                return problem(no_room())
            if is_away(error) or code_of(error) in ("55P03", "57014", "40001", "40P01"):
                return problem(Unavailable(retry_after_ms=advice_ms(1.0), outcome="unknown"))
            log.error("bug", path=request.url.path, exc_info=error)
            return problem(Internal())

    return endpoint


def at_a_rate(handler: Handler, porter: Porter) -> Handler:
    """The handler for those whose address does not ask too often: before a body is read, and whatever connection it comes on."""

    async def endpoint(request: Request) -> Response:
        later = porter.asks(address_of(request, porter.proxies))
        if later is None:
            return await handler(request)
        response = problem(RateLimited(retry_after_ms=later.retry_after_ms, bucket="account_requests", limit=later.limit))
        if later.ends:
            response.headers["connection"] = "close"
        return response

    return endpoint


def routes(accounts: Accounts, porter: Porter, ready: Callable[[], Awaitable[tuple[bool, dict[str, Any]]]]) -> list[Route]:
    """All HTTP routes."""
    proxies = porter.proxies

    def device(request: Request) -> str:
        return request.headers.get("user-agent", "")[:255]

    async def register(request: Request) -> Response:
        return answered(await accounts.register(await body_of(request, Register), address_of(request, proxies), device(request)), 201)

    async def login(request: Request) -> Response:
        return answered(await accounts.login(await body_of(request, Login), address_of(request, proxies), device(request)))

    async def refresh(request: Request) -> Response:
        return answered(await accounts.refresh(await body_of(request, Refresh)))

    async def logout(request: Request) -> Response:
        await accounts.logout(await accounts.owner(bearer_of(request.headers)))
        return Response(status_code=204)

    async def logout_all(request: Request) -> Response:
        await accounts.logout_all(await accounts.owner(bearer_of(request.headers)))
        return Response(status_code=204)

    async def sessions(request: Request) -> Response:
        return answered(await accounts.list_sessions(await accounts.owner(bearer_of(request.headers))))

    async def end_session(request: Request) -> Response:
        owner = await accounts.owner(bearer_of(request.headers))
        try:
            session_id = UUID(request.path_params["id"])
        except ValueError:
            raise NotFound from None
        await accounts.end_session(owner, session_id)
        return Response(status_code=204)

    async def livez(request: Request) -> Response:
        return answered({"ok": True})

    async def readyz(request: Request) -> Response:
        ok, checks = await ready()
        return answered({"ok": ok, "checks": checks}, 200 if ok else 503)

    def route(path: str, handler: Handler, method: str) -> Route:
        return Route(path, guarded(handler), methods=[method])

    def about_accounts(path: str, handler: Handler, method: str) -> Route:
        return route(f"/v1/auth/{path}", at_a_rate(handler, porter), method)

    return [
        about_accounts("register", register, "POST"),
        about_accounts("login", login, "POST"),
        about_accounts("refresh", refresh, "POST"),
        about_accounts("logout", logout, "POST"),
        about_accounts("logout_all", logout_all, "POST"),
        about_accounts("sessions", sessions, "GET"),
        about_accounts("sessions/{id}", end_session, "DELETE"),
        route("/livez", livez, "GET"),
        route("/readyz", readyz, "GET"),
    ]
