"""Leaving without losing anybody: every connection is told, at a moment of its own stops taking commands, and is closed
once what it asked for is answered."""

from __future__ import annotations

import asyncio
import random
import time

from protocol.closes import Close
from protocol.session import Move
from server.gateway.gate import Gate
from server.gateway.outlet import State
from server.gateway.session import Session

SPREAD_S = 1.5  # moments are drawn from so long; performance.md 6
SPREAD_PER_SOCKET_S = 0.01
FINISH_S = 10.0  # for what is still running; guarantees.md P16
RETURN_MS = 1_000  # clients come back spread over so long


async def drain(gate: Gate) -> None:
    """Ends when no connection is left, after at most some 12 s."""
    gate.draining = True
    sessions = list(gate.sockets)
    spread_s = min(SPREAD_S, SPREAD_PER_SOCKET_S * len(sessions))
    await asyncio.gather(*(_leave(session, random.uniform(0.0, spread_s)) for session in sessions), return_exceptions=True)
    # The last words leave with the last write; give them a loop turn and a moment.
    await asyncio.sleep(0.05 if sessions else 0.0)


async def _finished(session: Session, end: float) -> None:
    """Waits until everything the session asked is answered, its start too, or for so long (monotonic seconds)."""
    # Looked at again and again: an event would cost every command something.
    while (session.in_flight or session.backlog or session.state is State.STARTING) and time.monotonic() < end:  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def _leave(session: Session, after_s: float) -> None:
    after_ms = random.randint(0, RETURN_MS)
    session.signal(Move(after_ms=after_ms, reason="server_restart"))
    await asyncio.sleep(after_s)
    session.stopping = True
    await _finished(session, time.monotonic() + FINISH_S)
    session.close(Close.SERVER_RESTART, after_ms=after_ms)
