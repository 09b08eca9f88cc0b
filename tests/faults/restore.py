"""The database is replaced by an older base backup under live gateways (N22): everybody is told to start again, and nothing of the
lost time is taken for what is there now.

What was acknowledged after the backup is lost with the disk; no promise covers that. So two histories are kept: of the first
the judges only learn which texts may have been said; the second, from the restore on, is judged like any other.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.faults import people, whitebox, workloads
from tests.faults.captain import Captain
from tests.faults.device import Device
from tests.faults.ending import ending, quiet
from tests.faults.enrolment import DEVICES
from tests.faults.history import AnyRecord, Heard, Invoke, Reset, Unknown, Writer, read
from tests.faults.rig import Rig
from tests.faults.servers import Broken
from tests.faults.stage import Outcome, Phases, Plan, gathered
from tests.faults.verdict import judged_in

TEXTS = ("team.say", "message.send")
LOAD_S = 4.0
TOLD_S = 15.0
"""For every device to be live in the new epoch: a poll finds it out, a reconnect may come between."""
RECOVERY = {"restore_command": "/bin/false", "recovery_target": "immediate", "recovery_target_action": "promote"}


async def restored(rig: Rig, plan: Plan, outcome: Outcome) -> None:
    """The whole run."""
    clock = Phases(outcome)
    scene, captains, persons = await gathered(rig, plan, outcome, clock)
    await _load(scene.crowd, LOAD_S)
    await _back_up(rig)
    clock.end("backup")
    await _load(scene.crowd, LOAD_S)
    await quiet(rig, captains, 20.0 * plan.patient)
    devices = [device for captain in captains for device in captain.devices]
    old = {id(device): {stream: dict(cursor) for stream, cursor in device.cursors.items()} for device in devices}
    rig.fault("N22", "postgres", "begin")
    await _restore(rig)
    clock.end("restore")
    outcome.wrong += await _told(rig, devices, old, TOLD_S * plan.patient)
    clock.end("told")
    first, second = _part(rig, outcome)
    outcome.wrong += await _strangers(rig, captains, persons, old, TOLD_S * plan.patient)
    for captain in captains:
        captain.mark, captain.unsettled = f"{captain.mark}again-", set()
        for device in captain.devices:
            device.record, device.first = rig.record, {}
            device.break_off()
    async with asyncio.timeout(60):
        await asyncio.gather(*(device.live.wait() for device in devices if not device.stopped))
    rig.fault("N22", "postgres", "end")
    rig.fault("heal", "", "end")
    await _load(scene.crowd, LOAD_S)
    await quiet(rig, captains, 20.0 * plan.patient)
    spares = {captain.player: person.devices[DEVICES] for captain, person in zip(captains, persons, strict=True)}
    outcome.wrong += await ending(rig, captains, spares, 30.0 * plan.patient)
    outcome.wrong += [f"a device was told to stop: {device.stopped}" for device in devices if device.stopped][:5]
    await asyncio.gather(*(device.leave() for device in devices))
    clock.end("second part")
    rig.record.flush()
    world = await whitebox.read(rig.postgres.owner_url)
    outcome.verdict = judged_in([*_maybe(read(first)), *read(second)], world, plan.patient, finished=False)
    clock.end("judging")


async def _load(crowd: workloads.Crowd, seconds: float) -> None:
    crowd.over = False
    works = workloads.begin(crowd)
    try:
        await asyncio.sleep(seconds)
        crowd.over = True
        async with asyncio.timeout(60):
            await asyncio.gather(*works)
    finally:
        crowd.over = True
        for work in works:
            work.cancel()


async def _back_up(rig: Rig) -> None:
    """A base backup beside the cluster, as an operator takes it."""
    target = rig.folder / "backup"
    command = [
        str(rig.template.programs.postgres / "pg_basebackup"), "-D", str(target), "-h", str(rig.postgres.sockets), "-U",
        "callisto_admin", "--checkpoint=fast", "-X", "stream",
    ]  # fmt: skip
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Broken(f"pg_basebackup failed: {done.stderr[-500:]}")


async def _restore(rig: Rig) -> None:
    """The backup takes the place of the cluster, and is promoted, so that it is another timeline."""
    await rig.postgres.kill()
    await asyncio.to_thread(shutil.rmtree, rig.postgres.data)
    (rig.folder / "backup").rename(rig.postgres.data)
    (rig.postgres.data / "recovery.signal").touch()
    user = rig.template.user
    if user.dropped:
        await asyncio.to_thread(subprocess.run, ["chown", "-R", f"{user.uid}:{user.gid}", str(rig.postgres.data)], check=True)
    await rig.postgres.start(RECOVERY)
    connection = await rig.postgres.connect()
    try:
        async with asyncio.timeout(30):
            while await connection.fetchval("select pg_is_in_recovery()"):
                await asyncio.sleep(0.05)
    finally:
        await connection.close()


async def _told(rig: Rig, devices: Sequence[Device], old: dict[int, dict[str, dict[str, object]]], within_s: float) -> list[str]:
    """Whether every connected device hears, unasked, that its streams go on in another epoch."""
    end = time.monotonic() + within_s
    owner = await rig.postgres.connect()
    try:
        rows = await owner.fetch("select player_id::text, 'team:' || team_id from team_memberships where to_seq is null")
    finally:
        await owner.close()
    members = {(row[0], row[1]) for row in rows}

    def owed(device: Device, stream: str) -> bool:
        # Of a team that was joined in the lost time the snapshot says that it is not theirs.
        return not stream.startswith("team:") or (device.who, stream) in members

    def behind(device: Device) -> list[str]:
        before = old[id(device)]
        return [
            stream
            for stream, cursor in device.cursors.items()
            if stream in before and owed(device, stream) and cursor["epoch"] == before[stream]["epoch"]
        ]

    while time.monotonic() < end and any(behind(device) for device in devices):
        await asyncio.sleep(0.1)
    late = [device for device in devices if behind(device)]
    stopped = sorted({device.stopped for device in devices if device.stopped})
    wrong = [f"N22: {len(late)} devices of {len(devices)} were not reset in {within_s:.0f} s: {behind(late[0])}"] if late else []
    return wrong + [f"N22: {sum(bool(each.stopped) for each in devices)} devices were told to stop: {stopped}"] * bool(stopped)


def _part(rig: Rig, outcome: Outcome) -> tuple[Path, Path]:
    """Ends the first history and begins the second."""
    assert outcome.history is not None
    rig.record.close()
    second = outcome.history.with_name(outcome.history.name + "-after")
    rig.record = Writer(second)
    return outcome.history, second


async def _strangers(
    rig: Rig,
    captains: Sequence[Captain],
    persons: Sequence[people.Person],
    old: dict[int, dict[str, dict[str, object]]],
    within_s: float,
) -> list[str]:
    """Whoever comes back with cursors of the lost time is reset on every one of them, and told nothing before."""
    wrong: list[str] = []

    async def come(captain: Captain, person: people.Person) -> None:
        seen: list[AnyRecord] = []
        session, token = person.devices[DEVICES + 1]
        device = Device(
            captain.player,
            str(session),
            token,
            lambda tries: rig.doors[tries % len(rig.doors)].port,
            seen.append,
            random.Random(person.name),
        )
        device.cursors = {stream: dict(cursor) for stream, cursor in old[id(captain.devices[0])].items()}
        before = {stream: cursor["epoch"] for stream, cursor in device.cursors.items()}
        device.begin()
        try:
            async with asyncio.timeout(within_s):
                await device.live.wait()
                while {stream for stream in before if stream in device.cursors} - {each.stream for each in seen if isinstance(each, Reset)}:
                    await asyncio.sleep(0.02)
        except TimeoutError:
            wrong.append(f"N22: {person.name} came with cursors of the lost time and was not reset in {within_s:.0f} s")
        reset: set[str] = set()
        for each in seen:
            if isinstance(each, Reset):
                reset.add(each.stream)
            elif isinstance(each, Heard) and each.stream in before and each.stream not in reset:
                wrong.append(f"N22: {person.name} was told number {each.seq} of {each.stream} in the lost epoch")
        await device.leave()

    await asyncio.gather(*(come(captain, person) for captain, person in zip(captains, persons, strict=True)))
    return wrong[:10]


def _maybe(history: Sequence[AnyRecord]) -> list[AnyRecord]:
    """Of the lost time: what may have been said, with no outcome."""
    found: list[AnyRecord] = []
    for each in history:
        if isinstance(each, Invoke) and each.name in TEXTS:
            found += [each, Unknown(each.op, each.t, "the database was restored")]
    return found
