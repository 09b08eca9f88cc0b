"""Values that appear in many messages: ids, texts, money, and the enums of the game with their exact spellings."""

from enum import StrEnum
from typing import Annotated, NewType
from uuid import UUID

from msgspec import Meta

PlayerId = NewType("PlayerId", UUID)
TeamId = NewType("TeamId", UUID)
SessionId = NewType("SessionId", UUID)
MessageId = NewType("MessageId", UUID)
ThreadId = NewType("ThreadId", UUID)
InvitationId = NewType("InvitationId", UUID)
ShipId = NewType("ShipId", UUID)
TransferId = NewType("TransferId", UUID)

MOST = 2**53 - 1
"""The largest number that every client can hold; nobody can hold more of anything."""

Millis = Annotated[int, Meta(ge=0, le=2**53 - 1, description="Milliseconds since 1970 UTC.")]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Credits = Annotated[int, Meta(ge=-(2**53 - 1), le=2**53 - 1)]

CommandId = Annotated[str, Meta(min_length=1, max_length=64)]
Chat = Annotated[str, Meta(min_length=1, max_length=2000, description="May hold newlines.")]
TeamName = Annotated[str, Meta(min_length=3, max_length=80)]
TeamTag = Annotated[str, Meta(min_length=2, max_length=10)]
ONE_LINE = r"^[^\n]*$(?!\n)"
Description = Annotated[str, Meta(max_length=500, pattern=ONE_LINE)]
Needle = Annotated[str, Meta(min_length=1, max_length=80)]
Cursor = Annotated[str, Meta(min_length=1, max_length=256)]
PageSize = Annotated[int, Meta(ge=1, le=100)]


class Role(StrEnum):
    """A member's role in a team."""

    LEADER = "LEADER"
    OFFICER = "OFFICER"
    MEMBER = "MEMBER"
    RECRUIT = "RECRUIT"


class Recruitment(StrEnum):
    """Who may join a team: everybody, the invited, nobody."""

    OPEN = "OPEN"
    INVITE_ONLY = "INVITE_ONLY"
    CLOSED = "CLOSED"


class SharingPolicy(StrEnum):
    """Who may take from a team's treasury: all members, those with the right, nobody without asking."""

    SHARED = "SHARED"
    PERMISSION_BASED = "PERMISSION_BASED"
    REQUEST_ONLY = "REQUEST_ONLY"


class ReputationMethod(StrEnum):
    """How a team's standing follows from its members'."""

    AVERAGE = "AVERAGE"
    LOWEST = "LOWEST"
    LEADER = "LEADER"


class Resource(StrEnum):
    """What a treasury can hold."""

    CREDITS = "credits"
    FUEL = "fuel"
    ORGANICS = "organics"
    EQUIPMENT = "equipment"
    TECHNOLOGY = "technology"
    LUXURY_ITEMS = "luxury_items"
    PRECIOUS_METALS = "precious_metals"
    RAW_MATERIALS = "raw_materials"
    PLASMA = "plasma"
    BIO_SAMPLES = "bio_samples"
    DARK_MATTER = "dark_matter"
    QUANTUM_CRYSTALS = "quantum_crystals"


class Left(StrEnum):
    """Why a member is no longer one."""

    LEFT = "left"
    KICKED = "kicked"
    DELETED = "deleted"
    DISBANDED = "disbanded"
