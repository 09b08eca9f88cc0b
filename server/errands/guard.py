"""The guard thinks: an answer is read outside any transaction, with nothing held, and comes back as `onboarding.heard`."""

from __future__ import annotations

import time

from protocol.onboarding import FALLBACK, Heard
from server.asked import AskGuard
from server.errands import runs
from server.rules import reader


@runs
async def ask_guard(errand: AskGuard) -> Heard:
    """What the answer sounds like, read by the word rules."""
    began = time.perf_counter()
    asked = {turn: (question, topic) for turn, topic, question in errand.asked}
    answers = [reader.Answer(turn, text, *asked.get(turn, ("", ""))) for turn, text in [*errand.earlier, (errand.turn, errand.text)]]
    reading = reader.read(errand.ship, answers[-1], answers[:-1])
    return Heard(errand.session_id, errand.turn, reading, FALLBACK, 0.0, took_ms=int((time.perf_counter() - began) * 1000))
