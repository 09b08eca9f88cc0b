"""The guard speaks the newcomer's language, where there are words for it."""

from __future__ import annotations

import re

from protocol.guard import ShipType
from protocol.onboarding import AnswerQuestion, Claim, Restart, Start
from protocol.preferences import UpdateSettings
from server.rules import guards
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
    assert talk.guard.description == words("de").traits[talk.guard.trait].format(
        name=talk.guard.name, title=guards.titled(talk.guard.title, "de")
    )
    assert talk.guard.title in guards.TITLES
    assert guards.titled(talk.guard.title, "de") in talk.scene
    assert "Callisto" in talk.scene
    assert "Werft" in talk.scene
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP)
    after = len(ada.heard)
    await talk_through(ada, ShipType.SCOUT_SHIP)
    lines = [frame["d"] for frame in ada.heard[after:] if frame["t"] == "onboarding.guard_spoke"]
    assert all(_is_of(each["text"], "de", ShipType.SCOUT_SHIP) for each in lines if not each["final"])
    assert lines[-1]["final"]
    assert any(word in lines[-1]["text"] for word in ("Credits",))


# A scout's captain in German, who remembers another registration in the second answer: the account holds otherwise.
_CLAIM = "Der Aufklärer mit der verbrannten Nase ist meiner. Ich heiße Ada Lark, Kennung KX-204, aus Vesta, für die Gürtelpilotengilde."
_CHANGED = "Mein Name ist Ada Lark, meine Kennung ist QR-917, und der Turm gab mir die Freigabe Delta-Vier."
_ON = "Ich kam heute früh um sechs aus Vesta, in drei Sprüngen. Ein Lotse namens Okoye ließ mich ein, auf Kanal neun."


def _pattern(text: str) -> re.Pattern[str]:
    """A line of the catalogue with anything in its holes."""
    return re.compile("".join(".+?" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^}]*\})", text)), re.DOTALL)


def _quotes() -> list[re.Pattern[str]]:
    return [_pattern(each) for each in (words("de").changed, words("de").misfit, words("de").admitted)]


async def test_whoever_contradicts_themselves_in_german_is_told_so_in_german_to_the_last_reason(game: Game) -> None:
    german = words("de")
    ada = await _hails(game, "de-DE")
    await ada.does(Start())
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP)
    after = len(ada.heard)
    await ada.does(Claim(ShipType.SCOUT_SHIP, _CLAIM))
    for turn in range(2, 7):
        line = await spoken(ada, turn, after=after)
        if line["final"]:
            break
        await ada.does(AnswerQuestion(turn, _CHANGED if turn == 2 else _ON))
    verdict = (await ada.hears("onboarding.verdict", after=after))["d"]
    lines = [frame["d"] for frame in ada.heard[after:] if frame["t"] == "onboarding.guard_spoke"]
    quoted = [each for line in lines for each in line["contradictions"]]
    assert any("KX-204" in each and "QR-917" in each for each in quoted)
    assert all(any(each.fullmatch(text) for each in _quotes()) for text in quoted)
    # All that stands before a question is a line of the German catalogue, with a German contradiction in it.
    before = [
        _pattern(each)
        for bank in (*german.pressing.values(), *(some for by in german.manners.values() for some in by.values()))
        for each in bank
    ]
    for line in lines:
        if line["final"]:
            closings = [_pattern(each) for by_trait in german.closings.values() for bank in by_trait.values() for each in bank]
            assert any(each.fullmatch(line["text"]) for each in closings)
            continue
        question = next(each for bank in german.questions.values() for each in bank[ShipType.SCOUT_SHIP] if line["text"].endswith(each))
        pressing = line["text"].removesuffix(question).rstrip()
        assert not pressing or any(each.fullmatch(pressing) for each in before)
        assert not line["contradictions"] or line["contradictions"][0] in pressing
    endings = [_pattern(each) for each in german.endings.values()]
    assert "contradiction" in {each["kind"] for each in verdict["reasons"]}
    for each in verdict["reasons"]:
        assert each["text"] in german.reasons.values() or any(one.fullmatch(each["text"]) for one in endings)


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


async def test_a_guard_met_again_is_described_in_the_language_of_the_new_talk(game: Game) -> None:
    ada = await _hails(game, "de-AT")
    for _ in range(3):
        met = await ada.does(Start())
        await ada.does(Restart())
    met = await ada.does(Start())
    await ada.does(UpdateSettings({"language": {"code": "en"}}))
    again = await ada.does(Restart())
    assert (again.guard.name, again.guard.trait) == (met.guard.name, met.guard.trait), "all draws are used up"
    assert again.guard.description == words("en").traits[met.guard.trait].format(name=met.guard.name, title=met.guard.title)


async def test_a_language_without_words_is_english(game: Game) -> None:
    assert "tlh" not in CATALOGUES
    ada = await _hails(game, "tlh")
    assert "yard" in (await ada.does(Start())).scene
