"""Teams, the ledger, and standing."""

from migrations import ddl

revision = "0001d"
down_revision = "0001c"
branch_labels = None
depends_on = None

TABLES = """
CREATE TYPE reputation_level AS ENUM ('PUBLIC_ENEMY', 'CRIMINAL', 'OUTLAW', 'PIRATE', 'SMUGGLER', 'UNTRUSTWORTHY', 'SUSPICIOUS',
    'QUESTIONABLE', 'NEUTRAL', 'RECOGNIZED', 'ACKNOWLEDGED', 'TRUSTED', 'RESPECTED', 'VALUED', 'HONORED', 'REVERED', 'EXALTED');

CREATE TABLE accounts_ledger (
    account_id UUID NOT NULL,
    owner_kind VARCHAR(20) NOT NULL,
    owner_id UUID NOT NULL,
    resource VARCHAR(50) NOT NULL,
    balance BIGINT DEFAULT '0' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_accounts_ledger PRIMARY KEY (account_id),
    CONSTRAINT uq_accounts_ledger_owner_kind_owner_id_resource UNIQUE (owner_kind, owner_id, resource),
    CONSTRAINT ck_accounts_ledger_owner_kind CHECK (owner_kind in ('player', 'team', 'ship', 'system')),
    CONSTRAINT ck_accounts_ledger_balance CHECK (balance >= 0 or owner_kind = 'system')
);

CREATE TABLE team_memberships (
    team_id UUID NOT NULL,
    player_id UUID NOT NULL,
    from_seq BIGINT NOT NULL,
    to_seq BIGINT,
    joined_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    left_at TIMESTAMP WITH TIME ZONE,
    left_why TEXT,
    CONSTRAINT pk_team_memberships PRIMARY KEY (team_id, player_id, from_seq),
    CONSTRAINT ck_team_memberships_to_seq CHECK (to_seq is null or to_seq > from_seq)
);
CREATE INDEX ix_team_memberships_player ON team_memberships (player_id);
CREATE UNIQUE INDEX uq_team_memberships_present ON team_memberships (player_id) WHERE to_seq is null;

CREATE TABLE transfers (
    transfer_id UUID NOT NULL,
    account_id UUID NOT NULL,
    command_id TEXT COLLATE "C" NOT NULL,
    kind VARCHAR(50) NOT NULL,
    reason VARCHAR(500),
    actor_player_id UUID,
    counterparty_player_id UUID,
    team_id UUID,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_transfers PRIMARY KEY (transfer_id),
    CONSTRAINT uq_transfers_account_id_command_id UNIQUE (account_id, command_id)
);
CREATE INDEX ix_transfers_team ON transfers (team_id, at, transfer_id) WHERE team_id is not null;

CREATE TABLE entries (
    transfer_id UUID NOT NULL,
    account_id UUID NOT NULL,
    amount BIGINT NOT NULL,
    balance_after BIGINT NOT NULL,
    CONSTRAINT pk_entries PRIMARY KEY (transfer_id, account_id),
    CONSTRAINT ck_entries_amount CHECK (amount <> 0),
    CONSTRAINT fk_entries_transfer_id FOREIGN KEY(transfer_id) REFERENCES transfers (transfer_id),
    CONSTRAINT fk_entries_account_id FOREIGN KEY(account_id) REFERENCES accounts_ledger (account_id)
);
CREATE INDEX ix_entries_account ON entries (account_id, transfer_id);

CREATE TABLE subscription_events (
    event_id TEXT COLLATE "C" NOT NULL,
    user_id UUID NOT NULL,
    kind VARCHAR(50) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    applied_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_subscription_events PRIMARY KEY (event_id),
    CONSTRAINT fk_subscription_events_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX ix_subscription_events_user_id ON subscription_events (user_id);

CREATE TABLE alignment_log (
    id UUID NOT NULL,
    player_id UUID NOT NULL,
    kind VARCHAR(50) NOT NULL,
    delta INTEGER NOT NULL,
    old_value INTEGER NOT NULL,
    new_value INTEGER NOT NULL,
    reason VARCHAR(255),
    actor VARCHAR(100),
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_alignment_log PRIMARY KEY (id),
    CONSTRAINT fk_alignment_log_player_id FOREIGN KEY(player_id) REFERENCES players (id) ON DELETE CASCADE
);
CREATE INDEX ix_alignment_log_player ON alignment_log (player_id, at);

CREATE TABLE team_cooldowns (
    player_id UUID NOT NULL,
    left_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_team_cooldowns PRIMARY KEY (player_id),
    CONSTRAINT fk_team_cooldowns_player_id FOREIGN KEY(player_id) REFERENCES players (id) ON DELETE CASCADE
);

CREATE TABLE teams (
    id UUID NOT NULL,
    name VARCHAR(80) NOT NULL,
    description TEXT,
    leader_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    reputation_calculation_method VARCHAR(20) DEFAULT 'AVERAGE' NOT NULL,
    tag VARCHAR(10),
    logo VARCHAR,
    is_public BOOLEAN DEFAULT 'true' NOT NULL,
    max_members INTEGER DEFAULT '4' NOT NULL,
    sector_claims INTEGER[] DEFAULT '{}' NOT NULL,
    home_sector_id INTEGER,
    recruitment_status VARCHAR(20) DEFAULT 'OPEN' NOT NULL,
    treasury_credits BIGINT DEFAULT '0' NOT NULL,
    treasury_fuel BIGINT DEFAULT '0' NOT NULL,
    treasury_organics BIGINT DEFAULT '0' NOT NULL,
    treasury_equipment BIGINT DEFAULT '0' NOT NULL,
    treasury_technology BIGINT DEFAULT '0' NOT NULL,
    treasury_luxury_items BIGINT DEFAULT '0' NOT NULL,
    treasury_precious_metals BIGINT DEFAULT '0' NOT NULL,
    treasury_raw_materials BIGINT DEFAULT '0' NOT NULL,
    treasury_plasma BIGINT DEFAULT '0' NOT NULL,
    treasury_bio_samples BIGINT DEFAULT '0' NOT NULL,
    treasury_dark_matter BIGINT DEFAULT '0' NOT NULL,
    treasury_quantum_crystals BIGINT DEFAULT '0' NOT NULL,
    total_credits BIGINT DEFAULT '0' NOT NULL,
    total_planets INTEGER DEFAULT '0' NOT NULL,
    combat_rating FLOAT DEFAULT '0' NOT NULL,
    trade_rating FLOAT DEFAULT '0' NOT NULL,
    join_requirements JSONB DEFAULT '{}' NOT NULL,
    member_roles JSONB DEFAULT '{}' NOT NULL,
    resource_sharing JSONB DEFAULT '{}' NOT NULL,
    invitation_codes JSONB DEFAULT '[]' NOT NULL,
    name_skeleton TEXT NOT NULL,
    tag_skeleton TEXT,
    disbanded_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_teams PRIMARY KEY (id),
    CONSTRAINT ck_teams_treasury_credits CHECK (treasury_credits >= 0),
    CONSTRAINT ck_teams_treasury_fuel CHECK (treasury_fuel >= 0),
    CONSTRAINT ck_teams_treasury_organics CHECK (treasury_organics >= 0),
    CONSTRAINT ck_teams_treasury_equipment CHECK (treasury_equipment >= 0),
    CONSTRAINT ck_teams_treasury_technology CHECK (treasury_technology >= 0),
    CONSTRAINT ck_teams_treasury_luxury_items CHECK (treasury_luxury_items >= 0),
    CONSTRAINT ck_teams_treasury_precious_metals CHECK (treasury_precious_metals >= 0),
    CONSTRAINT ck_teams_treasury_raw_materials CHECK (treasury_raw_materials >= 0),
    CONSTRAINT ck_teams_treasury_plasma CHECK (treasury_plasma >= 0),
    CONSTRAINT ck_teams_treasury_bio_samples CHECK (treasury_bio_samples >= 0),
    CONSTRAINT ck_teams_treasury_dark_matter CHECK (treasury_dark_matter >= 0),
    CONSTRAINT ck_teams_treasury_quantum_crystals CHECK (treasury_quantum_crystals >= 0),
    CONSTRAINT ck_teams_max_members CHECK (max_members between 2 and 20),
    CONSTRAINT ck_teams_totals CHECK (total_credits >= 0 and total_planets >= 0),
    CONSTRAINT ck_teams_reputation_calculation_method CHECK (reputation_calculation_method in ('AVERAGE', 'LOWEST', 'LEADER')),
    CONSTRAINT ck_teams_recruitment_status CHECK (recruitment_status in ('OPEN', 'INVITE_ONLY', 'CLOSED')),
    CONSTRAINT fk_teams_leader_id FOREIGN KEY(leader_id) REFERENCES players (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX ix_teams_leader_id ON teams (leader_id);
CREATE UNIQUE INDEX uq_teams_name ON teams (lower(name)) WHERE disbanded_at is null;
CREATE UNIQUE INDEX uq_teams_name_skeleton ON teams (lower(name_skeleton)) WHERE disbanded_at is null;
CREATE UNIQUE INDEX uq_teams_tag ON teams (lower(tag)) WHERE tag is not null and disbanded_at is null;
CREATE UNIQUE INDEX uq_teams_tag_skeleton ON teams (lower(tag_skeleton)) WHERE tag_skeleton is not null and disbanded_at is null;

CREATE TABLE team_invitations (
    invitation_id UUID NOT NULL,
    team_id UUID NOT NULL,
    kind VARCHAR(20) NOT NULL,
    code_hash BYTEA,
    player_id UUID,
    invited_by UUID,
    note TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    max_uses INTEGER DEFAULT '1' NOT NULL,
    uses INTEGER DEFAULT '0' NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    closed_why VARCHAR(50),
    CONSTRAINT pk_team_invitations PRIMARY KEY (invitation_id),
    CONSTRAINT ck_team_invitations_kind CHECK (kind in ('personal', 'open', 'request')),
    CONSTRAINT ck_team_invitations_player CHECK ((kind = 'open') = (player_id is null)),
    CONSTRAINT ck_team_invitations_code CHECK (kind <> 'open' or code_hash is not null),
    CONSTRAINT ck_team_invitations_uses CHECK (max_uses >= 1 and uses between 0 and max_uses),
    CONSTRAINT fk_team_invitations_team_id FOREIGN KEY(team_id) REFERENCES teams (id) ON DELETE CASCADE,
    CONSTRAINT uq_team_invitations_code_hash UNIQUE (code_hash),
    CONSTRAINT fk_team_invitations_player_id FOREIGN KEY(player_id) REFERENCES players (id) ON DELETE CASCADE,
    CONSTRAINT fk_team_invitations_invited_by FOREIGN KEY(invited_by) REFERENCES players (id) ON DELETE SET NULL
);
CREATE INDEX ix_team_invitations_expires ON team_invitations (expires_at) WHERE closed_at is null;
CREATE INDEX ix_team_invitations_invited_by ON team_invitations (invited_by);
CREATE INDEX ix_team_invitations_player_id ON team_invitations (player_id);
CREATE INDEX ix_team_invitations_team ON team_invitations (team_id, created_at);
CREATE UNIQUE INDEX uq_team_invitations_open ON team_invitations (team_id, player_id, kind) WHERE closed_at is null and player_id is
    not null;

CREATE TABLE team_members (
    id UUID NOT NULL,
    team_id UUID NOT NULL,
    player_id UUID NOT NULL,
    role VARCHAR(20) DEFAULT 'MEMBER' NOT NULL,
    joined_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    permissions JSONB DEFAULT '{}' NOT NULL,
    can_invite BOOLEAN DEFAULT 'false' NOT NULL,
    can_kick BOOLEAN DEFAULT 'false' NOT NULL,
    can_manage_treasury BOOLEAN DEFAULT 'false' NOT NULL,
    can_manage_missions BOOLEAN DEFAULT 'false' NOT NULL,
    can_manage_alliances BOOLEAN DEFAULT 'false' NOT NULL,
    last_active TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    contribution_credits JSONB DEFAULT '{}' NOT NULL,
    muted_until TIMESTAMP WITH TIME ZONE,
    last_read_message_id UUID,
    last_read_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_team_members PRIMARY KEY (id),
    CONSTRAINT ck_team_members_role CHECK (role in ('LEADER', 'OFFICER', 'MEMBER', 'RECRUIT')),
    CONSTRAINT fk_team_members_team_id FOREIGN KEY(team_id) REFERENCES teams (id) ON DELETE CASCADE,
    CONSTRAINT uq_team_members_player_id UNIQUE (player_id),
    CONSTRAINT fk_team_members_player_id FOREIGN KEY(player_id) REFERENCES players (id) ON DELETE CASCADE
);
CREATE INDEX ix_team_members_team_id ON team_members (team_id);
CREATE UNIQUE INDEX uq_team_members_leader ON team_members (team_id) WHERE role = 'LEADER';

CREATE TABLE team_reputations (
    id UUID NOT NULL,
    team_id UUID NOT NULL,
    calculation_method VARCHAR(20) DEFAULT 'AVERAGE' NOT NULL,
    faction_reputation JSONB DEFAULT '{}' NOT NULL,
    history JSONB DEFAULT '[]' NOT NULL,
    last_recalculated TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    next_recalculation TIMESTAMP WITH TIME ZONE NOT NULL,
    pending_notifications JSONB DEFAULT '[]' NOT NULL,
    method_switched_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_team_reputations PRIMARY KEY (id),
    CONSTRAINT ck_team_reputations_calculation_method CHECK (calculation_method in ('AVERAGE', 'LOWEST', 'LEADER')),
    CONSTRAINT uq_team_reputations_team_id UNIQUE (team_id),
    CONSTRAINT fk_team_reputations_team_id FOREIGN KEY(team_id) REFERENCES teams (id) ON DELETE CASCADE
);
CREATE INDEX ix_team_reputations_next ON team_reputations (next_recalculation);

CREATE TABLE team_sector_claims (
    sector_id INTEGER NOT NULL,
    team_id UUID NOT NULL,
    claimed_by UUID,
    claimed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_team_sector_claims PRIMARY KEY (sector_id),
    CONSTRAINT fk_team_sector_claims_team_id FOREIGN KEY(team_id) REFERENCES teams (id) ON DELETE CASCADE,
    CONSTRAINT fk_team_sector_claims_claimed_by FOREIGN KEY(claimed_by) REFERENCES players (id) ON DELETE SET NULL
);
CREATE INDEX ix_team_sector_claims_claimed_by ON team_sector_claims (claimed_by);
CREATE INDEX ix_team_sector_claims_team_id ON team_sector_claims (team_id);

CREATE TABLE reputation_log (
    id UUID NOT NULL,
    player_id UUID NOT NULL,
    faction_id UUID NOT NULL,
    kind VARCHAR(50) NOT NULL,
    delta INTEGER NOT NULL,
    old_value INTEGER NOT NULL,
    new_value INTEGER NOT NULL,
    old_level reputation_level NOT NULL,
    new_level reputation_level NOT NULL,
    reason VARCHAR(255),
    actor VARCHAR(100),
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_reputation_log PRIMARY KEY (id),
    CONSTRAINT fk_reputation_log_player_id FOREIGN KEY(player_id) REFERENCES players (id) ON DELETE CASCADE,
    CONSTRAINT fk_reputation_log_faction_id FOREIGN KEY(faction_id) REFERENCES factions (id) ON DELETE CASCADE
);
CREATE INDEX ix_reputation_log_faction ON reputation_log (faction_id);
CREATE INDEX ix_reputation_log_player ON reputation_log (player_id, faction_id, at);

CREATE TABLE reputations (
    id UUID NOT NULL,
    player_id UUID NOT NULL,
    faction_id UUID NOT NULL,
    current_value INTEGER DEFAULT '0' NOT NULL,
    current_level reputation_level DEFAULT 'NEUTRAL' NOT NULL,
    title VARCHAR(50) DEFAULT 'Neutral' NOT NULL,
    last_updated TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    decay_paused BOOLEAN DEFAULT 'false' NOT NULL,
    history JSONB DEFAULT '[]' NOT NULL,
    trade_modifier FLOAT DEFAULT '0' NOT NULL,
    mission_availability JSONB DEFAULT '[]' NOT NULL,
    port_access_level INTEGER DEFAULT '0' NOT NULL,
    combat_response VARCHAR(50) DEFAULT 'neutral' NOT NULL,
    is_locked BOOLEAN DEFAULT 'false' NOT NULL,
    lock_reason VARCHAR(255),
    lock_expires TIMESTAMP WITH TIME ZONE,
    special_status VARCHAR(50),
    last_decay_at TIMESTAMP WITH TIME ZONE,
    trade_volume_carried BIGINT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_reputations PRIMARY KEY (id),
    CONSTRAINT uq_reputations_player_faction UNIQUE (player_id, faction_id),
    CONSTRAINT ck_reputations_current_value CHECK (current_value between -800 and 800),
    CONSTRAINT ck_reputations_trade_volume_carried CHECK (trade_volume_carried >= 0),
    CONSTRAINT fk_reputations_player_id FOREIGN KEY(player_id) REFERENCES players (id) ON DELETE CASCADE,
    CONSTRAINT fk_reputations_faction_id FOREIGN KEY(faction_id) REFERENCES factions (id) ON DELETE CASCADE
);
CREATE INDEX ix_reputations_faction_value ON reputations (faction_id, current_value desc);
CREATE INDEX ix_reputations_lock_expires ON reputations (lock_expires) WHERE is_locked;
CREATE INDEX ix_reputations_player_id ON reputations (player_id);

CREATE TABLE team_reputation_log (
    id UUID NOT NULL,
    team_id UUID NOT NULL,
    kind VARCHAR(50) NOT NULL,
    faction_id UUID,
    old_value INTEGER,
    new_value INTEGER,
    old_level reputation_level,
    new_level reputation_level,
    method VARCHAR(20) NOT NULL,
    actor_player_id UUID,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_team_reputation_log PRIMARY KEY (id),
    CONSTRAINT fk_team_reputation_log_team_id FOREIGN KEY(team_id) REFERENCES teams (id) ON DELETE CASCADE,
    CONSTRAINT fk_team_reputation_log_faction_id FOREIGN KEY(faction_id) REFERENCES factions (id) ON DELETE CASCADE
);
CREATE INDEX ix_team_reputation_log_faction_id ON team_reputation_log (faction_id);
CREATE INDEX ix_team_reputation_log_team ON team_reputation_log (team_id, at);

ALTER TABLE players ADD CONSTRAINT fk_players_team_id FOREIGN KEY(team_id) REFERENCES teams (id) ON DELETE SET NULL;
ALTER TABLE sectors ADD CONSTRAINT fk_sectors_controlling_team_id FOREIGN KEY(controlling_team_id) REFERENCES teams (id) ON DELETE SET NULL;
"""

