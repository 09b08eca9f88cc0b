"""The end of a run: everything is quiet, everybody comes back from where they were and from where they began, and what is unknown
is asked about, twice."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from tests.faults.captain import Captain
from tests.faults.device import Device
from tests.faults.history import Final, Settled
from tests.faults.rig import Rig

LOOK_S = 0.1
AT_ONCE = 10  # final reads at the same time


async def heads(rig: Rig) -> dict[str, int]:
    """Where every stream is."""
    if rig.owner is None or rig.owner.is_closed():
        rig.owner = await rig.postgres.connect()
    return {row["name"]: row["head"] for row in await rig.owner.fetch("select name, head from streams")}


async def quiet(rig: Rig, captains: Sequence[Captain], within_s: float) -> None:
    """Waits until no head moves any more and every device has heard everything, or time is up: then the judges say who has not."""
    end, before = time.monotonic() + within_s, await heads(rig)
    while time.monotonic() < end:
        await asyncio.sleep(0.3)
        now = await heads(rig)
        if now == before and all(caught_up(device, now) for captain in captains for device in captain.devices):
            return
        before = now


def caught_up(device: Device, at: dict[str, int]) -> bool:
    """Whether a device is connected and has heard all there is."""
    return device.live.is_set() and all(cursor["seq"] >= at.get(stream, 0) for stream, cursor in device.cursors.items())


async def ending(rig: Rig, captains: Sequence[Captain], spares: dict[str, tuple[UUID, str]], within_s: float) -> list[str]:
    """Resuming from the last cursors, settling, and reading from the first. What went wrong besides what the judges see."""
    wrong: list[str] = []
    for captain in captains:
        for device in captain.devices:
            device.break_off()
    await quiet(rig, captains, within_s)
    late = [device for captain in captains for device in captain.devices if not device.live.is_set()]
    if late:
        wrong.append(f"{len(late)} devices did not come back in {within_s:.0f} s: {late[0].stopped or late[0].node}")
    await asyncio.gather(*(_settle(rig, captain, wrong, within_s) for captain in captains))
    gate, at = asyncio.Semaphore(AT_ONCE), await heads(rig)

    async def read(captain: Captain) -> None:
        async with gate:
            await _read(rig, captain, spares[captain.player], at, within_s, wrong)

    await asyncio.gather(*(read(captain) for captain in captains))
    return wrong


async def _settle(rig: Rig, captain: Captain, wrong: list[str], within_s: float) -> None:
    end = time.monotonic() + within_s
    for id in sorted(captain.unsettled):
        states: list[dict[str, Any]] = []
        while len(states) < 2 and time.monotonic() < end:
            device = await captain.there()
            frame = await device.ask("session.command_status", {"command_id": id}, f"ask-{id}-{len(states)}-{time.monotonic()}")
            if frame is None or "ok" not in frame or (states and frame["ok"]["state"] == "running"):
                await asyncio.sleep(LOOK_S)
                continue
            states.append(frame["ok"])
        if len(states) < 2:
            wrong.append(f"nobody could say what became of {id} of {captain.name}")
        else:
            rig.record(Settled(time.monotonic(), captain.player, id, states[0], states[1]))


async def _read(rig: Rig, captain: Captain, spare: tuple[UUID, str], at: dict[str, int], within_s: float, wrong: list[str]) -> None:
    """Reads every stream from its beginning, on a session of its own."""
    first = captain.devices[0].first
    reader = Device(
        captain.player,
        str(spare[0]),
        spare[1],
        lambda tries: rig.doors[tries % len(rig.doors)].port,
        rig.record,
        random.Random(captain.name),
    )
    for stream, cursor in captain.devices[0].cursors.items():
        known = first.get(stream)
        reader.cursors[stream] = dict(known) if known is not None else {"epoch": cursor["epoch"], "seq": 0}
    reader.rows = {stream: [] for stream in reader.cursors}
    reader.begin()
    try:
        async with asyncio.timeout(within_s):
            await reader.live.wait()
            while not caught_up(reader, at):
                await asyncio.sleep(0.02)
    except TimeoutError:
        wrong.append(f"the final read of {captain.name} did not end in {within_s:.0f} s")
    now = time.monotonic()
    for stream, rows in reader.rows.items():
        if stream in reader.cursors:
            rig.record(Final(now, captain.player, reader.conn, stream, reader.cursors[stream]["epoch"], rows))
    await reader.leave()
