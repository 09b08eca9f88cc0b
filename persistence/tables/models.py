"""What asking a language model cost, and what may still be spent."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from persistence.tables.base import (
    Base,
    Big,
    BigZero,
    Born,
    Id,
    No,
    Ordered,
    Str20,
    Str50,
    Str100,
    Zero,
)


class AiCall(Base):
    """One call to a model, good or bad. Costs are millionths of a US dollar."""

    __tablename__ = "ai_call_log"

    id: Mapped[Id]
    player_id: Mapped[UUID | None] = mapped_column(ForeignKey("players.id", ondelete="SET NULL"))
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("first_login_sessions.id", ondelete="SET NULL"), index=True)
    purpose: Mapped[Str50]
    provider: Mapped[Str20]
    model: Mapped[Str100 | None]
    tokens_in: Mapped[Zero]
    tokens_out: Mapped[Zero]
    cost_micro_usd: Mapped[BigZero]
    latency_ms: Mapped[int | None]
    ok: Mapped[bool]
    error_class: Mapped[Str100 | None]
    at: Mapped[Born]

    __table_args__ = (
        CheckConstraint("tokens_in >= 0 and tokens_out >= 0 and cost_micro_usd >= 0 and latency_ms >= 0", "amounts"),
        Index("ix_ai_call_log_player", "player_id", "at"),
        Index("ix_ai_call_log_at", "at", postgresql_using="brin"),
    )


class AiBudget(Base):
    """Money spent by a scope (`all`, `player:<id>`, `talk:<id>`) in a period (`2026-11-23`, `2026-11-23T17`, `talk`), in millionths of
    a dollar. Whoever sets money aside holds the rows of all the scopes it counts for."""

    __tablename__ = "ai_budgets"

    scope: Mapped[Ordered] = mapped_column(primary_key=True)
    period: Mapped[Ordered] = mapped_column(primary_key=True)
    settled_micro_usd: Mapped[BigZero]
    calls: Mapped[Zero]
    updated_at: Mapped[Born]

    __table_args__ = (CheckConstraint("settled_micro_usd >= 0 and calls >= 0", "amounts"),)


class AiReservation(Base):
    """Money set aside for one call, until the call is settled or the reservation runs out: then it counts no more. A `settled` one
    is money spent that found `ai_budgets` held by somebody; it counts here instead, until its day is long over."""

    __tablename__ = "ai_reservations"

    id: Mapped[Id]
    player_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"))
    session_id: Mapped[UUID] = mapped_column(ForeignKey("first_login_sessions.id", ondelete="CASCADE"))
    day: Mapped[str]
    hour: Mapped[str]
    micro_usd: Mapped[Big]
    expires_at: Mapped[datetime]
    settled: Mapped[No]

    __table_args__ = (CheckConstraint("micro_usd >= 0", "micro_usd"), Index("ix_ai_reservations_expires", "expires_at"))
