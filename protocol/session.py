"""The life of a connection: starting, resuming, snapshots, and asking what became of a command."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from protocol.guard import Talk
from protocol.message import (
    FREE,
    HEAVY,
    Answer,
    Command,
    Query,
    Signal,
    command,
    event,
    example,
)
from protocol.player import Aria, OwnPlayer, Ship
from protocol.refusals import Unauthenticated
from protocol.reputation import Standing
from protocol.team import TeamView
from protocol.types import CommandId, Count, Millis, PlayerId, Seq, SessionId, TeamId


class Client(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the client says of itself; kept as the session's device."""

    name: Annotated[str, Meta(max_length=64)] = ""
    version: Annotated[str, Meta(max_length=32)] = ""
    platform: Annotated[str, Meta(max_length=64)] = ""
    locale: Annotated[str, Meta(max_length=35)] = ""


class Position(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a client is in a stream: the last number it folded, and the epoch it belongs to."""

    epoch: Annotated[str, Meta(min_length=1, max_length=64)]
    seq: Seq


class Head(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a stream is. `from` is the first number the caller may hear, in a team stream."""

    epoch: str
    head: Seq
    from_: Seq | None = msgspec.field(default=None, name="from")


class Started(Answer, frozen=True, omit_defaults=True):
    """The session speaks for this captain. `head` is exactly where live begins."""

    session_id: SessionId
    player_id: PlayerId
    streams: dict[str, Head]


@command("session.start", refusals=(Unauthenticated,), rate=FREE)
class Start(Command[Started], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Signs the connection in, and replays what was missed since the cursors. Must be the first command."""

    token: Annotated[str, Meta(max_length=256)] = ""
    client: Client = Client()
    cursors: Annotated[dict[str, Position], Meta(max_length=8)] = {}


class Unread(msgspec.Struct, frozen=True):
    """Messages not yet read."""

    direct: Count = 0
    team: Count = 0


class Presence(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether a member of the team is connected."""

    player_id: PlayerId
    online: bool


class Snapshot(Answer, frozen=True):
    """All a client needs to begin, as of the heads in `streams`: folding later events into it gives the next snapshot."""

    at: Millis
    streams: dict[str, Head]
    player: OwnPlayer
    ship: Ship | None
    onboarding: Talk | None
    team: TeamView | None
    treasury: dict[str, Count] | None
    standings: list[Standing]
    alignment: int
    rank: str
    unread: Unread
    settings: dict[str, Any]
    presence: list[Presence]


@command("session.snapshot", refusals=(), rate=HEAVY)
class TakeSnapshot(Query[Snapshot], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The state and the heads of the streams, read in one transaction."""


class Pong(Answer, frozen=True):
    """The client's clock and ours."""

    at: Millis
    server_at: Millis


@command("session.ping", refusals=(), rate=FREE)
class Ping(Query[Pong], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Measures the way there and back; answered without the database."""

    at: Millis = 0


class Reauthed(Answer, frozen=True):
    """The new token is in place."""

    expires_at: Millis


@command("session.reauth", refusals=(Unauthenticated,), rate=FREE)
class Reauth(Query[Reauthed], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Replaces the connection's token by a newer one of the same session, without reconnecting."""

    token: Annotated[str, Meta(max_length=256)]


class Status(Answer, frozen=True, omit_defaults=True):
    """What became of a command: `done` with its `frame` (the answer or refusal), `running`, or `never`."""

    state: str
    frame: dict[str, Any] | None = None


@command("session.command_status", refusals=(), rate=FREE)
class CommandStatus(Query[Status], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Settles what became of a command. `never` closes its id: it will not run any more, and sending it is `conflict`."""

    command_id: CommandId


@event("hello")
class Hello(Signal, frozen=True):
    """The server speaks first."""

    protocol: str
    server_time_at: Millis
    heartbeat_ms: int
    start_timeout_ms: int
    max_frame_bytes: int
    resume_window_s: int
    node: str
    notices: list[str]


@event("stream.reset")
class StreamReset(Signal, frozen=True):
    """The cursor does not lead anywhere (too_old, ahead, epoch, gap): live begins at `head`; take a snapshot."""

    stream: str
    epoch: str
    head: Seq
    reason: str


@event("session.expiring")
class Expiring(Signal, frozen=True):
    """The token ends soon: refresh it and send session.reauth."""

    expires_at: Millis


@event("session.move")
class Move(Signal, frozen=True):
    """This server is leaving: reconnect after `after_ms`. Commands are still answered until the close."""

    after_ms: int
    reason: str


_PLAYER = PlayerId(UUID("01920000-0000-7000-8000-000000000001"))
_TEAM = TeamId(UUID("01920000-0000-7000-8000-00000000000a"))
_SESSION = SessionId(UUID("01920000-0000-7000-8000-0000000000aa"))
_EPOCH = "5d0c3a9e11f24b77"

example(Start(token="tok_example", client=Client(name="tour", version="0.1"), cursors={f"player:{_PLAYER}": Position(_EPOCH, 41)}))
example(
    Started(
        _SESSION,
        _PLAYER,
        {"system": Head(_EPOCH, 7), f"player:{_PLAYER}": Head(_EPOCH, 44), f"team:{_TEAM}": Head(_EPOCH, 1204, 1180)},
    )
)
example(TakeSnapshot())
example(
    Snapshot(
        at=1790000000000,
        streams={f"player:{_PLAYER}": Head(_EPOCH, 44)},
        player=OwnPlayer(
            _PLAYER, "Ada", "Ada", 10000, 1000, 1000, "Neutral", "#FFFFFF", 0, "Recruit", 0, 0, Aria(1, 1.0, 25, 0), 1, False, 0.0, False
        ),
        ship=None,
        onboarding=None,
        team=None,
        treasury=None,
        standings=[],
        alignment=0,
        rank="Recruit",
        unread=Unread(),
        settings={},
        presence=[],
    )
)
example(Ping(at=1790000000000))
example(Pong(at=1790000000000, server_at=1790000000012))
example(Reauth(token="tok_newer"))
example(Reauthed(expires_at=1790000900000))
example(CommandStatus(command_id="c-17"))
example(Status(state="done", frame={"re": "c-17", "ok": {"message_id": "01920000-0000-7000-8000-0000000000ff", "at": 1790000000000}}))
example(
    Hello(
        protocol="1.0",
        server_time_at=1790000000000,
        heartbeat_ms=10000,
        start_timeout_ms=5000,
        max_frame_bytes=16384,
        resume_window_s=604800,
        node="g1",
        notices=[],
    )
)
example(StreamReset(stream="system", epoch=_EPOCH, head=7, reason="too_old"))
example(Expiring(expires_at=1790000060000))
example(Move(after_ms=1200, reason="server_restart"))