BALANCED = """
create function check_transfer_balances() returns trigger language plpgsql set search_path = pg_catalog, public as $$
declare odd text;
begin
  select a.resource into odd from public.entries e join public.accounts_ledger a on a.account_id = e.account_id
  where e.transfer_id = coalesce(new.transfer_id, old.transfer_id)
  group by a.resource having sum(e.amount) <> 0 limit 1;
  if odd is not null then
    raise exception 'transfer % does not balance in %', coalesce(new.transfer_id, old.transfer_id), odd
      using errcode = 'check_violation', constraint = 'entries_balance';
  end if;
  return null;
end $$
"""

# Deferred: the sides of a transfer are written one after the other, and only together are they true.
AT_COMMIT = """
create constraint trigger entries_balance after insert or update or delete on entries
deferrable initially deferred for each row execute function check_transfer_balances()
"""


def upgrade() -> None:
    """Teams, the ledger, and standing."""
    ddl.script(TABLES)
    ddl.statement(BALANCED)
    ddl.statement(AT_COMMIT)


def downgrade() -> None:
    """As it was before."""
    ddl.drop(
        tables="""
    accounts_ledger team_memberships transfers entries subscription_events alignment_log team_cooldowns teams
    team_invitations team_members team_reputations team_sector_claims reputation_log reputations team_reputation_log
    """,
        types="""
    reputation_level
    """,
    )
    ddl.statement("drop function check_transfer_balances()")
