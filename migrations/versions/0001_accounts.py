"""Accounts, their credentials and sessions."""

from migrations import ddl

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE login_throttle (
    bucket TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    failures INTEGER DEFAULT '0' NOT NULL,
    since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    blocked_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_login_throttle PRIMARY KEY (bucket, subject),
    CONSTRAINT ck_login_throttle_failures CHECK (failures >= 0)
);
CREATE INDEX ix_login_throttle_since ON login_throttle (since);

CREATE TABLE users (
    id UUID NOT NULL,
    username VARCHAR(50) NOT NULL,
    email VARCHAR(255),
    is_active BOOLEAN DEFAULT 'true' NOT NULL,
    is_admin BOOLEAN DEFAULT 'false' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_login TIMESTAMP WITH TIME ZONE,
    deleted BOOLEAN DEFAULT 'false' NOT NULL,
    paypal_subscription_id VARCHAR(255),
    subscription_tier VARCHAR(50),
    subscription_status VARCHAR(50),
    subscription_started_at TIMESTAMP WITH TIME ZONE,
    subscription_expires_at TIMESTAMP WITH TIME ZONE,
    payment_failure_count INTEGER DEFAULT '0',
    username_skeleton TEXT NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT ck_users_payment_failure_count CHECK (payment_failure_count >= 0)
);
CREATE INDEX ix_users_erase ON users (deleted_at) WHERE deleted_at is not null;
CREATE UNIQUE INDEX uq_users_email ON users (lower(email));
CREATE UNIQUE INDEX uq_users_username ON users (lower(username));
CREATE UNIQUE INDEX uq_users_username_skeleton ON users (lower(username_skeleton));

