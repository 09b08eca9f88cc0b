"""The guard thinks: an answer is read outside any transaction, with nothing held, and comes back as `onboarding.heard`."""

from __future__ import annotations

import time

from protocol.guard import ShipType, TalkId
from protocol.onboarding import Heard
from server.context import Errand
from server.errands import runs
from server.rules import reader


class AskGuard(Errand, frozen=True):
    """An answer to be read, with what was said before it: (turn, words), oldest first."""

    session_id: TalkId
    ship: ShipType
    turn: int
    text: str
    earlier: list[tuple[int, str]]


@runs
async def ask_guard(errand: AskGuard) -> Heard:
    """What the answer sounds like, read by the word rules."""
    began = time.perf_counter()
    reading = reader.read(errand.ship, reader.Answer(errand.turn, errand.text), [reader.Answer(*each) for each in errand.earlier])
    return Heard(errand.session_id, errand.turn, reading, took_ms=int((time.perf_counter() - began) * 1000))
