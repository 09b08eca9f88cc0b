"""How people get their captains and devices in a fault run."""

from __future__ import annotations

import random
import time

from tests.faults.captain import Captain
from tests.faults.device import Device, Door
from tests.faults.nemeses import Scene
from tests.faults.people import Person
from tests.faults.rig import Rig

DEVICES = 3
SPARE = 2  # sessions of each captain that no device uses: for the final reads, and for nemeses that need one


def captain_of(rig: Rig, scene: Scene, person: Person, number: int, dice: random.Random) -> Captain:
    """A captain at the devices of this person, each at a gateway of its own first."""

    def door(preferred: int) -> Door:
        def choose(tries: int) -> int:
            # Its own gateway first, then the others: whoever finds one closed goes to the next.
            return rig.doors[(preferred + tries) % len(rig.doors)].port

        return choose

    def unknown(device: Device, node: str, why: str) -> None:
        if node in scene.draining and not device.slow:
            scene.unknown_in_drain.append(f"an unknown outcome ({why}) at {node} while it drained, conn {device.conn}")

    devices = []
    for at, (session, token) in enumerate(person.devices[:DEVICES]):
        device = Device(str(person.player), str(session), token, door(number + at), rig.record, random.Random(dice.random()))
        device.unknown_hook = unknown
        device.answered_hook = lambda seconds: scene.latencies.append((time.monotonic(), seconds))
        devices.append(device)
    return Captain(person.name, str(person.player), devices, dice, f"f{number}-")
