"""Signed-in devices and the tokens that speak for them. Hashes only; a leaked table opens nothing."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from persistence.tables.base import Base, BigZero, Born, No, Str16, Str255, one_of


class Session(Base):
    """One signed-in device. `fence` rises with every socket that takes it over; `gateway_id` names who holds it now.
    `shared`: at its start, or since, its account was on another gateway too.

    What its spent refresh tokens were spent on stands with them, in `refresh_tokens`.
    """

    __tablename__ = "sessions"

    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    family_id: Mapped[UUID]
    refresh_hash: Mapped[bytes | None]
    refresh_expires_at: Mapped[datetime | None]
    device: Mapped[Str255 | None]
    created_at: Mapped[Born]
    last_seen_at: Mapped[Born]
    revoked_at: Mapped[datetime | None]
    revoked_why: Mapped[str | None]
    gateway_id: Mapped[UUID | None]
    fence: Mapped[BigZero]
    connected_at: Mapped[datetime | None]
    door: Mapped[Str16] = mapped_column(server_default="player")
    shared: Mapped[No]

    __table_args__ = (
        CheckConstraint("fence >= 0", "fence"),
        CheckConstraint(one_of("door", "player", "staff"), "door"),
        # Partial, because a plain unique index on a column that changes would turn each rotation into a key update.
        Index("uq_sessions_refresh_hash", "refresh_hash", unique=True, postgresql_where=text("refresh_hash is not null")),
        Index("ix_sessions_live", "user_id", postgresql_where=text("revoked_at is null")),
        Index("ix_sessions_user_id", "user_id"),
        Index("ix_sessions_shared", "gateway_id", postgresql_where=text("shared")),
        Index("ix_sessions_gateway", "gateway_id", postgresql_where=text("gateway_id is not null")),
    )


class AccessToken(Base):
    """A short-lived token of a session, by its SHA-256."""

    __tablename__ = "access_tokens"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.session_id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
