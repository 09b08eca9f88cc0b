"""What changes in a talk with the guard. Whoever calls these holds the captain's state (`talks.lock`)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from persistence.database import Db
from persistence.talks import Session
from protocol.guard import Exchange, Mood, ShipType, Specs, Verdict
from protocol.onboarding import FALLBACK, Heard

KEEP_PAST = 20  # claims and approaches remembered on the state


async def open_session(db: Db, talk: Session, session: UUID | None) -> None:
    """Stores a new talk with its opening scene, and makes it the captain's open one. `session` is whose device asked for it."""
    connection = db.raw
    await connection.execute(
        """insert into first_login_sessions (id, player_id, started_at, fallback_to_rules, guard_name, guard_title, guard_trait,
              guard_description, guard_base_suspicion, client_info)
            values ($1, $2, $3, true, $4, $5, $6, $7, $8, jsonb_strip_nulls(jsonb_build_object('language', $9::text, 'device',
              (select z.device from sessions z where z.session_id = $10))))""",
        talk.talk_id,
        talk.player_id,
        talk.started_at,
        talk.guard.name,
        talk.guard.title,
        talk.guard.trait,
        talk.guard.description,
        talk.base_suspicion,
        talk.language,
        session,
    )
    await connection.execute(
        """insert into ship_presentation_options (id, session_id, available_ships, escape_pod_present, rarity_roll, seed_value)
           values ($1, $2, $3, $4, $5, $6)""",
        uuid7(),
        talk.talk_id,
        [each.value for each in talk.offers],
        ShipType.ESCAPE_POD in talk.offers,
        talk.roll,
        talk.seed,
    )
    await say(db, talk.talk_id, talk.turns[0].exchange, talk.started_at)
    await connection.execute(
        """update player_first_login_states set current_session_id = $2, attempts = attempts + 1, last_attempt_at = $3, claimed_ship = false,
             answered_questions = false where player_id = $1""",
        talk.player_id,
        talk.talk_id,
        talk.started_at,
    )


async def say(db: Db, talk: UUID, line: Exchange, at: datetime) -> None:
    """Stores what the guard says."""
    await db.raw.execute(
        "insert into dialogue_exchanges (id, session_id, sequence_number, npc_prompt, topic, timestamp) values ($1, $2, $3, $4, $5, $6)",
        uuid7(),
        talk,
        line.turn,
        line.text,
        line.topic,
        at,
    )


async def claim(db: Db, talk: Session, ship: ShipType) -> None:
    """Stores which ship a captain calls their own."""
    await db.raw.execute("update first_login_sessions set ship_claimed = $2 where id = $1", talk.talk_id, ship.value)
    await db.raw.execute("update player_first_login_states set claimed_ship = true where player_id = $1", talk.player_id)


async def answer(db: Db, talk: UUID, turn: int, text: str, callsign: str | None, at: datetime) -> None:
    """Stores what was said to a turn, and the name that was in it when none was heard before."""
    await db.raw.execute(
        "update dialogue_exchanges set player_response = $3, answered_at = $4 where session_id = $1 and sequence_number = $2",
        talk,
        turn,
        text,
        at,
    )
    if callsign is not None:
        await db.raw.execute(
            "update first_login_sessions set extracted_player_name = coalesce(extracted_player_name, $2) where id = $1", talk, callsign
        )


async def read(db: Db, heard: Heard, suspicion: float, mood: Mood) -> None:
    """Stores how the answer to a turn came across."""
    reading = heard.reading
    perceived = {
        "claims": [each.text for each in reading.claims],
        "facts": reading.claims,
        "negotiation_skill": reading.negotiation_skill,
        "mentions_cat": reading.mentions_cat,
        "reasons": reading.reasons,
        "mood": mood,
    }
    await db.raw.execute(
        """update dialogue_exchanges set persuasiveness = $3, confidence = $4, consistency = $5, believability = $6, current_suspicion = $7,
             key_extracted_info = $8::text::jsonb, detected_contradictions = $9, ai_provider = $10, response_time_ms = $11, tokens_used = $12,
             estimated_cost_usd = $13, ai_system_prompt = $14, ai_user_prompt = $15, ai_raw_response = $16
           where session_id = $1 and sequence_number = $2""",
        heard.session_id,
        heard.turn,
        reading.persuasiveness,
        reading.confidence,
        reading.consistency,
        reading.believability,
        suspicion,
        msgspec.json.encode(perceived).decode(),
        reading.contradictions,
        heard.provider,
        heard.took_ms,
        heard.tokens,
        heard.cost_usd,
        heard.call.system_prompt if heard.call else None,
        heard.call.user_prompt if heard.call else None,
        heard.call.raw if heard.call else None,
    )
    if heard.provider != FALLBACK:
        await db.raw.execute(
            """update first_login_sessions set ai_service_used = true, fallback_to_rules = exists (
                 select from dialogue_exchanges where session_id = $1 and ai_provider = $2) where id = $1""",
            heard.session_id,
            FALLBACK,
        )


