"""Announcing, over both lanes: the batched one must be the plain one, only cheaper."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from protocol.refusals import Forbidden
from protocol.service import Announce
from tests.parts import Part
from tests.play import Game, Refused, Someone


@pytest.fixture(params=["batched", "ordinary"])
async def either(request: pytest.FixtureRequest, make_game: Callable[..., Awaitable[Game]]) -> AsyncIterator[Game]:
    """A gateway with announce on one lane or the other; converges afterwards."""
    game = await make_game(batched=request.param == "batched")
    yield game
    await game.converges()


async def heard_by(part: Part, someone: Someone) -> list[tuple[int, str]]:
    """Every announcement a captain has heard before one more is made now: numbers and texts."""
    end = f"end {len(someone.heard)} {someone.name}"
    await part.does(Announce(end))
    await someone.hears("system.announced", lambda frame: frame["d"]["text"] == end)
    found = [(each["s"], each["d"]["text"]) for each in someone.heard if each["t"] == "system.announced"]
    return [each for each in found if not each[1].startswith("end")]


async def test_announcements_made_at_once_are_heard_by_all_in_one_order_without_a_gap(either: Game) -> None:
    ada, bo = await either.captain(), await either.captain()
    part = await Part.hired(either, "announce")
    said = [f"news {number}" for number in range(12)]
    await asyncio.gather(*(part.does(Announce(text)) for text in said))

    heard = await heard_by(part, ada)
    assert heard == await heard_by(part, bo)
    assert sorted(text for _, text in heard) == sorted(said)
    numbers = [number for number, _ in heard]
    assert numbers == list(range(numbers[0], numbers[0] + 12))


async def test_an_announcement_sent_again_is_made_once(either: Game) -> None:
    ada = await either.captain()
    part = await Part.hired(either, "announce")
    assert await part.ask("announce", {"text": "once"}, id="same") == {"ok": {}}
    assert await part.ask("announce", {"text": "once"}, id="same") == {"ok": {}, "replayed": True}
    with pytest.raises(Refused, match="idempotency_mismatch"):
        await part.ask("announce", {"text": "other"}, id="same")
    assert [text for _, text in await heard_by(part, ada)] == ["once"]


async def test_the_same_announcement_twice_at_once_is_made_once(either: Game) -> None:
    ada = await either.captain()
    part = await Part.hired(either, "announce")
    answers = await asyncio.gather(*(part.ask("announce", {"text": "twin"}, id="twin") for _ in range(3)))
    assert sum(each == {"ok": {}} for each in answers) == 1
    assert sum(each == {"ok": {}, "replayed": True} for each in answers) == 2
    assert [text for _, text in await heard_by(part, ada)] == ["twin"]


async def test_whoever_may_not_announce_is_refused(either: Game) -> None:
    part = await Part.hired(either, "credits")
    await part.is_refused(Forbidden, Announce("not mine to say"))
