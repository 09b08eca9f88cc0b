"""A crowd is told at most every other moment, and always; nobody twice, and nobody out of order."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from protocol.closes import Close
from server.gateway.gate import Bounds, Gate
from server.gateway.hub import CROWD, Hub, Told
from server.gateway.outlet import Outlet, State
from server.gateway.session import Session
from tests.gateway.test_hostile_sessions import Elsewhere, Memory, live_session


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


async def test_a_goodbye_past_the_lease_takes_answers_along_and_no_news() -> None:
    game = Elsewhere()
    gate = Gate(game, Hub(game, watch=lambda _: None, unwatch=lambda _: None), node="g1", bounds=Bounds(scale=0), steer={})  # type: ignore[arg-type]  # nothing is read from the log here
    wire = Memory(text=False)
    session = await live_session(gate, wire)
    gate.leased_until = 0.0
    session.take(Told("system", 1, 0, "announced", b"\x80", None))
    session._answer("1", b"\x81\xa2ok\x80")
    session.close(Close.SUPERSEDED)
    assert wire.closed == Close.SUPERSEDED.code
    assert [b"\xa2re" in each for each in wire.taken()] == [True], "the answer, and not the event"


class Slow(Memory):
    """A client that takes nothing."""

    def buffered(self) -> int:
        """Much, but not too much: what counts are events."""
        return 200_000 if self.written else 0


async def test_a_crowd_hears_events_in_one_order_among_answers_and_who_takes_nothing_falls_behind() -> None:
    game = Elsewhere()
    hub = Hub(game, watch=lambda _: None, unwatch=lambda _: None)  # type: ignore[arg-type]  # nothing is read from the log here
    gate = Gate(game, hub, node="g1", bounds=Bounds(scale=0, outbound_events=8), steer={})
    hub.crowd = gate.crowd
    crowd: list[Session] = [await live_session(gate, Memory(text=number == 1)) for number in range(CROWD)]
    slow, late = await live_session(gate, Slow(text=False)), await live_session(gate, Memory(text=False))
    for each in (*crowd, slow):
        hub.attach(each, "system", 0, 1, "e")
        each.follows["system"] = None
    hub.attach(late, "system", 0, 4, "e")
    wires: list[Memory] = [each.wire for each in crowd]  # type: ignore[misc]  # as made above
    heard: list[list[str]] = [[] for _ in wires]
    number = 0

    def seen(wire: Memory) -> list[str]:
        return ["answer" if b"\xa2re" in each or b'"re"' in each else f"{each!r}" for each in wire.taken()]

    for turn, many in enumerate((1, 1, 3, 1, 2, 1, 4, 1)):
        if turn % 2:
            crowd[0]._answer("1", b"\x81\xa2ok\x80")
        hub.told(
            "system",
            "e",
            [Told("system", number + each + 1, 0, "announced", b"\x81\xa1n%c" % (number + each + 1), None) for each in range(many)],
        )
        number += many
        assert gate._at_rest, "a crowd was told"
        async with asyncio.timeout(10):
            while (gate._at_rest and turn % 3 == 2) or gate._soiled:
                await asyncio.sleep(0)
    async with asyncio.timeout(10):
        while gate._at_rest or gate._soiled:
            await asyncio.sleep(0)
    for mine, wire in zip(heard, wires, strict=True):
        mine += seen(wire)
    assert heard[0].count("answer") == 4
    told = [each for each in heard[0] if each != "answer"]
    assert len(told) == len(set(told)) == number
    assert len(heard[1]) == number, "as JSON"
    assert all(each == told for each in heard[2:])
    assert list(seen(late.wire)) == told[3:], "from its first number on"  # type: ignore[arg-type]  # as made above
    assert slow not in hub.tails["system"].followers and slow.lagging
    assert len(seen(slow.wire)) < number  # type: ignore[arg-type]  # as made above
    # A gateway that was frozen past its lease tells a crowd nothing, until it knows whose its sessions are.
    gate.leased_until = 0.0
    hub.told("system", "e", [Told("system", number + 1, 0, "announced", b"\x80", None)])
    async with asyncio.timeout(10):
        while gate._at_rest or gate._soiled:
            await asyncio.sleep(0)
    assert all(each.written == [] for each in wires)
    await gate.renewed(time.monotonic() + 15.0)
    async with asyncio.timeout(10):
        while gate._at_rest or gate._soiled:
            await asyncio.sleep(0)
    assert all(len(each.taken()) == 1 for each in wires)
    for each in (*crowd, slow, late):
        each.lost(1000)
