"""A captain of a fault run: up to three devices, and commands that are sent until their outcome is known, once or often.

Every command may be sent several times, over several devices and both gateways, at once or later; some sends carry other
fields under the same id. What stays unknown is kept for the end, when session.command_status must settle it.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any

from tests.faults.device import Device, Gone
from tests.faults.history import Done, Unknown

PASSING = ("unavailable", "rate_limited", "internal", "unauthenticated", "storage_low")
OFTEN, ALTERED, GIVEN_UP = 0.25, 0.05, 0.25  # shares: sent more than once; with other fields; unknown and not tried again
MOST_SENDS = 5
PATIENCE_S = 40.0


class Captain:
    """Somebody with devices."""

    def __init__(self, name: str, player: str, devices: list[Device], dice: random.Random, mark: str) -> None:
        self.name = name
        self.player = player
        self.devices = devices
        self.dice = dice
        self.mark = mark
        self.team: str | None = None
        """The team id of which this captain last heard to be a member."""
        self.unsettled: set[str] = set()
        self.count = 0
        self.unread: list[str] = []
        for device in devices:
            device.on_event = self._hear
            device.on_began = self._began

    def _began(self, device: Device) -> None:
        self.team = next((name[5:] for name in device.cursors if name.startswith("team:")), None)

    def _hear(self, frame: dict[str, Any]) -> None:
        match frame["t"]:
            case "team.entered":
                self.team = frame["d"]["team_id"]
            case "team.exited" if self.team == frame["d"]["team_id"]:
                self.team = None
            case "message.received" if frame["d"]["message_id"] not in self.unread:
                self.unread.append(frame["d"]["message_id"])

    async def there(self) -> Device:
        """A device that is connected, waiting for one if need be."""
        while True:
            ready = [each for each in self.devices if each.live.is_set()]
            if ready:
                return self.dice.choice(ready)
            waits = [asyncio.ensure_future(each.live.wait()) for each in self.devices]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for each in waits:
                each.cancel()

    async def do(self, name: str, fields: dict[str, Any], *, surely: bool = False) -> dict[str, Any] | None:
        """Performs a command as this captain does. The outcome {ok: …} or {error: …}, or None when it stays unknown."""
        self.count += 1
        id = f"{self.mark}{self.count}"
        dice = self.dice
        try:
            async with asyncio.timeout(PATIENCE_S):
                if surely or dice.random() >= OFTEN:
                    return await self._insist(name, fields, id, surely=surely)
                sends = dice.randint(2, MOST_SENDS)
                tries = [self._once_more(name, fields, id, dice.uniform(0.0, 0.05)) for _ in range(sends - 1)]
                first, *_ = await asyncio.gather(self._insist(name, fields, id, surely=False), *tries)
                return first
        except TimeoutError:
            self.unsettled.add(id)
            return None

    async def _insist(self, name: str, fields: dict[str, Any], id: str, *, surely: bool) -> dict[str, Any] | None:
        while True:
            device = await self.there()
            try:
                end = await device.send(name, fields, id)
            except Gone:
                await asyncio.sleep(0.01)
                continue
            if isinstance(end, Unknown):
                if not surely and self.dice.random() < GIVEN_UP:
                    self.unsettled.add(id)
                    return None
                await asyncio.sleep(self.dice.uniform(0.05, 0.5))
                continue
            if end.error is not None and end.error["code"] in PASSING:
                await asyncio.sleep(min(2.0, end.error.get("retry_after_ms", 200) / 1000))
                continue
            return _outcome(end)

    async def _once_more(self, name: str, fields: dict[str, Any], id: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        asked = other(fields) if self.dice.random() < ALTERED else fields
        ready = [each for each in self.devices if each.live.is_set()]
        try:
            end = await self.dice.choice(ready).send(name, asked, id, altered=asked != fields) if ready else None
        except Gone:
            return
        if isinstance(end, Unknown):
            self.unsettled.add(id)


def other(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields that ask for something else."""
    changed = dict(fields)
    for key in ("text", "content"):
        if key in changed:
            changed[key] += " (changed)"
    if "amount" in changed:
        changed["amount"] += 1 if changed["amount"] < 1_000_000 else -1
    return changed


def _outcome(end: Done) -> dict[str, Any]:
    return {"ok": end.ok} if end.ok is not None else {"error": end.error}
