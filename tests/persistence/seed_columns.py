"""The seed's tables, column by column, as its page and section 1 of the domain page give them, before any deviation of ours.

One line a column: name, kind, `null` if it may be, `= default` if it has one. Kinds: `string(n)`, `text`, `integer`, `float`,
`boolean`, `uuid`, `jsonb`, `time` (zone-less), `timetz`, `string[]`, `integer[]`, `enum:name`.
"""

TABLES = {
    "users": """
        id uuid; username string(50); email string(255) null; is_active boolean = true; is_admin boolean = false;
        created_at timetz = now(); updated_at timetz = now(); last_login timetz null; deleted boolean = false;
        paypal_subscription_id string(255) null; subscription_tier string(50) null; subscription_status string(50) null;
        subscription_started_at time null; subscription_expires_at time null""",
    "players": """
        id uuid; user_id uuid; nickname string(50) null; credits integer = 10000; turns integer = 1000; reputation jsonb = {};
        personal_reputation integer = 0; reputation_tier string(50) = Neutral; name_color string(20) = #FFFFFF;
        military_rank string(50) = Recruit; rank_points integer = 0; aria_bonus_multiplier float = 1;
        aria_consciousness_level integer = 1; aria_relationship_score integer = 25; aria_total_interactions integer = 0;
        current_ship_id uuid null; home_sector_id integer = 1; current_sector_id integer = 1; is_docked boolean = false;
        current_port_id uuid null; is_landed boolean = false; current_planet_id uuid null; team_id uuid null;
        attack_drones integer = 0; defense_drones integer = 0; mines integer = 0; genesis_devices integer = 0; insurance jsonb null;
        last_game_login timetz null; turn_reset_at timetz null; settings jsonb = {}; first_login jsonb = {"completed": false};
        created_at timetz = now(); is_active boolean = true; home_region_id uuid null; current_region_id uuid null;
        is_galactic_citizen boolean = false""",
    "first_login_sessions": """
        id uuid; player_id uuid; started_at timetz = now(); completed_at timetz null; ai_service_used boolean = false;
        fallback_to_rules boolean = false; guard_name string null; guard_title string null; guard_trait string null;
        guard_description string null; guard_base_suspicion float null; ship_claimed enum:ship_choice null;
        extracted_player_name string null; negotiation_skill enum:negotiation_skill_level null; final_persuasion_score float null;
        outcome enum:dialogue_outcome null; awarded_ship enum:awarded_ship_type null; starting_credits integer null;
        negotiation_bonus_flag boolean null; notoriety_penalty boolean null; client_info jsonb null; performance_metrics jsonb null""",
    "dialogue_exchanges": """
        id uuid; session_id uuid; sequence_number integer; npc_prompt string; player_response string; timestamp timetz = now();
        topic string null; persuasiveness float null; confidence float null; consistency float null; key_extracted_info jsonb null;
        detected_contradictions string[] null; ai_provider string(20) null; ai_system_prompt string null; ai_user_prompt string null;
        ai_raw_response string null; believability float null; current_suspicion float null; response_time_ms integer null;
        estimated_cost_usd float null; tokens_used integer null""",
    "ship_presentation_options": """
        id uuid; session_id uuid; available_ships string[]; escape_pod_present boolean = true; rarity_roll integer;
        special_event_active boolean = false; seed_value string null""",
    "ship_rarity_configs": """
        id uuid; ship_type enum:ship_type_config; rarity_tier integer; spawn_chance integer; base_credits integer;
        weak_threshold float; average_threshold float; strong_threshold float""",
    "player_first_login_states": """
        id uuid; player_id uuid; has_completed_first_login boolean = false; current_session_id uuid null; attempts integer = 0;
        last_attempt_at timetz null; claimed_ship boolean = false; answered_questions boolean = false;
        received_resources boolean = false; tutorial_started boolean = false; previous_ship_claims string[] = {};
        previous_dialogue_strategies string[] = {}""",
    "teams": """
        id uuid; name string(80); description text null; leader_id uuid null; created_at timetz = now(); updated_at timetz = now();
        reputation_calculation_method string(20) = AVERAGE; tag string(10) null; logo string null; is_public boolean = true;
        max_members integer = 4; sector_claims integer[] = {}; home_sector_id integer null; recruitment_status string(20) = OPEN;
        treasury_credits integer = 0; treasury_fuel integer = 0; treasury_organics integer = 0; treasury_equipment integer = 0;
        treasury_technology integer = 0; treasury_luxury_items integer = 0; treasury_precious_metals integer = 0;
        treasury_raw_materials integer = 0; treasury_plasma integer = 0; treasury_bio_samples integer = 0;
        treasury_dark_matter integer = 0; treasury_quantum_crystals integer = 0; total_credits integer = 0; total_planets integer = 0;
        combat_rating float = 0; trade_rating float = 0; join_requirements jsonb = {}; member_roles jsonb = {};
        resource_sharing jsonb = {}; invitation_codes jsonb = []""",
    "team_members": """
        id uuid; team_id uuid; player_id uuid; role string(20) = MEMBER; joined_at timetz = now(); permissions jsonb = {};
        can_invite boolean = false; can_kick boolean = false; can_manage_treasury boolean = false; can_manage_missions boolean = false;
        can_manage_alliances boolean = false; last_active timetz = now(); contribution_credits jsonb = {}""",
    "reputations": """
        id uuid; player_id uuid; faction_id uuid; current_value integer = 0; current_level enum:reputation_level = NEUTRAL;
        title string(50) = Neutral; last_updated timetz = now(); decay_paused boolean = false; history jsonb = [];
        trade_modifier float = 0; mission_availability jsonb = []; port_access_level integer = 0;
        combat_response string(50) = neutral; is_locked boolean = false; lock_reason string(255) null; lock_expires timetz null;
        special_status string(50) null""",
    "team_reputations": """
        id uuid; team_id uuid; calculation_method string(20) = AVERAGE; faction_reputation jsonb = {}; history jsonb = [];
        last_recalculated timetz = now(); next_recalculation timetz; pending_notifications jsonb = []""",
    "messages": """
        id uuid; sender_id uuid; recipient_id uuid null; team_id uuid null; subject string(255) null; content text; sent_at time;
        read_at time null; deleted_by_sender boolean = false; deleted_by_recipient boolean = false; thread_id uuid null;
        reply_to_id uuid null; message_type string(20) = player; priority string(10) null = normal; flagged boolean null = false;
        flagged_reason string(255) null; moderated_at time null; moderated_by uuid null""",
    "player_credentials": "user_id uuid; password_hash string(255); last_password_change timetz = now()",
    "admin_credentials": "user_id uuid; password_hash string(255); last_password_change timetz = now()",
    "oauth_accounts": """
        id uuid; user_id uuid; provider string(20); provider_user_id string(255); provider_account_email string(255) null;
        provider_account_username string(255) null; access_token string null; refresh_token string null; expires_at timetz null;
        created_at timetz = now(); updated_at timetz = now(); deleted boolean = false""",
    "refresh_tokens": """
        id uuid = gen_random_uuid(); user_id uuid; token string; revoked boolean = false; expires_at timetz;
        created_at timetz = now()""",
    "mfa_secrets": """
        id uuid; user_id uuid; secret string(32); is_verified boolean = false; backup_codes string(500) null; created_at timetz;
        verified_at timetz null; last_used timetz null""",
    "mfa_attempts": """
        id uuid; user_id uuid; code_entered string(10); success boolean; ip_address string(45) null; user_agent string(500) null;
        attempt_time timetz; failure_reason string(100) null""",
}

