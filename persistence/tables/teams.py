"""Teams, who is in them, who was, and who is asked.

`team_members` is the truth about the present, `team_memberships` about who may hear which numbers of the team's stream.
`players.team_id`, `teams.leader_id`, the treasury columns and `sector_claims` are mirrors.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from persistence.tables.base import (
    Base,
    Big,
    BigZero,
    Born,
    Empty,
    EmptyList,
    Id,
    No,
    Nought,
    Str10,
    Str20,
    Str50,
    Str80,
    Varchar,
    Yes,
    Zero,
    one_of,
)  # fmt: skip

METHODS = ("AVERAGE", "LOWEST", "LEADER")
TREASURY = (
    "credits", "fuel", "organics", "equipment", "technology", "luxury_items", "precious_metals", "raw_materials", "plasma",
    "bio_samples", "dark_matter", "quantum_crystals",
)  # fmt: skip


class Team(Base):
    """A team. `disbanded_at` frees its name at once; the row goes later, in a transaction of its own (delivery rule 4)."""

    __tablename__ = "teams"

    id: Mapped[Id]
    name: Mapped[Str80]
    description: Mapped[str | None]
    leader_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("players.id", ondelete="SET NULL", deferrable=True, initially="DEFERRED"), index=True
    )
    created_at: Mapped[Born]
    updated_at: Mapped[Born] = mapped_column(onupdate=func.now())
    reputation_calculation_method: Mapped[Str20] = mapped_column(server_default="AVERAGE")
    tag: Mapped[Str10 | None]
    logo: Mapped[Varchar | None]
    is_public: Mapped[Yes]
    max_members: Mapped[int] = mapped_column(server_default="4")
    sector_claims: Mapped[list[int]] = mapped_column(server_default="{}")
    home_sector_id: Mapped[int | None]
    recruitment_status: Mapped[Str20] = mapped_column(server_default="OPEN")
    treasury_credits: Mapped[BigZero]
    treasury_fuel: Mapped[BigZero]
    treasury_organics: Mapped[BigZero]
    treasury_equipment: Mapped[BigZero]
    treasury_technology: Mapped[BigZero]
    treasury_luxury_items: Mapped[BigZero]
    treasury_precious_metals: Mapped[BigZero]
    treasury_raw_materials: Mapped[BigZero]
    treasury_plasma: Mapped[BigZero]
    treasury_bio_samples: Mapped[BigZero]
    treasury_dark_matter: Mapped[BigZero]
    treasury_quantum_crystals: Mapped[BigZero]
    total_credits: Mapped[BigZero]
    total_planets: Mapped[Zero]
    combat_rating: Mapped[Nought]
    trade_rating: Mapped[Nought]
    join_requirements: Mapped[Empty]
    member_roles: Mapped[Empty]
    resource_sharing: Mapped[Empty]
    invitation_codes: Mapped[EmptyList]
    name_skeleton: Mapped[str]
    tag_skeleton: Mapped[str | None]
    disbanded_at: Mapped[datetime | None]

    __table_args__ = (
        *(CheckConstraint(f"treasury_{resource} >= 0", f"treasury_{resource}") for resource in TREASURY),
        CheckConstraint("max_members between 2 and 20", "max_members"),
        CheckConstraint("total_credits >= 0 and total_planets >= 0", "totals"),
        CheckConstraint(one_of("reputation_calculation_method", *METHODS), "reputation_calculation_method"),
        CheckConstraint(one_of("recruitment_status", "OPEN", "INVITE_ONLY", "CLOSED"), "recruitment_status"),
        Index("uq_teams_name", text("lower(name)"), unique=True, postgresql_where=text("disbanded_at is null")),
        Index("uq_teams_name_skeleton", text("lower(name_skeleton)"), unique=True, postgresql_where=text("disbanded_at is null")),
        Index("uq_teams_tag", text("lower(tag)"), unique=True, postgresql_where=text("tag is not null and disbanded_at is null")),
        Index(
            "uq_teams_tag_skeleton", text("lower(tag_skeleton)"), unique=True,
            postgresql_where=text("tag_skeleton is not null and disbanded_at is null"),
        ),
    )  # fmt: skip


class TeamMember(Base):
    """A captain's one present membership: role, rights, and how far the team's talk has been read."""

    __tablename__ = "team_members"

    id: Mapped[Id]
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    player_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"), unique=True)
    role: Mapped[Str20] = mapped_column(server_default="MEMBER")
    joined_at: Mapped[Born]
    permissions: Mapped[Empty]
    can_invite: Mapped[No]
    can_kick: Mapped[No]
    can_manage_treasury: Mapped[No]
    can_manage_missions: Mapped[No]
    can_manage_alliances: Mapped[No]
    last_active: Mapped[Born]
    contribution_credits: Mapped[Empty]
    muted_until: Mapped[datetime | None]
    last_read_message_id: Mapped[UUID | None]
    last_read_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(one_of("role", "LEADER", "OFFICER", "MEMBER", "RECRUIT"), "role"),
        Index("uq_team_members_leader", "team_id", unique=True, postgresql_where=text("role = 'LEADER'")),
    )


class TeamMembership(Base):
    """Which numbers of a team's stream a captain may hear: from `from_seq` up to, not including, `to_seq`. Outlives the team."""

    __tablename__ = "team_memberships"

    team_id: Mapped[UUID] = mapped_column(primary_key=True)
    player_id: Mapped[UUID] = mapped_column(primary_key=True)
    from_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    to_seq: Mapped[Big | None]
    joined_at: Mapped[Born]
    left_at: Mapped[datetime | None]
    left_why: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("to_seq is null or to_seq > from_seq", "to_seq"),
        Index("uq_team_memberships_present", "player_id", unique=True, postgresql_where=text("to_seq is null")),
        Index("ix_team_memberships_player", "player_id"),
    )


