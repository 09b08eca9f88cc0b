"""Messages and moderation."""

from migrations import ddl

revision = "0001e"
down_revision = "0001d"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE staff_audit (
    id UUID NOT NULL,
    user_id UUID,
    role VARCHAR(20) NOT NULL,
    command VARCHAR(100) NOT NULL,
    player_id UUID,
    reason TEXT NOT NULL,
    details JSONB DEFAULT '{}' NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_staff_audit PRIMARY KEY (id)
);
CREATE INDEX ix_staff_audit_at ON staff_audit (at, id);
CREATE INDEX ix_staff_audit_player ON staff_audit (player_id, at);

CREATE TABLE player_blocks (
    blocker_id UUID NOT NULL,
    blocked_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    scope VARCHAR(20) DEFAULT 'all' NOT NULL,
    CONSTRAINT pk_player_blocks PRIMARY KEY (blocker_id, blocked_id),
    CONSTRAINT ck_player_blocks_somebody_else CHECK (blocker_id <> blocked_id),
    CONSTRAINT fk_player_blocks_blocker_id FOREIGN KEY(blocker_id) REFERENCES players (id) ON DELETE CASCADE,
    CONSTRAINT fk_player_blocks_blocked_id FOREIGN KEY(blocked_id) REFERENCES players (id) ON DELETE CASCADE
);
CREATE INDEX ix_player_blocks_blocked_id ON player_blocks (blocked_id);

