"""Newcomers of a fault run, who talk with the guard: one session, one reward, never stuck, whatever the model behind the guard does (N20).

Each claims a ship that is not theirs, answers what is asked and takes the reward twice at once. The model is an OpenAI-compatible
API on a socket of the runner's; it misbehaves as the newcomer's own words tell it to, so that every line can be judged.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.dock import GOOD, STORY
from tests.faults.captain import Captain
from tests.faults.device import Device

TRUTH = "ESCAPE_POD"
KEPT = 8  # newcomers who are not sent by themselves: for two bouts of N20
AT_ONCE = 2
MISBEHAVIOURS = (
    ("status_500", "status_429", "reset"),
    ("silent", "no_token", "stalls"),
    ("drip", "half"),
    ("bad_json", "bad_utf8", "wrong_types", "nan", "wrong_schema", "prose", "endless", "huge", "not_http"),
)
"""A provider that fails, hangs, drips and lies: one of each in a bout of N20. What they do stands in tests/providers/stub.py."""
BEFORE = frozenset(("onboarding.wrong_turn", "onboarding.already_claimed", "onboarding.already_completed"))
"""How a command is refused whose first try had an unknown outcome and took effect."""


class Newcomer(Captain):
    """Somebody before the guard."""

    def __init__(self, name: str, player: str, devices: list[Device], dice: random.Random, mark: str) -> None:
        super().__init__(name, player, devices, dice, mark)
        self.lines: dict[int, dict[str, Any]] = {}
        self.decided = False
        self.news = asyncio.Event()

    def _hear(self, frame: dict[str, Any]) -> None:
        match frame["t"]:
            case "onboarding.guard_spoke":
                self.lines[frame["d"]["turn"]] = frame["d"]
            case "onboarding.verdict":
                self.decided = True
        self.news.set()

    async def until(self, turn: int) -> dict[str, Any] | None:
        """What the guard says as line `turn`; None when he has decided."""
        while turn not in self.lines and not self.decided:
            self.news.clear()
            await self.news.wait()
        return self.lines.get(turn)

    async def surely(self, name: str, fields: dict[str, Any]) -> dict[str, Any]:
        """The outcome of a command that is performed until it is known."""
        unknown = False
        while True:
            outcome = await self.do(name, fields, surely=True)
            if outcome is None:
                unknown = True
                continue
            if "error" in outcome and not (unknown and outcome["error"]["code"] in BEFORE):
                raise AssertionError(f"{name} of {self.name}: {outcome['error']}")
            return outcome


@dataclass
class Dock:
    """The newcomers of a run, and what became of their talks."""

    waiting: list[Newcomer] = field(default_factory=list)
    begun: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    """By name."""
    wrong: list[str] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)
    by: dict[str, int] = field(default_factory=lambda: {"model": 0, "rules": 0})
    """Lines of the guard by who phrased and read them."""

    def send(self, pause_s: float, behaviour: str = "") -> asyncio.Task[None]:
        """The next newcomer goes to the guard."""
        one = self.waiting.pop()
        task = self.begun[one.name] = asyncio.get_running_loop().create_task(self._judged(one, pause_s, behaviour))
        return task

    async def _judged(self, one: Newcomer, pause_s: float, behaviour: str) -> None:
        began = time.monotonic()
        try:
            await self._talk(one, pause_s, behaviour)
        except AssertionError as error:
            self.wrong.append(f"N20: {error}")
        self.took_s.append(time.monotonic() - began)

    async def _talk(self, one: Newcomer, pause_s: float, behaviour: str) -> None:
        demand = f" behave:{behaviour}" if behaviour else ""
        # Two ways in at once meet the same guard.
        first, second = await asyncio.gather(*(one.surely("onboarding.start", {}) for _ in range(2)))
        assert first["ok"]["session_id"] == second["ok"]["session_id"], f"{one.name} has two sessions"
        ship = next(each["ship"] for each in first["ok"]["offers"] if each["ship"] != TRUTH)
        await one.surely("onboarding.claim", {"ship": ship, "text": GOOD + demand})
        turn = 2
        while (line := await one.until(turn)) is not None:
            self.by[line["by"]] += 1
            assert not behaviour or line["by"] == "rules", f"{one.name} was read by a model that answered with {behaviour}"
            if line["final"]:
                break
            await asyncio.sleep(one.dice.uniform(0.5, 1.5) * pause_s)
            await one.surely("onboarding.answer", {"turn": turn, "text": STORY.get(line["topic"], GOOD) + demand})
            turn += 1
        while not one.decided:
            one.news.clear()
            await one.news.wait()
        # Two hands for one reward: the loser is told that it is taken.
        taken = await asyncio.gather(*(one.do("onboarding.complete", {}, surely=True) for _ in range(2)))
        known = [each for each in taken if each is not None]
        assert sum("ok" in each for each in known) <= 1, f"{one.name} was rewarded twice"
        codes = {each["error"]["code"] for each in known if "error" in each}
        assert codes <= {"onboarding.already_completed"}, f"the reward of {one.name}: {codes}"
        if len(known) < 2:
            await one.surely("onboarding.complete", {})

    async def work(self, over: Any, pause_s: float) -> None:
        """Newcomers come one after the other, until it is over."""
        while not over() and len(self.waiting) > KEPT:
            task = self.send(pause_s)
            while not task.done() and not over():
                await asyncio.sleep(0.1)

    async def ended(self, within_s: float) -> None:
        """Every talk that began comes to its end, now that all is whole."""
        if self.begun:
            await asyncio.wait(self.begun.values(), timeout=within_s)
        self.wrong += [f"N20: the talk of {name} is stuck" for name, task in self.begun.items() if not task.done()]
        for name, task in self.begun.items():
            if task.done() and not task.cancelled() and task.exception() is not None:
                self.wrong.append(f"N20: the talk of {name} broke: {task.exception()!r}")

    async def stop(self) -> None:
        """Nobody talks any more."""
        for task in self.begun.values():
            task.cancel()
        await asyncio.gather(*self.begun.values(), return_exceptions=True)


def asked(bodies: Sequence[dict[str, Any]], behaviour: str) -> int:
    """How often a model was asked to behave so."""
    return sum(f"behave:{behaviour}" in str(each["messages"]) for each in bodies)
