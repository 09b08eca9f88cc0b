"""Teams: founding, finding, joining, leaving, and talking."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from protocol.message import (
    HEAVY,
    SEARCH,
    Answer,
    Command,
    Event,
    Query,
    Rate,
    Refusal,
    command,
    event,
    example,
)
from protocol.refusals import BadRequest, ContentRejected, Forbidden, NotFound, OnboardingRequired
from protocol.refusals import Insufficient as Insufficient
from protocol.refusals import NoTeam as NoTeam
from protocol.types import (
    Chat,
    Count,
    Cursor,
    Description,
    InvitationId,
    Left,
    MessageId,
    Millis,
    Needle,
    PageSize,
    PlayerId,
    Recruitment,
    Resource,
    Role,
    Seq,
    SharingPolicy,
    TeamId,
    TeamName,
    TeamTag,
)

CHAT = Rate("chat", limit=10, per_s=60.0)
JOIN = Rate("join", limit=10, per_s=60.0, cost=5)


class AlreadyMember(Refusal):
    """The caller is in a team already."""

    code, says = "team.already_member", "You are in a team already."


class NameTaken(Refusal):
    """Another team has this name or tag, or one that looks the same."""

    code, says = "team.name_taken", "Another team has this name or tag."


class Cooldown(Refusal):
    """It is too soon after leaving a team; `retry_after_ms` says how long."""

    code, says = "team.cooldown", "You left a team not long ago."


class Closed(Refusal):
    """This team takes nobody in, or only the invited."""

    code, says = "team.closed", "This team is not open."


class Full(Refusal):
    """The team has as many members as it may."""

    code, says = "team.full", "This team is full."


class Unfit(Refusal):
    """The caller does not meet what the team requires."""

    code, says = "team.requirements", "You do not meet what this team requires."


class LastMember(Refusal):
    """Leaving as the last member ends the team; say `disband_ok`."""

    code, says = "team.last_member", "You are the last member: leaving ends the team."


class Muted(Refusal):
    """The caller may not speak for now."""

    code, says = "muted", "You may not speak for now."


class Rights(msgspec.Struct, frozen=True):
    """What a member may do beyond talking."""

    can_invite: bool = False
    can_kick: bool = False
    can_manage_treasury: bool = False
    can_manage_missions: bool = False
    can_manage_alliances: bool = False


class Requirements(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a captain must be to join. `min_faction` is the least standing by faction code."""

    min_rank_level: Annotated[int, Meta(ge=0, le=17)] | None = None
    min_personal_reputation: Annotated[int, Meta(ge=-1000, le=1000)] | None = None
    min_faction: Annotated[dict[Annotated[str, Meta(max_length=50)], Annotated[int, Meta(ge=-800, le=800)]], Meta(max_length=16)] | None = (
        None
    )


