"""Close codes of the socket. The band is the advice, so an old client treats a new code right."""

from __future__ import annotations

from enum import Enum, StrEnum


class Advice(StrEnum):
    """What a client does after a close."""

    RESUME = "resume"
    SNAPSHOT = "snapshot"
    REFRESH = "refresh"
    STOP = "stop"


class Close(Enum):
    """A close code and its reason word; `with_` adds the parameters."""

    UNKNOWN_ERROR = (4000, "unknown_error")
    SERVER_RESTART = (4001, "server_restart")
    SLOW_CONSUMER = (4002, "slow_consumer")
    HEARTBEAT_TIMEOUT = (4003, "heartbeat_timeout")
    REBALANCE = (4004, "rebalance")
    START_TIMEOUT = (4005, "start_timeout")
    RATE_LIMITED = (4008, "rate_limited")
    OVERLOADED = (4013, "overloaded")
    SESSION_REPLACED_STATE = (4200, "session_replaced_state")
    TOKEN_EXPIRED = (4400, "token_expired")
    MALFORMED = (4500, "malformed")
    ALREADY_STARTED = (4505, "already_started")
    AUTHENTICATION_FAILED = (4510, "authentication_failed")
    UNSUPPORTED_PROTOCOL = (4511, "unsupported_protocol")
    CLIENT_TOO_OLD = (4512, "client_too_old")
    SUPERSEDED = (4520, "superseded")
    SIGNED_OUT = (4521, "signed_out")
    KICKED = (4522, "kicked")
    BANNED = (4523, "banned")
    ACCOUNT_DELETED = (4524, "account_deleted")
    MAINTENANCE = (4530, "maintenance")
    GOING_AWAY = (1001, "going_away")
    UNSUPPORTED_DATA = (1003, "unsupported_data")
    TOO_BIG = (1009, "too_big")

    @property
    def code(self) -> int:
        """The number on the wire."""
        return self.value[0]

    def with_(self, **parameters: int | str) -> str:
        """The reason text, `word;key=value`, at most 123 bytes."""
        return ";".join([self.value[1], *(f"{key}={value}" for key, value in parameters.items())])[:123]


def advice(code: int) -> Advice:
    """What a client does after `code`, known or not."""
    if 4000 <= code < 4200:
        return Advice.RESUME
    if 4200 <= code < 4400:
        return Advice.SNAPSHOT
    if 4400 <= code < 4500:
        return Advice.REFRESH
    if 4500 <= code < 5000 or code in (1002, 1003, 1007, 1009):
        return Advice.STOP
    return Advice.RESUME


def parameter(reason: str, key: str) -> int | None:
    """The number behind `key=` in a close reason, or None."""
    for part in reason.split(";")[1:]:
        name, _, value = part.partition("=")
        if name == key and value.isdigit():
            return int(value)
    return None
