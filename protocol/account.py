"""Accounts over HTTP: registering, signing in, refreshing, signing out. JSON in, JSON out."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from protocol.message import Message as Body
from protocol.message import Refusal, example
from protocol.types import Millis, PlayerId, SessionId

Username = Annotated[str, Meta(min_length=3, max_length=30, pattern=r"^[A-Za-z0-9_]+$(?!\n)")]
Password = Annotated[str, Meta(min_length=8, max_length=256, pattern=r"^[^\n]*$(?!\n)")]
Email = Annotated[str, Meta(min_length=3, max_length=255, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$(?!\n)")]
Token = Annotated[str, Meta(min_length=20, max_length=256)]


class UsernameTaken(Refusal):
    """Another account has this name, or one that looks the same."""

    code, says = "account.username_taken", "This name is taken."


class Register(Body, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Makes an account and its captain."""

    username: Username
    password: Password
    email: Email | None = None


class Login(Body, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Signs in with a password."""

    username: Annotated[str, Meta(min_length=1, max_length=64)]
    password: Annotated[str, Meta(min_length=1, max_length=256)]


class Refresh(Body, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Gives a refresh token for a new pair. The same token and request id within 60 s give the same successor."""

    refresh_token: Token
    request_id: Annotated[str, Meta(min_length=8, max_length=64)]


class Tokens(Body, frozen=True):
    """A signed-in session: opaque tokens, only their SHA-256 is stored. `expires_in` is seconds."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int
    player_id: PlayerId
    session_id: SessionId


class SessionItem(msgspec.Struct, frozen=True):
    """One of the account's signed-in sessions."""

    session_id: SessionId
    device: str
    created_at: Millis
    last_seen_at: Millis
    current: bool


class Sessions(Body, frozen=True):
    """The account's signed-in sessions, newest first."""

    items: list[SessionItem]


example(Register(username="ada", password="correct horse battery"))
example(Login(username="ada", password="correct horse battery"))
example(Refresh(refresh_token="r" * 43, request_id="4f9d2c1e-0000-4000-8000-000000000000"))