ENUMS = {
    "ship_choice": "SCOUT_SHIP CARGO_HAULER ESCAPE_POD LIGHT_FREIGHTER DEFENDER FAST_COURIER COLONY_SHIP CARRIER",
    "negotiation_skill_level": "WEAK AVERAGE STRONG",
    "dialogue_outcome": "SUCCESS PARTIAL_SUCCESS FAILURE",
    "reputation_level": (
        "PUBLIC_ENEMY CRIMINAL OUTLAW PIRATE SMUGGLER UNTRUSTWORTHY SUSPICIOUS QUESTIONABLE NEUTRAL RECOGNIZED ACKNOWLEDGED TRUSTED"
        " RESPECTED VALUED HONORED REVERED EXALTED"
    ),
    "factiontype": "Federation Independents Pirates Merchants Explorers Military Mining Outlaws Syndicate Concord",
    "sector_type": (
        "STANDARD NEBULA ASTEROID_FIELD BLACK_HOLE STAR_CLUSTER VOID INDUSTRIAL AGRICULTURAL FORBIDDEN WORMHOLE ANOMALY"
        " RADIATION_ZONE WARP_STORM"
    ),
}

# What the domain page, 12.1, lets us change: column -> what it is here. Nothing else may differ.
DEVIATIONS = {
    "messages.sender_id": "uuid null",
    "players.credits": "bigint = 10000",
    **{
        f"teams.{column}": "bigint = 0"
        for column in (
            *("treasury_credits", "treasury_fuel", "treasury_organics", "treasury_equipment", "treasury_technology"),
            *("treasury_luxury_items", "treasury_precious_metals", "treasury_raw_materials", "treasury_plasma", "treasury_bio_samples"),
            *("treasury_dark_matter", "treasury_quantum_crystals", "total_credits"),
        )
    },
    "mfa_secrets.secret": "string",
    "mfa_attempts.code_entered": "string(10) null",
    "users.subscription_started_at": "timetz null",
    "users.subscription_expires_at": "timetz null",
    "messages.sent_at": "timetz",
    "messages.read_at": "timetz null",
    "messages.moderated_at": "timetz null",
    "first_login_sessions.awarded_ship": "enum:ship_choice null",
    "ship_rarity_configs.ship_type": "enum:ship_choice",
}

# What the rules need beyond the seed; section 1.2 of the domain page and decision E.
NEEDED = {
    "players": (
        *("last_turn_regeneration", "gc_lapsed_at", "aria_trust_score", "aria_violation_count", "aria_blocked_until"),
        *("last_activity_at", "trade_bonus", "nickname_skeleton"),
    ),
    "users": ("payment_failure_count", "username_skeleton"),
    "teams": ("name_skeleton", "tag_skeleton"),
    "team_members": ("muted_until", "last_read_message_id", "last_read_at"),
    "messages": ("moderation_status",),
    "dialogue_exchanges": ("answered_at",),
    "first_login_sessions": ("verdict", "granted_at"),
}


def columns(table: str) -> dict[str, str]:
    """The columns of one seed table: name -> `kind [null] [= default]`."""
    lines = (" ".join(line.split()) for line in TABLES[table].split(";"))
    return dict(line.split(" ", 1) for line in lines)
