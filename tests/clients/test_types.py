"""What mypy infers of the SDK. `./callisto check` runs mypy over this file: an answer of another type fails there."""

from __future__ import annotations

from typing import assert_type

from callisto_client import Account, Client, Heard, Reply
from protocol import player, session, team
from tests.play import Game


async def test_an_answer_has_the_type_its_command_names(game: Game) -> None:
    account = await Account.register(game.http, "typed_captain", "correct horse battery")
    await game.world.owner.execute("update player_first_login_states set has_completed_first_login = true")
    async with Client.connect(game.http, account) as client:
        events = client.events()
        assert_type(await client.call(team.Create(name="Typed")), team.TeamAnswer)
        assert_type(await client.call(team.Say("x")), team.Said)
        assert_type(await client.call(team.Get()), team.Got)
        assert_type(await client.call(player.Get()), player.Got)
        assert_type(await client.reply(team.Say("y")), Reply[team.Said])
        assert_type(await client.settle("an-id", team.Say("x")), team.Said | None)
        assert_type(await client.snapshot(), session.Snapshot)
        async for heard in events:
            assert_type(heard, Heard)
            match heard.event:
                case team.LineSaid(text=text):
                    assert_type(text, str)
                    break