CREATE TABLE admin_credentials (
    user_id UUID NOT NULL,
    password_hash VARCHAR(255) NOT NULL,
    last_password_change TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_admin_credentials PRIMARY KEY (user_id),
    CONSTRAINT fk_admin_credentials_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE email_verifications (
    token_hash BYTEA NOT NULL,
    user_id UUID NOT NULL,
    email VARCHAR(255) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_email_verifications PRIMARY KEY (token_hash),
    CONSTRAINT fk_email_verifications_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_email_verifications_expires_at ON email_verifications (expires_at);
CREATE INDEX ix_email_verifications_user_id ON email_verifications (user_id);

CREATE TABLE mfa_attempts (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    code_entered VARCHAR(10),
    success BOOLEAN NOT NULL,
    ip_address VARCHAR(45),
    user_agent VARCHAR(500),
    attempt_time TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    failure_reason VARCHAR(100),
    CONSTRAINT pk_mfa_attempts PRIMARY KEY (id),
    CONSTRAINT ck_mfa_attempts_code_entered CHECK (code_entered is null),
    CONSTRAINT ck_mfa_attempts_failure_reason CHECK (failure_reason in ('invalid_code', 'expired_code', 'backup_code', 'no_mfa_setup')),
    CONSTRAINT fk_mfa_attempts_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_mfa_attempts_user_time ON mfa_attempts (user_id, attempt_time);

CREATE TABLE mfa_secrets (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    secret VARCHAR NOT NULL,
    is_verified BOOLEAN DEFAULT 'false' NOT NULL,
    backup_codes VARCHAR(500),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    verified_at TIMESTAMP WITH TIME ZONE,
    last_used TIMESTAMP WITH TIME ZONE,
    last_step INTEGER,
    CONSTRAINT pk_mfa_secrets PRIMARY KEY (id),
    CONSTRAINT uq_mfa_secrets_user_id UNIQUE (user_id),
    CONSTRAINT fk_mfa_secrets_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE oauth_accounts (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    provider VARCHAR(20) NOT NULL,
    provider_user_id VARCHAR(255) NOT NULL,
    provider_account_email VARCHAR(255),
    provider_account_username VARCHAR(255),
    access_token VARCHAR,
    refresh_token VARCHAR,
    expires_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    deleted BOOLEAN DEFAULT 'false' NOT NULL,
    CONSTRAINT pk_oauth_accounts PRIMARY KEY (id),
    CONSTRAINT uq_oauth_accounts_provider_provider_user_id UNIQUE (provider, provider_user_id),
    CONSTRAINT ck_oauth_accounts_provider CHECK (provider in ('github', 'google', 'steam')),
    CONSTRAINT fk_oauth_accounts_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_oauth_accounts_user_id ON oauth_accounts (user_id);

CREATE TABLE password_resets (
    token_hash BYTEA NOT NULL,
    user_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_password_resets PRIMARY KEY (token_hash),
    CONSTRAINT fk_password_resets_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_password_resets_expires_at ON password_resets (expires_at);
CREATE INDEX ix_password_resets_user_id ON password_resets (user_id);

CREATE TABLE player_credentials (
    user_id UUID NOT NULL,
    password_hash VARCHAR(255) NOT NULL,
    last_password_change TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_player_credentials PRIMARY KEY (user_id),
    CONSTRAINT fk_player_credentials_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE sessions (
    session_id UUID NOT NULL,
    user_id UUID NOT NULL,
    family_id UUID NOT NULL,
    refresh_hash BYTEA,
    refresh_expires_at TIMESTAMP WITH TIME ZONE,
    previous_refresh_hash BYTEA,
    previous_request_id TEXT,
    rotation_salt BYTEA,
    rotated_at TIMESTAMP WITH TIME ZONE,
    device VARCHAR(255),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    revoked_why TEXT,
    gateway_id UUID,
    fence BIGINT DEFAULT '0' NOT NULL,
    connected_at TIMESTAMP WITH TIME ZONE,
    door VARCHAR(16) DEFAULT 'player' NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (session_id),
    CONSTRAINT ck_sessions_fence CHECK (fence >= 0),
    CONSTRAINT ck_sessions_door CHECK (door in ('player', 'staff')),
    CONSTRAINT fk_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_sessions_gateway ON sessions (gateway_id) WHERE gateway_id is not null;
CREATE INDEX ix_sessions_live ON sessions (user_id) WHERE revoked_at is null;
CREATE INDEX ix_sessions_previous_refresh_hash ON sessions (previous_refresh_hash) WHERE previous_refresh_hash is not null;
CREATE INDEX ix_sessions_user_id ON sessions (user_id);
CREATE UNIQUE INDEX uq_sessions_refresh_hash ON sessions (refresh_hash) WHERE refresh_hash is not null;

CREATE TABLE staff_roles (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    role VARCHAR(20) NOT NULL,
    granted_by UUID,
    granted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_staff_roles PRIMARY KEY (id),
    CONSTRAINT ck_staff_roles_role CHECK (role in ('viewer', 'moderator', 'operator', 'owner')),
    CONSTRAINT fk_staff_roles_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_staff_roles_granted_by FOREIGN KEY(granted_by) REFERENCES users (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX uq_staff_roles_present ON staff_roles (user_id) WHERE revoked_at is null;

CREATE TABLE access_tokens (
    hash BYTEA NOT NULL,
    session_id UUID NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_access_tokens PRIMARY KEY (hash),
    CONSTRAINT fk_access_tokens_session_id FOREIGN KEY(session_id) REFERENCES sessions (session_id) ON DELETE CASCADE
);
CREATE INDEX ix_access_tokens_expires_at ON access_tokens (expires_at);
CREATE INDEX ix_access_tokens_session_id ON access_tokens (session_id);

CREATE TABLE refresh_tokens (
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    user_id UUID NOT NULL,
    token VARCHAR NOT NULL,
    revoked BOOLEAN DEFAULT 'false' NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    session_id UUID,
    CONSTRAINT pk_refresh_tokens PRIMARY KEY (id),
    CONSTRAINT fk_refresh_tokens_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT uq_refresh_tokens_token UNIQUE (token),
    CONSTRAINT fk_refresh_tokens_session_id FOREIGN KEY(session_id) REFERENCES sessions (session_id) ON DELETE CASCADE
);
CREATE INDEX ix_refresh_tokens_expires_at ON refresh_tokens (expires_at);
CREATE INDEX ix_refresh_tokens_session_id ON refresh_tokens (session_id);
CREATE INDEX ix_refresh_tokens_user_id ON refresh_tokens (user_id);
"""


def upgrade() -> None:
    """Accounts, their credentials and sessions."""
    ddl.script(TABLES)


def downgrade() -> None:
    """As it was before."""
    ddl.drop(
        tables="""
    login_throttle users admin_credentials email_verifications mfa_attempts mfa_secrets oauth_accounts password_resets
    player_credentials sessions staff_roles access_tokens refresh_tokens
    """,
    )
