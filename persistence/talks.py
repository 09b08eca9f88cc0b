"""Talks with the guard as they are stored: read, held, and shown. Whoever changes a talk holds the captain's state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

import msgspec
from asyncpg import Record
from uuid_utils.compat import uuid7

from persistence.database import Db
from persistence.events import millis
from protocol.guard import (
    Exchange,
    Fact,
    Guard,
    Mood,
    Offer,
    Reader,
    Reading,
    Reason,
    Scores,
    ShipType,
    Stage,
    Talk,
    TalkId,
    Verdict,
)
from protocol.onboarding import FALLBACK, PastTalk
from protocol.types import PlayerId

T = TypeVar("T")


class State(NamedTuple):
    """How far a captain has come, over all talks."""

    player_id: PlayerId
    completed: bool
    talk_id: TalkId | None
    attempts: int


class Turn(NamedTuple):
    """One exchange as it is stored."""

    exchange: Exchange
    asked_at: datetime
    answered_at: datetime | None
    reading: Reading | None
    provider: str | None
    took_ms: int | None


class Session(NamedTuple):
    """A talk as it is stored, with its turns in order. `language` is what the guard speaks; empty in talks from before there was a choice."""

    talk_id: TalkId
    player_id: PlayerId
    started_at: datetime
    guard: Guard
    base_suspicion: float
    offers: list[ShipType]
    roll: int
    seed: str
    claimed: ShipType | None
    callsign: str | None
    verdict: Verdict | None
    completed_at: datetime | None
    granted_at: datetime | None
    turns: list[Turn]
    language: str = ""

    @property
    def suspicion(self) -> float:
        """Where the guard's suspicion is."""
        return next((each.exchange.suspicion for each in reversed(self.turns) if each.exchange.suspicion is not None), self.base_suspicion)

    @property
    def touched_at(self) -> datetime:
        """When somebody last said something."""
        return max(max(each.asked_at, each.answered_at or each.asked_at) for each in self.turns)

    @property
    def stage(self) -> Stage:
        """How far it is."""
        if self.verdict is not None:
            return Stage.COMPLETION
        return Stage.SHIP_SELECTION if self.claimed is None else Stage.DIALOGUE

    @property
    def open_turn(self) -> int | None:
        """The question that waits for an answer."""
        last = self.turns[-1]
        return last.exchange.turn if self.stage is Stage.DIALOGUE and last.answered_at is None else None


def view(talk: Session, attempts: int, offer: Callable[[ShipType], Offer]) -> Talk:
    """A talk as clients see it."""
    return Talk(
        session_id=talk.talk_id,
        state=talk.stage,
        guard=talk.guard,
        scene=talk.turns[0].exchange.text,
        offers=[offer(each) for each in talk.offers],
        attempts=attempts,
        exchanges=[each.exchange for each in talk.turns],
        started_at=millis(talk.started_at),
        suspicion=talk.suspicion,
        turn=talk.open_turn,
        ship=talk.claimed,
        callsign=talk.callsign,
        verdict=talk.verdict,
    )


def past(talk: Session) -> PastTalk:
    """A talk as its history shows it."""
    return PastTalk(
        session_id=talk.talk_id,
        started_at=millis(talk.started_at),
        guard=talk.guard,
        offers=talk.offers,
        exchanges=[each.exchange for each in talk.turns],
        ship=talk.claimed,
        verdict=talk.verdict,
        completed_at=millis(talk.completed_at) if talk.completed_at else None,
        granted_at=millis(talk.granted_at) if talk.granted_at else None,
    )


_STATE = "select player_id, has_completed_first_login, current_session_id, attempts from player_first_login_states"


async def lock(db: Db, player: UUID) -> State:
    """The captain's state, held until commit: one command at a time changes a captain's talks."""
    connection = db.raw
    row = await connection.fetchrow(f"{_STATE} where player_id = $1 for update", player)
    if row is None:
        await connection.execute(
            "insert into player_first_login_states (id, player_id) values ($1, $2) on conflict do nothing", uuid7(), player
        )
        row = await connection.fetchrow(f"{_STATE} where player_id = $1 for update", player)
    return State(*row)


async def lock_of(db: Db, talk: UUID) -> State | None:
    """The state of the captain whose open talk this is, held until commit. None when it is nobody's any more."""
    row = await db.raw.fetchrow(f"{_STATE} where current_session_id = $1 for update", talk)
    return State(*row) if row else None


async def state(db: Db, player: UUID) -> State | None:
    """The captain's state, or None."""
    row = await db.raw.fetchrow(f"{_STATE} where player_id = $1", player)
    return State(*row) if row else None


