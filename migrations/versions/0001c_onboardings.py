"""The talk at the dock, and what models cost."""

from migrations import ddl

revision = "0001c"
down_revision = "0001b"
branch_labels = None
depends_on = None

TABLES = """
CREATE TYPE ship_choice AS ENUM ('SCOUT_SHIP', 'CARGO_HAULER', 'ESCAPE_POD', 'LIGHT_FREIGHTER', 'DEFENDER', 'FAST_COURIER',
    'COLONY_SHIP', 'CARRIER');
CREATE TYPE negotiation_skill_level AS ENUM ('WEAK', 'AVERAGE', 'STRONG');
CREATE TYPE dialogue_outcome AS ENUM ('SUCCESS', 'PARTIAL_SUCCESS', 'FAILURE');

CREATE TABLE ai_budgets (
    scope TEXT COLLATE "C" NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    reserved_micro_usd BIGINT DEFAULT '0' NOT NULL,
    settled_micro_usd BIGINT DEFAULT '0' NOT NULL,
    calls INTEGER DEFAULT '0' NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_ai_budgets PRIMARY KEY (scope, period),
    CONSTRAINT ck_ai_budgets_amounts CHECK (reserved_micro_usd >= 0 and settled_micro_usd >= 0 and calls >= 0)
);

CREATE TABLE ship_rarity_configs (
    id UUID NOT NULL,
    ship_type ship_choice NOT NULL,
    rarity_tier INTEGER NOT NULL,
    spawn_chance INTEGER NOT NULL,
    base_credits INTEGER NOT NULL,
    weak_threshold FLOAT NOT NULL,
    average_threshold FLOAT NOT NULL,
    strong_threshold FLOAT NOT NULL,
    CONSTRAINT pk_ship_rarity_configs PRIMARY KEY (id),
    CONSTRAINT ck_ship_rarity_configs_rarity_tier CHECK (rarity_tier between 1 and 7),
    CONSTRAINT ck_ship_rarity_configs_spawn_chance CHECK (spawn_chance between 0 and 100),
    CONSTRAINT ck_ship_rarity_configs_base_credits CHECK (base_credits >= 0),
    CONSTRAINT ck_ship_rarity_configs_thresholds CHECK (strong_threshold >= 0 and average_threshold >= strong_threshold and
        weak_threshold >= average_threshold and weak_threshold <= 1),
    CONSTRAINT uq_ship_rarity_configs_ship_type UNIQUE (ship_type)
);

CREATE TABLE first_login_sessions (
    id UUID NOT NULL,
    player_id UUID NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    completed_at TIMESTAMP WITH TIME ZONE,
    ai_service_used BOOLEAN DEFAULT 'false' NOT NULL,
    fallback_to_rules BOOLEAN DEFAULT 'false' NOT NULL,
    guard_name VARCHAR,
    guard_title VARCHAR,
    guard_trait VARCHAR,
    guard_description VARCHAR,
    guard_base_suspicion FLOAT,
    ship_claimed ship_choice,
    extracted_player_name VARCHAR,
    negotiation_skill negotiation_skill_level,
    final_persuasion_score FLOAT,
    outcome dialogue_outcome,
    awarded_ship ship_choice,
    starting_credits INTEGER,
    negotiation_bonus_flag BOOLEAN,
    notoriety_penalty BOOLEAN,
    client_info JSONB,
    performance_metrics JSONB,
    CONSTRAINT pk_first_login_sessions PRIMARY KEY (id),
    CONSTRAINT ck_first_login_sessions_guard_base_suspicion CHECK (guard_base_suspicion between 0 and 1),
    CONSTRAINT ck_first_login_sessions_final_persuasion_score CHECK (final_persuasion_score between 0 and 1),
    CONSTRAINT ck_first_login_sessions_starting_credits CHECK (starting_credits >= 0),
    CONSTRAINT fk_first_login_sessions_player_id FOREIGN KEY(player_id) REFERENCES players (id) ON DELETE CASCADE
);
CREATE INDEX ix_first_login_sessions_player ON first_login_sessions (player_id, started_at);

CREATE TABLE ai_call_log (
    id UUID NOT NULL,
    player_id UUID,
    session_id UUID,
    purpose VARCHAR(50) NOT NULL,
    provider VARCHAR(20) NOT NULL,
    model VARCHAR(100),
    tokens_in INTEGER DEFAULT '0' NOT NULL,
    tokens_out INTEGER DEFAULT '0' NOT NULL,
    cost_micro_usd BIGINT DEFAULT '0' NOT NULL,
    latency_ms INTEGER,
    ok BOOLEAN NOT NULL,
    error_class VARCHAR(100),
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_ai_call_log PRIMARY KEY (id),
    CONSTRAINT ck_ai_call_log_amounts CHECK (tokens_in >= 0 and tokens_out >= 0 and cost_micro_usd >= 0 and latency_ms >= 0),
    CONSTRAINT fk_ai_call_log_player_id FOREIGN KEY(player_id) REFERENCES players (id) ON DELETE SET NULL,
    CONSTRAINT fk_ai_call_log_session_id FOREIGN KEY(session_id) REFERENCES first_login_sessions (id) ON DELETE SET NULL
);
CREATE INDEX ix_ai_call_log_at ON ai_call_log USING brin (at);
CREATE INDEX ix_ai_call_log_player ON ai_call_log (player_id, at);
CREATE INDEX ix_ai_call_log_session_id ON ai_call_log (session_id);

CREATE TABLE dialogue_exchanges (
    id UUID NOT NULL,
    session_id UUID NOT NULL,
    sequence_number INTEGER NOT NULL,
    npc_prompt VARCHAR NOT NULL,
    player_response VARCHAR DEFAULT '' NOT NULL,
    timestamp TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    topic VARCHAR,
    persuasiveness FLOAT,
    confidence FLOAT,
    consistency FLOAT,
    key_extracted_info JSONB,
    detected_contradictions VARCHAR[],
    ai_provider VARCHAR(20),
    ai_system_prompt VARCHAR,
    ai_user_prompt VARCHAR,
    ai_raw_response VARCHAR,
    believability FLOAT,
    current_suspicion FLOAT,
    response_time_ms INTEGER,
    estimated_cost_usd FLOAT,
    tokens_used INTEGER,
    answered_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_dialogue_exchanges PRIMARY KEY (id),
    CONSTRAINT uq_dialogue_exchanges_session_id_sequence_number UNIQUE (session_id, sequence_number),
    CONSTRAINT ck_dialogue_exchanges_sequence_number CHECK (sequence_number >= 1),
    CONSTRAINT ck_dialogue_exchanges_persuasiveness CHECK (persuasiveness between 0 and 1),
    CONSTRAINT ck_dialogue_exchanges_confidence CHECK (confidence between 0 and 1),
    CONSTRAINT ck_dialogue_exchanges_consistency CHECK (consistency between 0 and 1),
    CONSTRAINT ck_dialogue_exchanges_believability CHECK (believability between 0 and 1),
    CONSTRAINT ck_dialogue_exchanges_current_suspicion CHECK (current_suspicion between 0 and 1),
    CONSTRAINT ck_dialogue_exchanges_costs CHECK (response_time_ms >= 0 and estimated_cost_usd >= 0 and tokens_used >= 0),
    CONSTRAINT fk_dialogue_exchanges_session_id FOREIGN KEY(session_id) REFERENCES first_login_sessions (id) ON DELETE CASCADE
);

CREATE TABLE player_first_login_states (
    id UUID NOT NULL,
    player_id UUID NOT NULL,
    has_completed_first_login BOOLEAN DEFAULT 'false' NOT NULL,
    current_session_id UUID,
    attempts INTEGER DEFAULT '0' NOT NULL,
    last_attempt_at TIMESTAMP WITH TIME ZONE,
    claimed_ship BOOLEAN DEFAULT 'false' NOT NULL,
    answered_questions BOOLEAN DEFAULT 'false' NOT NULL,
    received_resources BOOLEAN DEFAULT 'false' NOT NULL,
    tutorial_started BOOLEAN DEFAULT 'false' NOT NULL,
    previous_ship_claims VARCHAR[] DEFAULT '{}' NOT NULL,
    previous_dialogue_strategies VARCHAR[] DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_player_first_login_states PRIMARY KEY (id),
    CONSTRAINT ck_player_first_login_states_attempts CHECK (attempts >= 0),
    CONSTRAINT uq_player_first_login_states_player_id UNIQUE (player_id),
    CONSTRAINT fk_player_first_login_states_player_id FOREIGN KEY(player_id) REFERENCES players (id) ON DELETE CASCADE,
    CONSTRAINT fk_player_first_login_states_current_session_id FOREIGN KEY(current_session_id) REFERENCES first_login_sessions (id) ON
        DELETE SET NULL
);
CREATE INDEX ix_player_first_login_states_current_session_id ON player_first_login_states (current_session_id);

CREATE TABLE ship_presentation_options (
    id UUID NOT NULL,
    session_id UUID NOT NULL,
    available_ships VARCHAR[] NOT NULL,
    escape_pod_present BOOLEAN DEFAULT 'true' NOT NULL,
    rarity_roll INTEGER NOT NULL,
    special_event_active BOOLEAN DEFAULT 'false' NOT NULL,
    seed_value VARCHAR,
    CONSTRAINT pk_ship_presentation_options PRIMARY KEY (id),
    CONSTRAINT ck_ship_presentation_options_rarity_roll CHECK (rarity_roll between 0 and 100),
    CONSTRAINT uq_ship_presentation_options_session_id UNIQUE (session_id),
    CONSTRAINT fk_ship_presentation_options_session_id FOREIGN KEY(session_id) REFERENCES first_login_sessions (id) ON DELETE CASCADE
);
"""


def upgrade() -> None:
    """The talk at the dock, and what models cost."""
    ddl.script(TABLES)


def downgrade() -> None:
    """As it was before."""
    ddl.drop(
        tables="""
    ai_budgets ship_rarity_configs first_login_sessions ai_call_log dialogue_exchanges player_first_login_states
    ship_presentation_options
    """,
        types="""
    ship_choice negotiation_skill_level dialogue_outcome
    """,
    )
