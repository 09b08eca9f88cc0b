"""Talk in a team, for the stories of connections that hear or miss it."""

from __future__ import annotations

import asyncio

from protocol import team
from tests.play import Someone


async def chatter(someone: Someone, lines: int, text: str = "line") -> None:
    """Many lines, all answered."""
    await asyncio.gather(*[await someone.send("team.say", {"text": f"{text} {number}"[-2_000:]}) for number in range(lines)])


async def stream_of(someone: Someone) -> str:
    """The team's stream."""
    return f"team:{(await someone.does(team.Get())).team.team_id}"