CREATE TABLE messages (
    id UUID NOT NULL,
    sender_id UUID,
    recipient_id UUID,
    team_id UUID,
    subject VARCHAR(255),
    content TEXT NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE,
    deleted_by_sender BOOLEAN DEFAULT 'false' NOT NULL,
    deleted_by_recipient BOOLEAN DEFAULT 'false' NOT NULL,
    thread_id UUID,
    reply_to_id UUID,
    message_type VARCHAR(20) DEFAULT 'player' NOT NULL,
    priority VARCHAR(10) DEFAULT 'normal',
    flagged BOOLEAN DEFAULT 'false',
    flagged_reason VARCHAR(255),
    moderated_at TIMESTAMP WITH TIME ZONE,
    moderated_by UUID,
    moderation_status VARCHAR(16),
    edited_at TIMESTAMP WITH TIME ZONE,
    orphaned_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_messages PRIMARY KEY (id),
    CONSTRAINT ck_messages_message_type CHECK (message_type in ('player', 'team', 'system')),
    CONSTRAINT ck_messages_priority CHECK (priority in ('low', 'normal', 'high', 'urgent')),
    CONSTRAINT ck_messages_moderation_status CHECK (moderation_status in ('deleted', 'redacted', 'blocked')),
    CONSTRAINT ck_messages_sender CHECK (orphaned_at is not null or (sender_id is null) = (message_type = 'system')),
    CONSTRAINT ck_messages_addressee CHECK (case message_type when 'player' then team_id is null and (recipient_id is not null or
        orphaned_at is not null) when 'team' then recipient_id is null and (team_id is not null or orphaned_at is not null) else
        recipient_id is null or team_id is null end),
    CONSTRAINT fk_messages_sender_id FOREIGN KEY(sender_id) REFERENCES players (id) ON DELETE SET NULL,
    CONSTRAINT fk_messages_recipient_id FOREIGN KEY(recipient_id) REFERENCES players (id) ON DELETE SET NULL,
    CONSTRAINT fk_messages_team_id FOREIGN KEY(team_id) REFERENCES teams (id) ON DELETE SET NULL,
    CONSTRAINT fk_messages_reply_to_id FOREIGN KEY(reply_to_id) REFERENCES messages (id) ON DELETE SET NULL,
    CONSTRAINT fk_messages_moderated_by FOREIGN KEY(moderated_by) REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX ix_messages_flagged ON messages (sent_at) WHERE flagged;
CREATE INDEX ix_messages_inbox ON messages (recipient_id, sent_at desc, id desc) WHERE recipient_id is not null;
CREATE INDEX ix_messages_moderated_by ON messages (moderated_by) WHERE moderated_by is not null;
CREATE INDEX ix_messages_recipient_read ON messages (recipient_id, read_at) WHERE recipient_id is not null;
CREATE INDEX ix_messages_reply_to ON messages (reply_to_id) WHERE reply_to_id is not null;
CREATE INDEX ix_messages_sender ON messages (sender_id, sent_at) WHERE sender_id is not null;
CREATE INDEX ix_messages_sent_at ON messages USING brin (sent_at);
CREATE INDEX ix_messages_team_sent ON messages (team_id, sent_at) WHERE team_id is not null;
CREATE INDEX ix_messages_thread ON messages (thread_id, sent_at) WHERE thread_id is not null;

CREATE TABLE message_flags (
    id UUID NOT NULL,
    message_id UUID NOT NULL,
    flagged_by UUID NOT NULL,
    reason VARCHAR(50) NOT NULL,
    note TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_message_flags PRIMARY KEY (id),
    CONSTRAINT uq_message_flags_message_id_flagged_by UNIQUE (message_id, flagged_by),
    CONSTRAINT ck_message_flags_reason CHECK (reason in ('harassment', 'spam', 'rule_break', 'other')),
    CONSTRAINT fk_message_flags_message_id FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE CASCADE,
    CONSTRAINT fk_message_flags_flagged_by FOREIGN KEY(flagged_by) REFERENCES players (id) ON DELETE CASCADE
);
CREATE INDEX ix_message_flags_flagged_by ON message_flags (flagged_by);

CREATE TABLE message_originals (
    message_id UUID NOT NULL,
    subject VARCHAR(255),
    content TEXT NOT NULL,
    kept_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_message_originals PRIMARY KEY (message_id),
    CONSTRAINT fk_message_originals_message_id FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE CASCADE
);

CREATE TABLE message_receipts (
    message_id UUID NOT NULL,
    player_id UUID NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_message_receipts PRIMARY KEY (message_id, player_id),
    CONSTRAINT fk_message_receipts_message_id FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE CASCADE,
    CONSTRAINT fk_message_receipts_player_id FOREIGN KEY(player_id) REFERENCES players (id) ON DELETE CASCADE
);
CREATE INDEX ix_message_receipts_player_id ON message_receipts (player_id);

CREATE TABLE moderation_cases (
    case_id UUID NOT NULL,
    state VARCHAR(20) DEFAULT 'open' NOT NULL,
    source VARCHAR(20) NOT NULL,
    severity INTEGER DEFAULT '0' NOT NULL,
    message_id UUID,
    player_id UUID,
    snapshot JSONB DEFAULT '{}' NOT NULL,
    flag_count INTEGER DEFAULT '0' NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    claimed_by UUID,
    claimed_until TIMESTAMP WITH TIME ZONE,
    resolved_by UUID,
    resolved_at TIMESTAMP WITH TIME ZONE,
    action VARCHAR(20),
    reason TEXT,
    undo_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_moderation_cases PRIMARY KEY (case_id),
    CONSTRAINT ck_moderation_cases_state CHECK (state in ('open', 'claimed', 'resolved')),
    CONSTRAINT ck_moderation_cases_source CHECK (source in ('report', 'filter', 'appeal')),
    CONSTRAINT ck_moderation_cases_action CHECK (action in ('accept', 'redact', 'block', 'delete', 'dismiss')),
    CONSTRAINT ck_moderation_cases_flag_count CHECK (flag_count >= 0),
    CONSTRAINT fk_moderation_cases_message_id FOREIGN KEY(message_id) REFERENCES messages (id) ON DELETE SET NULL,
    CONSTRAINT fk_moderation_cases_player_id FOREIGN KEY(player_id) REFERENCES players (id) ON DELETE SET NULL,
    CONSTRAINT fk_moderation_cases_claimed_by FOREIGN KEY(claimed_by) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT fk_moderation_cases_resolved_by FOREIGN KEY(resolved_by) REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX ix_moderation_cases_message ON moderation_cases (message_id);
CREATE INDEX ix_moderation_cases_player_id ON moderation_cases (player_id);
CREATE INDEX ix_moderation_cases_queue ON moderation_cases (flag_count desc, opened_at) WHERE state <> 'resolved';
CREATE UNIQUE INDEX uq_moderation_cases_message ON moderation_cases (message_id) WHERE state <> 'resolved' and source <> 'appeal';

CREATE TABLE appeals (
    appeal_id UUID NOT NULL,
    case_id UUID NOT NULL,
    player_id UUID NOT NULL,
    text TEXT NOT NULL,
    state VARCHAR(20) DEFAULT 'open' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    decided_by UUID,
    decided_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_appeals PRIMARY KEY (appeal_id),
    CONSTRAINT uq_appeals_case_id_player_id UNIQUE (case_id, player_id),
    CONSTRAINT ck_appeals_state CHECK (state in ('open', 'granted', 'refused')),
    CONSTRAINT fk_appeals_case_id FOREIGN KEY(case_id) REFERENCES moderation_cases (case_id) ON DELETE CASCADE,
    CONSTRAINT fk_appeals_player_id FOREIGN KEY(player_id) REFERENCES players (id) ON DELETE CASCADE,
    CONSTRAINT fk_appeals_decided_by FOREIGN KEY(decided_by) REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX ix_appeals_player_id ON appeals (player_id);

CREATE TABLE sanctions (
    sanction_id UUID NOT NULL,
    player_id UUID NOT NULL,
    kind VARCHAR(20) NOT NULL,
    until TIMESTAMP WITH TIME ZONE,
    reason_code VARCHAR(50),
    reason TEXT NOT NULL,
    case_id UUID,
    created_by UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    lifted_at TIMESTAMP WITH TIME ZONE,
    lifted_by UUID,
    lift_reason TEXT,
    CONSTRAINT pk_sanctions PRIMARY KEY (sanction_id),
    CONSTRAINT ck_sanctions_kind CHECK (kind in ('warn', 'mute', 'kick', 'suspend', 'ban')),
    CONSTRAINT fk_sanctions_player_id FOREIGN KEY(player_id) REFERENCES players (id) ON DELETE CASCADE,
    CONSTRAINT fk_sanctions_case_id FOREIGN KEY(case_id) REFERENCES moderation_cases (case_id) ON DELETE SET NULL,
    CONSTRAINT fk_sanctions_created_by FOREIGN KEY(created_by) REFERENCES users (id) ON DELETE SET NULL,
    CONSTRAINT fk_sanctions_lifted_by FOREIGN KEY(lifted_by) REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX ix_sanctions_case_id ON sanctions (case_id);
CREATE INDEX ix_sanctions_in_force ON sanctions (player_id, kind) WHERE lifted_at is null;
CREATE INDEX ix_sanctions_player ON sanctions (player_id, created_at);
"""

ORPHANED = """
create function stamp_orphaned_message() returns trigger language plpgsql set search_path = pg_catalog, public as $$
begin
  new.orphaned_at := coalesce(new.orphaned_at, clock_timestamp());
  return new;
end $$
"""

# Erasing a captain or a team sets these keys to null; without the stamp the CHECKs would refuse the erasure.
WHEN_ERASED = """
create trigger messages_orphaned before update of sender_id, recipient_id, team_id on messages for each row
when (old.sender_id is not null and new.sender_id is null or old.recipient_id is not null and new.recipient_id is null
  or old.team_id is not null and new.team_id is null)
execute function stamp_orphaned_message()
"""


def upgrade() -> None:
    """Messages and moderation."""
    ddl.script(TABLES)
    ddl.statement(ORPHANED)
    ddl.statement(WHEN_ERASED)


def downgrade() -> None:
    """As it was before."""
    ddl.drop(
        tables="""
    staff_audit player_blocks messages message_flags message_originals message_receipts moderation_cases appeals sanctions
    """,
    )
    ddl.statement("drop function stamp_orphaned_message()")
