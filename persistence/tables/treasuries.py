"""Double entry: who holds how much of what, and every movement between them.

Transfers and entries are only ever added. A deferred trigger proves at commit that each transfer sums to zero per resource.
"""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from persistence.tables.base import (
    Base,
    Big,
    BigZero,
    Born,
    Id,
    Ordered,
    Str20,
    Str50,
    Str500,
    one_of,
)


class LedgerAccount(Base):
    """What one owner holds of one resource. Only the `system` may owe; its `owner_id`s are those of `persistence.ledger`."""

    __tablename__ = "accounts_ledger"

    account_id: Mapped[Id]
    owner_kind: Mapped[Str20]
    owner_id: Mapped[UUID]
    resource: Mapped[Str50]
    balance: Mapped[BigZero]
    created_at: Mapped[Born]

    __table_args__ = (
        UniqueConstraint("owner_kind", "owner_id", "resource"),
        CheckConstraint(one_of("owner_kind", "player", "team", "ship", "system"), "owner_kind"),
        CheckConstraint("balance >= 0 or owner_kind = 'system'", "balance"),
    )


class Transfer(Base):
    """One movement, by the account that ordered it and the id of its command. Never changed, never deleted."""

    __tablename__ = "transfers"

    transfer_id: Mapped[Id]
    account_id: Mapped[UUID]
    command_id: Mapped[Ordered]
    kind: Mapped[Str50]
    reason: Mapped[Str500 | None]
    actor_player_id: Mapped[UUID | None]
    counterparty_player_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    at: Mapped[Born]

    __table_args__ = (
        UniqueConstraint("account_id", "command_id"),
        Index("ix_transfers_team", "team_id", "at", "transfer_id", postgresql_where=text("team_id is not null")),
    )


class Entry(Base):
    """One side of a transfer: the signed change of one account, and its balance afterwards."""

    __tablename__ = "entries"

    transfer_id: Mapped[UUID] = mapped_column(ForeignKey("transfers.transfer_id"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts_ledger.account_id"), primary_key=True)
    amount: Mapped[Big]
    balance_after: Mapped[Big]

    __table_args__ = (
        CheckConstraint("amount <> 0", "amount"),
        Index("ix_entries_account", "account_id", "transfer_id"),
    )
