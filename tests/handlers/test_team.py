"""Teams, as captains live them."""

from __future__ import annotations

from protocol import team
from protocol.refusals import Forbidden, NotFound
from tests.play import Game


async def test_a_line_is_heard_by_everybody_in_the_team_and_nobody_else(game: Game) -> None:
    ada, bo, cid = await game.crew(3)
    stranger = await game.captain()
    said = await ada.does(team.Say("hold the gate"))
    for one in (ada, bo, cid):
        heard = await one.hears_line("hold the gate")
        assert heard["d"]["message_id"] == str(said.message_id)
        assert heard["at"] == said.at
    await game.silence(stranger)


async def test_the_caller_hears_the_same_number_as_everybody(game: Game) -> None:
    ada, bo = await game.crew(2)
    answer = await ada.ask("team.say", {"text": "count me"})
    mine, theirs = await ada.hears_line("count me"), await bo.hears_line("count me")
    assert mine == theirs
    assert answer["pos"] == {mine["st"]: mine["s"]}


async def test_a_captain_without_a_team_has_nobody_to_talk_to(game: Game) -> None:
    lone = await game.captain()
    await lone.is_refused(team.NoTeam, team.Say("anybody?"))


async def test_a_kicked_captain_hears_and_says_nothing_more(game: Game) -> None:
    ada, bo, cid = await game.crew(3)
    await ada.does(team.Kick(bo.player))
    exited = await bo.hears("team.exited")
    assert exited["d"]["why"] == "kicked"
    heard = len(bo.heard)
    await ada.does(team.Say("he is gone"))
    await cid.hears_line("he is gone")
    await bo.is_refused(team.NoTeam, team.Say("let me in"))
    assert [each["t"] for each in bo.heard[heard:]] == []
    assert "team.member_left" not in [each["t"] for each in bo.heard]


async def test_a_member_cannot_kick(game: Game) -> None:
    ada, bo, cid = await game.crew(3)
    await bo.is_refused(Forbidden, team.Kick(cid.player))
    await bo.is_refused(Forbidden, team.Kick(ada.player))


async def test_kicking_a_stranger_finds_nobody(game: Game) -> None:
    ada, _ = await game.crew(2)
    stranger = await game.captain()
    await ada.is_refused(NotFound, team.Kick(stranger.player))


async def test_the_oldest_member_succeeds_a_leader_who_leaves(game: Game) -> None:
    ada, bo, cid = await game.crew(3)
    await ada.does(team.Leave())
    changed = await cid.hears("team.leader_changed")
    assert changed["d"]["new_leader_id"] == str(bo.player)
    got = await bo.does(team.Get())
    assert got.my is not None
    assert got.my.role == "LEADER"
    await ada.is_refused(team.Cooldown, team.Join(got.team.team_id))


async def test_the_last_member_must_mean_it(game: Game) -> None:
    (ada,) = await game.crew(1)
    await ada.is_refused(team.LastMember, team.Leave())
    await ada.does(team.Leave(disband_ok=True))
    await ada.hears("team.disbanded")
    exited = await ada.hears("team.exited")
    assert exited["d"]["why"] == "disbanded"