class Sharing(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Who may take from the treasury, and how much a day."""

    policy: SharingPolicy = SharingPolicy.PERMISSION_BASED
    member_withdraw_daily_limit: Count = 0


class Team(msgspec.Struct, frozen=True, omit_defaults=True):
    """A team as everybody may see it."""

    team_id: TeamId
    name: str
    recruitment_status: Recruitment
    is_public: bool
    max_members: int
    member_count: int
    created_at: Millis
    leader_id: PlayerId | None = None
    tag: str | None = None
    description: str | None = None
    logo: str | None = None
    join_requirements: Requirements | None = None
    resource_sharing: Sharing | None = None


class Member(msgspec.Struct, frozen=True, omit_defaults=True):
    """One member. `online` is absent where privacy hides it."""

    player_id: PlayerId
    name: str
    role: Role
    rights: Rights
    joined_at: Millis
    last_active_at: Millis | None = None
    online: bool | None = None


class Mine(msgspec.Struct, frozen=True):
    """The caller's own place in the team."""

    role: Role
    rights: Rights


class TeamView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A team, its members by joining, and the caller's own place when a member."""

    team: Team
    members: list[Member]
    my: Mine | None = None


class TeamAnswer(Answer, frozen=True):
    """The team."""

    team: Team


class Got(Answer, frozen=True, omit_defaults=True):
    """A team, its members by joining, and the caller's own place when a member."""

    team: Team
    members: list[Member]
    my: Mine | None = None


class Listed(Answer, frozen=True, omit_defaults=False):
    """A page of teams by name."""

    items: list[Team]
    next_cursor: str | None = None


class Gone(Answer, frozen=True):
    """The caller is out of the team."""

    team_id: TeamId


class KickedOut(Answer, frozen=True):
    """The captain is out of the team."""

    player_id: PlayerId


class Said(Answer, frozen=True):
    """The line is stored; everybody in the team hears it under this id."""

    message_id: MessageId
    at: Millis


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a team's talk."""

    message_id: MessageId
    sender_id: PlayerId | None
    sender_name: str
    text: str
    at: Millis
    reply_to: MessageId | None = None


class Lines(Answer, frozen=True, omit_defaults=False):
    """A page of lines, newest first."""

    items: list[Line]
    next_cursor: str | None = None


@command("team.create", refusals=(OnboardingRequired, AlreadyMember, Cooldown, NameTaken, Insufficient), rate=HEAVY)
class Create(Command[TeamAnswer], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Founds a team with the caller as its leader."""

    name: TeamName
    tag: TeamTag | None = None
    description: Description | None = None
    recruitment_status: Recruitment = Recruitment.OPEN
    max_members: Annotated[int, Meta(ge=2, le=20)] = 4


@command("team.get", refusals=(NoTeam, NotFound))
class Get(Query[Got], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A team with its members; without `team_id` the caller's own."""

    team_id: TeamId | None = None


@command("team.directory", rate=SEARCH)
class Directory(Query[Listed], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The public teams by name, optionally those whose name or tag holds `query`, or those open to everybody."""

    query: Needle | None = None
    open_only: bool = False
    limit: PageSize = 50
    cursor: Cursor | None = None


@command("team.join", refusals=(BadRequest, AlreadyMember, Closed, Full, Unfit, Cooldown, NotFound), rate=JOIN)
class Join(Command[TeamAnswer], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Joins a team: an open one by `team_id`, or one that asked the caller by `invitation_id` or `code`. Exactly one of the three."""

    team_id: TeamId | None = None
    invitation_id: InvitationId | None = None
    code: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


@command("team.leave", refusals=(NoTeam, LastMember), essential=True)
class Leave(Command[Gone], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Leaves the team. A leader is succeeded; the last member ends the team and must say `disband_ok`."""

    disband_ok: bool = False


@command("team.kick", refusals=(NoTeam, Forbidden, NotFound))
class Kick(Command[KickedOut], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Puts a lower-ranking member out of the team, at once and on every connection."""

    player_id: PlayerId


@command("team.say", refusals=(NoTeam, Muted, ContentRejected, NotFound), rate=CHAT)
class Say(Command[Said], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Says one line to the caller's team. Every member hears `team.said`, the caller too."""

    text: Chat
    reply_to: MessageId | None = None


@command("team.history", refusals=(NoTeam, NotFound))
class History(Query[Lines], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The team's talk, newest first; `before` and `after` are message ids. Members see all of it."""

    before: MessageId | None = None
    after: MessageId | None = None
    limit: PageSize = 50
    cursor: Cursor | None = None


@event("team.created", "team")
class Created(Event, frozen=True):
    """The team exists."""

    team: Team


@event("team.member_joined", "team")
class MemberJoined(Event, frozen=True):
    """Somebody is a member now."""

    player_id: PlayerId
    name: str
    role: Role
    rights: Rights
    joined_at: Millis


@event("team.member_left", "team")
class MemberLeft(Event, frozen=True):
    """Somebody is no member any more."""

    player_id: PlayerId
    why: Left


@event("team.role_changed", "team")
class RoleChanged(Event, frozen=True):
    """A member's role and rights are these now."""

    player_id: PlayerId
    role: Role
    rights: Rights


@event("team.leader_changed", "team")
class LeaderChanged(Event, frozen=True):
    """The team has another leader."""

    old_leader_id: PlayerId
    new_leader_id: PlayerId


@event("team.disbanded", "team")
class Disbanded(Event, frozen=True):
    """The team is no more. `payout` credits went to its leader."""

    payout: Count


@event("team.said", "team")
class LineSaid(Event, frozen=True, omit_defaults=True):
    """Somebody said a line."""

    message_id: MessageId
    sender_id: PlayerId
    sender_name: str
    text: str
    reply_to: MessageId | None = None


@event("team.entered", "player")
class Entered(Event, frozen=True):
    """One is in a team now; its stream begins at `from_seq`, the number of one's own joining. `view` and `treasury` are of then."""

    team_id: TeamId
    epoch: str
    from_seq: Seq
    view: TeamView
    treasury: dict[str, Count]


@event("team.exited", "player")
class Exited(Event, frozen=True):
    """One is out of the team, and hears nothing more of it."""

    team_id: TeamId
    why: Left


_ADA = PlayerId(UUID("01920000-0000-7000-8000-000000000001"))
_BO = PlayerId(UUID("01920000-0000-7000-8000-000000000002"))
_TEAM = TeamId(UUID("01920000-0000-7000-8000-00000000000a"))
_LINE = MessageId(UUID("01920000-0000-7000-8000-0000000000ff"))
_AT = 1790000000000
_LANTERN = Team(_TEAM, "Blue Lantern", Recruitment.OPEN, True, 4, 2, _AT, leader_id=_ADA, tag="LAMP")
_ADA_LINE = Member(_ADA, "Ada", Role.LEADER, Rights(True, True, True, True, True), _AT)

example(Create(name="Blue Lantern", tag="LAMP", description="We carry light."))
example(Get())
example(Directory(query="lantern", open_only=True, limit=20))
example(Join(team_id=_TEAM))
example(Leave())
example(Kick(player_id=_BO))
example(Say(text="Hold the gate."))
example(History(limit=20))
example(TeamAnswer(_LANTERN))
example(Got(_LANTERN, [_ADA_LINE], Mine(Role.LEADER, _ADA_LINE.rights)))
example(Listed([_LANTERN]))
example(Gone(_TEAM))
example(KickedOut(_BO))
example(Said(_LINE, _AT))
example(Lines([Line(_LINE, _ADA, "Ada", "Hold the gate.", _AT)]))
example(Created(_LANTERN))
example(MemberJoined(_BO, "Bo", Role.MEMBER, Rights(), _AT))
example(MemberLeft(_BO, Left.KICKED))
example(RoleChanged(_BO, Role.OFFICER, Rights(can_invite=True, can_kick=True, can_manage_missions=True)))
example(LeaderChanged(_ADA, _BO))
example(Disbanded(payout=0))
example(LineSaid(_LINE, _ADA, "Ada", "Hold the gate."))
example(
    Entered(
        _TEAM,
        "5d0c3a9e11f24b77",
        17,
        TeamView(_LANTERN, [_ADA_LINE], Mine(Role.LEADER, _ADA_LINE.rights)),
        {each.value: 0 for each in Resource},
    )
)
example(Exited(_TEAM, Left.KICKED))
