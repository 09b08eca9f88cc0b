"""One fault run, from empty servers to a verdict: warm-up, load with faults, healing, quiet, resuming, final reads, judgement."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

from tests.faults import workloads
from tests.faults.ending import ending, quiet
from tests.faults.restore import restored
from tests.faults.rig import Rig
from tests.faults.servers import Broken, Template
from tests.faults.stage import DEVICES, Outcome, Phases, Plan, break_things, gathered
from tests.faults.verdict import judged

TALKS_S = 90.0
"""For the last talk with the guard after healing: an errand that lay with a dead gateway is taken over after 15 s, one that failed is tried again after 5."""


async def perform(template: Template, plan: Plan, history: Path) -> Outcome:
    """Performs one run. Always cleans up; the history stays."""
    began = time.monotonic()
    outcome = Outcome(plan, history=history)
    rig = Rig(template, plan.seed, history, plan.plant)
    try:
        await (restored if plan.restore else _perform)(rig, plan, outcome)
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


async def _perform(rig: Rig, plan: Plan, outcome: Outcome) -> None:
    clock = Phases(outcome)
    scene, captains, persons = await gathered(rig, plan, outcome, clock)
    crowd = scene.crowd
    await rig.sample()
    works = workloads.begin(crowd, plan.pace)
    try:
        await asyncio.sleep(plan.warm_s)
        clock.end("warm-up")
        await break_things(scene, plan, outcome)
        clock.end("faults")
        async with asyncio.timeout(90):
            await rig.heal()
        clock.end("healing")
        await asyncio.sleep(plan.after_s)
        crowd.over = True
        async with asyncio.timeout(60):
            await asyncio.gather(*works)
        clock.end("last commands")
        await crowd.dock.ended(TALKS_S * plan.patient)
        clock.end("last talks")
    finally:
        crowd.over = True
        for work in works:
            work.cancel()
        await asyncio.gather(*works, return_exceptions=True)
        await crowd.dock.stop()
    outcome.wrong += scene.wrong + crowd.dock.wrong
    outcome.notes["talk_s"] = crowd.dock.took_s
    outcome.notes |= {f"lines_by_{who}": [float(count)] for who, count in crowd.dock.by.items()}
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
    outcome.verdict = await judged(outcome.history, rig.postgres.owner_url, plan.patient, late_s=plan.late_s)
    clock.end("judging")
