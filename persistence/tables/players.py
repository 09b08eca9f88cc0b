"""The captain: the in-game row of an account, the names it has had, and the counters other domains feed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from persistence.tables.base import (
    Base,
    Big,
    Born,
    Empty,
    Id,
    Json,
    No,
    Nought,
    Str20,
    Str50,
    Yes,
    Zero,
)


class Player(Base):
    """The in-game row, one per account. Sector columns are numbers, not keys. `team_id` mirrors `team_members`."""

    __tablename__ = "players"

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    nickname: Mapped[Str50 | None]
    credits: Mapped[Big] = mapped_column(server_default="10000")
    turns: Mapped[int] = mapped_column(server_default="1000")
    reputation: Mapped[Empty]
    personal_reputation: Mapped[Zero]
    reputation_tier: Mapped[Str50] = mapped_column(server_default="Neutral")
    name_color: Mapped[Str20] = mapped_column(server_default="#FFFFFF")
    military_rank: Mapped[Str50] = mapped_column(server_default="Recruit")
    rank_points: Mapped[Zero]
    aria_bonus_multiplier: Mapped[float] = mapped_column(server_default="1")
    aria_consciousness_level: Mapped[int] = mapped_column(server_default="1")
    aria_relationship_score: Mapped[int] = mapped_column(server_default="25")
    aria_total_interactions: Mapped[Zero]
    current_ship_id: Mapped[UUID | None] = mapped_column(ForeignKey("ships.id", ondelete="SET NULL", use_alter=True), index=True)
    home_sector_id: Mapped[int] = mapped_column(server_default="1")
    current_sector_id: Mapped[int] = mapped_column(server_default="1")
    is_docked: Mapped[No]
    current_port_id: Mapped[UUID | None] = mapped_column(ForeignKey("stations.id", ondelete="SET NULL", use_alter=True))
    is_landed: Mapped[No]
    current_planet_id: Mapped[UUID | None] = mapped_column(ForeignKey("planets.id", ondelete="SET NULL", use_alter=True))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL", use_alter=True))
    attack_drones: Mapped[Zero]
    defense_drones: Mapped[Zero]
    mines: Mapped[Zero]
    genesis_devices: Mapped[Zero]
    insurance: Mapped[Json | None]
    last_game_login: Mapped[datetime | None]
    turn_reset_at: Mapped[datetime | None]
    settings: Mapped[Empty]
    first_login: Mapped[Json] = mapped_column(server_default='{"completed": false}')
    created_at: Mapped[Born]
    is_active: Mapped[Yes]
    home_region_id: Mapped[UUID | None] = mapped_column(ForeignKey("regions.id", ondelete="SET NULL"))
    current_region_id: Mapped[UUID | None] = mapped_column(ForeignKey("regions.id", ondelete="SET NULL"))
    is_galactic_citizen: Mapped[No]
    nickname_skeleton: Mapped[str | None]
    last_turn_regeneration: Mapped[datetime | None]
    gc_lapsed_at: Mapped[datetime | None]
    aria_trust_score: Mapped[float] = mapped_column(server_default="1")
    aria_violation_count: Mapped[Zero]
    aria_blocked_until: Mapped[datetime | None]
    last_activity_at: Mapped[datetime | None]
    trade_bonus: Mapped[Nought]

    __table_args__ = (
        CheckConstraint("credits >= 0", "credits"),
        CheckConstraint("turns >= 0", "turns"),
        CheckConstraint("personal_reputation between -1000 and 1000", "personal_reputation"),
        CheckConstraint("rank_points >= 0", "rank_points"),
        CheckConstraint("aria_bonus_multiplier between 1 and 1.5", "aria_bonus_multiplier"),
        CheckConstraint("aria_consciousness_level between 1 and 5", "aria_consciousness_level"),
        CheckConstraint("aria_relationship_score between 0 and 100", "aria_relationship_score"),
        CheckConstraint("aria_total_interactions >= 0", "aria_total_interactions"),
        CheckConstraint("aria_trust_score between 0 and 1", "aria_trust_score"),
        CheckConstraint("aria_violation_count >= 0", "aria_violation_count"),
        CheckConstraint("attack_drones >= 0 and defense_drones >= 0 and mines >= 0 and genesis_devices >= 0", "equipment"),
        CheckConstraint("trade_bonus >= 0", "trade_bonus"),
        CheckConstraint("not (is_docked and is_landed)", "one_place"),
        CheckConstraint("is_docked = (current_port_id is not null)", "docked_somewhere"),
        CheckConstraint("is_landed = (current_planet_id is not null)", "landed_somewhere"),
        Index("uq_players_nickname", text("lower(nickname)"), unique=True, postgresql_where=text("nickname is not null")),
        Index(
            "uq_players_nickname_skeleton",
            text("lower(nickname_skeleton)"),
            unique=True,
            postgresql_where=text("nickname_skeleton is not null"),
        ),
        Index("ix_players_rank", text("rank_points desc"), "id", postgresql_where=text("is_active")),
        Index("ix_players_team", "team_id", postgresql_where=text("team_id is not null")),
        Index("ix_players_port", "current_port_id", postgresql_where=text("current_port_id is not null")),
        Index("ix_players_planet", "current_planet_id", postgresql_where=text("current_planet_id is not null")),
        Index("ix_players_gc_lapsed", "gc_lapsed_at", postgresql_where=text("gc_lapsed_at is not null")),
    )


class NicknameHistory(Base):
    """A name somebody had, kept from others until `until`. Look it up by skeleton."""

    __tablename__ = "nickname_history"

    id: Mapped[Id]
    player_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"))
    nickname: Mapped[Str50]
    skeleton: Mapped[str]
    changed_at: Mapped[Born]
    until: Mapped[datetime]

    __table_args__ = (
        Index("ix_nickname_history_skeleton", text("lower(skeleton)"), "until"),
        Index("ix_nickname_history_player", "player_id", "changed_at"),
    )


class PlayerLifetimeStats(Base):
    """What a captain has done since the beginning. Only ever grows, by `stats.add`."""

    __tablename__ = "player_lifetime_stats"

    player_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"), primary_key=True)
    total_trades: Mapped[Zero]
    combat_victories: Mapped[Zero]
    sectors_visited: Mapped[Zero]
    planets_owned: Mapped[Zero]
    updated_at: Mapped[Born]

    __table_args__ = (
        CheckConstraint("total_trades >= 0 and combat_victories >= 0 and sectors_visited >= 0 and planets_owned >= 0", "counters"),
    )


class RegionalMembership(Base):
    """What a captain is in a region: visitor, resident or citizen."""

    __tablename__ = "regional_memberships"

    player_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"), primary_key=True)
    region_id: Mapped[UUID] = mapped_column(ForeignKey("regions.id", ondelete="CASCADE"), primary_key=True)
    membership_type: Mapped[Str50] = mapped_column(server_default="visitor")
    reputation_score: Mapped[Zero]
    voting_power: Mapped[float] = mapped_column(server_default="1")
    joined_at: Mapped[Born]

    __table_args__ = (
        CheckConstraint("membership_type in ('visitor', 'resident', 'citizen')", "membership_type"),
        CheckConstraint("reputation_score between -1000 and 1000", "reputation_score"),
        CheckConstraint("voting_power between 0 and 5", "voting_power"),
        Index("ix_regional_memberships_region", "region_id"),
    )


class AriaPersonalMemory(Base):
    """Something ARIA remembers of a captain, once per content (`memory_hash` is its SHA-256 in hex)."""

    __tablename__ = "aria_personal_memories"

    id: Mapped[Id]
    player_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"))
    memory_type: Mapped[Str50]
    importance_score: Mapped[float] = mapped_column(server_default="0.5")
    memory_content: Mapped[Json]
    memory_hash: Mapped[str] = mapped_column(String(64, collation="C"))
    created_at: Mapped[Born]

    __table_args__ = (
        UniqueConstraint("player_id", "memory_hash"),
        CheckConstraint("importance_score between 0 and 1", "importance_score"),
    )
