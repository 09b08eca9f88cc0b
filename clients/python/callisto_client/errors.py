"""What can go wrong, as types: a refusal of the server's, an end of the connection, an outcome nobody knows.

This must never hide one of them behind another: a caller decides by the class, a player reads `message`.
"""

from __future__ import annotations

from typing import Any

from protocol.closes import Close, parameter
from protocol.message import REGISTRY, Answer, Command, Refusal

SAYS = {
    Close.MALFORMED: "This game and the server do not understand each other. Please update the game.",
    Close.AUTHENTICATION_FAILED: "You are signed out. Please sign in again.",
    Close.UNSUPPORTED_PROTOCOL: "This version of the game is too new or too old for the server. Please update it.",
    Close.CLIENT_TOO_OLD: "This version of the game is too old. Please update it.",
    Close.SUPERSEDED: "You are playing from another place now.",
    Close.SIGNED_OUT: "You have been signed out.",
    Close.KICKED: "You have been removed from the server.",
    Close.BANNED: "This account may not play at the moment.",
    Close.ACCOUNT_DELETED: "This account has been deleted.",
    Close.MAINTENANCE: "The server is being worked on. Please come back later.",
    Close.TOKEN_EXPIRED: "Your sign-in has run out. Please sign in again.",
}
BY_CODE = {each.code: text for each, text in SAYS.items()}
OTHERWISE = "The server has ended the connection."


class Stopped(Exception):
    """The connection is over and trying again would not help. `message` is for the player, `until` an instant in ms or None."""

    def __init__(self, code: int, reason: str, message: str | None = None) -> None:
        self.code = code
        self.reason = reason
        self.message = message or BY_CODE.get(code, OTHERWISE)
        self.until = parameter(reason, "until")
        super().__init__(f"{code} {reason}: {self.message}")


class Offline(Exception):
    """There was no connection, and nothing was sent."""


class Unknown(Exception):
    """It was sent and no answer came in time. `client.settle(error.id, error.command)` finds out what became of it."""

    def __init__(self, id: str, command: Command[Answer]) -> None:
        super().__init__(f"no answer to {id}")
        self.id = id
        self.command = command


class Lagged(Exception):
    """This iterator was not read for too long and events were left out of it. `client.state` has them; begin a new iterator."""


class Refused(Refusal):
    """A refusal with a code this version does not know; `code` and `retryable` are as the server said."""

    code, says = "client.refused", "The server said no."

    def __init__(self, code: str, message: str | None = None, *, retryable: bool = False, **more: Any) -> None:
        super().__init__(message, **more)
        # The declared classes have these once per class; here each refusal has its own.
        vars(self).update(code=code, retryable=retryable)


# It is no code of the wire: the catalogue of refusals must not list it.
REGISTRY.refusals.pop(Refused.code, None)

_KNOWN = frozenset(("code", "message", "retryable", "retry_after_ms", "fields", "type", "title", "status"))


def refusal(error: dict[str, Any]) -> Refusal:
    """The typed refusal for what stood under `error`, or in an HTTP problem. What it says besides is in `extra`, `trace_id` among it."""
    code, message = str(error.get("code", "")), error.get("message")
    more = {key: value for key, value in error.items() if key not in _KNOWN}
    kind = REGISTRY.refusals.get(code)
    if kind is None:
        return Refused(
            code,
            message,
            retryable=bool(error.get("retryable")),
            retry_after_ms=error.get("retry_after_ms"),
            fields=error.get("fields"),
            **more,
        )
    return kind(message, retry_after_ms=error.get("retry_after_ms"), fields=error.get("fields"), **more)


def trace_id(no: Refusal) -> str:
    """What to tell support: the server's log knows more under it."""
    return str(no.extra.get("trace_id", ""))
