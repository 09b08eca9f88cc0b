"""What happens at the dock, for tests: newcomers, guards of a chosen temper, and whole talks."""

from __future__ import annotations

import asyncio
from typing import Any

from protocol.guard import ShipType
from protocol.onboarding import AnswerQuestion, Claim
from tests.play import Game, Someone

GOOD = (
    "Certainly. My name is Ada Lark, licensed captain, registration KX-204, serial number on the manifest, and I appreciate the procedure you keep "
    "at this station; the protocol is the same in every sector I have docked in."
)
BAD = "um, uh, um, maybe, I guess, possibly, perhaps"


async def newcomer(game: Game, name: str | None = None) -> Someone:
    """A captain who has just woken."""
    return await game.captain(name, onboarded=False)


async def lay_out(game: Game, someone: Someone, *ships: ShipType, suspicion: float = 0.5, trait: str = "Shrewd Investigator") -> None:
    """Lays these ships before a captain whose talk is open, with a guard of this temper."""
    await game.world.owner.execute(
        "update ship_presentation_options o set available_ships = $2 from first_login_sessions s where s.id = o.session_id and s.player_id = $1",
        someone.player,
        [each.value for each in ships],
    )
    await game.world.owner.execute(
        "update first_login_sessions set guard_base_suspicion = $2, guard_trait = $3 where player_id = $1", someone.player, suspicion, trait
    )
    await someone.look()


async def no_errands(game: Game) -> None:
    """Waits until the guard has nothing to think about."""
    async with asyncio.timeout(5):
        while await game.world.owner.fetchval("select count(*) from errands"):
            await asyncio.sleep(0.02)


async def spoken(someone: Someone, turn: int, *, after: int = 0) -> dict[str, Any]:
    """What the guard says as line `turn`."""
    heard = await someone.hears("onboarding.guard_spoke", lambda frame: frame["d"]["turn"] == turn, after=after)
    found: dict[str, Any] = heard["d"]
    return found


async def talk_through(someone: Someone, ship: ShipType, text: str = GOOD) -> dict[str, Any]:
    """Claims a ship and answers `text` to everything, until the verdict."""
    after = len(someone.heard)
    await someone.does(Claim(ship, text))
    for turn in range(2, 7):
        line = await spoken(someone, turn, after=after)
        if line["final"]:
            break
        await someone.does(AnswerQuestion(turn, text))
    return (await someone.hears("onboarding.verdict", after=after))["d"]  # type: ignore[no-any-return]
