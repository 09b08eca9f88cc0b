"""Letters: when a sender was told that theirs was read, and a quick way to who wrote to whom."""

from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column and an index of `messages`."""
    op.execute("alter table messages add column seen_at timestamp with time zone")
    op.execute("create index ix_messages_between on messages (recipient_id, sender_id) where message_type = 'player'")


def downgrade() -> None:
    """Without them."""
    op.execute("drop index ix_messages_between")
    op.execute("alter table messages drop column seen_at")