async def decide(db: Db, talk: Session, verdict: Verdict, approach: str, at: datetime) -> None:
    """Stores the verdict on a talk, and what the captain tried on their state."""
    await db.raw.execute(
        """update first_login_sessions s set completed_at = $2, negotiation_skill = $3, final_persuasion_score = $4, outcome = $5,
             awarded_ship = $6, starting_credits = $7, negotiation_bonus_flag = $8, notoriety_penalty = $9, verdict = $10::text::jsonb,
             fallback_to_rules = exists (select from dialogue_exchanges e where e.session_id = s.id and e.ai_provider = $11),
             performance_metrics = jsonb_build_object(
               'response_time_ms', (select coalesce(round(avg(e.response_time_ms)), 0) from dialogue_exchanges e where e.session_id = s.id),
               'client_latency_ms', null,
               'dialogue_duration_seconds', round(extract(epoch from $2 - s.started_at)))
           where id = $1""",
        talk.talk_id,
        at,
        verdict.negotiation_skill.value,
        verdict.final_score,
        verdict.outcome.value,
        verdict.awarded_ship.value,
        verdict.starting_credits,
        verdict.bonus,
        verdict.notoriety,
        msgspec.json.encode(verdict).decode(),
        FALLBACK,
    )
    await db.raw.execute(
        f"""update player_first_login_states set answered_questions = true,
              previous_ship_claims = (previous_ship_claims || $2::varchar)[greatest(1, cardinality(previous_ship_claims) + 2 - {KEEP_PAST}):],
              previous_dialogue_strategies = (previous_dialogue_strategies || $3::varchar)
                [greatest(1, cardinality(previous_dialogue_strategies) + 2 - {KEEP_PAST}):]
            where player_id = $1""",
        talk.player_id,
        talk.claimed.value if talk.claimed else "",
        approach,
    )


async def build_ship(
    db: Db,
    ship: UUID,
    owner: UUID,
    name: str,
    type_: ShipType,
    specs: Specs,
    cargo: dict[str, object],
    combat: dict[str, int],
    worth: int,
    at: datetime,
) -> None:
    """Makes a captain's flagship, whole and empty, where the captain is."""
    maintenance = {"condition": 100.0, "last_maintenance": at, "next_maintenance": None, "repair_needed": False}
    await db.raw.execute(
        """insert into ships (id, name, type, owner_id, sector_id, base_speed, current_speed, turn_cost, warp_capable, status, maintenance, cargo,
             combat, is_flagship, purchase_value, current_value, created_at, last_updated)
           select $1, $3, $4, p.id, p.current_sector_id, $5, $5, $6, $7,
             (case when p.is_docked then 'DOCKED' when p.is_landed then 'LANDED' else 'IN_SPACE' end)::ship_status,
             $8::text::jsonb, $9::text::jsonb, $10::text::jsonb, true, $11, $11, $12, $12 from players p where p.id = $2""",
        ship,
        owner,
        name,
        type_.value,
        specs.speed,
        specs.turn_cost,
        specs.warp_capable,
        msgspec.json.encode(maintenance).decode(),
        msgspec.json.encode(cargo).decode(),
        msgspec.json.encode(combat).decode(),
        worth,
        at,
    )


async def finish(
    db: Db, talk: Session, ship: UUID, trade_bonus: float, first_login: dict[str, object], relationship: int, at: datetime
) -> None:
    """Ends a captain's onboarding for good: the flags, the ship to fly, the bonus, and what ARIA makes of it."""
    await db.raw.execute("update first_login_sessions set granted_at = $2 where id = $1", talk.talk_id, at)
    await db.raw.execute(
        "update player_first_login_states set has_completed_first_login = true, received_resources = true where player_id = $1",
        talk.player_id,
    )
    await db.raw.execute(
        """update players set current_ship_id = $2, trade_bonus = greatest(trade_bonus, $3), aria_relationship_score = $4,
             aria_total_interactions = greatest(aria_total_interactions, 1), first_login = $5::text::jsonb where id = $1""",
        talk.player_id,
        ship,
        trade_bonus,
        relationship,
        msgspec.json.encode(first_login).decode(),
    )


async def start_tutorial(db: Db, player: UUID) -> bool:
    """Notes that a captain who has come past the guard began the tutorial. False for one who has not."""
    done = await db.raw.execute(
        "update player_first_login_states set tutorial_started = true where player_id = $1 and has_completed_first_login", player
    )
    return bool(done.endswith(" 1"))
