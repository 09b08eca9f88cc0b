"""Who may do what in a team: roles, their rights, and who outranks whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from protocol.refusals import Forbidden
from protocol.team import Rights
from protocol.types import Role

LEAVE_COOLDOWN_H = 24  # domain.md 12, H
FOUNDING_COST = 10_000  # credits; domain.md 4.1

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
