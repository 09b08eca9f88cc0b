"""What staff see and do: cases, sanctions, appeals, and the record of every staff action."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from persistence.tables.base import (
    Base,
    Born,
    Empty,
    Id,
    Str20,
    Str50,
    Str100,
    Zero,
    one_of,
)


class ModerationCase(Base):
    """Something a person must look at. `snapshot` is the message and its neighbours as they stood when it was opened."""

    __tablename__ = "moderation_cases"

    case_id: Mapped[Id]
    state: Mapped[Str20] = mapped_column(server_default="open")
    source: Mapped[Str20]
    severity: Mapped[Zero]
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"))
    player_id: Mapped[UUID | None] = mapped_column(ForeignKey("players.id", ondelete="SET NULL"), index=True)
    snapshot: Mapped[Empty]
    flag_count: Mapped[Zero]
    opened_at: Mapped[Born]
    claimed_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    claimed_until: Mapped[datetime | None]
    resolved_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    resolved_at: Mapped[datetime | None]
    action: Mapped[Str20 | None]
    reason: Mapped[str | None]
    undo_until: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(one_of("state", "open", "claimed", "resolved"), "state"),
        CheckConstraint(one_of("source", "report", "filter", "appeal"), "source"),
        CheckConstraint(one_of("action", "accept", "redact", "block", "delete", "dismiss"), "action"),
        CheckConstraint("flag_count >= 0", "flag_count"),
        Index(
            "uq_moderation_cases_message", "message_id", unique=True, postgresql_where=text("state <> 'resolved' and source <> 'appeal'")
        ),
        Index("ix_moderation_cases_queue", text("flag_count desc"), "opened_at", postgresql_where=text("state <> 'resolved'")),
        Index("ix_moderation_cases_message", "message_id"),
    )


class Sanction(Base):
    """Something done to a captain's account, until when, and whether it was lifted. `until` null is for good."""

    __tablename__ = "sanctions"

    sanction_id: Mapped[Id]
    player_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"))
    kind: Mapped[Str20]
    until: Mapped[datetime | None]
    reason_code: Mapped[Str50 | None]
    reason: Mapped[str]
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("moderation_cases.case_id", ondelete="SET NULL"), index=True)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[Born]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    lift_reason: Mapped[str | None]

    __table_args__ = (
        CheckConstraint(one_of("kind", "warn", "mute", "kick", "suspend", "ban"), "kind"),
        Index("ix_sanctions_in_force", "player_id", "kind", postgresql_where=text("lifted_at is null")),
        Index("ix_sanctions_player", "player_id", "created_at"),
    )


class Appeal(Base):
    """A captain's answer to a case, once."""

    __tablename__ = "appeals"

    appeal_id: Mapped[Id]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("moderation_cases.case_id", ondelete="CASCADE"))
    player_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"), index=True)
    text: Mapped[str]
    state: Mapped[Str20] = mapped_column(server_default="open")
    created_at: Mapped[Born]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("case_id", "player_id"),
        CheckConstraint(one_of("state", "open", "granted", "refused"), "state"),
    )


class StaffAct(Base):
    """One write by staff: who, in which role, what, to whom, why. Append only, and outlives everybody named in it."""

    __tablename__ = "staff_audit"

    id: Mapped[Id]
    user_id: Mapped[UUID | None]
    role: Mapped[Str20]
    command: Mapped[Str100]
    player_id: Mapped[UUID | None]
    reason: Mapped[str]
    details: Mapped[Empty]
    at: Mapped[Born]

    __table_args__ = (Index("ix_staff_audit_at", "at", "id"), Index("ix_staff_audit_player", "player_id", "at"))
