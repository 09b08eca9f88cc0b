"""The talk with the dock guard: sessions, exchanges, ship offers, the rarity table, and each captain's standing in it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from persistence.tables.base import (
    Base,
    Born,
    Id,
    Json,
    No,
    Str20,
    Varchar,
    Yes,
    Zero,
    labels,
)

SHIPS = ("SCOUT_SHIP", "CARGO_HAULER", "ESCAPE_POD", "LIGHT_FREIGHTER", "DEFENDER", "FAST_COURIER", "COLONY_SHIP", "CARRIER")

SHIP_CHOICE = labels("ship_choice", *SHIPS)
NEGOTIATION_SKILL_LEVEL = labels("negotiation_skill_level", "WEAK", "AVERAGE", "STRONG")
DIALOGUE_OUTCOME = labels("dialogue_outcome", "SUCCESS", "PARTIAL_SUCCESS", "FAILURE")


class FirstLoginSession(Base):
    """One talk with a guard. `completed_at` is when the outcome was scored, `granted_at` when the reward was taken.

    `verdict` is the verdict as it was told, reasons and threshold included.
    """

    __tablename__ = "first_login_sessions"

    id: Mapped[Id]
    player_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"))
    started_at: Mapped[Born]
    completed_at: Mapped[datetime | None]
    ai_service_used: Mapped[No]
    fallback_to_rules: Mapped[No]
    guard_name: Mapped[Varchar | None]
    guard_title: Mapped[Varchar | None]
    guard_trait: Mapped[Varchar | None]
    guard_description: Mapped[Varchar | None]
    guard_base_suspicion: Mapped[float | None]
    ship_claimed: Mapped[str | None] = mapped_column(SHIP_CHOICE)
    extracted_player_name: Mapped[Varchar | None]
    negotiation_skill: Mapped[str | None] = mapped_column(NEGOTIATION_SKILL_LEVEL)
    final_persuasion_score: Mapped[float | None]
    outcome: Mapped[str | None] = mapped_column(DIALOGUE_OUTCOME)
    awarded_ship: Mapped[str | None] = mapped_column(SHIP_CHOICE)
    starting_credits: Mapped[int | None]
    negotiation_bonus_flag: Mapped[bool | None]
    notoriety_penalty: Mapped[bool | None]
    client_info: Mapped[Json | None]
    performance_metrics: Mapped[Json | None]
    verdict: Mapped[Json | None]
    granted_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("guard_base_suspicion between 0 and 1", "guard_base_suspicion"),
        CheckConstraint("final_persuasion_score between 0 and 1", "final_persuasion_score"),
        CheckConstraint("starting_credits >= 0", "starting_credits"),
        Index("ix_first_login_sessions_player", "player_id", "started_at"),
    )


class DialogueExchange(Base):
    """One turn of the talk. Number 1 is the opening scene; `player_response` is empty until it is answered."""

    __tablename__ = "dialogue_exchanges"

    id: Mapped[Id]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("first_login_sessions.id", ondelete="CASCADE"))
    sequence_number: Mapped[int]
    npc_prompt: Mapped[Varchar]
    player_response: Mapped[Varchar] = mapped_column(server_default="")
    timestamp: Mapped[Born]
    topic: Mapped[Varchar | None]
    persuasiveness: Mapped[float | None]
    confidence: Mapped[float | None]
    consistency: Mapped[float | None]
    key_extracted_info: Mapped[Json | None]
    detected_contradictions: Mapped[list[str] | None]
    ai_provider: Mapped[Str20 | None]
    ai_system_prompt: Mapped[Varchar | None]
    ai_user_prompt: Mapped[Varchar | None]
    ai_raw_response: Mapped[Varchar | None]
    believability: Mapped[float | None]
    current_suspicion: Mapped[float | None]
    response_time_ms: Mapped[int | None]
    estimated_cost_usd: Mapped[float | None]
    tokens_used: Mapped[int | None]
    answered_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("session_id", "sequence_number"),
        CheckConstraint("sequence_number >= 1", "sequence_number"),
        *(
            CheckConstraint(f"{score} between 0 and 1", score)
            for score in ("persuasiveness", "confidence", "consistency", "believability", "current_suspicion")
        ),
        CheckConstraint("response_time_ms >= 0 and estimated_cost_usd >= 0 and tokens_used >= 0", "costs"),
    )


class ShipPresentationOptions(Base):
    """The ships laid before the captain, and the seed from which that roll can be repeated."""

    __tablename__ = "ship_presentation_options"

    id: Mapped[Id]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("first_login_sessions.id", ondelete="CASCADE"), unique=True)
    available_ships: Mapped[list[str]]
    escape_pod_present: Mapped[Yes]
    rarity_roll: Mapped[int]
    special_event_active: Mapped[No]
    seed_value: Mapped[Varchar | None]

    __table_args__ = (CheckConstraint("rarity_roll between 0 and 100", "rarity_roll"),)


class ShipRarityConfig(Base):
    """What a ship is worth in the talk. Written by migrations only; read once, kept in memory."""

    __tablename__ = "ship_rarity_configs"

    id: Mapped[Id]
    ship_type: Mapped[str] = mapped_column(SHIP_CHOICE, unique=True)
    rarity_tier: Mapped[int]
    spawn_chance: Mapped[int]
    base_credits: Mapped[int]
    weak_threshold: Mapped[float]
    average_threshold: Mapped[float]
    strong_threshold: Mapped[float]

    __table_args__ = (
        CheckConstraint("rarity_tier between 1 and 7", "rarity_tier"),
        CheckConstraint("spawn_chance between 0 and 100", "spawn_chance"),
        CheckConstraint("base_credits >= 0", "base_credits"),
        CheckConstraint(
            "strong_threshold >= 0 and average_threshold >= strong_threshold and weak_threshold >= average_threshold and weak_threshold <= 1",
            "thresholds",
        ),
    )


class PlayerFirstLoginState(Base):
    """How far a captain has come, over all talks."""

    __tablename__ = "player_first_login_states"

    id: Mapped[Id]
    player_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"), unique=True)
    has_completed_first_login: Mapped[No]
    current_session_id: Mapped[UUID | None] = mapped_column(ForeignKey("first_login_sessions.id", ondelete="SET NULL"), index=True)
    attempts: Mapped[Zero]
    last_attempt_at: Mapped[datetime | None]
    claimed_ship: Mapped[No]
    answered_questions: Mapped[No]
    received_resources: Mapped[No]
    tutorial_started: Mapped[No]
    previous_ship_claims: Mapped[list[str]] = mapped_column(server_default="{}")
    previous_dialogue_strategies: Mapped[list[str]] = mapped_column(server_default="{}")

    __table_args__ = (CheckConstraint("attempts >= 0", "attempts"),)