async def shown(db: Db, player: UUID, offer: Callable[[ShipType], Offer]) -> Talk | None:
    """The captain's open talk as clients see it, or None: never begun, or over for good."""
    found = await state(db, player)
    if found is None or found.completed or found.talk_id is None:
        return None
    return view(await session(db, found.talk_id), found.attempts, offer)


_SESSIONS = """select s.*, o.available_ships, o.rarity_roll, o.seed_value
  from first_login_sessions s join ship_presentation_options o on o.session_id = s.id"""


async def session(db: Db, talk: UUID) -> Session:
    """One talk. Raises LookupError."""
    row = await db.raw.fetchrow(f"{_SESSIONS} where s.id = $1", talk)
    if row is None:
        raise LookupError(f"no talk {talk}")
    return _session(row, await _turns(db, [talk]))


async def sessions(db: Db, player: UUID, before: UUID | None, limit: int) -> list[Session]:
    """A captain's talks, newest first; `before` is a talk to go on from."""
    rows = await db.raw.fetch(
        f"""{_SESSIONS} where s.player_id = $1
              and ($2::uuid is null or (s.started_at, s.id) < (select b.started_at, b.id from first_login_sessions b where b.id = $2 and b.player_id = $1))
            order by s.started_at desc, s.id desc limit $3""",
        player,
        before,
        limit,
    )
    turns = await _turns(db, [row["id"] for row in rows])
    return [_session(row, turns) for row in rows]


async def draws(db: Db, player: UUID) -> int:
    """How often guard and ships were drawn for a captain."""
    statement = """select count(distinct o.seed_value) from first_login_sessions s join ship_presentation_options o on o.session_id = s.id
                   where s.player_id = $1"""
    return int(await db.raw.fetchval(statement, player))


async def _turns(db: Db, talks: Sequence[UUID]) -> dict[UUID, list[Turn]]:
    rows = await db.raw.fetch(
        "select * from dialogue_exchanges where session_id = any($1::uuid[]) order by session_id, sequence_number", list(talks)
    )
    found: dict[UUID, list[Turn]] = {}
    for row in rows:
        found.setdefault(row["session_id"], []).append(_turn(row))
    return found


def _session(row: Record, turns: dict[UUID, list[Turn]]) -> Session:
    verdict = _json(row["verdict"], Verdict) if row["verdict"] is not None else None
    return Session(
        talk_id=TalkId(row["id"]),
        player_id=PlayerId(row["player_id"]),
        started_at=row["started_at"],
        guard=Guard(row["guard_name"], row["guard_title"], row["guard_trait"], row["guard_description"]),
        base_suspicion=row["guard_base_suspicion"],
        offers=[ShipType(each) for each in row["available_ships"]],
        roll=row["rarity_roll"],
        seed=row["seed_value"],
        claimed=ShipType(row["ship_claimed"]) if row["ship_claimed"] else None,
        callsign=row["extracted_player_name"],
        verdict=verdict,
        completed_at=row["completed_at"],
        granted_at=row["granted_at"],
        turns=turns[row["id"]],
        language=_json(row["client_info"] or "{}", _Met).language,
    )


class _Met(msgspec.Struct):
    language: str = ""


class _Perceived(msgspec.Struct):
    facts: list[Fact] = []
    negotiation_skill: float | None = None
    mentions_cat: bool = False
    reasons: list[Reason] = []
    mood: Mood | None = None


def _turn(row: Record) -> Turn:
    reading, answered, perceived = None, row["answered_at"], _json(row["key_extracted_info"] or "{}", _Perceived)
    if row["persuasiveness"] is not None:
        reading = Reading(
            row["persuasiveness"],
            row["confidence"],
            row["consistency"],
            row["believability"],
            perceived.negotiation_skill,
            perceived.facts,
            list(row["detected_contradictions"] or ()),
            perceived.mentions_cat,
            perceived.reasons,
        )
    exchange = Exchange(row["sequence_number"], row["topic"], row["npc_prompt"], millis(row["timestamp"]))
    if answered is not None:
        exchange = msgspec.structs.replace(exchange, answer=row["player_response"], answered_at=millis(answered))
    if reading is not None:
        scores = Scores(reading.persuasiveness, reading.confidence, reading.consistency, reading.believability)
        exchange = msgspec.structs.replace(
            exchange,
            scores=scores,
            suspicion=row["current_suspicion"],
            mood=perceived.mood,
            claims=reading.claims,
            contradictions=reading.contradictions,
            by=Reader.RULES if row["ai_provider"] == FALLBACK else Reader.MODEL,
        )
    return Turn(exchange, row["timestamp"], answered, reading, row["ai_provider"], row["response_time_ms"])


def _json(value: object, kind: type[T]) -> T:
    # asyncpg gives jsonb as text, unless SQLAlchemy taught this connection better.
    found = msgspec.json.decode(value) if isinstance(value, (str, bytes)) else value
    return msgspec.convert(found, kind)
