"""${message}."""

from migrations import ddl

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """${message}."""
    ${upgrades if upgrades else "ddl.script('')"}


def downgrade() -> None:
    """As it was before."""
    ${downgrades if downgrades else "ddl.script('')"}
