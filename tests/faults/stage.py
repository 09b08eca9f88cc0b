"""What every fault run begins with: its plan, its servers, its people in their teams, and the nemeses in their order."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import people, workloads
from tests.faults.captain import Captain
from tests.faults.device import Device, Door
from tests.faults.nemeses import NEMESES, Nemesis, Scene, Skipped
from tests.faults.planted import BUGS
from tests.faults.rig import Rig
from tests.faults.rude_clients import n13, n14
from tests.faults.talks import Newcomer
from tests.faults.verdict import Verdict
from tests.faults.versions import n21

ALL: dict[str, Nemesis] = NEMESES | {"N13": n13, "N14": n14, "N21": n21}
CAPTAINS, DEVICES = 40, 3
NEWCOMERS = 16
SPARE = 2  # sessions of each captain that no device uses: for the final reads, and for nemeses that need one


@dataclass(frozen=True)
class Plan:
    """What a run breaks, and for how long. `required` are the nemeses without which it proves nothing."""

    name: str
    seed: int
    steps: tuple[tuple[str, ...], ...]
    """Nemeses in turn; those of one step at the same time."""
    gap_s: float = 1.0
    warm_s: float = 2.0
    after_s: float = 2.0
    load_s: float = 0.0
    """The least time under load; steps are repeated until it is over."""
    background: tuple[str, ...] = ()
    """Nemeses that take long, beside all steps."""
    optional: frozenset[str] = frozenset()
    """Those that may be skipped, saying why."""
    quick: bool = True
    pace: float = 1.0
    late_s: float = 10.0
    """How far behind the first hearer anybody may be."""
    plant: str | None = None
    newcomers: int = 0
    """How many talk with the guard."""
    restore: bool = False
    """Whether the database is replaced by an older backup (N22), which is a run of its own."""
    patient: float = 1.0
    """Multiplies what the clock allows, for machines that do other work."""

    @property
    def required(self) -> set[str]:
        """Every nemesis of the plan."""
        return {name for step in (*self.steps, self.background) for name in step} - self.optional | ({"N22"} if self.restore else set())


@dataclass
class Outcome:
    """What a run came to."""

    plan: Plan
    verdict: Verdict | None = None
    injected: Counter[str] = field(default_factory=Counter)
    skipped: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    notes: dict[str, list[float]] = field(default_factory=dict)
    cuts: int = 0
    lies: int = 0
    took_s: float = 0.0
    history: Path | None = None
    phases: dict[str, float] = field(default_factory=dict)

    @property
    def missing(self) -> set[str]:
        """Required nemeses that were not injected even once."""
        return {name for name in self.plan.required if not self.injected[name]} | (set(self.skipped) - self.plan.optional)

    @property
    def good(self) -> bool:
        """Whether nothing was found and everything required was injected; of a planted bug, whether it was found."""
        if self.plan.plant is not None:
            # By a judge who is to find it: something else that went wrong proves nothing.
            return self.verdict is not None and any(each.checker in BUGS[self.plan.plant].caught_by for each in self.verdict.violations)
        return not self.wrong and not self.missing and self.verdict is not None and not self.verdict.violations


class Phases:
    """How long each part of a run takes."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.at = time.monotonic()

    def end(self, name: str) -> None:
        """This part is over."""
        now = time.monotonic()
        self.outcome.phases[name] = self.outcome.phases.get(name, 0.0) + now - self.at
        self.at = now


async def gathered(rig: Rig, plan: Plan, outcome: Outcome, clock: Phases) -> tuple[Scene, list[Captain], list[people.Person]]:
    """Servers up, everybody connected and in their teams."""
    dice = random.Random(f"{plan.seed}:run")
    await rig.start()
    persons = await people.make(rig.postgres.owner_url, CAPTAINS, DEVICES + SPARE)
    new = await people.make(rig.postgres.owner_url, plan.newcomers, DEVICES + SPARE, CAPTAINS, arrived=False)
    clock.end("start")
    scene = Scene(rig, workloads.Crowd([], dice), dice, quick=plan.quick)
    scene.notes, scene.patient = outcome.notes, plan.patient
    scene.spares += [person.devices[DEVICES + 1][1] for person in persons]
    captains = [_captain(rig, scene, person, number, random.Random(dice.random())) for number, person in enumerate(persons)]
    scene.crowd.captains += captains
    newcomers = [_newcomer(rig, scene, person, number, random.Random(dice.random())) for number, person in enumerate(new, CAPTAINS)]
    scene.crowd.dock.waiting += newcomers
    captains, persons = [*captains, *newcomers], [*persons, *new]
    for captain in captains:
        for device in captain.devices:
            device.begin()
    async with asyncio.timeout(60):
        await asyncio.gather(*(device.live.wait() for captain in captains for device in captain.devices))
        await workloads.found_teams(scene.crowd)
    clock.end("founding")
    return scene, captains, persons


def _captain(rig: Rig, scene: Scene, person: people.Person, number: int, dice: random.Random) -> Captain:
    return Captain(person.name, str(person.player), _devices(rig, scene, person, number, dice, DEVICES), dice, f"f{number}-")


def _newcomer(rig: Rig, scene: Scene, person: people.Person, number: int, dice: random.Random) -> Newcomer:
    # On both gateways.
    return Newcomer(person.name, str(person.player), _devices(rig, scene, person, number, dice, 2), dice, f"f{number}-")


def _devices(rig: Rig, scene: Scene, person: people.Person, number: int, dice: random.Random, count: int) -> list[Device]:
    def door(preferred: int) -> Door:
        def choose(tries: int) -> int:
            # Its own gateway first, then the others: whoever finds one closed goes to the next.
            return rig.doors[(preferred + tries) % len(rig.doors)].port

        return choose

    def unknown(device: Device, node: str, why: str) -> None:
        if node in scene.draining and not device.slow:
            scene.unknown_in_drain.append(f"an unknown outcome ({why}) at {node} while it drained, conn {device.conn}")

    devices = []
    for at, (session, token) in enumerate(person.devices[:count]):
        device = Device(str(person.player), str(session), token, door(number + at), rig.record, random.Random(dice.random()))
        device.unknown_hook = unknown
        device.answered_hook = lambda seconds: scene.latencies.append((time.monotonic(), seconds))
        devices.append(device)
    return devices


async def break_things(scene: Scene, plan: Plan, outcome: Outcome) -> None:
    began = time.monotonic()
    loop = asyncio.get_running_loop()
    beside = [loop.create_task(_one(scene, name, outcome)) for name in plan.background]
    try:
        while True:
            for step in plan.steps:
                await asyncio.gather(*(_one(scene, name, outcome) for name in step))
                await asyncio.sleep(scene.dice.uniform(0.5, 1.5) * plan.gap_s)
            if time.monotonic() - began >= plan.load_s:
                break
        await asyncio.gather(*beside)
    finally:
        for task in beside:
            task.cancel()


async def _one(scene: Scene, name: str, outcome: Outcome) -> None:
    try:
        await ALL[name](scene)
    except Skipped as why:
        outcome.skipped[name] = str(why)
    except (OSError, TimeoutError) as error:
        outcome.wrong.append(f"{name} could not be put right: {type(error).__name__}: {error}")
