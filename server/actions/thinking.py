"""The guard is given an answer to think about: what the errand needs, money for a model if there is one, and the reckoning after."""

from __future__ import annotations

import math
import secrets
import time

from uuid_utils.compat import uuid7

from persistence import budgets
from persistence.events import millis
from persistence.talks import Session
from protocol.guard import ShipType
from protocol.onboarding import FALLBACK, Heard
from server.asked import AskGuard, AskModel
from server.context import Ctx, PlayerCtx
from server.rules import negotiation, prompts, reader

CANARY_BYTES = 8


async def think(ctx: PlayerCtx, talk: Session, turn: int, text: str) -> None:
    """Asks for the errand that reads the answer to a turn of a talk. The talk is as it was before the answer."""
    earlier = [(each.exchange.turn, each.exchange.answer or "") for each in talk.turns if each.exchange.turn < turn]
    ship = talk.claimed or ShipType.ESCAPE_POD
    questions = [(each.exchange.turn, each.exchange.topic, each.exchange.text) for each in talk.turns if each.exchange.turn <= turn]
    model = await _model(ctx, talk, turn, text)
    ctx.later(AskGuard(talk.talk_id, ship, turn, text, earlier, model=model, questions=questions, language=talk.language))


def at_once(talk: Session, ship: ShipType, text: str) -> Heard:
    """What the rules read in a claim that no guard needs to think about."""
    began, scene = time.perf_counter(), talk.turns[0].exchange
    reading = reader.read(ship, reader.Answer(1, text, scene.text, scene.topic), [], talk.language)
    return Heard(talk.talk_id, 1, reading, FALLBACK, 0.0, took_ms=math.ceil((time.perf_counter() - began) * 1000))


async def _model(ctx: PlayerCtx, talk: Session, turn: int, text: str) -> AskModel | None:
    """What to ask a model, with the money for it set aside. None without a model, or when too much was spent."""
    if ctx.terms is None:
        return None
    answers = 1 + sum(each.reading is not None for each in talk.turns)
    said = {each.exchange.turn: prompts.Said(each.exchange.text, each.exchange.answer or "") for each in talk.turns}
    prompt = prompts.prompt(
        talk.guard,
        talk.claimed or ShipType.ESCAPE_POD,
        [each for at, each in said.items() if at < turn],
        prompts.Said(said[turn].question, text),
        canary=secrets.token_hex(CANARY_BYTES),
        last=answers >= negotiation.MOST_ANSWERS,
        language=talk.language,
    )
    reservation = budgets.Reservation(uuid7(), ctx.player, talk.talk_id, ctx.terms.worst(prompt.size))
    if not await budgets.reserve(ctx.db, reservation, ctx.terms.budgets):
        return None
    who, worst = ctx.terms, reservation.micro_usd
    return AskModel(ctx.player, reservation.id, prompt, talk.suspicion, answers, millis(ctx.now), who.provider, who.model, worst)


async def settle(ctx: Ctx, heard: Heard) -> None:
    """Settles what was set aside for a turn with what its call has cost, once."""
    if heard.reservation_id is not None:
        await budgets.settle(ctx.db, heard.reservation_id, heard.session_id, heard.call)
