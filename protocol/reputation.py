"""Standing: what factions think of a captain, why, and what it gives."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from protocol.message import Answer, Door, Event, Query, Refusal, command, event, example
from protocol.message import Command as _Command
from protocol.refusals import BadRequest, Forbidden, NotFound
from protocol.service import SERVICE, Points, Reason
from protocol.types import Count, Cursor, Millis, PageSize, PlayerId

FactionCode = Annotated[str, Meta(min_length=1, max_length=50)]
EventName = Annotated[str, Meta(min_length=1, max_length=50)]


class Locked(Refusal):
    """Staff have fixed the captain's standing with this faction for now."""

    code, says = "reputation.locked", "This standing is fixed for now."


class Effects(msgspec.Struct, frozen=True):
    """What a standing does: `trade_modifier` is added to prices (negative is a discount), `port_access_level` is 0 none to 3 full."""

    trade_modifier: float
    port_access_level: int
    combat_response: str
    mission_availability: tuple[str, ...]


class NextTier(msgspec.Struct, frozen=True):
    """The tier above, and the value it begins at."""

    level: str
    at_value: int


class Standing(msgspec.Struct, frozen=True, omit_defaults=True):
    """The captain's standing with one faction. `next_tier` is absent at the top; `locked_until` is absent for a lock without an end."""

    faction: str
    name: str
    value: int
    level: str
    title: str
    trade_modifier: float
    port_access_level: int
    combat_response: str
    mission_availability: tuple[str, ...]
    locked: bool
    next_tier: NextTier | None = None
    locked_until: Millis | None = None


class Faction(msgspec.Struct, frozen=True, omit_defaults=True):
    """A faction. `allyable` says whether standing with it can rise above 0; `rival` is the faction that resents one's gains."""

    faction: str
    name: str
    type: str
    description: str
    aggression: int
    stance: str
    color_primary: str
    color_secondary: str
    allyable: bool
    rival: str | None = None


class Rivalry(msgspec.Struct, frozen=True):
    """The rival of a faction: while its value is above 0 both values together are at most `cap`, and it loses `share` of every gain."""

    faction: str
    name: str
    value: int
    cap: int
    share: float


class Change(msgspec.Struct, frozen=True):
    """One change of a standing, and why."""

    faction: str
    kind: str
    delta: int
    old: int
    new: int
    old_level: str
    level: str
    reason: str
    at: Millis


class Factions(Answer, frozen=True):
    """All factions by code."""

    items: list[Faction]


class Listed(Answer, frozen=True):
    """The captain's standing with every faction, by its code."""

    items: list[Standing]


class Got(Answer, frozen=True, omit_defaults=True):
    """One standing, its latest changes, and the most that may be gained now."""

    standing: Standing
    recent: list[Change]
    room: Count
    rivalry: Rivalry | None = None


class Changes(Answer, frozen=True, omit_defaults=False):
    """A page of changes, newest first."""

    items: list[Change]
    next_cursor: str | None = None


class Moved(msgspec.Struct, frozen=True):
    """A standing as a command changed it; `delta` is 0 where nothing changed."""

    faction: str
    old: int
    new: int
    delta: int
    level: str


class Recorded(Answer, frozen=True):
    """What came of it: `applied` is the sum over the factions that were meant, `changes` holds what rivals lost as well."""

    applied: int
    changes: list[Moved]


@command("reputation.factions")
class ReadFactions(Query[Factions], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """All factions, with their rivals and colours."""


@command("reputation.list")
class ListStandings(Query[Listed], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The captain's standing with every faction, and what it gives."""


@command("reputation.get", refusals=(NotFound,))
class Get(Query[Got], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One standing explained: its latest changes, what the next tier needs, and what rivals make of a gain."""

    faction: FactionCode


@command("reputation.history", refusals=(NotFound, BadRequest))
class ReadHistory(Query[Changes], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Every change of the captain's standing with one faction, newest first."""

    faction: FactionCode
    limit: PageSize = 50
    cursor: Cursor | None = None


@command("reputation.record", refusals=(BadRequest, Forbidden, NotFound, Locked), rate=SERVICE, door=Door.SERVICE)
class Record(_Command[Recorded], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Changes a captain's standing by a named `event` or by a bare `delta`: exactly one of the two.

    Events have their figures here and are throttled: 10 paid ones a faction and UTC day, 100 points a day in all. A delta is
    trusted. Rivalry, caps and range hold for both. `faction` is needed with a delta, `trade_volume` and `gate_destroyed`; with
    other events it must be one they concern. `amount` is what `trade_volume` (credits) and `quantum_shards` (shards) count;
    what does not make a whole point is carried.
    """

    player_id: PlayerId
    faction: FactionCode | None = None
    event: EventName | None = None
    delta: Points | None = None
    reason: Reason | None = None
    amount: Annotated[int, Meta(ge=1, le=2**53 - 1)] | None = None


@event("reputation.changed", "player")
class StandingChanged(Event, frozen=True, omit_defaults=True):
    """The captain's standing with a faction is `new` now, with everything that follows from it."""

    faction: str
    old: int
    new: int
    delta: int
    reason: str
    level: str
    title: str
    effects: Effects
    tier_crossed: bool
    next_tier: NextTier | None = None
    locked: bool = False


_ADA = PlayerId(UUID("01920000-0000-7000-8000-000000000001"))
_AT = 1790000000000
_EFFECTS = Effects(-0.03, 2, "neutral", ("courier", "escort", "supply"))
_FED = Standing(
    "terran_federation",
    "Terran Federation",
    205,
    "TRUSTED",
    "Trusted",
    -0.03,
    2,
    "neutral",
    ("courier", "escort", "supply"),
    False,
    NextTier("RESPECTED", 300),
)
_CHANGE = Change("terran_federation", "pirate_killed", 5, 200, 205, "TRUSTED", "TRUSTED", "Cleared the Oxbow lane", _AT)

example(ReadFactions())
example(ListStandings())
example(Get("terran_federation"))
example(ReadHistory("terran_federation", limit=20))
example(Record(_ADA, "terran_federation", event="pirate_killed", reason="Cleared the Oxbow lane"))
example(
    Factions(
        [
            Faction(
                "terran_federation", "Terran Federation", "Federation", "Keeps the old lanes safe.", 4, "friendly", "#0066CC", "#FFFFFF", True,
                "fringe_alliance",
            )
        ]
    )
)  # fmt: skip
example(Listed([_FED]))
example(Got(_FED, [_CHANGE], 395, Rivalry("fringe_alliance", "Fringe Alliance", 200, 800, 0.5)))
example(Changes([_CHANGE]))
example(Recorded(5, [Moved("terran_federation", 200, 205, 5, "TRUSTED"), Moved("fringe_alliance", 200, 198, -2, "ACKNOWLEDGED")]))
example(
    StandingChanged(
        "terran_federation", 200, 205, 5, "Cleared the Oxbow lane", "TRUSTED", "Trusted", _EFFECTS, False, NextTier("RESPECTED", 300)
    )
)
