"""What leaders and officers do with their team: its profile, its roles, its end."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from protocol.message import (
    HEAVY,
    Answer,
    Command,
    Event,
    Refusal,
    command,
    event,
    example,
)
from protocol.refusals import BadRequest, Forbidden, NotFound
from protocol.team import (
    NameTaken,
    NoTeam,
    Requirements,
    Rights,
    Sharing,
    Team,
    TeamAnswer,
)
from protocol.types import (
    Count,
    Description,
    PlayerId,
    Recruitment,
    Role,
    TeamId,
    TeamTag,
)

Logo = Annotated[
    str,
    Meta(
        max_length=255,
        pattern=r"^https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[A-Za-z0-9._~:/?@!$&*+,;=%-]*)?$",
        description="An https address; never fetched by the server.",
    ),
]


class TooSmall(Refusal):
    """There are more members than that."""

    code, says = "team.too_small", "The team has more members than that."


class Ended(Answer, frozen=True):
    """The team is no more; `payout` credits went to its leader."""

    team_id: TeamId
    payout: Count


class Ranked(Answer, frozen=True):
    """The member's role and rights as they are now."""

    player_id: PlayerId
    role: Role
    rights: Rights


@command("team.update", refusals=(BadRequest, NoTeam, Forbidden, NameTaken, TooSmall), rate=HEAVY)
class Update(Command[TeamAnswer], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Changes what is said of a team and who may join; for leader and officers. What is left out stays; null clears."""

    description: Description | UnsetType | None = UNSET
    tag: TeamTag | UnsetType | None = UNSET
    logo: Logo | UnsetType | None = UNSET
    recruitment_status: Recruitment | UnsetType = UNSET
    max_members: Annotated[int, Meta(ge=2, le=20)] | UnsetType = UNSET
    is_public: bool | UnsetType = UNSET
    join_requirements: Requirements | UnsetType | None = UNSET
    resource_sharing: Sharing | UnsetType | None = UNSET


@command("team.set_role", refusals=(BadRequest, NoTeam, Forbidden, NotFound))
class SetRole(Command[Ranked], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Gives a member another role, with exactly its rights; for the leader. To make a leader, transfer."""

    player_id: PlayerId
    role: Role


@command("team.transfer", refusals=(BadRequest, NoTeam, Forbidden, NotFound))
class Transfer(Command[TeamAnswer], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Hands the team to a member; the leader becomes an officer."""

    player_id: PlayerId


@command("team.disband", refusals=(NoTeam, Forbidden), rate=HEAVY, essential=True)
class Disband(Command[Ended], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Ends the team; for the leader, who gets what credits are left."""


@event("team.updated", "team")
class Updated(Event, frozen=True):
    """The team is this now."""

    team: Team


_ADA = PlayerId(UUID("01920000-0000-7000-8000-000000000001"))
_BO = PlayerId(UUID("01920000-0000-7000-8000-000000000002"))
_TEAM = TeamId(UUID("01920000-0000-7000-8000-00000000000a"))
_LANTERN = Team(_TEAM, "Blue Lantern", Recruitment.INVITE_ONLY, True, 6, 2, 1790000000000, leader_id=_ADA, tag="LAMP")

example(Update(recruitment_status=Recruitment.INVITE_ONLY, max_members=6))
example(SetRole(_BO, Role.OFFICER))
example(Ranked(_BO, Role.OFFICER, Rights(can_invite=True, can_kick=True, can_manage_missions=True, can_manage_alliances=True)))
example(Transfer(_BO))
example(Disband())
example(Ended(_TEAM, payout=1200))
example(Updated(_LANTERN))
