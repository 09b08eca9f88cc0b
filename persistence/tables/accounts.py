"""Who may sign in and with what: accounts, their credentials, and what guards the door.

Nothing here holds a secret in clear: passwords are argon2 strings, tokens and codes are SHA-256, TOTP seeds are ciphertext.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from persistence.tables.base import (
    Base,
    Born,
    Id,
    No,
    Ordered,
    Str10,
    Str20,
    Str45,
    Str50,
    Str100,
    Str255,
    Str500,
    Varchar,
    Yes,
    Zero,
    one_of,
)


class User(Base):
    """A login account. At most one `Player` hangs on it. `username_skeleton` is what makes a look-alike name taken."""

    __tablename__ = "users"

    id: Mapped[Id]
    username: Mapped[Str50]
    email: Mapped[Str255 | None]
    is_active: Mapped[Yes]
    is_admin: Mapped[No]
    created_at: Mapped[Born]
    updated_at: Mapped[Born] = mapped_column(onupdate=func.now())
    last_login: Mapped[datetime | None]
    deleted: Mapped[No]
    paypal_subscription_id: Mapped[Str255 | None]
    subscription_tier: Mapped[Str50 | None]
    subscription_status: Mapped[Str50 | None]
    subscription_started_at: Mapped[datetime | None]
    subscription_expires_at: Mapped[datetime | None]
    payment_failure_count: Mapped[Zero | None]
    username_skeleton: Mapped[str]
    deleted_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("payment_failure_count >= 0", "payment_failure_count"),
        Index("uq_users_username", text("lower(username)"), unique=True),
        Index("uq_users_email", text("lower(email)"), unique=True),
        Index("uq_users_username_skeleton", text("lower(username_skeleton)"), unique=True),
        Index("ix_users_erase", "deleted_at", postgresql_where=text("deleted_at is not null")),
    )


class PlayerCredentials(Base):
    """The password of the game's door."""

    __tablename__ = "player_credentials"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    password_hash: Mapped[Str255]
    last_password_change: Mapped[Born]


class AdminCredentials(Base):
    """The password of the staff door; never the same row as the game's."""

    __tablename__ = "admin_credentials"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    password_hash: Mapped[Str255]
    last_password_change: Mapped[Born]


class OAuthAccount(Base):
    """An identity somebody else vouches for."""

    __tablename__ = "oauth_accounts"

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    provider: Mapped[Str20]
    provider_user_id: Mapped[Str255]
    provider_account_email: Mapped[Str255 | None]
    provider_account_username: Mapped[Str255 | None]
    access_token: Mapped[Varchar | None]
    refresh_token: Mapped[Varchar | None]
    expires_at: Mapped[datetime | None]
    created_at: Mapped[Born]
    updated_at: Mapped[Born] = mapped_column(onupdate=func.now())
    deleted: Mapped[No]

    __table_args__ = (
        UniqueConstraint("provider", "provider_user_id"),
        CheckConstraint(one_of("provider", "github", "google", "steam"), "provider"),
    )


class RefreshToken(Base):
    """One row for each refresh token ever issued; `token` is its SHA-256 in hex. The family is the session's.

    `request_id`, `rotation_salt` and `rotated_at` are there once it is spent: a lost answer can be given again from them.
    """

    __tablename__ = "refresh_tokens"

    id: Mapped[Id] = mapped_column(server_default=func.gen_random_uuid())
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token: Mapped[Varchar] = mapped_column(unique=True)
    revoked: Mapped[No]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    created_at: Mapped[Born]
    session_id: Mapped[UUID | None] = mapped_column(ForeignKey("sessions.session_id", ondelete="CASCADE"), index=True)
    request_id: Mapped[str | None]
    rotation_salt: Mapped[bytes | None]
    rotated_at: Mapped[datetime | None]


class MFASecret(Base):
    """A TOTP seed as ciphertext. `last_step` is the newest 30 s step accepted, so that no code opens twice."""

    __tablename__ = "mfa_secrets"

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    secret: Mapped[Varchar]
    is_verified: Mapped[No]
    backup_codes: Mapped[Str500 | None]
    created_at: Mapped[Born]
    verified_at: Mapped[datetime | None]
    last_used: Mapped[datetime | None]
    last_step: Mapped[int | None]


class MFAAttempt(Base):
    """One try at the second factor. What was typed is never kept: `code_entered` is null, and a CHECK says so."""

    __tablename__ = "mfa_attempts"

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    code_entered: Mapped[Str10 | None]
    success: Mapped[bool]
    ip_address: Mapped[Str45 | None]
    user_agent: Mapped[Str500 | None]
    attempt_time: Mapped[Born]
    failure_reason: Mapped[Str100 | None]

    __table_args__ = (
        CheckConstraint("code_entered is null", "code_entered"),
        CheckConstraint(one_of("failure_reason", "invalid_code", "expired_code", "backup_code", "no_mfa_setup"), "failure_reason"),
        Index("ix_mfa_attempts_user_time", "user_id", "attempt_time"),
    )


class PasswordReset(Base):
    """A single-use way back in. The key is the SHA-256 of what was mailed."""

    __tablename__ = "password_resets"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[Born]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class EmailVerification(Base):
    """An address somebody claims. It reaches `users.email` only when its mail has been answered."""

    __tablename__ = "email_verifications"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    email: Mapped[Str255]
    created_at: Mapped[Born]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]


class LoginThrottle(Base):
    """Failures counted per bucket and subject (account or address hash). In Postgres, so a dead Redis opens nothing."""

    __tablename__ = "login_throttle"

    bucket: Mapped[Ordered] = mapped_column(primary_key=True)
    subject: Mapped[Ordered] = mapped_column(primary_key=True)
    failures: Mapped[Zero]
    since: Mapped[Born]
    blocked_until: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("failures >= 0", "failures"), Index("ix_login_throttle_since", "since"))


class StaffRole(Base):
    """A staff role somebody was given, and when it ended. One at a time."""

    __tablename__ = "staff_roles"

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    role: Mapped[Str20]
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    granted_at: Mapped[Born]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(one_of("role", "viewer", "moderator", "operator", "owner"), "role"),
        Index("uq_staff_roles_present", "user_id", unique=True, postgresql_where=text("revoked_at is null")),
    )
