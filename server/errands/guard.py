"""The guard thinks: an answer is read outside any transaction, with nothing held, and comes back as `onboarding.heard`.

The word rules read it in any case. A model that is configured, affordable, in time and in good form may shade what they read
(rules/blending.py) and phrase the next question (rules/guard_lines.py); else the turn is theirs alone.
"""

from __future__ import annotations

import math
import time

import msgspec

from protocol.guard import ModelCall, Reading
from protocol.onboarding import FALLBACK, Heard, LineDelta
from protocol.streams import Stream
from server.asked import AskGuard, AskModel
from server.errands import Outside, runs
from server.providers.asking import LOST
from server.rules import guard_lines, negotiation, reader, replies
from server.rules.blending import blend
from server.rules.spending import MICRO

PIECE = 8  # characters; the least that is worth a signal of its own


@runs
async def ask_guard(errand: AskGuard, outside: Outside) -> Heard:
    """What the answer sounds like, and what a model would say to it."""
    began = time.perf_counter()
    questions = {turn: (question, topic) for turn, topic, question in errand.questions}
    answers = [reader.Answer(turn, text, *questions.get(turn, ("", ""))) for turn, text in [*errand.earlier, (errand.turn, errand.text)]]
    reading = reader.read(errand.ship, answers[-1], answers[:-1], errand.language)
    asked, model = errand.model, outside.model
    heard = Heard(errand.session_id, errand.turn, reading, FALLBACK, 0.0, reservation_id=asked.reservation_id if asked else None)
    if asked is None:
        return _timed(heard, began)
    if outside.attempt > 1 and (model is not None or asked.provider):
        # Whoever began this may have asked already, and one answer is worth one call.
        call = lost(asked) if asked.provider or model is None else model.lost(asked.prompt)
        return _timed(_with(heard, call=call, cost_usd=call.cost_micro_usd / MICRO), began)
    if model is None:
        return _timed(heard, began)
    voice = _Voice(errand, asked, reading, outside)
    # Counted from the answer, so that a queue costs the model time and not the player. Clocks may differ: never more than all of it.
    waited_s = min(model.turn_s, max(0.0, time.time() - asked.asked_at / 1000))
    call_made, reply = await model.ask(asked.prompt, asked.player_id, model.turn_s - waited_s, voice.heard)
    if call_made is None:
        return _timed(heard, began)
    heard = _with(
        heard,
        call=call_made,
        cost_usd=call_made.cost_micro_usd / MICRO,
        tokens=call_made.tokens_in + call_made.tokens_out,
    )
    if reply is not None:
        blended = blend(reading, reply.impression)
        heard = _with(heard, reading=blended, provider=call_made.provider, line=voice.line(reply.line))
    return _timed(heard, began)


def lost(asked: AskModel) -> ModelCall:
    """A call that somebody else may have made, and whose end nobody saw: charged as the dearest it can have been, whoever settles it,
    even a gateway that has no model of its own."""
    prompt = asked.prompt
    return ModelCall(asked.provider, asked.name, LOST, cost_micro_usd=asked.micro_usd, system_prompt=prompt.system, user_prompt=prompt.user)


class _Voice:
    """Shows a line while it is written, as far as it is sure to be said."""

    def __init__(self, errand: AskGuard, asked: AskModel, reading: Reading, outside: Outside) -> None:
        self.turn = errand.turn + 1
        self.asked = asked
        self.reading = reading
        self.outside = outside
        self.shown = ""
        self.silent = False
        self.asks: bool | None = None

    def heard(self, text: str) -> None:
        """The reply goes as far as this."""
        if self.silent:
            return
        reply = replies.partial(text)
        if reply.impression is None:
            return
        if self.asks is None:
            # A last word is the rules', and so is holding a contradiction against somebody.
            reading = blend(self.reading, reply.impression)
            ends = negotiation.hear(self.asked.suspicion, reading, self.asked.answers).end is not None
            self.asks = not ends and not self.reading.contradictions
        line = guard_lines.shown(reply.line, self.asked.prompt.canary) if self.asks else None
        if line is None:
            self.silent = True
        elif line.startswith(self.shown) and len(line) - len(self.shown) >= PIECE:
            self._show(line)

    def line(self, text: str) -> str | None:
        """What the guard says of a whole line, shown to its end; None when it is not fit to be said."""
        line = guard_lines.clean(text)
        if self.reading.contradictions:
            return None
        if guard_lines.flaw(line, self.asked.prompt.canary) is not None:
            return None
        if self.asks and line.startswith(self.shown) and line != self.shown:
            self._show(line)
        return line

    def _show(self, line: str) -> None:
        piece = LineDelta(self.turn, line[len(self.shown) :], len(self.shown))
        self.outside.signal(piece, Stream.player(self.asked.player_id))
        self.shown = line


def _timed(heard: Heard, began: float) -> Heard:
    return _with(heard, took_ms=math.ceil((time.perf_counter() - began) * 1000))


def _with(heard: Heard, **changes: object) -> Heard:
    return msgspec.structs.replace(heard, **changes)
