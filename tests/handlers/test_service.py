"""The service door: who may ask what, once, one by one, in batches and over a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from protocol import credits, reputation, service
from protocol.refusals import Forbidden, Insufficient, LimitExceeded, NotFound
from protocol.types import PlayerId
from server import service_accounts
from server.rules import scopes
from tests.parts import Part, value_of
from tests.play import Game, Lost, Refused, Someone

NOBODY = PlayerId(UUID("01920000-0000-7000-8000-00000000dead"))
FED = "terran_federation"


class Wired(Someone):
    """A service at a socket of the service door."""

    def __init__(self, part: Part) -> None:
        super().__init__(part.game, part.name, PlayerId(NOBODY), NOBODY)
        self.token = part.token

    async def wire(self, token: str | None = None) -> dict[str, Any]:
        """Connects and starts."""
        await self.dial(url=f"ws://127.0.0.1:{self.game.port}/v1/service/ws")
        found: dict[str, Any] = (await self.ask("session.start", {"token": self.token if token is None else token}))["ok"]
        return found


async def test_a_service_pays_a_captain_who_hears_it_on_another_gateway(make_game: Callable[..., Awaitable[Game]]) -> None:
    here, there = await make_game(node="g1"), await make_game(node="g2")
    ada = await there.captain(credits=100)
    market = await Part.hired(here, "credits")
    assert (await market.does(credits.Adjust(ada.player, 250, "Cargo delivered"))).credits == 350
    assert (await ada.hears("player.credits_changed"))["d"] == {"credits": 350, "delta": 250, "reason": "Cargo delivered"}
    assert (await market.does(credits.Adjust(ada.player, -50, "Berth"))).credits == 300
    assert (await market.does(credits.Adjust(ada.player, 0, "Nothing"))).credits == 300
    await there.converges()


async def test_a_captain_is_never_charged_more_than_they_have(game: Game) -> None:
    ada = await game.captain(credits=100)
    market = await Part.hired(game)
    no = await market.is_refused(Insufficient, credits.Adjust(ada.player, -101, "A fine"), id="fine")
    assert no.error["status"] == 409
    await market.does(credits.Adjust(ada.player, 500, "Luck"))
    await market.is_refused(Insufficient, credits.Adjust(ada.player, -101, "A fine"), id="fine")  # kept
    await market.is_refused(LimitExceeded, credits.Adjust(ada.player, 2**53 - 1, "Too much"))
    await market.is_refused(NotFound, credits.Adjust(NOBODY, 5, "Hello?"))
    await market.is_refused(NotFound, credits.Adjust(NOBODY, 0, "Hello?"))


async def test_the_same_key_twice_is_one_effect_and_the_same_answer(game: Game) -> None:
    ada = await game.captain(credits=0)
    market = await Part.hired(game)
    fields = {"player_id": str(ada.player), "delta": 5, "reason": "once"}
    first = await market.ask("credits.adjust", fields, id="k-1")
    again = await market.ask("credits.adjust", dict(reversed(fields.items())), id="k-1")
    assert first == {"ok": {"credits": 5}}
    assert again == {"ok": {"credits": 5}, "replayed": True}
    with pytest.raises(Refused, match="idempotency_mismatch") as no:
        await market.ask("credits.adjust", {**fields, "delta": 6}, id="k-1")
    assert no.value.error["status"] == 422


async def test_forty_tries_at_once_are_one_effect(game: Game) -> None:
    ada = await game.captain(credits=0)
    market = await Part.hired(game)
    fields = {"player_id": str(ada.player), "delta": 5, "reason": "once"}
    answers = await asyncio.gather(*(market.ask("credits.adjust", fields, id="k-1") for _ in range(40)))
    assert {answer["ok"]["credits"] for answer in answers} == {5}
    assert sum("replayed" not in answer for answer in answers) == 1


async def test_two_services_may_use_the_same_key(game: Game) -> None:
    ada = await game.captain(credits=0)
    market, combat = await Part.hired(game, name="market"), await Part.hired(game, name="combat")
    for part, expected in ((market, 5), (combat, 10)):
        assert (await part.does(credits.Adjust(ada.player, 5, "same key"), id="k-1")).credits == expected


@pytest.mark.parametrize("key", [None, "", "k" * 65])
async def test_a_command_without_a_good_key_is_refused(game: Game, key: str | None) -> None:
    market = await Part.hired(game)
    response = await market.post("announce", {"text": "hear me"}, id=key)
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


async def test_a_service_may_ask_only_within_its_scopes(game: Game) -> None:
    ada = await game.captain()
    combat = await Part.hired(game, "reputation", "announce")
    no = await combat.is_refused(Forbidden, credits.Adjust(ada.player, 5, "Bounty"), id="k-1")
    assert no.error["status"] == 403
    await combat.does(service.Announce("The lane is open."))
    await combat.does(reputation.Record(ada.player, FED, delta=1))
    with pytest.raises(Refused, match="forbidden"):
        await combat.ask("world", {})
    everything = await Part.hired(game, "*", name="operator")
    await everything.does(credits.Adjust(ada.player, 5, "Bounty"), id="k-1")


async def test_a_service_is_no_captain(game: Game) -> None:
    part = await Part.hired(game)
    with pytest.raises(Refused, match="forbidden"):
        await part.ask("team.say", {"text": "hello"})
    with pytest.raises(Refused, match="unknown_command"):
        await part.ask("tea.party", {})
    ada = await game.captain()
    me = {"player_id": str(ada.player)}
    asked: dict[str, dict[str, Any]] = {
        "credits.adjust": {**me, "delta": 1, "reason": "mine"}, "announce": {"text": "x"}, "world": {},
        "player.move": {**me, "sector_id": 1}, "ship.update": {**me, "type": "CARRIER"},
        "reputation.record": {**me, "faction": FED, "delta": 1}, "alignment.record": {**me, "delta": 1},
    }  # fmt: skip
    for name, fields in asked.items():
        with pytest.raises(Refused, match="forbidden"):
            await ada.ask(name, fields)


async def test_nobody_comes_in_without_a_token_that_lives(game: Game) -> None:
    part = await Part.hired(game)
    ada = await game.captain()
    for token in ("", "nonsense", ada.token):
        stranger = Part(game, "stranger", token)
        for path, body in (
            ("announce", {"text": "x"}),
            ("batch", {"commands": [{"t": "announce", "id": "1", "d": {"text": "x"}}]}),
            ("tea", {}),
        ):
            response = await stranger.post(path, body, id="k")
            assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
            assert response.headers["www-authenticate"] == "Bearer"
    assert await service_accounts.revoke(game.world.database_url, part.name)
    assert not await service_accounts.revoke(game.world.database_url, part.name)
    assert (await part.post("world", {}, id="k")).status_code == 401


async def test_a_revoked_service_comes_back_with_another_token_and_its_old_answers(game: Game) -> None:
    ada = await game.captain(credits=0)
    part = await Part.hired(game, name="market")
    await part.does(credits.Adjust(ada.player, 5, "once"), id="k-1")
    with pytest.raises(ValueError, match="already"):
        await Part.hired(game, name="market")
    await service_accounts.revoke(game.world.database_url, "market")
    back = await Part.hired(game, "credits", name="market")
    assert back.token != part.token
    assert (await back.ask("credits.adjust", {"player_id": str(ada.player), "delta": 5, "reason": "once"}, id="k-1"))["replayed"]
    assert await service_accounts.listed(game.world.database_url) == [("market", ("credits",), False)]
    with pytest.raises(ValueError, match="letters"):
        await Part.hired(game, name="no spaces")


async def test_a_batch_does_each_command_on_its_own(game: Game) -> None:
    ada = await game.captain(credits=0)
    part = await Part.hired(game, "credits", "reputation")
    pay = {"player_id": str(ada.player), "delta": 5, "reason": "pay"}
    commands: list[Any] = [
        {"t": "credits.adjust", "id": "b-1", "d": pay},
        {"t": "credits.adjust", "id": "b-2", "d": {**pay, "delta": -50}},
        {"t": "reputation.record", "id": "b-3", "d": {"player_id": str(ada.player), "faction": FED, "delta": 3}},
        {"t": "announce", "id": "b-4", "d": {"text": "not mine to say"}},
        {"t": "tea.party", "id": "b-5"},
        {"t": "credits.adjust", "id": "b-6", "d": {**pay, "reason": "bell\x07"}},
        {"t": "credits.adjust", "id": "b-1", "d": pay},
        {"t": "credits.adjust", "id": "b-1", "d": {**pay, "delta": 6}},
        {"t": "credits.adjust", "d": pay},
        17,
    ]
    response = await part.post("batch", {"commands": commands})
    assert response.status_code == 200
    results = response.json()["results"]
    assert [each["re"] for each in results] == ["b-1", "b-2", "b-3", "b-4", "b-5", "b-6", "b-1", "b-1", None, None]
    assert results[0] == {"re": "b-1", "ok": {"credits": 5}}
    assert results[6] == {"re": "b-1", "ok": {"credits": 5}, "replayed": True}
    assert [each.get("error", {}).get("code") for each in results] == [
        None, "treasury.insufficient", None, "forbidden", "unknown_command", "bad_request", None, "idempotency_mismatch", "bad_request", "bad_request",
    ]  # fmt: skip
    again = (await part.post("batch", {"commands": commands[:3]})).json()["results"]
    assert [each.get("replayed") for each in again] == [True, None, True]
    assert await value_of(game, ada.player, FED) == 3
    await ada.hears("player.credits_changed", lambda frame: frame["d"]["credits"] == 5)


@pytest.mark.parametrize("body", [{}, {"commands": []}, {"commands": {}}, {"commands": [{}] * 101}, {"commands": [], "more": 1}, [], 5])
async def test_a_batch_that_is_none_is_refused(game: Game, body: Any) -> None:
    response = await (await Part.hired(game)).post("batch", body)
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


async def test_an_announcement_reaches_everybody_and_who_comes_later(game: Game) -> None:
    ada, bo = await game.captain(), await game.captain()
    await bo.hang_up()
    part = await Part.hired(game, "announce")
    assert await part.ask("announce", {"text": "The gate opens\nat noon."}, id="a-1") == {"ok": {}}
    heard = await ada.hears("system.announced")
    assert (heard["st"], heard["d"]) == ("system", {"text": "The gate opens\nat noon."})
    await bo.start(resume=True)
    assert await bo.hears("system.announced") == heard


async def test_the_world_is_small_and_whole(game: Game) -> None:
    part = await Part.hired(game, "world")
    response = await part.post("world", {})  # a query needs no key
    found = response.json()["ok"]
    assert [len(found[each]) for each in ("regions", "sectors", "stations", "planets")] == [3, 60, 12, 10]
    assert found["sectors"][0]["name"] == "Sol"
    assert found["sectors"][0]["controlling_faction"] == FED


async def test_a_service_has_a_rate_of_its_own(make_game: Callable[..., Awaitable[Game]]) -> None:
    game = await make_game(limits={"scale": 0.005})  # 10 at once, 10 a second
    part = await Part.hired(game)
    commands = [{"t": "announce", "id": f"n-{n}", "d": {"text": "x"}} for n in range(10)]
    assert (await part.post("batch", {"commands": commands})).status_code == 200
    response = await part.post("batch", {"commands": commands})
    assert (response.status_code, response.json()["bucket"]) == (429, "service")
    assert int(response.headers["retry-after"]) >= 1


async def test_a_service_asks_the_same_over_a_socket(game: Game) -> None:
    ada = await game.captain(credits=0)
    part = await Part.hired(game, "credits")
    wired = Wired(part)
    assert (await wired.wire())["streams"] == {}
    assert (await wired.does(credits.Adjust(ada.player, 5, "by wire"), id="w-1")).credits == 5
    assert (await part.ask("credits.adjust", {"player_id": str(ada.player), "delta": 5, "reason": "by wire"}, id="w-1"))["replayed"]
    await wired.is_refused(Forbidden, service.Announce("not mine to say"))
    with pytest.raises(Refused, match="forbidden"):
        await wired.ask("session.snapshot")
    await ada.hears("player.credits_changed")
    assert wired.heard == []
    await wired.hang_up()


async def test_a_socket_of_a_revoked_service_closes(game: Game) -> None:
    part = await Part.hired(game)
    wired = Wired(part)
    await wired.wire()
    await service_accounts.revoke(game.world.database_url, part.name)
    await wired.is_closed(4521)


async def test_captains_and_services_have_doors_of_their_own(game: Game) -> None:
    ada = await game.captain()
    wired = Wired(await Part.hired(game))
    with pytest.raises((Refused, Lost)):
        await wired.wire(token=ada.token)
    await wired.is_closed(4510)
    stranger = Wired(await Part.hired(game, name="other"))
    await stranger.dial()
    with pytest.raises((Refused, Lost)):
        await stranger.ask("session.start", {"token": stranger.token})
    await stranger.is_closed(4510)


def test_scopes_are_read_from_a_list() -> None:
    assert scopes.read(" reputation,credits, reputation") == ["credits", "reputation"]
    assert scopes.read("*") == ["*"]
    for bad in ("", ",", "tea", "credits,tea"):
        with pytest.raises(ValueError, match="scope"):
            scopes.read(bad)
