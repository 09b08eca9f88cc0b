"""Reservations: money set aside for a call to a model has a row and an end, so that a crash holds it for a minute and not for ever."""

from alembic import op

revision = "0013"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What is set aside is summed over the rows that have not run out; a sum kept beside them could only be wrong."""
    op.execute("alter table ai_budgets drop column reserved_micro_usd")
    op.execute("alter table ai_budgets add constraint ck_ai_budgets_amounts check (settled_micro_usd >= 0 and calls >= 0)")
    op.execute(
        """create table ai_reservations (
             id uuid not null,
             player_id uuid not null,
             session_id uuid not null,
             day text not null,
             hour text not null,
             micro_usd bigint not null,
             expires_at timestamp with time zone not null,
             settled boolean default false not null,
             constraint pk_ai_reservations primary key (id),
             constraint ck_ai_reservations_micro_usd check (micro_usd >= 0),
             constraint fk_ai_reservations_player_id foreign key (player_id) references players (id) on delete cascade,
             constraint fk_ai_reservations_session_id foreign key (session_id) references first_login_sessions (id) on delete cascade)"""
    )
    op.execute("create index ix_ai_reservations_expires on ai_reservations (expires_at)")


def downgrade() -> None:
    """Back to a sum, which nothing is set aside in."""
    op.execute("drop table ai_reservations")
    op.execute("alter table ai_budgets drop constraint ck_ai_budgets_amounts")
    op.execute("alter table ai_budgets add column reserved_micro_usd bigint default 0 not null")
    op.execute(
        """alter table ai_budgets add constraint ck_ai_budgets_amounts
             check (reserved_micro_usd >= 0 and settled_micro_usd >= 0 and calls >= 0)"""
    )
