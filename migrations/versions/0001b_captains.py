"""Captains and the small world around them."""

from migrations import ddl

revision = "0001b"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = """
CREATE TYPE planet_type AS ENUM ('TERRAN', 'OCEANIC', 'DESERT', 'ICE', 'VOLCANIC', 'GAS_GIANT', 'BARREN');
CREATE TYPE planet_status AS ENUM ('UNCLAIMED', 'COLONY', 'DEVELOPED', 'ABANDONED');
CREATE TYPE ship_type AS ENUM ('SCOUT_SHIP', 'CARGO_HAULER', 'ESCAPE_POD', 'LIGHT_FREIGHTER', 'DEFENDER', 'FAST_COURIER',
    'COLONY_SHIP', 'CARRIER');
CREATE TYPE ship_status AS ENUM ('DOCKED', 'IN_SPACE', 'LANDED', 'IN_REPAIR', 'DESTROYED');
CREATE TYPE station_type AS ENUM ('TRADE', 'INDUSTRIAL', 'RESEARCH', 'MILITARY', 'FREEPORT');
CREATE TYPE station_class AS ENUM ('OUTPOST', 'STANDARD', 'HUB', 'CAPITAL');
CREATE TYPE station_status AS ENUM ('OPERATIONAL', 'DAMAGED', 'CLOSED');
CREATE TYPE genesis_type AS ENUM ('STANDARD', 'ENHANCED', 'SPECIALIZED', 'ADVANCED', 'EXPERIMENTAL', 'QUANTUM');
CREATE TYPE genesis_status AS ENUM ('INACTIVE', 'DEPLOYING', 'ACTIVE', 'COMPLETED', 'FAILED', 'UNSTABLE', 'ABORTED');
CREATE TYPE sector_type AS ENUM ('STANDARD', 'NEBULA', 'ASTEROID_FIELD', 'BLACK_HOLE', 'STAR_CLUSTER', 'VOID', 'INDUSTRIAL',
    'AGRICULTURAL', 'FORBIDDEN', 'WORMHOLE', 'ANOMALY', 'RADIATION_ZONE', 'WARP_STORM');
CREATE TYPE factiontype AS ENUM ('Federation', 'Independents', 'Pirates', 'Merchants', 'Explorers', 'Military', 'Mining', 'Outlaws',
    'Syndicate', 'Concord');

CREATE TABLE regions (
    id UUID NOT NULL,
    name VARCHAR(255) NOT NULL,
    display_name VARCHAR(255) NOT NULL,
    region_type VARCHAR(50) NOT NULL,
    owner_id UUID,
    status VARCHAR(50) DEFAULT 'active' NOT NULL,
    starting_credits INTEGER DEFAULT '1000' NOT NULL,
    starting_ship VARCHAR(50) DEFAULT 'ESCAPE_POD' NOT NULL,
    total_sectors INTEGER DEFAULT '0' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_regions PRIMARY KEY (id),
    CONSTRAINT ck_regions_region_type CHECK (region_type in ('central_nexus', 'terran_space', 'player_owned')),
    CONSTRAINT ck_regions_starting_credits CHECK (starting_credits >= 100),
    CONSTRAINT ck_regions_total_sectors CHECK (total_sectors >= 0),
    CONSTRAINT fk_regions_owner_id FOREIGN KEY(owner_id) REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX ix_regions_owner_id ON regions (owner_id);
CREATE UNIQUE INDEX uq_regions_name ON regions (lower(name));

CREATE TABLE players (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    nickname VARCHAR(50),
    credits BIGINT DEFAULT '10000' NOT NULL,
    turns INTEGER DEFAULT '1000' NOT NULL,
    reputation JSONB DEFAULT '{}' NOT NULL,
    personal_reputation INTEGER DEFAULT '0' NOT NULL,
    reputation_tier VARCHAR(50) DEFAULT 'Neutral' NOT NULL,
    name_color VARCHAR(20) DEFAULT '#FFFFFF' NOT NULL,
    military_rank VARCHAR(50) DEFAULT 'Recruit' NOT NULL,
    rank_points INTEGER DEFAULT '0' NOT NULL,
    aria_bonus_multiplier FLOAT DEFAULT '1' NOT NULL,
    aria_consciousness_level INTEGER DEFAULT '1' NOT NULL,
    aria_relationship_score INTEGER DEFAULT '25' NOT NULL,
    aria_total_interactions INTEGER DEFAULT '0' NOT NULL,
    current_ship_id UUID,
    home_sector_id INTEGER DEFAULT '1' NOT NULL,
    current_sector_id INTEGER DEFAULT '1' NOT NULL,
    is_docked BOOLEAN DEFAULT 'false' NOT NULL,
    current_port_id UUID,
    is_landed BOOLEAN DEFAULT 'false' NOT NULL,
    current_planet_id UUID,
    team_id UUID,
    attack_drones INTEGER DEFAULT '0' NOT NULL,
    defense_drones INTEGER DEFAULT '0' NOT NULL,
    mines INTEGER DEFAULT '0' NOT NULL,
    genesis_devices INTEGER DEFAULT '0' NOT NULL,
    insurance JSONB,
    last_game_login TIMESTAMP WITH TIME ZONE,
    turn_reset_at TIMESTAMP WITH TIME ZONE,
    settings JSONB DEFAULT '{}' NOT NULL,
    first_login JSONB DEFAULT '{"completed": false}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    is_active BOOLEAN DEFAULT 'true' NOT NULL,
    home_region_id UUID,
    current_region_id UUID,
    is_galactic_citizen BOOLEAN DEFAULT 'false' NOT NULL,
    nickname_skeleton TEXT,
    last_turn_regeneration TIMESTAMP WITH TIME ZONE,
    gc_lapsed_at TIMESTAMP WITH TIME ZONE,
    aria_trust_score FLOAT DEFAULT '1' NOT NULL,
    aria_violation_count INTEGER DEFAULT '0' NOT NULL,
    aria_blocked_until TIMESTAMP WITH TIME ZONE,
    last_activity_at TIMESTAMP WITH TIME ZONE,
    trade_bonus FLOAT DEFAULT '0' NOT NULL,
    CONSTRAINT pk_players PRIMARY KEY (id),
    CONSTRAINT ck_players_credits CHECK (credits >= 0),
    CONSTRAINT ck_players_turns CHECK (turns >= 0),
    CONSTRAINT ck_players_personal_reputation CHECK (personal_reputation between -1000 and 1000),
    CONSTRAINT ck_players_rank_points CHECK (rank_points >= 0),
    CONSTRAINT ck_players_aria_bonus_multiplier CHECK (aria_bonus_multiplier between 1 and 1.5),
    CONSTRAINT ck_players_aria_consciousness_level CHECK (aria_consciousness_level between 1 and 5),
    CONSTRAINT ck_players_aria_relationship_score CHECK (aria_relationship_score between 0 and 100),
    CONSTRAINT ck_players_aria_total_interactions CHECK (aria_total_interactions >= 0),
    CONSTRAINT ck_players_aria_trust_score CHECK (aria_trust_score between 0 and 1),
    CONSTRAINT ck_players_aria_violation_count CHECK (aria_violation_count >= 0),
    CONSTRAINT ck_players_equipment CHECK (attack_drones >= 0 and defense_drones >= 0 and mines >= 0 and genesis_devices >= 0),
    CONSTRAINT ck_players_trade_bonus CHECK (trade_bonus >= 0),
    CONSTRAINT ck_players_one_place CHECK (not (is_docked and is_landed)),
    CONSTRAINT ck_players_docked_somewhere CHECK (is_docked = (current_port_id is not null)),
    CONSTRAINT ck_players_landed_somewhere CHECK (is_landed = (current_planet_id is not null)),
    CONSTRAINT uq_players_user_id UNIQUE (user_id),
    CONSTRAINT fk_players_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_players_home_region_id FOREIGN KEY(home_region_id) REFERENCES regions (id) ON DELETE SET NULL,
    CONSTRAINT fk_players_current_region_id FOREIGN KEY(current_region_id) REFERENCES regions (id) ON DELETE SET NULL
);
CREATE INDEX ix_players_current_ship_id ON players (current_ship_id);
CREATE INDEX ix_players_gc_lapsed ON players (gc_lapsed_at) WHERE gc_lapsed_at is not null;
CREATE INDEX ix_players_planet ON players (current_planet_id) WHERE current_planet_id is not null;
CREATE INDEX ix_players_port ON players (current_port_id) WHERE current_port_id is not null;
CREATE INDEX ix_players_rank ON players (rank_points desc, id) WHERE is_active;
CREATE INDEX ix_players_team ON players (team_id) WHERE team_id is not null;
CREATE UNIQUE INDEX uq_players_nickname ON players (lower(nickname)) WHERE nickname is not null;
CREATE UNIQUE INDEX uq_players_nickname_skeleton ON players (lower(nickname_skeleton)) WHERE nickname_skeleton is not null;

CREATE TABLE aria_personal_memories (
    id UUID NOT NULL,
    player_id UUID NOT NULL,
    memory_type VARCHAR(50) NOT NULL,
    importance_score FLOAT DEFAULT '0.5' NOT NULL,
    memory_content JSONB NOT NULL,
    memory_hash VARCHAR(64) COLLATE "C" NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_aria_personal_memories PRIMARY KEY (id),
    CONSTRAINT uq_aria_personal_memories_player_id_memory_hash UNIQUE (player_id, memory_hash),
    CONSTRAINT ck_aria_personal_memories_importance_score CHECK (importance_score between 0 and 1),
    CONSTRAINT fk_aria_personal_memories_player_id FOREIGN KEY(player_id) REFERENCES players (id) ON DELETE CASCADE
);

CREATE TABLE nickname_history (
    id UUID NOT NULL,
    player_id UUID NOT NULL,
    nickname VARCHAR(50) NOT NULL,
    skeleton TEXT NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    until TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_nickname_history PRIMARY KEY (id),
    CONSTRAINT fk_nickname_history_player_id FOREIGN KEY(player_id) REFERENCES players (id) ON DELETE CASCADE
);
CREATE INDEX ix_nickname_history_player ON nickname_history (player_id, changed_at);
CREATE INDEX ix_nickname_history_skeleton ON nickname_history (lower(skeleton), until);

CREATE TABLE planets (
    id UUID NOT NULL,
    name VARCHAR(100) NOT NULL,
    sector_id INTEGER NOT NULL,
    owner_id UUID,
    type planet_type NOT NULL,
    status planet_status DEFAULT 'UNCLAIMED' NOT NULL,
    population BIGINT DEFAULT '0' NOT NULL,
    reserved_for_player_id UUID,
    CONSTRAINT pk_planets PRIMARY KEY (id),
    CONSTRAINT ck_planets_population CHECK (population >= 0),
    CONSTRAINT fk_planets_owner_id FOREIGN KEY(owner_id) REFERENCES players (id) ON DELETE SET NULL,
    CONSTRAINT fk_planets_reserved_for_player_id FOREIGN KEY(reserved_for_player_id) REFERENCES players (id) ON DELETE SET NULL
);
CREATE INDEX ix_planets_owner_id ON planets (owner_id);
CREATE INDEX ix_planets_reserved_for_player_id ON planets (reserved_for_player_id);
CREATE INDEX ix_planets_sector_id ON planets (sector_id);

CREATE TABLE player_lifetime_stats (
    player_id UUID NOT NULL,
    total_trades INTEGER DEFAULT '0' NOT NULL,
    combat_victories INTEGER DEFAULT '0' NOT NULL,
    sectors_visited INTEGER DEFAULT '0' NOT NULL,
    planets_owned INTEGER DEFAULT '0' NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_player_lifetime_stats PRIMARY KEY (player_id),
    CONSTRAINT ck_player_lifetime_stats_counters CHECK (total_trades >= 0 and combat_victories >= 0 and sectors_visited >= 0 and
        planets_owned >= 0),
    CONSTRAINT fk_player_lifetime_stats_player_id FOREIGN KEY(player_id) REFERENCES players (id) ON DELETE CASCADE
);

CREATE TABLE regional_memberships (
    player_id UUID NOT NULL,
    region_id UUID NOT NULL,
    membership_type VARCHAR(50) DEFAULT 'visitor' NOT NULL,
    reputation_score INTEGER DEFAULT '0' NOT NULL,
    voting_power FLOAT DEFAULT '1' NOT NULL,
    joined_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_regional_memberships PRIMARY KEY (player_id, region_id),
    CONSTRAINT ck_regional_memberships_membership_type CHECK (membership_type in ('visitor', 'resident', 'citizen')),
    CONSTRAINT ck_regional_memberships_reputation_score CHECK (reputation_score between -1000 and 1000),
    CONSTRAINT ck_regional_memberships_voting_power CHECK (voting_power between 0 and 5),
    CONSTRAINT fk_regional_memberships_player_id FOREIGN KEY(player_id) REFERENCES players (id) ON DELETE CASCADE,
    CONSTRAINT fk_regional_memberships_region_id FOREIGN KEY(region_id) REFERENCES regions (id) ON DELETE CASCADE
);
CREATE INDEX ix_regional_memberships_region ON regional_memberships (region_id);

CREATE TABLE ships (
    id UUID NOT NULL,
    name VARCHAR(100) NOT NULL,
    type ship_type NOT NULL,
    owner_id UUID,
    sector_id INTEGER NOT NULL,
    base_speed FLOAT NOT NULL,
    current_speed FLOAT NOT NULL,
    turn_cost INTEGER NOT NULL,
    warp_capable BOOLEAN DEFAULT 'false' NOT NULL,
    is_active BOOLEAN DEFAULT 'true' NOT NULL,
    status ship_status DEFAULT 'DOCKED' NOT NULL,
    maintenance JSONB NOT NULL,
    cargo JSONB NOT NULL,
    combat JSONB NOT NULL,
    insurance JSONB,
    genesis_devices INTEGER DEFAULT '0' NOT NULL,
    mines INTEGER DEFAULT '0' NOT NULL,
    is_destroyed BOOLEAN DEFAULT 'false' NOT NULL,
    is_flagship BOOLEAN DEFAULT 'false' NOT NULL,
    purchase_value BIGINT DEFAULT '0' NOT NULL,
    current_value BIGINT DEFAULT '0' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_updated TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_ships PRIMARY KEY (id),
    CONSTRAINT ck_ships_motion CHECK (base_speed >= 0 and current_speed >= 0 and turn_cost >= 0),
    CONSTRAINT ck_ships_equipment CHECK (genesis_devices >= 0 and mines >= 0),
    CONSTRAINT ck_ships_worth CHECK (purchase_value >= 0 and current_value >= 0),
    CONSTRAINT fk_ships_owner_id FOREIGN KEY(owner_id) REFERENCES players (id) ON DELETE CASCADE
);
CREATE INDEX ix_ships_owner_id ON ships (owner_id);

CREATE TABLE stations (
    id UUID NOT NULL,
    name VARCHAR(100) NOT NULL,
    sector_id INTEGER NOT NULL,
    owner_id UUID,
    type station_type NOT NULL,
    station_class station_class NOT NULL,
    status station_status DEFAULT 'OPERATIONAL' NOT NULL,
    faction_affiliation VARCHAR(50),
    services JSONB DEFAULT '[]' NOT NULL,
    reputation_threshold INTEGER DEFAULT '0' NOT NULL,
    CONSTRAINT pk_stations PRIMARY KEY (id),
    CONSTRAINT fk_stations_owner_id FOREIGN KEY(owner_id) REFERENCES players (id) ON DELETE SET NULL
);
CREATE INDEX ix_stations_owner_id ON stations (owner_id);
CREATE INDEX ix_stations_sector_id ON stations (sector_id);

CREATE TABLE genesis_devices (
    id UUID NOT NULL,
    owner_id UUID NOT NULL,
    name VARCHAR(100) NOT NULL,
    serial_number VARCHAR(50) NOT NULL,
    type genesis_type DEFAULT 'STANDARD' NOT NULL,
    status genesis_status DEFAULT 'INACTIVE' NOT NULL,
    ship_id UUID,
    sector_id INTEGER,
    planet_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_genesis_devices PRIMARY KEY (id),
    CONSTRAINT fk_genesis_devices_owner_id FOREIGN KEY(owner_id) REFERENCES players (id) ON DELETE CASCADE,
    CONSTRAINT uq_genesis_devices_serial_number UNIQUE (serial_number),
    CONSTRAINT fk_genesis_devices_ship_id FOREIGN KEY(ship_id) REFERENCES ships (id) ON DELETE SET NULL,
    CONSTRAINT fk_genesis_devices_planet_id FOREIGN KEY(planet_id) REFERENCES planets (id) ON DELETE SET NULL
);
CREATE INDEX ix_genesis_devices_owner_id ON genesis_devices (owner_id);
CREATE INDEX ix_genesis_devices_planet_id ON genesis_devices (planet_id);
CREATE INDEX ix_genesis_devices_ship_id ON genesis_devices (ship_id);

CREATE TABLE player_planets (
    player_id UUID NOT NULL,
    planet_id UUID NOT NULL,
    acquired_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_player_planets PRIMARY KEY (player_id, planet_id),
    CONSTRAINT fk_player_planets_player_id FOREIGN KEY(player_id) REFERENCES players (id) ON DELETE CASCADE,
    CONSTRAINT fk_player_planets_planet_id FOREIGN KEY(planet_id) REFERENCES planets (id) ON DELETE CASCADE
);
CREATE INDEX ix_player_planets_planet_id ON player_planets (planet_id);

CREATE TABLE player_stations (
    player_id UUID NOT NULL,
    station_id UUID NOT NULL,
    acquired_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_player_stations PRIMARY KEY (player_id, station_id),
    CONSTRAINT fk_player_stations_player_id FOREIGN KEY(player_id) REFERENCES players (id) ON DELETE CASCADE,
    CONSTRAINT fk_player_stations_station_id FOREIGN KEY(station_id) REFERENCES stations (id) ON DELETE CASCADE
);
CREATE INDEX ix_player_stations_station_id ON player_stations (station_id);

CREATE TABLE sectors (
    id UUID NOT NULL,
    sector_id INTEGER NOT NULL,
    region_id UUID,
    name VARCHAR(100) NOT NULL,
    type sector_type DEFAULT 'STANDARD' NOT NULL,
    is_discovered BOOLEAN DEFAULT 'false' NOT NULL,
    discovered_by_id UUID,
    x_coord INTEGER DEFAULT '0' NOT NULL,
    y_coord INTEGER DEFAULT '0' NOT NULL,
    z_coord INTEGER DEFAULT '0' NOT NULL,
    hazard_level INTEGER DEFAULT '0' NOT NULL,
    controlling_faction VARCHAR(50),
    controlling_team_id UUID,
    CONSTRAINT pk_sectors PRIMARY KEY (id),
    CONSTRAINT ck_sectors_hazard_level CHECK (hazard_level between 0 and 10),
    CONSTRAINT uq_sectors_sector_id UNIQUE (sector_id),
    CONSTRAINT fk_sectors_region_id FOREIGN KEY(region_id) REFERENCES regions (id) ON DELETE SET NULL,
    CONSTRAINT fk_sectors_discovered_by_id FOREIGN KEY(discovered_by_id) REFERENCES players (id) ON DELETE SET NULL
);
CREATE INDEX ix_sectors_controlling_team_id ON sectors (controlling_team_id);
CREATE INDEX ix_sectors_discovered_by_id ON sectors (discovered_by_id);
CREATE INDEX ix_sectors_region_id ON sectors (region_id);

CREATE TABLE factions (
    id UUID NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    name VARCHAR(100) NOT NULL,
    faction_type factiontype NOT NULL,
    description TEXT,
    territory_sectors UUID[] DEFAULT '{}' NOT NULL,
    home_sector_id UUID,
    base_pricing_modifier FLOAT DEFAULT '1' NOT NULL,
    trade_specialties VARCHAR[] DEFAULT '{}' NOT NULL,
    aggression_level INTEGER DEFAULT '5' NOT NULL,
    diplomacy_stance VARCHAR(50) DEFAULT 'neutral' NOT NULL,
    color_primary VARCHAR(7),
    color_secondary VARCHAR(7),
    logo_url VARCHAR(255),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_factions PRIMARY KEY (id),
    CONSTRAINT ck_factions_aggression_level CHECK (aggression_level between 1 and 10),
    CONSTRAINT ck_factions_colors CHECK (color_primary ~ '^#[0-9A-F]{6}$' and color_secondary ~ '^#[0-9A-F]{6}$'),
    CONSTRAINT uq_factions_code UNIQUE (code),
    CONSTRAINT fk_factions_home_sector_id FOREIGN KEY(home_sector_id) REFERENCES sectors (id) ON DELETE SET NULL
);
CREATE INDEX ix_factions_home_sector_id ON factions (home_sector_id);
CREATE UNIQUE INDEX uq_factions_name ON factions (lower(name));

ALTER TABLE players ADD CONSTRAINT fk_players_current_port_id FOREIGN KEY(current_port_id) REFERENCES stations (id) ON DELETE SET NULL;
ALTER TABLE players ADD CONSTRAINT fk_players_current_ship_id FOREIGN KEY(current_ship_id) REFERENCES ships (id) ON DELETE SET NULL;
ALTER TABLE players ADD CONSTRAINT fk_players_current_planet_id FOREIGN KEY(current_planet_id) REFERENCES planets (id) ON DELETE SET NULL;
"""


def upgrade() -> None:
    """Captains and the small world around them."""
    ddl.script(TABLES)


def downgrade() -> None:
    """As it was before."""
    ddl.drop(
        tables="""
    regions players aria_personal_memories nickname_history planets player_lifetime_stats regional_memberships ships
    stations genesis_devices player_planets player_stations sectors factions
    """,
        types="""
    planet_type planet_status ship_type ship_status station_type station_class station_status genesis_type genesis_status
    sector_type factiontype
    """,
    )
