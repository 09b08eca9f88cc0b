"""A gateway that ends when it is told to: uvicorn looks for it ten times a second, which hundreds of tests would wait for."""

from __future__ import annotations

import asyncio

from server.serving import Gateway

LOOK_S = 0.01


class Prompt(Gateway):
    """As the real one in everything else."""

    async def main_loop(self) -> None:
        """Looks more often whether to end."""
        ticks = 0
        while not await self.on_tick(ticks):
            ticks = (ticks + 1) % 864_000
            await asyncio.sleep(LOOK_S)
