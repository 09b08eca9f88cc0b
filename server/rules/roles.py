"""Who may do what in a team: roles, their rights, and who outranks whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import UNSET, structs

from protocol.leading import Update
from protocol.refusals import Forbidden
from protocol.team import Closed, Full, Requirements, Rights, Sharing, Team, Unfit
from protocol.types import Recruitment, Role
from server.rules import ranks

LEAVE_COOLDOWN_H = 24  # domain.md 12, H
FOUNDING_COST = 10_000  # credits; domain.md 4.1
INVITATION_DAYS = 7  # domain.md 4.3
INVITATIONS_AT_MOST = 20  # open ones of a team; domain.md 4.3

# domain.md 4.2: every role change rewrites all five.
RIGHTS = {
    Role.LEADER: Rights(True, True, True, True, True),
    Role.OFFICER: Rights(can_invite=True, can_kick=True, can_manage_missions=True, can_manage_alliances=True),
    Role.MEMBER: Rights(),
    Role.RECRUIT: Rights(),
}
RANK = {Role.LEADER: 3, Role.OFFICER: 2, Role.MEMBER: 1, Role.RECRUIT: 0}


def check_may_kick(role: Role, rights: Rights, them: Role) -> None:
    """Raises Forbidden unless a member of `role` may put one of role `them` out: by the right, and by rank."""
    if not rights.can_kick or them is Role.LEADER or (them is Role.OFFICER and role is not Role.LEADER):
        raise Forbidden


def successor(members: Sequence[tuple[UUID, Role, datetime]]) -> UUID | None:
    """Who leads when the leader has gone: the oldest officer, else the oldest member. None when nobody is left."""
    ranked = sorted(members, key=lambda each: (each[1] is not Role.OFFICER, each[2], each[0].int))
    return ranked[0][0] if ranked else None


def check_may_edit(role: Role) -> None:
    """Raises Forbidden unless this role may change what is said of the team."""
    if role not in (Role.LEADER, Role.OFFICER):
        raise Forbidden


def check_leads(role: Role) -> None:
    """Raises Forbidden unless this is the leader."""
    if role is not Role.LEADER:
        raise Forbidden


def edited(team: Team, change: Update) -> Team:
    """The team with what is given in `change`; empty requirements and texts are none."""
    given = {name: value for name in change.__struct_fields__ if (value := getattr(change, name)) is not UNSET}
    empty = {name: None for name, value in given.items() if value in ("", Requirements(), Sharing())}
    return structs.replace(team, **{**given, **empty})


def check_may_join(team: Team, rank: str, alignment: int, standings: dict[str, int], *, invited: bool) -> None:
    """Raises Closed, Full or Unfit unless a captain of this rank, alignment and standing by faction may join."""
    if team.recruitment_status is Recruitment.CLOSED or (team.recruitment_status is Recruitment.INVITE_ONLY and not invited):
        raise Closed
    if team.member_count >= team.max_members:
        raise Full
    if not fits(team.join_requirements or Requirements(), ranks.level(rank), alignment, standings):
        raise Unfit


def fits(wanted: Requirements, rank_level: int, alignment: int, standings: dict[str, int]) -> bool:
    """Whether a captain is what a team wants. Standing with a faction never met is 0."""
    return (
        rank_level >= (wanted.min_rank_level or 0)
        and (wanted.min_personal_reputation is None or alignment >= wanted.min_personal_reputation)
        and all(standings.get(faction, 0) >= least for faction, least in (wanted.min_faction or {}).items())
    )
