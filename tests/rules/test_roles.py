"""Roles: who may put whom out, and who leads when the leader has gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.refusals import Forbidden
from protocol.types import Role
from server.rules.roles import RANK, RIGHTS, check_may_kick, successor

DAY = datetime(2102, 1, 1, tzinfo=UTC)
members = st.lists(
    st.tuples(st.uuids(), st.sampled_from([Role.OFFICER, Role.MEMBER, Role.RECRUIT]), st.integers(0, 999)), unique_by=lambda each: each[0]
)


@pytest.mark.parametrize(("me", "them"), list(product(Role, Role)))
def test_only_those_with_the_right_kick_and_only_downwards(me: Role, them: Role) -> None:
    allowed = RIGHTS[me].can_kick and RANK[me] > RANK[them]
    if allowed:
        check_may_kick(me, RIGHTS[me], them)
    else:
        with pytest.raises(Forbidden):
            check_may_kick(me, RIGHTS[me], them)


def test_a_member_who_was_given_the_right_still_cannot_kick_an_officer_or_the_leader() -> None:
    for them in (Role.OFFICER, Role.LEADER):
        with pytest.raises(Forbidden):
            check_may_kick(Role.MEMBER, RIGHTS[Role.LEADER], them)
    check_may_kick(Role.MEMBER, RIGHTS[Role.LEADER], Role.RECRUIT)


@given(members)
def test_the_oldest_officer_succeeds_else_the_oldest_member(found: list[tuple[UUID, Role, int]]) -> None:
    left = [(id, role, DAY + timedelta(minutes=minutes)) for id, role, minutes in found]
    heir = successor(left)
    if not left:
        assert heir is None
        return
    chosen = next(each for each in left if each[0] == heir)
    peers = [each for each in left if each[1] is Role.OFFICER] or left
    assert chosen in peers
    assert chosen[2] == min(each[2] for each in peers)
