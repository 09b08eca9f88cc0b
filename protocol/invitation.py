"""Ways into a team: asking one captain, or handing out a code."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from protocol.message import (
    HEAVY,
    Answer,
    Command,
    Event,
    Query,
    Refusal,
    command,
    event,
    example,
)
from protocol.refusals import BadRequest, Conflict, Forbidden, LimitExceeded, NotFound
from protocol.team import Full, NoTeam
from protocol.types import Cursor, InvitationId, Millis, PageSize, PlayerId, TeamId

Nickname = Annotated[str, Meta(min_length=1, max_length=80)]


class InvitesClosed(Refusal):
    """This captain takes no invitations."""

    code, says = "team.invites_closed", "This captain takes no invitations."


class End(StrEnum):
    """Why an invitation is over."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"
    USED_UP = "used_up"
    EXPIRED = "expired"
    DISBANDED = "disbanded"


class InvitationKind(StrEnum):
    """For one captain, or for whoever holds the code."""

    PERSONAL = "personal"
    OPEN = "open"


class Invitation(msgspec.Struct, frozen=True, omit_defaults=True):
    """A way into a team until `expires_at`. `code` is there only in the answer that made it, and only of an open one."""

    invitation_id: InvitationId
    team_id: TeamId
    team_name: str
    kind: InvitationKind
    created_at: Millis
    expires_at: Millis
    inviter_id: PlayerId | None = None
    inviter_name: str | None = None
    player_id: PlayerId | None = None
    player_name: str | None = None
    max_uses: int = 1
    uses: int = 0
    code: str | None = None


class InvitationAnswer(Answer, frozen=True):
    """The invitation."""

    invitation: Invitation


class Over(Answer, frozen=True):
    """The invitation is over."""

    invitation_id: InvitationId


class Invitations(Answer, frozen=True, omit_defaults=False):
    """A page of open invitations, newest first."""

    items: list[Invitation]
    next_cursor: str | None = None


@command(
    "team.invite",
    refusals=(BadRequest, NoTeam, Forbidden, NotFound, Conflict, Full, InvitesClosed, LimitExceeded),
    rate=HEAVY,
)
class Invite(Command[InvitationAnswer], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Asks a captain (`player_id` or `nickname`) into the caller's team for 7 days, or makes a code for `max_uses` captains (`open`)."""

    player_id: PlayerId | None = None
    nickname: Nickname | None = None
    open: bool = False
    max_uses: Annotated[int, Meta(ge=1, le=20)] | None = None


@command("team.revoke_invitation", refusals=(NotFound,), essential=True)
class Revoke(Command[Over], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Takes back an invitation of the caller's team; needs the right to invite."""

    invitation_id: InvitationId


@command("team.decline", refusals=(NotFound,), essential=True)
class Decline(Command[Over], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Turns an invitation down."""

    invitation_id: InvitationId


@command("team.invitations", refusals=(NoTeam, Forbidden, BadRequest))
class List(Query[Invitations], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The caller's own invitations; with `team` those of the caller's team, for who may invite."""

    team: bool = False
    limit: PageSize = 50
    cursor: Cursor | None = None


@event("team.invited", "player")
class Invited(Event, frozen=True, omit_defaults=True):
    """A team asks one in."""

    invitation_id: InvitationId
    team_id: TeamId
    team_name: str
    inviter_id: PlayerId
    inviter_name: str
    expires_at: Millis


@event("team.invitation_closed", "player")
class InvitationClosed(Event, frozen=True):
    """An invitation one had is over."""

    invitation_id: InvitationId
    team_id: TeamId
    why: End


_ADA = PlayerId(UUID("01920000-0000-7000-8000-000000000001"))
_BO = PlayerId(UUID("01920000-0000-7000-8000-000000000002"))
_TEAM = TeamId(UUID("01920000-0000-7000-8000-00000000000a"))
_ASKED = InvitationId(UUID("01920000-0000-7000-8000-0000000000bb"))
_AT, _UNTIL = 1790000000000, 1790604800000
_INVITATION = Invitation(_ASKED, _TEAM, "Blue Lantern", InvitationKind.PERSONAL, _AT, _UNTIL, _ADA, "Ada", _BO, "Bo")

example(Invite(player_id=_BO))
example(InvitationAnswer(_INVITATION))
example(Revoke(_ASKED))
example(Decline(_ASKED))
example(Over(_ASKED))
example(List())
example(Invitations([_INVITATION]))
example(Invited(_ASKED, _TEAM, "Blue Lantern", _ADA, "Ada", _UNTIL))
example(InvitationClosed(_ASKED, _TEAM, End.REVOKED))
