"""Onboarding: meeting the guard, claiming a ship, answering, and taking the reward once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec

from persistence import onboardings, talks
from persistence.events import millis
from persistence.talks import Session, State
from protocol import onboarding
from protocol.guard import ShipType, Stage, Talk
from protocol.refusals import BadRequest
from server.actions import dock, rewards, thinking
from server.context import PlayerCtx, SystemCtx
from server.dispatch import handles
from server.rules import callsign, introductions, offers

IDLE_H = 24  # game hours the guard waits for a word; domain.md 2.10
MOST_A_PAGE = 20  # talks; a page of more would be half a megabyte


@handles
async def start(ctx: PlayerCtx, cmd: onboarding.Start) -> onboarding.Opened:
    """The open talk as it is; a first one, or one in place of an expired one."""
    state, talk = await _own(ctx)
    if talk is not None and not _is_expired(ctx, talk):
        return _opened(talks.view(talk, state.attempts, offers.offer))
    return _opened(await dock.open_talk(ctx, state, talk, again=False))


@handles
async def restart(ctx: PlayerCtx, cmd: onboarding.Restart) -> onboarding.Opened:
    """A new talk in place of the open one."""
    state, talk = await _own(ctx)
    return _opened(await dock.open_talk(ctx, state, talk, again=True))


@handles
async def claim(ctx: PlayerCtx, cmd: onboarding.Claim) -> onboarding.ClaimHeard:
    """Stores the claim. The guard thinks about it, unless it is the truth."""
    state = await talks.lock(ctx.db, ctx.player)
    if state.completed:
        raise onboarding.AlreadyClaimed
    if state.talk_id is None:
        raise onboarding.NotOffered
    talk = await talks.session(ctx.db, state.talk_id)
    if talk.claimed is not None:
        raise onboarding.AlreadyClaimed
    _check_waiting(ctx, talk)
    if cmd.ship not in talk.offers:
        raise onboarding.NotOffered
    name = _name_in(talk, cmd.text)
    await onboardings.claim(ctx.db, talk, cmd.ship)
    await onboardings.answer(ctx.db, talk.talk_id, 1, cmd.text, name, ctx.now)
    ctx.emit(onboarding.Claimed(cmd.ship, cmd.text, millis(ctx.now), name), to=ctx.own)
    talk = talk._replace(claimed=cmd.ship)
    if cmd.ship is ShipType.ESCAPE_POD:
        await dock.reply(ctx, talk, thinking.at_once(talk, cmd.ship, cmd.text))
        return onboarding.ClaimHeard(Stage.COMPLETION, 2)
    await thinking.think(ctx, talk, 1, cmd.text)
    return onboarding.ClaimHeard(Stage.DIALOGUE, 2)


@handles
async def answer(ctx: PlayerCtx, cmd: onboarding.AnswerQuestion) -> onboarding.AnswerHeard:
    """Stores the words, and asks the guard to think about them."""
    state = await talks.lock(ctx.db, ctx.player)
    if state.talk_id is None:
        raise onboarding.NoQuestion
    talk = await talks.session(ctx.db, state.talk_id)
    _check_turn(talk, cmd.turn)
    _check_waiting(ctx, talk)
    name = _name_in(talk, cmd.text) if talk.callsign is None else None
    await onboardings.answer(ctx.db, talk.talk_id, cmd.turn, cmd.text, name, ctx.now)
    ctx.emit(onboarding.Answered(cmd.turn, cmd.text, millis(ctx.now), name), to=ctx.own)
    await thinking.think(ctx, talk, cmd.turn, cmd.text)
    return onboarding.AnswerHeard(cmd.turn, heard=True)


@handles
async def heard(ctx: SystemCtx, cmd: onboarding.Heard) -> onboarding.Taken:
    """The end of the guard's errand. A turn that was heard already, or belongs to a dropped talk, is left as it is."""
    state = await talks.lock_of(ctx.db, cmd.session_id)
    # First of all: what a model has cost it has cost, whatever became of the talk.
    await thinking.settle(ctx, cmd)
    if state is None:
        return onboarding.Taken(taken=False)
    talk = await talks.session(ctx.db, cmd.session_id)
    last = talk.turns[-1]
    if talk.verdict is not None or last.exchange.turn != cmd.turn or last.answered_at is None or last.reading is not None:
        return onboarding.Taken(taken=False)
    await dock.reply(ctx, talk, cmd)
    return onboarding.Taken(taken=True)


@handles
async def complete(ctx: PlayerCtx, cmd: onboarding.Complete) -> onboarding.Rewarded:
    """Grants what the guard decided, once."""
    _, talk = await _own(ctx)
    if talk is None or talk.verdict is None:
        raise onboarding.NoOutcome
    wanted = (cmd.nickname_override or talk.callsign) if cmd.nickname_confirmed else None
    return await rewards.grant(ctx, talk, talk.verdict, wanted)


@handles
async def history(ctx: PlayerCtx, cmd: onboarding.History) -> onboarding.Pasts:
    """One's own talks, newest first."""
    limit = min(cmd.limit, MOST_A_PAGE)
    found = await talks.sessions(ctx.db, ctx.player, _talk_id(cmd.cursor), limit + 1)
    more = len(found) > limit
    return onboarding.Pasts([talks.past(each) for each in found[:limit]], str(found[limit - 1].talk_id) if more else None)


async def _own(ctx: PlayerCtx) -> tuple[State, Session | None]:
    """The caller's state, held, and their open talk. Raises AlreadyCompleted."""
    state = await talks.lock(ctx.db, ctx.player)
    if state.completed:
        raise onboarding.AlreadyCompleted
    return state, await talks.session(ctx.db, state.talk_id) if state.talk_id else None


def _check_turn(talk: Session, turn: int) -> None:
    """Raises WrongTurn for a turn that was answered or is not the one that stands, NoQuestion when none stands."""
    if any(each.exchange.turn == turn and each.answered_at is not None for each in talk.turns):
        raise onboarding.WrongTurn
    if talk.open_turn is None:
        raise onboarding.NoQuestion
    if talk.open_turn != turn:
        raise onboarding.WrongTurn


def _check_waiting(ctx: PlayerCtx, talk: Session) -> None:
    """Raises Expired when the guard has stopped waiting."""
    if _is_expired(ctx, talk):
        raise onboarding.Expired


def _is_expired(ctx: PlayerCtx, talk: Session) -> bool:
    return talk.verdict is None and ctx.now - talk.touched_at > ctx.span(timedelta(hours=IDLE_H))


def _name_in(talk: Session, text: str) -> str | None:
    name = introductions.heard_name(text)
    return name if name is not None and callsign.flaw(name) is None else None


def _opened(talk: Talk) -> onboarding.Opened:
    return onboarding.Opened(**msgspec.structs.asdict(talk))


def _talk_id(cursor: str | None) -> UUID | None:
    try:
        return UUID(cursor) if cursor else None
    except ValueError:
        raise BadRequest(fields=[{"path": "cursor", "code": "cursor", "message": "Not a cursor of ours."}]) from None
