"""Everything captains say that lasts, who has read it, who objects to it, and who will not hear whom."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from persistence.tables.base import (
    Base,
    Born,
    Id,
    No,
    Str10,
    Str16,
    Str20,
    Str50,
    Str255,
    one_of,
)


class Message(Base):
    """A line or a letter. `player` has a recipient, `team` a team, `system` no sender.

    When a captain or team is erased their columns fall to null and a trigger stamps `orphaned_at`, which is what excuses the
    row from having them; nothing else may set it. `seen_at` is when its sender was told that it was read.
    """

    __tablename__ = "messages"

    id: Mapped[Id]
    sender_id: Mapped[UUID | None] = mapped_column(ForeignKey("players.id", ondelete="SET NULL"))
    recipient_id: Mapped[UUID | None] = mapped_column(ForeignKey("players.id", ondelete="SET NULL"))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
    subject: Mapped[Str255 | None]
    content: Mapped[str]
    sent_at: Mapped[Born]
    read_at: Mapped[datetime | None]
    deleted_by_sender: Mapped[No]
    deleted_by_recipient: Mapped[No]
    thread_id: Mapped[UUID | None]
    reply_to_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"))
    message_type: Mapped[Str20] = mapped_column(server_default="player")
    priority: Mapped[Str10 | None] = mapped_column(server_default="normal")
    flagged: Mapped[No | None]
    flagged_reason: Mapped[Str255 | None]
    moderated_at: Mapped[datetime | None]
    moderated_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    moderation_status: Mapped[Str16 | None]
    edited_at: Mapped[datetime | None]
    orphaned_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(one_of("message_type", "player", "team", "system"), "message_type"),
        CheckConstraint(one_of("priority", "low", "normal", "high", "urgent"), "priority"),
        CheckConstraint(one_of("moderation_status", "deleted", "redacted", "blocked"), "moderation_status"),
        CheckConstraint("orphaned_at is not null or (sender_id is null) = (message_type = 'system')", "sender"),
        CheckConstraint(
            "case message_type when 'player' then team_id is null and (recipient_id is not null or orphaned_at is not null)"
            " when 'team' then recipient_id is null and (team_id is not null or orphaned_at is not null)"
            " else recipient_id is null or team_id is null end",
            "addressee",
        ),
        Index("ix_messages_recipient_read", "recipient_id", "read_at", postgresql_where=text("recipient_id is not null")),
        Index(
            "ix_messages_inbox", "recipient_id", text("sent_at desc"), text("id desc"), postgresql_where=text("recipient_id is not null")
        ),
        Index("ix_messages_between", "recipient_id", "sender_id", postgresql_where=text("message_type = 'player'")),
        Index("ix_messages_team_sent", "team_id", "sent_at", postgresql_where=text("team_id is not null")),
        Index("ix_messages_thread", "thread_id", "sent_at", postgresql_where=text("thread_id is not null")),
        Index("ix_messages_sender", "sender_id", "sent_at", postgresql_where=text("sender_id is not null")),
        Index("ix_messages_sent_at", "sent_at", postgresql_using="brin"),
        Index("ix_messages_reply_to", "reply_to_id", postgresql_where=text("reply_to_id is not null")),
        Index("ix_messages_moderated_by", "moderated_by", postgresql_where=text("moderated_by is not null")),
        Index("ix_messages_flagged", "sent_at", postgresql_where=text("flagged")),
    )


class MessageReceipt(Base):
    """What one member did with one team message."""

    __tablename__ = "message_receipts"

    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    player_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"), primary_key=True, index=True)
    read_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class MessageFlag(Base):
    """One captain's objection to one message."""

    __tablename__ = "message_flags"

    id: Mapped[Id]
    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    flagged_by: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"), index=True)
    reason: Mapped[Str50]
    note: Mapped[str | None]
    created_at: Mapped[Born]

    __table_args__ = (
        UniqueConstraint("message_id", "flagged_by"),
        CheckConstraint(one_of("reason", "harassment", "spam", "rule_break", "other"), "reason"),
    )


class MessageOriginal(Base):
    """What a redacted or deleted message said, for moderators only."""

    __tablename__ = "message_originals"

    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True)
    subject: Mapped[Str255 | None]
    content: Mapped[str]
    kept_at: Mapped[Born]


class PlayerBlock(Base):
    """Somebody who will not hear somebody."""

    __tablename__ = "player_blocks"

    blocker_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"), primary_key=True)
    blocked_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"), primary_key=True, index=True)
    created_at: Mapped[Born]
    scope: Mapped[Str20] = mapped_column(server_default="all")

    __table_args__ = (CheckConstraint("blocker_id <> blocked_id", "somebody_else"),)
