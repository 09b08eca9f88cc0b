"""Leading a team: its profile, its roles, its end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from protocol import leading, team, treasury
from protocol.invitation import Invite
from protocol.leading import Disband, SetRole, Transfer, Update
from protocol.refusals import BadRequest, Forbidden, NotFound
from protocol.types import Recruitment, Resource, Role, SharingPolicy
from server.rules.roles import RIGHTS
from tests.play import Game, Refused


async def test_what_is_said_of_a_team_changes_for_everybody(game: Game) -> None:
    ada, bo = await game.crew(2)
    stranger = await game.captain()
    changed = await ada.does(
        Update(
            description="We carry light.",
            tag="LAMP",
            logo="https://img.example/lamp.png",
            recruitment_status=Recruitment.CLOSED,
            is_public=False,
        )
    )
    assert (changed.team.tag, changed.team.is_public, changed.team.logo) == ("LAMP", False, "https://img.example/lamp.png")
    heard = await bo.hears("team.updated")
    assert heard["d"]["team"]["description"] == "We carry light."
    await ada.hears("team.updated")
    await game.silence(stranger)
    cleared = await ada.does(Update(description=None, tag=None, logo=None))
    assert (cleared.team.tag, cleared.team.description, cleared.team.logo) == (None, None, None)


async def test_no_change_is_told_to_nobody(game: Game) -> None:
    ada, bo = await game.crew(2)
    await ada.does(Update(recruitment_status=Recruitment.OPEN))
    await game.silence(ada, bo, of="team.updated")


async def test_an_officer_may_edit_and_a_member_may_not(game: Game) -> None:
    ada, bo, cid = await game.crew(3)
    await ada.does(SetRole(bo.player, Role.OFFICER))
    await bo.does(Update(description="Under way."))
    await cid.is_refused(Forbidden, Update(description="Mine!"))
    await (await game.captain()).is_refused(team.NoTeam, Update(description="Nowhere."))


async def test_a_team_is_never_smaller_than_its_crew(game: Game) -> None:
    ada, *_ = await game.crew(3)
    await ada.is_refused(leading.TooSmall, Update(max_members=2))
    assert (await ada.does(Update(max_members=3))).team.max_members == 3


async def test_a_tag_of_another_team_is_taken_in_every_guise(game: Game) -> None:
    (ada,), (bo,) = await game.crew(1), await game.crew(1)
    await ada.does(Update(tag="LOO"))
    for tag in ("LOO", "loo", "L00"):
        await bo.is_refused(team.NameTaken, Update(tag=tag))
    assert (await ada.does(Update(tag="L00"))).team.tag == "L00"


@pytest.mark.parametrize(
    "fields",
    [
        {"logo": "javascript:alert(1)"},
        {"logo": "http://img.example/a.png"},
        {"logo": "https://img.example/<script>"},
        {"max_members": 21},
        {"role": "LEADER"},
        {"join_requirements": {"__proto__": {}}},
        {"join_requirements": {"min_rank_level": 18}},
        {"resource_sharing": {"policy": "EVERYTHING"}},
        {"tag": "A\u200bB"},
    ],
)
async def test_nonsense_is_no_profile(game: Game, fields: dict[str, object]) -> None:
    (ada,) = await game.crew(1)
    with pytest.raises(Refused, match="bad_request"):
        await ada.ask("team.update", fields)


async def test_sharing_is_kept(game: Game) -> None:
    (ada,) = await game.crew(1)
    sharing = team.Sharing(SharingPolicy.SHARED, 500)
    assert (await ada.does(Update(resource_sharing=sharing))).team.resource_sharing == sharing


async def test_a_role_brings_exactly_its_rights(game: Game) -> None:
    ada, bo, cid = await game.crew(3)
    ranked = await ada.does(SetRole(bo.player, Role.OFFICER))
    assert ranked.rights == RIGHTS[Role.OFFICER]
    heard = await cid.hears("team.role_changed")
    assert (heard["d"]["player_id"], heard["d"]["role"]) == (str(bo.player), "OFFICER")
    await bo.does(Invite(open=True))
    assert (await ada.does(SetRole(bo.player, Role.RECRUIT))).rights == RIGHTS[Role.RECRUIT]
    await bo.is_refused(Forbidden, Invite(open=True))


async def test_only_the_leader_ranks_and_nobody_themselves(game: Game) -> None:
    ada, bo, cid = await game.crew(3)
    await bo.is_refused(Forbidden, SetRole(cid.player, Role.OFFICER))
    await ada.is_refused(BadRequest, SetRole(ada.player, Role.MEMBER))
    await ada.is_refused(BadRequest, SetRole(bo.player, Role.LEADER))
    stranger = await game.captain()
    await ada.is_refused(NotFound, SetRole(stranger.player, Role.OFFICER))
    await stranger.is_refused(team.NoTeam, SetRole(ada.player, Role.MEMBER))


async def test_a_team_handed_over_has_one_leader(game: Game) -> None:
    ada, bo, cid = await game.crew(3)
    await bo.is_refused(Forbidden, Transfer(cid.player))
    await ada.is_refused(BadRequest, Transfer(ada.player))
    stranger = await game.captain()
    await ada.is_refused(NotFound, Transfer(stranger.player))
    await stranger.is_refused(team.NoTeam, Transfer(ada.player))
    handed = await ada.does(Transfer(bo.player))
    assert handed.team.leader_id == bo.player
    heard = await cid.hears("team.leader_changed")
    assert heard["d"] == {"old_leader_id": str(ada.player), "new_leader_id": str(bo.player)}
    got = await ada.does(team.Get())
    assert got.my == team.Mine(Role.OFFICER, RIGHTS[Role.OFFICER])
    await ada.is_refused(Forbidden, Disband())


async def test_a_disbanded_team_is_over_for_everybody_at_once(game: Game) -> None:
    ada, bo, cid = await game.crew(3)
    dot = await game.captain()
    founded = (await ada.does(team.Get())).team
    made = (await ada.does(Invite(player_id=dot.player))).invitation
    ended = await ada.does(Disband())
    assert (ended.team_id, ended.payout) == (founded.team_id, 0)
    for one in (ada, bo, cid):
        assert (await one.hears("team.disbanded"))["d"] == {"payout": 0}
        assert (await one.hears("team.exited"))["d"] == {"team_id": str(founded.team_id), "why": "disbanded"}
        await one.is_refused(team.NoTeam, team.Say("anybody?"))
    assert (await dot.hears("team.invitation_closed"))["d"]["why"] == "disbanded"
    await dot.is_refused(NotFound, team.Join(invitation_id=made.invitation_id))
    await dot.is_refused(NotFound, team.Join(founded.team_id))
    left = await game.world.owner.fetch(
        "select player_id from team_memberships where to_seq is null union all select id from players where team_id is not null"
    )
    assert left == []
    # No cooldown, and the name is free.
    again = await dot.does(team.Create(name=founded.name))
    await bo.does(team.Join(again.team.team_id))
    await cid.does(team.Join(again.team.team_id))


async def test_only_the_leader_ends_a_team(game: Game) -> None:
    _, bo = await game.crew(2)
    await bo.is_refused(Forbidden, Disband())
    await (await game.captain()).is_refused(team.NoTeam, Disband())


async def test_what_is_in_the_treasury_goes_to_the_leader(game: Game) -> None:
    (ada,) = await game.crew(1)
    rich = await game.captain(credits=5_000)
    founded = (await ada.does(team.Get())).team
    await rich.does(team.Join(founded.team_id))
    await rich.does(treasury.Deposit(Resource.CREDITS, 1_200))
    ended = await ada.does(Disband())
    assert ended.payout == 1_200
    assert (await rich.hears("team.disbanded"))["d"]["payout"] == 1_200
    assert (await ada.hears("player.credits_changed", lambda frame: frame["d"]["reason"] == "payout"))["d"]["delta"] == 1_200


async def test_the_last_one_out_takes_the_treasury_and_may_go_on_at_once(game: Game) -> None:
    ada = await game.captain(credits=11_000)
    await ada.does(team.Create(name="Short Lived"))
    await ada.does(treasury.Deposit(Resource.CREDITS, 1_000))
    await ada.does(team.Leave(disband_ok=True))
    assert (await ada.hears("team.disbanded"))["d"]["payout"] == 1_000
    (bo,) = await game.crew(1)
    await ada.does(team.Join((await bo.does(team.Get())).team.team_id))


async def test_disbanding_twice_with_one_id_is_once(game: Game) -> None:
    (ada,) = await game.crew(1)
    first = await ada.ask("team.disband", id="same")
    again = await ada.ask("team.disband", id="same")
    assert again.pop("replayed") is True
    assert first == again


async def test_the_teams_row_mirrors_who_is_what_and_who_is_asked(game: Game) -> None:
    ada, bo = await game.crew(2)
    cid = await game.captain()
    await ada.does(SetRole(bo.player, Role.OFFICER))
    await ada.does(Invite(player_id=cid.player))
    await ada.does(Invite(open=True, max_uses=3))
    read = "select member_roles::text as roles, jsonb_array_length(invitation_codes) as codes, invitation_codes->0->>'player_id' as asked from teams"
    row = await game.world.owner.fetchrow(read)
    assert json.loads(row["roles"]) == {str(ada.player): "LEADER", str(bo.player): "OFFICER"}
    assert (row["codes"], row["asked"]) == (2, str(cid.player))
    await cid.does(team.Join((await ada.does(team.Get())).team.team_id))
    await ada.does(Transfer(cid.player))
    await ada.does(team.Leave())
    row = await game.world.owner.fetchrow(read)
    assert json.loads(row["roles"]) == {str(cid.player): "LEADER", str(bo.player): "OFFICER"}
    assert row["codes"] == 1


async def test_a_team_ends_on_every_gateway_while_people_talk(make_game: Callable[..., Awaitable[Game]]) -> None:
    one, two = await make_game(node="g1"), await make_game(node="g2")
    ada, bo = await one.crew(2)
    cid = await two.captain(credits=0)
    await cid.does(team.Join((await ada.does(team.Get())).team.team_id))
    talk = [cid.does(team.Say(f"line {number}")) for number in range(10)] + [bo.does(team.Say(f"word {number}")) for number in range(10)]
    done = await asyncio.gather(*talk[:10], ada.does(Disband()), *talk[10:], return_exceptions=True)
    assert {each.code for each in done if isinstance(each, Refused)} <= {"team.none"}
    for each in (ada, bo, cid):
        await each.hears("team.exited")
        last = [frame["t"] for frame in each.heard if frame.get("st", "").startswith("team:")][-1]
        assert last == "team.disbanded"
    await one.converges()
    await two.converges()
