"""Invitations, as captains live them: asked, coded, taken back, used up, and never heard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from protocol import invitation, leading, messaging, preferences, team
from protocol.invitation import Decline, Invite, List, Revoke
from protocol.refusals import BadRequest, Conflict, Forbidden, LimitExceeded, NotFound
from protocol.types import InvitationId, Recruitment
from tests.play import Game, Refused, Someone

CLOSED, INVITE_ONLY = "CLOSED", "INVITE_ONLY"


async def _crew(game: Game, size: int, recruitment: str) -> list[Someone]:
    crew = await game.crew(size)
    await crew[0].does(leading.Update(recruitment_status=Recruitment(recruitment)))
    return crew


async def test_an_invited_captain_hears_it_and_joins(game: Game) -> None:
    ada, bo = await _crew(game, 2, INVITE_ONLY)
    cid = await game.captain()
    made = (await ada.does(Invite(player_id=cid.player))).invitation
    assert (made.kind, made.code, made.player_name) == ("personal", None, cid.name)
    heard = await cid.hears("team.invited")
    assert heard["d"]["invitation_id"] == str(made.invitation_id)
    assert heard["d"]["inviter_id"] == str(ada.player)
    await game.silence(bo, of="team.invited")
    listed = await cid.does(List())
    assert [each.invitation_id for each in listed.items] == [made.invitation_id]
    joined = await cid.does(team.Join(invitation_id=made.invitation_id))
    assert joined.team.member_count == 3
    assert (await cid.hears("team.invitation_closed"))["d"]["why"] == "accepted"
    await bo.hears("team.member_joined", lambda frame: frame["d"]["player_id"] == str(cid.player))
    assert (await cid.does(List())).items == []


async def test_a_captain_is_asked_by_nickname_whatever_its_case(game: Game) -> None:
    (ada,) = await _crew(game, 1, INVITE_ONLY)
    cid = await game.captain()
    await ada.does(Invite(nickname=cid.name.upper()))
    await cid.hears("team.invited")
    joined = await cid.does(team.Join(team_id=(await ada.does(team.Get())).team.team_id))
    assert joined.team.member_count == 2


async def test_an_invitation_sent_twice_is_one(game: Game) -> None:
    (ada,) = await game.crew(1)
    cid = await game.captain()
    first = await ada.ask("team.invite", {"player_id": str(cid.player)}, id="same")
    again = await ada.ask("team.invite", {"player_id": str(cid.player)}, id="same")
    assert again.pop("replayed") is True
    assert first == again
    await ada.is_refused(Conflict, Invite(player_id=cid.player))
    assert len((await ada.does(List(team=True))).items) == 1


async def test_a_code_lets_in_as_many_as_it_says(game: Game) -> None:
    (ada,) = await _crew(game, 1, INVITE_ONLY)
    made = (await ada.does(Invite(open=True, max_uses=2))).invitation
    assert made.code is not None
    for _ in range(2):
        await (await game.captain()).does(team.Join(code=made.code))
    await (await game.captain()).is_refused(NotFound, team.Join(code=made.code))
    assert (await ada.does(List(team=True))).items == []


async def test_only_the_hash_of_a_code_is_kept_and_it_is_shown_once(game: Game) -> None:
    (ada,) = await game.crew(1)
    made = (await ada.does(Invite(open=True))).invitation
    assert made.code is not None
    stored = await game.world.owner.fetchval("select i::text from team_invitations i")
    assert made.code not in stored
    assert (await ada.does(List(team=True))).items[0].code is None


async def test_a_made_up_code_leads_nowhere(game: Game) -> None:
    cid = await game.captain()
    await cid.is_refused(NotFound, team.Join(code="open-sesame"))


async def test_an_invitation_is_used_once(game: Game) -> None:
    (ada,) = await _crew(game, 1, INVITE_ONLY)
    cid = await game.captain()
    made = (await ada.does(Invite(player_id=cid.player))).invitation
    await cid.does(team.Join(invitation_id=made.invitation_id))
    await ada.does(team.Kick(cid.player))
    await cid.hears("team.exited")
    await cid.is_refused(NotFound, team.Join(invitation_id=made.invitation_id))
    await cid.is_refused(team.Closed, team.Join(team_id=made.team_id))


async def test_an_invitation_is_good_for_seven_days(game: Game) -> None:
    (ada,) = await _crew(game, 1, INVITE_ONLY)
    cid = await game.captain()
    made = (await ada.does(Invite(player_id=cid.player))).invitation
    game.forward(timedelta(days=7, seconds=1))
    await cid.is_refused(NotFound, team.Join(invitation_id=made.invitation_id))
    await cid.is_refused(team.Closed, team.Join(team_id=made.team_id))
    assert (await cid.does(List())).items == []
    await ada.does(Invite(player_id=cid.player))


async def test_an_invitation_of_somebody_else_is_nobodys_business(game: Game) -> None:
    (ada,) = await _crew(game, 1, INVITE_ONLY)
    cid, spy = await game.captain(), await game.captain()
    made = (await ada.does(Invite(player_id=cid.player))).invitation
    (other,) = await game.crew(1)
    for command in (team.Join(invitation_id=made.invitation_id), Decline(made.invitation_id), Revoke(made.invitation_id)):
        await spy.is_refused(NotFound, command)
    await other.is_refused(NotFound, Revoke(made.invitation_id))
    await spy.is_refused(NotFound, Decline(InvitationId(spy.player)))
    await game.silence(cid, of="team.invitation_closed")


async def test_a_revoked_invitation_is_over_and_its_captain_hears_it(game: Game) -> None:
    ada, bo = await _crew(game, 2, INVITE_ONLY)
    cid = await game.captain()
    made = (await ada.does(Invite(player_id=cid.player))).invitation
    await bo.is_refused(NotFound, Revoke(made.invitation_id))
    assert (await ada.does(Revoke(made.invitation_id))).invitation_id == made.invitation_id
    assert (await cid.hears("team.invitation_closed"))["d"] == {
        "invitation_id": str(made.invitation_id), "team_id": str(made.team_id), "why": "revoked",
    }  # fmt: skip
    await cid.is_refused(NotFound, team.Join(invitation_id=made.invitation_id))
    await ada.is_refused(NotFound, Revoke(made.invitation_id))


async def test_a_declined_invitation_is_over(game: Game) -> None:
    (ada,) = await _crew(game, 1, INVITE_ONLY)
    cid = await game.captain()
    made = (await ada.does(Invite(player_id=cid.player))).invitation
    await cid.does(Decline(made.invitation_id))
    assert (await cid.hears("team.invitation_closed"))["d"]["why"] == "declined"
    await cid.is_refused(NotFound, team.Join(invitation_id=made.invitation_id))
    await ada.does(Invite(player_id=cid.player))


async def test_who_may_not_invite_is_told_so(game: Game) -> None:
    ada, bo = await game.crew(2)
    cid = await game.captain()
    await bo.is_refused(Forbidden, Invite(player_id=cid.player))
    await bo.is_refused(Forbidden, List(team=True))
    await cid.is_refused(team.NoTeam, Invite(player_id=bo.player))
    await cid.is_refused(team.NoTeam, List(team=True))
    await ada.is_refused(Conflict, Invite(player_id=bo.player))


@pytest.mark.parametrize(
    "fields", [{}, {"open": True, "nickname": "Ada"}, {"nickname": "Bo", "max_uses": 2}, {"open": True, "max_uses": 21}]
)
async def test_an_invitation_is_for_one_or_open_and_never_both(game: Game, fields: dict[str, object]) -> None:
    (ada,) = await game.crew(1)
    with pytest.raises(Refused, match="bad_request"):
        await ada.ask("team.invite", fields)


async def test_joining_takes_one_way_in(game: Game) -> None:
    cid = await game.captain()
    await cid.is_refused(BadRequest, team.Join())
    await cid.is_refused(BadRequest, team.Join(code="abc", invitation_id=InvitationId(cid.player)))


async def test_nobody_is_asked_who_does_not_exist(game: Game) -> None:
    (ada,) = await game.crew(1)
    await ada.is_refused(NotFound, Invite(nickname="Nobody at all"))


async def test_a_full_team_asks_nobody(game: Game) -> None:
    ada, _ = await game.crew(2)
    await ada.does(leading.Update(max_members=2))
    await ada.is_refused(team.Full, Invite(player_id=(await game.captain()).player))
    await ada.is_refused(team.Full, Invite(open=True))


async def test_a_team_has_twenty_open_invitations_at_most(game: Game) -> None:
    (ada,) = await game.crew(1)
    for _ in range(20):
        await ada.does(Invite(open=True))
    await ada.is_refused(LimitExceeded, Invite(open=True))
    page = await ada.does(List(team=True, limit=15))
    rest = await ada.does(List(team=True, limit=15, cursor=page.next_cursor))
    assert len({each.invitation_id for each in page.items + rest.items}) == 20
    assert rest.next_cursor is None
    await ada.is_refused(BadRequest, List(team=True, cursor="forged"))


async def test_a_captain_who_takes_no_invitations_gets_none(game: Game) -> None:
    (ada,) = await game.crew(1)
    cid = await game.captain()
    await cid.does(preferences.UpdateSettings({"privacy": {"accept_team_invites": False}}))
    await ada.is_refused(invitation.InvitesClosed, Invite(player_id=cid.player))


async def test_a_blocked_inviter_sees_no_difference_and_nobody_is_bothered(game: Game) -> None:
    (ada,) = await _crew(game, 1, INVITE_ONLY)
    cid, dot = await game.captain(), await game.captain()
    await cid.does(messaging.Block(ada.player))
    unheard = await ada.ask("team.invite", {"player_id": str(cid.player)})
    heard = await ada.ask("team.invite", {"player_id": str(dot.player)})
    assert unheard["ok"]["invitation"].keys() == heard["ok"]["invitation"].keys()
    assert ("pos" in unheard) == ("pos" in heard)
    await dot.hears("team.invited")
    assert len((await ada.does(List(team=True))).items) == 2
    await ada.is_refused(Conflict, Invite(player_id=cid.player))
    await ada.does(Revoke(InvitationId(unheard["ok"]["invitation"]["invitation_id"])))
    await game.silence(cid)
    assert (await cid.does(List())).items == []
    assert "team.invited" not in [each["t"] for each in cid.heard]


async def test_a_closed_team_takes_nobody_by_any_way(game: Game) -> None:
    (ada,) = await game.crew(1)
    cid = await game.captain()
    asked = (await ada.does(Invite(player_id=cid.player))).invitation
    code = (await ada.does(Invite(open=True))).invitation.code
    await ada.does(leading.Update(recruitment_status=Recruitment.CLOSED))
    for command in (team.Join(team_id=asked.team_id), team.Join(invitation_id=asked.invitation_id), team.Join(code=code)):
        await cid.is_refused(team.Closed, command)
    await ada.does(leading.Update(recruitment_status=Recruitment.OPEN))
    await cid.does(team.Join(invitation_id=asked.invitation_id))


async def test_a_team_wants_what_it_says(game: Game) -> None:
    (ada,) = await game.crew(1)
    updated = await ada.does(leading.Update(join_requirements=team.Requirements(min_rank_level=1, min_faction={"terran_federation": 10})))
    assert updated.team.join_requirements == team.Requirements(min_rank_level=1, min_faction={"terran_federation": 10})
    cid = await game.captain()
    await cid.is_refused(team.Unfit, team.Join(team_id=updated.team.team_id))
    await ada.does(leading.Update(join_requirements=None))
    await cid.does(team.Join(team_id=updated.team.team_id))


async def test_two_captains_on_two_gateways_and_one_last_seat(make_game: Callable[..., Awaitable[Game]]) -> None:
    one, two = await make_game(node="g1"), await make_game(node="g2")
    ada, _ = await one.crew(2)
    await ada.does(leading.Update(max_members=3))
    founded = (await ada.does(team.Get())).team
    here, there = await one.captain(), await two.captain()
    answers = await asyncio.gather(*(each.does(team.Join(founded.team_id)) for each in (here, there)), return_exceptions=True)
    refused = [each for each in answers if isinstance(each, Refused)]
    assert [each.code for each in refused] == ["team.full"]
    assert (await ada.does(team.Get())).team.member_count == 3
    await one.converges()
    await two.converges()


async def test_two_on_two_gateways_and_a_code_for_one(make_game: Callable[..., Awaitable[Game]]) -> None:
    one, two = await make_game(node="g1"), await make_game(node="g2")
    (ada,) = await one.crew(1)
    code = (await ada.does(Invite(open=True))).invitation.code
    here, there = await one.captain(), await two.captain()
    answers = await asyncio.gather(*(each.does(team.Join(code=code)) for each in (here, there)), return_exceptions=True)
    assert [each.code for each in answers if isinstance(each, Refused)] == ["not_found"]
    await one.converges()
    await two.converges()
