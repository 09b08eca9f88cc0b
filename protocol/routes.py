"""The HTTP routes, declared for the documents; a house test compares them with what the server really serves."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import Struct

from protocol.account import Login, Refresh, Register, Sessions, Tokens, UsernameTaken
from protocol.message import Door, Refusal
from protocol.refusals import BadRequest, IdempotencyMismatch, NotFound, RateLimited, Unauthenticated, UnknownCommand
from protocol.service import Batch, BatchResults


@dataclass(frozen=True)
class HttpRoute:
    """One route: what goes in, what comes out, and which refusals it may answer besides the general ones."""

    method: str
    path: str
    says: str
    takes: type[Struct] | None = None
    gives: type[Struct] | None = None
    status: int = 200
    bearer: bool = False
    refusals: tuple[type[Refusal], ...] = ()
    door: Door | None = None
    """Whose commands it performs, when what goes in and out is theirs to say."""


ROUTES = (
    HttpRoute(
        "POST",
        "/v1/auth/register",
        "Makes an account and its captain.",
        Register,
        Tokens,
        201,
        refusals=(BadRequest, UsernameTaken, RateLimited),
    ),
    HttpRoute("POST", "/v1/auth/login", "Signs in.", Login, Tokens, refusals=(BadRequest, Unauthenticated, RateLimited)),
    HttpRoute(
        "POST",
        "/v1/auth/refresh",
        "Gives a refresh token for a new pair.",
        Refresh,
        Tokens,
        refusals=(BadRequest, Unauthenticated, RateLimited),
    ),
    HttpRoute("POST", "/v1/auth/logout", "Ends this session.", status=204, bearer=True, refusals=(RateLimited,)),
    HttpRoute("POST", "/v1/auth/logout_all", "Ends all sessions of the account.", status=204, bearer=True, refusals=(RateLimited,)),
    HttpRoute(
        "GET", "/v1/auth/sessions", "The account's signed-in sessions, newest first.", None, Sessions, bearer=True, refusals=(RateLimited,)
    ),
    HttpRoute(
        "DELETE", "/v1/auth/sessions/{id}", "Ends one session of the account.", status=204, bearer=True, refusals=(NotFound, RateLimited)
    ),
    HttpRoute(
        "POST",
        "/v1/service/{command}",
        "Performs one command of another part of the game.",
        bearer=True,
        refusals=(BadRequest, UnknownCommand, IdempotencyMismatch, RateLimited),
        door=Door.SERVICE,
    ),
    HttpRoute(
        "POST",
        "/v1/service/batch",
        "Performs up to 100 commands one after the other, each on its own.",
        Batch,
        BatchResults,
        bearer=True,
        refusals=(BadRequest, RateLimited),
    ),
    HttpRoute("GET", "/livez", "Whether the process lives."),
    HttpRoute("GET", "/readyz", "Whether commands are served; 503 when not."),
)
