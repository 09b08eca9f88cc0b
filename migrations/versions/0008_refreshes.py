"""Refreshes: what each spent token was spent on, so that its lost answer can be given again whatever came after it."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The last rotation of each session moves to the token that was spent for it, where every one finds its place."""
    op.execute(
        "alter table refresh_tokens add column request_id text, add column rotation_salt bytea, add column rotated_at timestamp with time zone"
    )
    op.execute(
        """update refresh_tokens t set request_id = s.previous_request_id, rotation_salt = s.rotation_salt, rotated_at = s.rotated_at
           from sessions s where t.session_id = s.session_id and t.token = encode(s.previous_refresh_hash, 'hex')"""
    )
    op.execute("drop index ix_sessions_previous_refresh_hash")
    op.execute(
        """alter table sessions drop column previous_refresh_hash, drop column previous_request_id, drop column rotation_salt,
             drop column rotated_at"""
    )


def downgrade() -> None:
    """Back to one rotation a session."""
    op.execute(
        """alter table sessions add column previous_refresh_hash bytea, add column previous_request_id text, add column rotation_salt bytea,
             add column rotated_at timestamp with time zone"""
    )
    op.execute(
        """update sessions s set previous_refresh_hash = decode(t.token, 'hex'), previous_request_id = t.request_id, rotation_salt = t.rotation_salt,
             rotated_at = t.rotated_at
           from (select distinct on (session_id) * from refresh_tokens where rotated_at is not null order by session_id, rotated_at desc) t
           where t.session_id = s.session_id"""
    )
    op.execute("create index ix_sessions_previous_refresh_hash on sessions (previous_refresh_hash) where previous_refresh_hash is not null")
    op.execute("alter table refresh_tokens drop column rotated_at, drop column rotation_salt, drop column request_id")
