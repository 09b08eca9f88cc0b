"""The guard speaks the newcomer's language, where there are words for it."""

from __future__ import annotations

from protocol.guard import ShipType
from protocol.onboarding import Claim, Restart, Start
from protocol.preferences import UpdateSettings
from server.rules.catalogue import CATALOGUES, words
from tests.dock import lay_out, newcomer, spoken, talk_through
from tests.play import Game, Someone


def _is_of(text: str, language: str, ship: ShipType) -> bool:
    return any(text.endswith(each) for banks in words(language).questions.values() for each in banks[ship])


async def _hails(game: Game, locale: str) -> Someone:
    ada = await newcomer(game)
    await ada.dial()
    ada.state = None
    ada.cursors.clear()
    answer = await ada.ask("session.start", {"token": ada.token, "client": {"name": "test", "locale": locale}})
    ada.cursors = {name: {"epoch": at["epoch"], "seq": at["head"]} for name, at in answer["ok"]["streams"].items()}
    await ada.look()
    return ada


async def test_a_client_that_says_german_is_asked_in_german_to_the_end(game: Game) -> None:
    ada = await _hails(game, "de-AT")
    talk = await ada.does(Start())
    assert talk.guard.description == words("de").traits[talk.guard.trait].format(name=talk.guard.name, title=talk.guard.title)
    assert "Callisto" in talk.scene
    assert "Werft" in talk.scene
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP)
    after = len(ada.heard)
    await talk_through(ada, ShipType.SCOUT_SHIP)
    lines = [frame["d"] for frame in ada.heard[after:] if frame["t"] == "onboarding.guard_spoke"]
    assert all(_is_of(each["text"], "de", ShipType.SCOUT_SHIP) for each in lines if not each["final"])
    assert lines[-1]["final"]
    assert any(word in lines[-1]["text"] for word in ("Credits",))


async def test_a_chosen_language_counts_for_more_than_the_clients(game: Game) -> None:
    ada = await _hails(game, "en-GB")
    await ada.does(UpdateSettings({"language": {"code": "de"}}))
    assert "Werft" in (await ada.does(Start())).scene
    await ada.does(UpdateSettings({"language": {"code": "en"}}))
    # The talk that is open goes on as it began; the next one is in the new language.
    assert "Werft" in (await ada.does(Start())).scene
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.CARGO_HAULER)
    after = len(ada.heard)
    await ada.does(Claim(ShipType.CARGO_HAULER, "Der Schwertransporter ist meiner."))
    assert _is_of((await spoken(ada, 2, after=after))["text"], "de", ShipType.CARGO_HAULER)
    again = await ada.does(Restart())
    assert "yard" in again.scene
    assert again.guard.description.format() in [
        each.format(name=again.guard.name, title=again.guard.title) for each in words("en").traits.values()
    ]


async def test_a_language_without_words_is_english(game: Game) -> None:
    assert "tlh" not in CATALOGUES
    ada = await _hails(game, "tlh")
    assert "yard" in (await ada.does(Start())).scene
