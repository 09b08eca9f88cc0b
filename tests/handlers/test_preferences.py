"""Settings and nicknames, as captains choose them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from protocol import player, preferences, team
from protocol.preferences import SetNickname, UpdateSettings
from tests.play import Game, Refused


async def test_a_choice_is_kept_and_told_and_the_rest_are_defaults(game: Game) -> None:
    ada, bo = await game.crew(2)
    assert (await ada.ask("session.snapshot"))["ok"]["settings"]["ui"]["theme"] == "dark"
    changed = await ada.does(UpdateSettings({"ui": {"theme": "light"}, "audio": {"music": 0}}))
    assert (changed.settings["ui"]["theme"], changed.settings["audio"]["music"], changed.settings["audio"]["voice"]) == ("light", 0.0, 1.0)
    heard = await ada.hears("player.settings_changed")
    assert heard["d"]["settings"] == changed.settings
    await game.silence(bo, of="player.settings_changed")
    again = await ada.does(UpdateSettings({"ui": {"theme": None}}))
    assert (again.settings["ui"]["theme"], again.settings["audio"]["music"]) == ("dark", 0.0)


async def test_nothing_changed_is_nothing_told(game: Game) -> None:
    ada = await game.captain()
    await ada.does(UpdateSettings({"ui": {"theme": "light"}}))
    await ada.hears("player.settings_changed")
    await ada.does(UpdateSettings({"ui": {"theme": "light"}}))
    await ada.does(UpdateSettings({}))
    await game.silence(ada, of="player.settings_changed")


async def test_every_bad_choice_is_named_and_none_is_kept(game: Game) -> None:
    ada = await game.captain()
    patch = {
        "ui": {"theme": "pink", "scale": 9, "density": "compact"},
        "sound": {},
        "audio": 3,
        "privacy": {"__proto__": {}, "share_location": True},
        "bounties": [],
        "version": 2,
        "notifications": {"quiet_hours": {"start": "25:00", "end": "07:00", "tz": "Europe/Berlin"}},
    }
    with pytest.raises(Refused, match="bad_request") as no:
        await ada.ask("player.update_settings", {"patch": patch})
    paths = {each["path"] for each in no.value.error["fields"]}
    assert paths == {
        "patch.ui.theme", "patch.ui.scale", "patch.sound", "patch.audio", "patch.privacy.__proto__", "patch.privacy.share_location", "patch.bounties",
        "patch.version", "patch.notifications.quiet_hours",
    }  # fmt: skip
    assert (await ada.ask("session.snapshot"))["ok"]["settings"]["ui"]["density"] == "comfortable"


async def test_a_choice_sent_twice_is_one_whatever_the_order_of_its_keys(game: Game) -> None:
    ada = await game.captain()
    first = await ada.ask("player.update_settings", {"patch": {"ui": {"theme": "light"}, "audio": {"muted": True}}}, id="same")
    again = await ada.ask("player.update_settings", {"patch": {"audio": {"muted": True}, "ui": {"theme": "light"}}}, id="same")
    assert again.pop("replayed") is True
    assert first == again


async def test_a_new_name_is_known_to_oneself_and_the_team(game: Game) -> None:
    ada, bo = await game.crew(2)
    stranger = await game.captain()
    assert (await bo.does(SetNickname("Bo Lark"))).nickname == "Bo Lark"
    for one in (ada, bo):
        heard = await one.hears("player.renamed")
        assert heard["d"] == {"player_id": str(bo.player), "nickname": "Bo Lark"}
    await game.silence(stranger, of="player.renamed")
    assert (await stranger.does(player.Get(bo.player))).player.name == "Bo Lark"
    await bo.does(team.Say("it is me"))
    assert (await ada.hears_line("it is me"))["d"]["sender_name"] == "Bo Lark"
    await stranger.is_refused(preferences.NicknameTaken, SetNickname("BO LARK"))


@pytest.mark.parametrize(
    ("nickname", "refusal"),
    [
        ("ab", preferences.NicknameLength),
        ("x" * 21, preferences.NicknameLength),
        ("two  spaces", preferences.NicknameCharset),
        (" edge", preferences.NicknameCharset),
        ("a b c", preferences.NicknameCharset),
        ("Zoë Lark", preferences.NicknameCharset),
        ("Admin", preferences.NicknameProfanity),
        ("Game Master", preferences.NicknameProfanity),
    ],
)
async def test_not_everything_is_a_name(game: Game, nickname: str, refusal: type[preferences.NicknameLength]) -> None:
    ada = await game.captain()
    await ada.is_refused(refusal, SetNickname(nickname))


async def test_a_name_of_somebody_else_is_taken_in_every_guise(game: Game) -> None:
    ada, bo = await game.captain("Oslo Lark"), await game.captain()
    for nickname in ("Oslo Lark", "oslo lark", "0slo Lark", "OsloLark"):
        await bo.is_refused(preferences.NicknameTaken, SetNickname(nickname))
    assert (await ada.does(SetNickname("OSLO LARK"))).nickname == "OSLO LARK"


async def test_a_name_lasts_thirty_days_and_the_old_one_is_kept_as_long(game: Game) -> None:
    ada, bo, cid = await game.captain("First Name"), await game.captain(), await game.captain()
    await ada.does(SetNickname("Second Name"))
    no = await ada.is_refused(preferences.NicknameCooldown, SetNickname("Third Name"))
    assert 29 * 86_400_000 < no.error["retry_after_ms"] <= 30 * 86_400_000
    await ada.does(SetNickname("Second Name"))
    game.forward(timedelta(days=30, seconds=1))
    await ada.does(SetNickname("Third Name"))
    await bo.is_refused(preferences.NicknameTaken, SetNickname("Second Name"))
    game.forward(timedelta(days=30, seconds=1))
    await bo.does(SetNickname("Second Name"))
    await cid.is_refused(preferences.NicknameTaken, SetNickname("First Name"))


async def test_two_at_once_and_one_name(make_game: Callable[..., Awaitable[Game]]) -> None:
    one, two = await make_game(node="g1"), await make_game(node="g2")
    ada, bo = await one.captain(), await two.captain()
    answers = await asyncio.gather(*(each.does(SetNickname("The Same")) for each in (ada, bo)), return_exceptions=True)
    assert [each.code for each in answers if isinstance(each, Refused)] == ["nickname.taken"]
    await one.converges()
    await two.converges()


async def test_joining_and_renaming_at_once_end_with_one_name_everywhere(make_game: Callable[..., Awaitable[Game]]) -> None:
    one, two = await make_game(node="g1"), await make_game(node="g2")
    (ada,) = await one.crew(1)
    team_id = (await ada.does(team.Get())).team.team_id
    for number in range(5):
        bo = await two.captain(credits=0)
        await asyncio.gather(bo.does(team.Join(team_id)), bo.does(SetNickname(f"Twin {number}")), ada.does(team.Say("welcome")))
    await one.converges()
    await two.converges()


async def test_a_name_set_twice_with_one_id_is_once(game: Game) -> None:
    ada = await game.captain()
    first = await ada.ask("player.set_nickname", {"nickname": "Once Only"}, id="same")
    again = await ada.ask("player.set_nickname", {"nickname": "Once Only"}, id="same")
    assert again.pop("replayed") is True
    assert first == again
