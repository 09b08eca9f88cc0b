"""The HTTP routes, declared for the documents; a house test compares them with what the server really serves."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.account import Login, Refresh, Register, Sessions, Tokens, UsernameTaken
from protocol.message import Message, Refusal
from protocol.refusals import BadRequest, NotFound, RateLimited, Unauthenticated


@dataclass(frozen=True)
class HttpRoute:
    """One route: what goes in, what comes out, and which refusals it may answer besides the general ones."""

    method: str
    path: str
    says: str
    takes: type[Message] | None = None
    gives: type[Message] | None = None
    status: int = 200
    bearer: bool = False
    refusals: tuple[type[Refusal], ...] = ()


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
    HttpRoute("POST", "/v1/auth/refresh", "Gives a refresh token for a new pair.", Refresh, Tokens, refusals=(BadRequest, Unauthenticated)),
    HttpRoute("POST", "/v1/auth/logout", "Ends this session.", status=204, bearer=True),
    HttpRoute("POST", "/v1/auth/logout_all", "Ends all sessions of the account.", status=204, bearer=True),
    HttpRoute("GET", "/v1/auth/sessions", "The account's signed-in sessions, newest first.", None, Sessions, bearer=True),
    HttpRoute("DELETE", "/v1/auth/sessions/{id}", "Ends one session of the account.", status=204, bearer=True, refusals=(NotFound,)),
    HttpRoute("GET", "/livez", "Whether the process lives."),
    HttpRoute("GET", "/readyz", "Whether commands are served; 503 when not."),
)
