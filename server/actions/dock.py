"""What happens at the dock whoever caused it: a talk begins, the guard says a line, the guard decides."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import cast

from uuid_utils.compat import uuid7

from persistence import onboardings, players, talks
from persistence.events import millis
from persistence.talks import Session, State, Turn
from protocol.guard import (
    Exchange,
    Guard,
    Outcome,
    Reader,
    Reading,
    Scores,
    ShipType,
    Talk,
    TalkId,
    Verdict,
)
from protocol.onboarding import FALLBACK, GuardSpoke, Heard, TalkStarted, VerdictGiven
from protocol.streams import Stream
from server.context import Ctx, PlayerCtx
from server.rules import guards, negotiation, offers, questions
from server.rules.catalogue import spoken

MOST_DRAWS = 3  # of guard and ships, for each captain; domain.md 2.10


async def open_talk(ctx: PlayerCtx, state: State, last: Session | None, *, again: bool) -> Talk:
    """Begins a talk. Guard and ships are those of the `last` one, unless there is none or they are drawn `again` and may be."""
    talk_id = TalkId(uuid7())
    chosen = (await players.settings(ctx.db, ctx.player)).get("language", {}).get("code")
    language = spoken(chosen, ctx.caller.locale)
    if last is None or (again and await talks.draws(ctx.db, ctx.player) < MOST_DRAWS):
        persona, seed = guards.choose(str(talk_id), language), secrets.token_hex(offers.SEED_BYTES)
        roll, ships = offers.draw(seed)
        guard, suspicion = Guard(persona.name, persona.title, persona.trait, persona.description), persona.suspicion
    else:
        met = last.guard
        guard = Guard(met.name, met.title, met.trait, guards.described(met.name, met.title, met.trait, language))
        suspicion, seed, roll, ships = last.base_suspicion, last.seed, last.roll, last.offers
    scene = Exchange(
        1,
        questions.INTRODUCTION,
        questions.scene(guard.name, guard.title, questions.Voice(guard.trait, language), ctx.dice),
        millis(ctx.now),
    )
    opening = Turn(scene, ctx.now, None, None, None, None)
    talk = Session(talk_id, ctx.player, ctx.now, guard, suspicion, ships, roll, seed, None, None, None, None, None, [opening], language)
    await onboardings.open_session(ctx.db, talk, ctx.caller.session_id)
    view = talks.view(talk, state.attempts + 1, offers.offer)
    ctx.emit(TalkStarted(view), to=ctx.own)
    return view


async def reply(ctx: Ctx, talk: Session, heard: Heard) -> None:
    """The guard has heard the answer to a turn: asks the next question, or decides. The captain's state is held."""
    readings = [*_readings(talk, heard.turn), heard.reading]
    hearing = negotiation.hear(talk.suspicion, heard.reading, len(readings))
    await onboardings.read(ctx.db, heard, hearing.suspicion, hearing.mood)
    claimed = cast(ShipType, talk.claimed)
    if claimed is ShipType.ESCAPE_POD or hearing.end is not None:
        modifier = guards.modifier(talk.guard.trait, talk.base_suspicion)
        verdict = (
            negotiation.pod(talk.language)
            if claimed is ShipType.ESCAPE_POD
            else negotiation.judge(claimed, modifier, readings, talk.language)
        )
        await _conclude(ctx, talk, heard, hearing, readings, verdict)
        return
    said = [questions.Line(each.exchange.topic, each.exchange.text) for each in talk.turns]
    answered = questions.Answered(hearing.mood, hearing.trend, heard.reading.contradictions, rude=_is_rude(heard.reading))
    line = questions.pressed(heard.line) if heard.line else questions.question(claimed, said, answered, _voice(talk), ctx.dice)
    await _speak(ctx, talk, heard, hearing, line, final=False)


async def _conclude(
    ctx: Ctx, talk: Session, heard: Heard, hearing: negotiation.Hearing, readings: Sequence[Reading], verdict: Verdict
) -> None:
    claimed = cast(ShipType, talk.claimed)
    caught = verdict.outcome is Outcome.FAILURE and negotiation.caught(readings)
    awarded, credits = verdict.awarded_ship, verdict.starting_credits
    line = questions.closing(claimed, awarded, verdict.outcome, credits, _voice(talk), caught=caught, dice=ctx.dice)
    await _speak(ctx, talk, heard, hearing, line, final=True)
    await onboardings.decide(ctx.db, talk, verdict, negotiation.approach(claimed, readings).value, ctx.now)
    told = VerdictGiven(**{each: getattr(verdict, each) for each in verdict.__struct_fields__})
    ctx.emit(told, to=Stream.player(talk.player_id))


async def _speak(ctx: Ctx, talk: Session, heard: Heard, hearing: negotiation.Hearing, line: questions.Line, *, final: bool) -> None:
    reading, said = heard.reading, Exchange(heard.turn + 1, line.topic, line.text, millis(ctx.now))
    await onboardings.say(ctx.db, talk.talk_id, said, ctx.now)
    spoken = GuardSpoke(
        turn=said.turn,
        text=said.text,
        topic=said.topic,
        asked_at=said.asked_at,
        mood=hearing.mood,
        suspicion=hearing.suspicion,
        trend=hearing.trend,
        scores=Scores(reading.persuasiveness, reading.confidence, reading.consistency, reading.believability),
        by=Reader.RULES if heard.provider == FALLBACK else Reader.MODEL,
        claims=reading.claims,
        contradictions=reading.contradictions,
        final=final,
    )
    ctx.emit(spoken, to=Stream.player(talk.player_id))


def _voice(talk: Session) -> questions.Voice:
    return questions.Voice(talk.guard.trait, talk.language)


def _is_rude(reading: Reading) -> bool:
    return any(each.kind == "insult" for each in reading.reasons)


def _readings(talk: Session, before: int) -> list[Reading]:
    return [each.reading for each in talk.turns if each.reading is not None and each.exchange.turn < before]
