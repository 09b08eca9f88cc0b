"""Tells the others that this gateway lives, again and again, and its gate until when that holds (guarantees.md P19)."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from persistence import sessions
from server.gateway import clock
from server.gateway.gate import Gate

LEASE_S, RENEW_S = 15.0, 5.0  # how long a silent gateway counts as alive, and how often it says so; guarantees.md P19


class Lease:
    """One gateway's. `reading` gives a connection."""

    def __init__(self, gateway: UUID, gate: Gate, reading: Callable[[], Any]) -> None:
        self.gateway = gateway
        self.gate = gate
        self.reading = reading

    async def keep(self) -> None:
        """Renews it for as long as the process lives."""
        while True:
            await asyncio.sleep(RENEW_S)
            await self.renew_quietly()

    async def renew_quietly(self) -> None:
        """Renews it, if that can be done now."""
        with contextlib.suppress(Exception):
            await self.renew()

    async def renew(self) -> None:
        """Renews it, and sets the clock for signals by the database's."""
        async with self.reading() as connection:
            # From before it is asked: the lease ends here before it ends there.
            began = time.monotonic()
            at_s = await sessions.renew_lease(connection, self.gateway, LEASE_S)
        clock.set_to(at_s, (began + time.monotonic()) / 2)
        await self.gate.renewed(began + LEASE_S)
