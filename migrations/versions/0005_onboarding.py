"""Onboarding: the verdict as it was told, and when the reward was taken."""

from migrations import ddl

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns beside the seed's."""
    ddl.statement("alter table first_login_sessions add column verdict jsonb, add column granted_at timestamptz")


def downgrade() -> None:
    """As it was before."""
    ddl.statement("alter table first_login_sessions drop column verdict, drop column granted_at")
