"""Every table, and the one metadata they share. Importing this package is what makes the metadata complete."""

from persistence.tables.accounts import (
    AdminCredentials,
    EmailVerification,
    LoginThrottle,
    MFAAttempt,
    MFASecret,
    OAuthAccount,
    PasswordReset,
    PlayerCredentials,
    RefreshToken,
    StaffRole,
    User,
)  # fmt: skip
from persistence.tables.base import Base, new_id
from persistence.tables.engine import (
    Errand,
    EventRetention,
    Gateway,
    InstanceSecret,
    RateDebt,
    Receipt,
    Schedule,
    ServiceAccount,
    Stream,
    StreamEvent,
)  # fmt: skip
from persistence.tables.messages import (
    Message,
    MessageFlag,
    MessageOriginal,
    MessageReceipt,
    PlayerBlock,
)
from persistence.tables.models import AiBudget, AiCall, AiReservation
from persistence.tables.moderation import Appeal, ModerationCase, Sanction, StaffAct
from persistence.tables.onboardings import (
    DialogueExchange,
    FirstLoginSession,
    PlayerFirstLoginState,
    ShipPresentationOptions,
    ShipRarityConfig,
)  # fmt: skip
from persistence.tables.players import (
    AriaPersonalMemory,
    NicknameHistory,
    Player,
    PlayerLifetimeStats,
    RegionalMembership,
)
from persistence.tables.sessions import AccessToken, Session
from persistence.tables.standings import (
    AlignmentChange,
    Reputation,
    ReputationChange,
    SubscriptionEvent,
    TeamReputationChange,
)
from persistence.tables.teams import (
    Team,
    TeamCooldown,
    TeamInvitation,
    TeamMember,
    TeamMembership,
    TeamReputation,
    TeamSectorClaim,
)  # fmt: skip
from persistence.tables.treasuries import Entry, LedgerAccount, Transfer
from persistence.tables.world import (
    Faction,
    GenesisDevice,
    Planet,
    PlayerPlanet,
    PlayerStation,
    Region,
    Sector,
    Ship,
    Station,
)

__all__ = [
    "AccessToken", "AdminCredentials", "AiBudget", "AiCall", "AiReservation", "AlignmentChange", "Appeal", "AriaPersonalMemory", "Base",
    "DialogueExchange", "EmailVerification", "Entry", "Errand", "EventRetention", "Faction", "FirstLoginSession", "Gateway",
    "GenesisDevice", "InstanceSecret", "LedgerAccount", "LoginThrottle", "MFAAttempt", "MFASecret", "Message", "MessageFlag",
    "MessageOriginal", "MessageReceipt", "ModerationCase", "NicknameHistory", "OAuthAccount", "PasswordReset", "Planet", "Player",
    "PlayerBlock", "PlayerCredentials", "PlayerFirstLoginState", "PlayerLifetimeStats", "PlayerPlanet", "PlayerStation", "RateDebt", "Receipt",
    "RefreshToken", "Region", "RegionalMembership", "Reputation", "ReputationChange", "Sanction", "Schedule", "Sector",
    "ServiceAccount", "Session", "Ship", "ShipPresentationOptions", "ShipRarityConfig", "StaffAct", "StaffRole", "Station",
    "Stream", "StreamEvent", "SubscriptionEvent", "Team", "TeamCooldown", "TeamInvitation", "TeamMember", "TeamMembership",
    "TeamReputation", "TeamReputationChange", "TeamSectorClaim", "Transfer", "User", "new_id",
]  # fmt: skip
