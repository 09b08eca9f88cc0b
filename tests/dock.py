"""What happens at the dock, for tests: newcomers, guards of a chosen temper, and whole talks."""

from __future__ import annotations

import asyncio
from typing import Any

from protocol.guard import ShipType
from protocol.onboarding import AnswerQuestion, Claim
from tests.play import Game, Someone

# What a scout's captain says who has thought about it, by the topic of the question.
STORY = {
    "introduction": "The scout with the scorched nose is mine. My name is Ada Lark, registration KX-204, out of Vesta for the Belt Pilots' Guild.",
    "identity_verification": "Ada Lark, registration KX-204, on my own name. The Belt Pilots' Guild on Vesta gave me licence 88-2031 in March, "
    "and your tower gave me clearance code Delta-Four.",
    "arrival_details": "I came from Vesta in three jumps and docked at 0610 this morning. A controller called Okoye cleared my approach by the "
    "low beacon, on channel nine.",
    "ship_knowledge": "She does two and a half times standard and sees five sectors. At full burn the port injector whistles first, and left of "
    "the throttle hangs a photo of my dog.",
    "situational_awareness": "I need a new skid before the survey of the Himalia ice field, because Dr. Sorel waits for my maps on Friday. I file "
    "a course for Europa by the low lane, as your rules ask.",
}
GOOD = STORY["introduction"]
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


def worker_sleeps(game: Game) -> None:
    """A gateway's worker looks for no more errands; what it has begun goes on."""
    [looking] = [each for each in game.app._tasks if getattr(each.get_coro(), "__qualname__", "") == "Worker.run"]
    looking.cancel()


def worker_dies(game: Game) -> None:
    """A gateway's worker is gone, and all it had begun with it."""
    worker_sleeps(game)
    assert game.app.worker is not None
    for task in list(game.app.worker._running):
        task.cancel()


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


async def talk_through(someone: Someone, ship: ShipType, text: str | None = None) -> dict[str, Any]:
    """Claims a ship and answers everything, with `text` or else with the story, until the verdict."""
    after = len(someone.heard)
    await someone.does(Claim(ship, text or GOOD))
    for turn in range(2, 7):
        line = await spoken(someone, turn, after=after)
        if line["final"]:
            break
        await someone.does(AnswerQuestion(turn, text or STORY[line["topic"]]))
    return (await someone.hears("onboarding.verdict", after=after))["d"]  # type: ignore[no-any-return]
