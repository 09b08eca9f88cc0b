"""One fault run, from empty servers to a verdict: warm-up, load with faults, healing, quiet, resuming, final reads, judgement."""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import people, workloads
from tests.faults.captain import Captain
from tests.faults.device import Device, Door
from tests.faults.ending import ending, quiet
from tests.faults.nemeses import NEMESES, Nemesis, Scene, Skipped
from tests.faults.rig import Rig
from tests.faults.rude_clients import n13, n14
from tests.faults.servers import Broken, Template
from tests.faults.verdict import Verdict, judged
from tests.faults.versions import n21

ALL: dict[str, Nemesis] = NEMESES | {"N13": n13, "N14": n14, "N21": n21}
CAPTAINS, DEVICES = 40, 3
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
    optional: frozenset[str] = frozenset(("N20",))
    """Those that may be skipped, saying why."""
    quick: bool = True
    pace: float = 1.0
    plant: str | None = None
    patient: float = 1.0
    """Multiplies what the clock allows, for machines that do other work."""

    @property
    def required(self) -> set[str]:
        """Every nemesis of the plan."""
        return {name for step in (*self.steps, self.background) for name in step} - self.optional


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
        """Whether nothing was found and everything required was injected."""
        return not self.wrong and not self.missing and self.verdict is not None and not self.verdict.violations


async def perform(template: Template, plan: Plan, history: Path) -> Outcome:
    """Performs one run. Always cleans up; the history stays."""
    began = time.monotonic()
    outcome = Outcome(plan, history=history)
    rig = Rig(template, plan.seed, history, plan.plant)
    try:
        await _perform(rig, plan, outcome)
    except (Broken, TimeoutError, AssertionError) as error:
        outcome.wrong.append(f"the run itself broke: {type(error).__name__}: {error}")
    finally:
        await rig.stop()
        outcome.injected.update(rig.injected)
        outcome.cuts, outcome.lies = rig.cuts, rig.lies
        outcome.took_s = time.monotonic() - began
        for gateway in rig.gateways:
            if gateway.log.exists() and plan.plant is None:
                outcome.wrong += complaints(gateway.log)
        if not outcome.good:
            for gateway in rig.gateways:
                shutil.copy(gateway.log, history.with_name(f"{history.stem}-{gateway.place}.log"))
            shutil.copy(rig.postgres.log, history.with_name(f"{history.stem}-postgres.log"))
        rig.remove()
    return outcome


def complaints(log: Path) -> list[str]:
    """What a gateway's log says of faults of its own."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if '"level": "error"' in line]
    return [f"{log.name}: {line[:600]}" for line in lines[:5]]


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
    clock.end("start")
    scene = Scene(rig, workloads.Crowd([], dice), dice, quick=plan.quick)
    scene.notes, scene.patient = outcome.notes, plan.patient
    scene.spares += [person.devices[DEVICES + 1][1] for person in persons]
    captains = [_captain(rig, scene, person, number, random.Random(dice.random())) for number, person in enumerate(persons)]
    scene.crowd.captains += captains
    for captain in captains:
        for device in captain.devices:
            device.begin()
    async with asyncio.timeout(60):
        await asyncio.gather(*(device.live.wait() for captain in captains for device in captain.devices))
        await workloads.found_teams(scene.crowd)
    clock.end("founding")
    return scene, captains, persons


async def _perform(rig: Rig, plan: Plan, outcome: Outcome) -> None:
    clock = Phases(outcome)
    scene, captains, persons = await gathered(rig, plan, outcome, clock)
    crowd = scene.crowd
    await rig.sample()
    works = workloads.begin(crowd, plan.pace)
    try:
        await asyncio.sleep(plan.warm_s)
        clock.end("warm-up")
        await _break_things(scene, plan, outcome)
        clock.end("faults")
        async with asyncio.timeout(90):
            await rig.heal()
        clock.end("healing")
        await asyncio.sleep(plan.after_s)
        crowd.over = True
        async with asyncio.timeout(60):
            await asyncio.gather(*works)
        clock.end("last commands")
    finally:
        crowd.over = True
        for work in works:
            work.cancel()
        await asyncio.gather(*works, return_exceptions=True)
    outcome.wrong += scene.wrong
    outcome.wrong += [f"N2: {each}" for each in scene.unknown_in_drain[:10]]
    await quiet(rig, captains, 20.0 * plan.patient)
    clock.end("quiet")
    spares = {captain.player: person.devices[DEVICES] for captain, person in zip(captains, persons, strict=True)}
    outcome.wrong += await ending(rig, captains, spares, 30.0 * plan.patient)
    await rig.sample()
    clock.end("ending")
    for captain in captains:
        for device in captain.devices:
            if device.stopped:
                outcome.wrong.append(f"a device of {captain.name} was told to stop: {device.stopped}")
    await asyncio.gather(*(device.leave() for captain in captains for device in captain.devices))
    rig.record.flush()
    assert outcome.history is not None
    outcome.verdict = await judged(outcome.history, rig.postgres.owner_url, plan.patient)
    clock.end("judging")


def _captain(rig: Rig, scene: Scene, person: people.Person, number: int, dice: random.Random) -> Captain:
    def door(preferred: int) -> Door:
        def choose(tries: int) -> int:
            # Its own gateway first, then the others: whoever finds one closed goes to the next.
            return rig.doors[(preferred + tries) % len(rig.doors)].port

        return choose

    def unknown(device: Device, node: str, why: str) -> None:
        if node in scene.draining:
            scene.unknown_in_drain.append(f"an unknown outcome ({why}) at {node} while it drained, conn {device.conn}")

    devices = []
    for at, (session, token) in enumerate(person.devices[:DEVICES]):
        device = Device(str(person.player), str(session), token, door(number + at), rig.record, random.Random(dice.random()))
        device.unknown_hook = unknown
        device.answered_hook = lambda seconds: scene.latencies.append((time.monotonic(), seconds))
        devices.append(device)
    return Captain(person.name, str(person.player), devices, dice, f"f{number}-")


async def _break_things(scene: Scene, plan: Plan, outcome: Outcome) -> None:
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
