"""What the machine needs: numbered streams, receipts, slow work, timers, and which gateways live.

No table here refers to a game table and none is referred to, so that the machine's locks never meet the game's.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from persistence.tables.base import Base, BigZero, Born, Json, Ordered, Zero


class Stream(Base):
    """A stream's head: the number last given and when. The row is updated in place, hence half-empty pages and no more indexes."""

    __tablename__ = "streams"

    name: Mapped[Ordered] = mapped_column(primary_key=True)
    epoch: Mapped[str]
    head: Mapped[BigZero]
    last_at: Mapped[datetime] = mapped_column(server_default=text("'1970-01-01 00:00:00+00'"))

    __table_args__ = (CheckConstraint("head >= 0", "head"), {"postgresql_with": {"fillfactor": 50}})


class StreamEvent(Base):
    """One event as it went out. `drops` names whom the hub detaches with it. Partitioned by UTC day of `at`; there is no default
    partition. The application may add rows; only `redact_event` changes one, and only its payload."""

    __tablename__ = "stream_events"

    stream: Mapped[Ordered] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    name: Mapped[str]
    payload: Mapped[bytes]
    drops: Mapped[str | None]

    __table_args__ = ({"postgresql_partition_by": "RANGE (at)"},)


class EventRetention(Base):
    """The one row that remembers when a day of events was last removed: never two in a day."""

    __tablename__ = "event_retention"

    one_row: Mapped[bool] = mapped_column(primary_key=True, server_default="true")
    removed_on: Mapped[date | None]
    removed: Mapped[str | None]

    __table_args__ = (CheckConstraint("one_row", "one_row"),)


class Receipt(Base):
    """What a command was answered. One table for the whole seven days, because uniqueness must hold across midnight."""

    __tablename__ = "receipts"

    account: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[Ordered] = mapped_column(primary_key=True)
    hash: Mapped[bytes]
    answer: Mapped[bytes]
    at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))

    __table_args__ = (Index("ix_receipts_at", "at", postgresql_using="brin"),)


class Errand(Base):
    """Slow work asked for inside a transaction, claimed for a while by whoever runs it."""

    __tablename__ = "errands"

    errand_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    payload: Mapped[bytes]
    created_at: Mapped[Born]
    run_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[Zero]
    claimed_by: Mapped[UUID | None]
    claimed_until: Mapped[datetime | None]
    last_error: Mapped[str | None]

    __table_args__ = (CheckConstraint("attempts >= 0", "attempts"),)


class Schedule(Base):
    """A recurring command: when it is due, who has it, and where it stopped."""

    __tablename__ = "schedules"

    name: Mapped[Ordered] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    last_run_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    cursor: Mapped[Json | None]


class Gateway(Base):
    """A gateway process that is alive until `lease_until`."""

    __tablename__ = "gateways"

    gateway_id: Mapped[UUID] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    lease_until: Mapped[datetime]


class InstanceSecret(Base):
    """A secret this installation made for itself: `bus` signs words between gateways, `tokens` seals tokens."""

    __tablename__ = "instance_secrets"

    name: Mapped[Ordered] = mapped_column(primary_key=True)
    value: Mapped[bytes]


class ServiceAccount(Base):
    """Another part of the game that may command this one. `account_id` is whose receipts its commands leave."""

    __tablename__ = "service_accounts"

    name: Mapped[Ordered] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(unique=True)
    token_hash: Mapped[bytes]
    scopes: Mapped[list[str]] = mapped_column(server_default="{}")
    created_at: Mapped[Born]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (Index("uq_service_accounts_token_hash", "token_hash", unique=True, postgresql_where=text("revoked_at is null")),)


class RateDebt(Base):
    """What an account that left a gateway had spent there: by rate class the seconds, from `at`, until it is forgotten."""

    __tablename__ = "rate_debts"

    account: Mapped[UUID] = mapped_column(primary_key=True)
    debts: Mapped[Json]
    at: Mapped[datetime]
