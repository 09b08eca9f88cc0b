"""What factions think of captains and teams, what a captain is worth, and the trails of how it came to be."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from persistence.tables.base import (
    Base,
    BigZero,
    Born,
    EmptyList,
    Id,
    No,
    Nought,
    Ordered,
    Str20,
    Str50,
    Str100,
    Str255,
    Zero,
    labels,
)

REPUTATION_LEVEL = labels(
    "reputation_level",
    "PUBLIC_ENEMY", "CRIMINAL", "OUTLAW", "PIRATE", "SMUGGLER", "UNTRUSTWORTHY", "SUSPICIOUS", "QUESTIONABLE", "NEUTRAL",
    "RECOGNIZED", "ACKNOWLEDGED", "TRUSTED", "RESPECTED", "VALUED", "HONORED", "REVERED", "EXALTED",
)  # fmt: skip


class Reputation(Base):
    """What one faction thinks of one captain, -800..800. `trade_volume_carried` is what counts towards the next point."""

    __tablename__ = "reputations"

    id: Mapped[Id]
    player_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"), index=True)
    faction_id: Mapped[UUID] = mapped_column(ForeignKey("factions.id", ondelete="CASCADE"))
    current_value: Mapped[Zero]
    current_level: Mapped[str] = mapped_column(REPUTATION_LEVEL, server_default="NEUTRAL")
    title: Mapped[Str50] = mapped_column(server_default="Neutral")
    last_updated: Mapped[Born]
    decay_paused: Mapped[No]
    history: Mapped[EmptyList]
    trade_modifier: Mapped[Nought]
    mission_availability: Mapped[EmptyList]
    port_access_level: Mapped[Zero]
    combat_response: Mapped[Str50] = mapped_column(server_default="neutral")
    is_locked: Mapped[No]
    lock_reason: Mapped[Str255 | None]
    lock_expires: Mapped[datetime | None]
    special_status: Mapped[Str50 | None]
    last_decay_at: Mapped[datetime | None]
    trade_volume_carried: Mapped[BigZero]

    __table_args__ = (
        UniqueConstraint("player_id", "faction_id", name="uq_reputations_player_faction"),
        CheckConstraint("current_value between -800 and 800", "current_value"),
        CheckConstraint("trade_volume_carried >= 0", "trade_volume_carried"),
        Index("ix_reputations_faction_value", "faction_id", text("current_value desc")),
        Index("ix_reputations_lock_expires", "lock_expires", postgresql_where=text("is_locked")),
    )


class ReputationChange(Base):
    """One change of a captain's standing with a faction. Append only; throttles and explanations read it."""

    __tablename__ = "reputation_log"

    id: Mapped[Id]
    player_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"))
    faction_id: Mapped[UUID] = mapped_column(ForeignKey("factions.id", ondelete="CASCADE"))
    kind: Mapped[Str50]
    delta: Mapped[int]
    old_value: Mapped[int]
    new_value: Mapped[int]
    old_level: Mapped[str] = mapped_column(REPUTATION_LEVEL)
    new_level: Mapped[str] = mapped_column(REPUTATION_LEVEL)
    reason: Mapped[Str255 | None]
    actor: Mapped[Str100 | None]
    at: Mapped[Born]

    __table_args__ = (
        Index("ix_reputation_log_player", "player_id", "faction_id", "at"),
        Index("ix_reputation_log_faction", "faction_id"),
    )


class AlignmentChange(Base):
    """One change of a captain's personal reputation. Append only."""

    __tablename__ = "alignment_log"

    id: Mapped[Id]
    player_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"))
    kind: Mapped[Str50]
    delta: Mapped[int]
    old_value: Mapped[int]
    new_value: Mapped[int]
    reason: Mapped[Str255 | None]
    actor: Mapped[Str100 | None]
    at: Mapped[Born]

    __table_args__ = (Index("ix_alignment_log_player", "player_id", "at"),)


class TeamReputationChange(Base):
    """One crossing of a tier by a team, or one switch of its method. Append only."""

    __tablename__ = "team_reputation_log"

    id: Mapped[Id]
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    kind: Mapped[Str50]
    faction_id: Mapped[UUID | None] = mapped_column(ForeignKey("factions.id", ondelete="CASCADE"), index=True)
    old_value: Mapped[int | None]
    new_value: Mapped[int | None]
    old_level: Mapped[str | None] = mapped_column(REPUTATION_LEVEL)
    new_level: Mapped[str | None] = mapped_column(REPUTATION_LEVEL)
    method: Mapped[Str20]
    actor_player_id: Mapped[UUID | None]
    at: Mapped[Born]

    __table_args__ = (Index("ix_team_reputation_log_team", "team_id", "at"),)


class SubscriptionEvent(Base):
    """A payment event that has been applied. The key is the payer's event id, so that it is applied once."""

    __tablename__ = "subscription_events"

    event_id: Mapped[Ordered] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[Str50]
    at: Mapped[datetime]
    applied_at: Mapped[Born]
