"""Talking, over both lanes: the batched one must be the plain one, only cheaper."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from protocol import team
from protocol.refusals import NotFound
from protocol.types import MessageId
from tests.play import Game, Refused


@pytest.fixture(params=["batched", "ordinary"])
async def either(request: pytest.FixtureRequest, make_game: Callable[..., Awaitable[Game]]) -> AsyncIterator[Game]:
    """A gateway with team.say on one lane or the other; converges afterwards."""
    game = await make_game(batched=request.param == "batched")
    yield game
    await game.converges()


async def test_lines_are_heard_in_the_order_they_were_acknowledged(either: Game) -> None:
    ada, bo = await either.crew(2)
    for number in range(20):
        await ada.does(team.Say(f"line {number}"))
    await bo.hears_line("line 19")
    assert bo.lines() == ada.lines() == [f"line {number}" for number in range(20)]


async def test_a_line_sent_twice_is_said_once_and_answered_alike(either: Game) -> None:
    ada, bo = await either.crew(2)
    first = await ada.ask("team.say", {"text": "once"}, id="same")
    again = await ada.ask("team.say", {"text": "once"}, id="same")
    assert again.pop("replayed") is True
    assert first == again
    await ada.does(team.Say("end"))
    await bo.hears_line("end")
    assert bo.lines() == ["once", "end"]


async def test_the_same_id_with_other_words_is_a_mismatch(either: Game) -> None:
    ada, bo = await either.crew(2)
    await ada.ask("team.say", {"text": "one thing"}, id="same")
    with pytest.raises(Refused, match="idempotency_mismatch"):
        await ada.ask("team.say", {"text": "another"}, id="same")
    await either.silence(bo, of="none")
    assert bo.lines() == ["one thing"]


async def test_two_sends_at_once_are_one_line(either: Game) -> None:
    ada, bo = await either.crew(2)
    first, second = await ada.send("team.say", {"text": "now"}, id="twin"), await ada.send("team.say", {"text": "now"}, id="twin")
    done, _ = await asyncio.wait((first, second), timeout=5, return_when=asyncio.FIRST_COMPLETED)
    assert done
    await ada.does(team.Say("after"))
    await bo.hears_line("after")
    assert bo.lines() == ["now", "after"]


async def test_a_refusal_stays_one_when_the_world_has_changed(either: Game) -> None:
    (ada,) = await either.crew(1)
    bo = await either.captain()
    await bo.is_refused(team.NoTeam, team.Say("hello?"), id="early")
    founded = (await ada.does(team.Get())).team
    await bo.does(team.Join(founded.team_id))
    await bo.is_refused(team.NoTeam, team.Say("hello?"), id="early")
    await bo.does(team.Say("hello!"))


async def test_a_muted_member_is_refused_in_silence(either: Game) -> None:
    ada, bo = await either.crew(2)
    await either.world.owner.execute("update team_members set muted_until = now() + interval '1 minute' where player_id = $1", bo.player)
    await bo.is_refused(team.Muted, team.Say("let me out"))
    await either.silence(ada)


async def test_a_reply_names_a_line_of_the_own_team(either: Game) -> None:
    ada, bo = await either.crew(2)
    (cid,) = await either.crew(1)
    theirs = await cid.does(team.Say("ours alone"))
    said = await ada.does(team.Say("who goes there?"))
    await bo.does(team.Say("a friend", reply_to=said.message_id))
    heard = await ada.hears_line("a friend")
    assert heard["d"]["reply_to"] == str(said.message_id)
    await bo.is_refused(NotFound, team.Say("spying", reply_to=theirs.message_id))
    await bo.is_refused(NotFound, team.Say("nothing", reply_to=MessageId(bo.player)))


async def test_a_captain_renamed_elsewhere_speaks_under_the_new_name(either: Game) -> None:
    ada, bo = await either.crew(2)
    await either.world.owner.execute("update players set nickname = 'Captain B' where id = $1", bo.player)
    await bo.does(team.Say("it is me"))
    heard = await ada.hears_line("it is me")
    assert heard["d"]["sender_name"] == "Captain B"
    bo.state = ada.state = None


async def test_history_shows_the_talk_newest_first_and_page_by_page(either: Game) -> None:
    ada, bo = await either.crew(2)
    said = [await ada.does(team.Say(f"line {number}")) for number in range(7)]
    page = await bo.does(team.History(limit=3))
    assert [each.text for each in page.items] == ["line 6", "line 5", "line 4"]
    assert page.items[0].message_id == said[6].message_id
    assert page.items[0].at == said[6].at
    rest = await bo.does(team.History(limit=100, cursor=page.next_cursor))
    assert [each.text for each in rest.items] == ["line 3", "line 2", "line 1", "line 0"]
    assert rest.next_cursor is None
    newer = await bo.does(team.History(after=said[4].message_id))
    assert [each.text for each in newer.items] == ["line 6", "line 5"]