class TeamInvitation(Base):
    """A way in: `personal` (for one captain), `open` (whoever holds the code), `request` (a captain asks)."""

    __tablename__ = "team_invitations"

    invitation_id: Mapped[Id]
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    kind: Mapped[Str20]
    code_hash: Mapped[bytes | None] = mapped_column(unique=True)
    player_id: Mapped[UUID | None] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"), index=True)
    invited_by: Mapped[UUID | None] = mapped_column(ForeignKey("players.id", ondelete="SET NULL"), index=True)
    note: Mapped[str | None]
    created_at: Mapped[Born]
    expires_at: Mapped[datetime]
    max_uses: Mapped[int] = mapped_column(server_default="1")
    uses: Mapped[Zero]
    closed_at: Mapped[datetime | None]
    closed_why: Mapped[Str50 | None]

    __table_args__ = (
        CheckConstraint(one_of("kind", "personal", "open", "request"), "kind"),
        CheckConstraint("(kind = 'open') = (player_id is null)", "player"),
        CheckConstraint("kind <> 'open' or code_hash is not null", "code"),
        CheckConstraint("max_uses >= 1 and uses between 0 and max_uses", "uses"),
        Index(
            "uq_team_invitations_open", "team_id", "player_id", "kind", unique=True,
            postgresql_where=text("closed_at is null and player_id is not null"),
        ),
        Index("ix_team_invitations_team", "team_id", "created_at"),
        Index("ix_team_invitations_expires", "expires_at", postgresql_where=text("closed_at is null")),
    )  # fmt: skip


class TeamCooldown(Base):
    """When a captain last left a team on their own feet. Kicked or disbanded leaves no row."""

    __tablename__ = "team_cooldowns"

    player_id: Mapped[UUID] = mapped_column(ForeignKey("players.id", ondelete="CASCADE"), primary_key=True)
    left_at: Mapped[Born]


class TeamSectorClaim(Base):
    """A sector a team claims. The key is what makes a second claim impossible."""

    __tablename__ = "team_sector_claims"

    sector_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    claimed_by: Mapped[UUID | None] = mapped_column(ForeignKey("players.id", ondelete="SET NULL"), index=True)
    claimed_at: Mapped[Born]


class TeamReputation(Base):
    """What a team is to each faction, aggregated. Stale when `next_recalculation` has passed."""

    __tablename__ = "team_reputations"

    id: Mapped[Id]
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), unique=True)
    calculation_method: Mapped[Str20] = mapped_column(server_default="AVERAGE")
    faction_reputation: Mapped[Empty]
    history: Mapped[EmptyList]
    last_recalculated: Mapped[Born]
    next_recalculation: Mapped[datetime]
    pending_notifications: Mapped[EmptyList]
    method_switched_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(one_of("calculation_method", *METHODS), "calculation_method"),
        Index("ix_team_reputations_next", "next_recalculation"),
    )
