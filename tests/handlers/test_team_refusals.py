"""What a captain may not do with teams, and what the team hears when somebody may."""

from __future__ import annotations

from datetime import timedelta

from uuid_utils.compat import uuid7

from protocol import team
from protocol.leading import Update
from protocol.refusals import NotFound
from protocol.types import MessageId, TeamId
from tests.play import Game


async def test_a_founder_hears_that_the_team_exists(game: Game) -> None:
    ada = await game.captain()
    founded = await ada.does(team.Create(name="Blue Lantern", tag="LAMP"))
    heard = await ada.hears("team.created")
    assert heard["st"] == f"team:{founded.team.team_id}"
    assert (heard["d"]["team"]["name"], heard["d"]["team"]["leader_id"]) == ("Blue Lantern", str(ada.player))


async def test_those_who_stay_hear_who_left_and_why(game: Game) -> None:
    ada, bo, cid, dot = await game.crew(4)
    await bo.does(team.Leave())
    await ada.does(team.Kick(cid.player))
    for one in (ada, dot):
        left = await one.hears("team.member_left")
        assert left["d"] == {"player_id": str(bo.player), "why": "left"}
        kicked = await one.hears("team.member_left", lambda frame: frame["d"]["why"] == "kicked")
        assert kicked["d"]["player_id"] == str(cid.player)


async def test_nobody_is_in_two_teams(game: Game) -> None:
    ada, bo = await game.crew(2)
    (cid,) = await game.crew(1)
    other = (await cid.does(team.Get())).team.team_id
    for one in (ada, bo):
        await one.is_refused(team.AlreadyMember, team.Create(name="A Second Home"))
        await one.is_refused(team.AlreadyMember, team.Join(other))
    await ada.is_refused(team.AlreadyMember, team.Join((await ada.does(team.Get())).team.team_id))
    assert (await cid.does(team.Get())).team.member_count == 1


async def test_who_left_a_team_founds_none_for_a_day(game: Game) -> None:
    _, bo = await game.crew(2)
    await game.earn(bo, 10_000)
    await bo.look()
    await bo.does(team.Leave())
    no = await bo.is_refused(team.Cooldown, team.Create(name="On My Own"))
    assert 23 * 3_600_000 < no.error["retry_after_ms"] <= 24 * 3_600_000
    assert (await bo.look())["player"]["credits"] == 10_000
    game.forward(timedelta(hours=24, seconds=5))
    await bo.does(team.Create(name="On My Own"))


async def test_two_teams_never_share_a_name_a_look_or_a_tag(game: Game) -> None:
    ada, bo = await game.captain(), await game.captain()
    await ada.does(team.Create(name="Blue Lantern", tag="LAMP"))
    await bo.is_refused(team.NameTaken, team.Create(name="Blue Lantern"))
    await bo.is_refused(team.NameTaken, team.Create(name="blue lantern"))
    await bo.is_refused(team.NameTaken, team.Create(name="B1ue Lantern"))
    await bo.is_refused(team.NameTaken, team.Create(name="Blue L\N{CYRILLIC SMALL LETTER A}ntern"))
    await bo.is_refused(team.NameTaken, team.Create(name="Something Else", tag="LAMP"))
    await bo.is_refused(team.NameTaken, team.Create(name="Something Else", tag="lamp"))
    assert (await bo.look())["player"]["credits"] == 10_000
    await bo.does(team.Create(name="Something Else", tag="ELSE"))


async def test_the_name_of_a_team_that_ended_is_free(game: Game) -> None:
    ada, bo = await game.captain(), await game.captain()
    await ada.does(team.Create(name="Blue Lantern", tag="LAMP"))
    await bo.is_refused(team.NameTaken, team.Create(name="Blue Lantern", tag="LAMP"))
    await ada.does(team.Leave(disband_ok=True))
    await bo.does(team.Create(name="Blue Lantern", tag="LAMP"))


async def test_a_team_that_shows_itself_to_nobody_is_seen_by_its_members_only(game: Game) -> None:
    ada, bo = await game.crew(2)
    (cid,), lone = await game.crew(1), await game.captain()
    shown = (await ada.does(team.Get())).team.team_id
    assert (await lone.does(team.Get(shown))).my is None
    await ada.does(Update(is_public=False))
    for stranger in (cid, lone):
        await stranger.is_refused(NotFound, team.Get(shown))
        await stranger.is_refused(NotFound, team.Get(TeamId(uuid7())))
    assert (await bo.does(team.Get(shown))).team.member_count == 2


async def test_a_captain_without_a_team_has_nothing_to_see_leave_or_lead(game: Game) -> None:
    lone, other = await game.captain(), await game.captain()
    await lone.is_refused(team.NoTeam, team.Get())
    await lone.is_refused(team.NoTeam, team.History())
    await lone.is_refused(team.NoTeam, team.Leave())
    await lone.is_refused(team.NoTeam, team.Leave(disband_ok=True))
    await lone.is_refused(team.NoTeam, team.Kick(other.player))


async def test_a_full_team_takes_nobody_until_somebody_leaves(game: Game) -> None:
    ada, bo, cid = await game.captain(), await game.captain(), await game.captain()
    founded = await ada.does(team.Create(name="Just Us Two", max_members=2))
    await bo.does(team.Join(founded.team.team_id))
    await cid.is_refused(team.Full, team.Join(founded.team.team_id))
    await bo.does(team.Leave())
    await cid.does(team.Join(founded.team.team_id))


async def test_history_starts_only_at_a_line_of_ones_own_team(game: Game) -> None:
    ada, bo = await game.crew(2)
    (cid,) = await game.crew(1)
    mine = [(await ada.does(team.Say(f"line {number}"))).message_id for number in range(3)]
    theirs = (await cid.does(team.Say("not for you"))).message_id
    assert [each.text for each in (await bo.does(team.History(before=mine[1]))).items] == ["line 0"]
    assert [each.text for each in (await bo.does(team.History(before=mine[2], after=mine[0]))).items] == ["line 1"]
    assert (await bo.does(team.History(before=mine[1], after=mine[1]))).items == []
    for unknown in (theirs, MessageId(uuid7())):
        await bo.is_refused(NotFound, team.History(before=unknown))
        await bo.is_refused(NotFound, team.History(after=unknown))
        await bo.is_refused(NotFound, team.History(before=mine[2], after=unknown))
        await bo.is_refused(NotFound, team.History(cursor=str(unknown)))
