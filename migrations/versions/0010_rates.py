"""Rates over several gateways: which sessions' accounts are on more than one, and what an account that left still owes."""

from migrations import ddl

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A mark on the session, found without a scan, and one row for an account that spent and left."""
    ddl.statement("alter table sessions add column shared boolean not null default false")
    ddl.statement("create index ix_sessions_shared on sessions (gateway_id) where shared")
    ddl.statement(
        """create table rate_debts (
             account uuid not null, debts jsonb not null, at timestamp with time zone not null,
             constraint pk_rate_debts primary key (account))"""
    )


def downgrade() -> None:
    """As it was before: each gateway counts alone."""
    ddl.statement("drop table rate_debts")
    ddl.statement("drop index ix_sessions_shared")
    ddl.statement("alter table sessions drop column shared")
