"""A crowd is told at most every other moment, and always."""

from __future__ import annotations

import asyncio
from typing import Any

from server.gateway.gate import CROWD, Bounds, Gate
from server.gateway.hub import Hub, Told
from server.gateway.outlet import Outlet, State
from tests.gateway.test_hostile_sessions import Elsewhere, Memory


class Hasty(asyncio.SelectorEventLoop):
    """A loop whose timers fire a moment early, as uvloop's do by up to a millisecond."""

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> asyncio.TimerHandle:  # type: ignore[override]  # of any arguments
        """As asked, but early."""
        return super().call_at(when - 0.002, callback, *args, context=context)


def test_an_event_is_told_although_the_timer_of_a_rest_fires_early() -> None:
    async def told_one_after_the_other() -> None:
        game = Elsewhere()
        gate = Gate(game, Hub(game, watch=lambda _: None, unwatch=lambda _: None), node="g1", bounds=Bounds(scale=0), steer={})  # type: ignore[arg-type]  # nothing is read from the log here
        crowd = [Outlet(gate, Memory(text=False)) for _ in range(CROWD)]
        wires = [each.wire for each in crowd]
        for each in crowd:
            each.state = State.LIVE
        for number in range(1, 30):
            told = Told("system", number, 0, "announced", b"\x80", None)
            for each in crowd:
                each.pass_on(told)
            async with asyncio.timeout(10):
                while any(each.written == [] for each in wires):  # type: ignore[attr-defined]
                    await asyncio.sleep(0)
            assert all(len(each.taken()) == 1 for each in wires)  # type: ignore[attr-defined]
            await asyncio.sleep(0.001 * (number % 4))

    with asyncio.Runner(loop_factory=Hasty) as runner:
        runner.run(told_one_after_the_other())
