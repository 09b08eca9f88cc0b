"""Personal reputation: what a captain is worth as a person."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from protocol.message import Answer, Command, Door, Event, command, event, example
from protocol.refusals import BadRequest, Forbidden, NotFound
from protocol.service import SERVICE, Points, Reason
from protocol.types import PlayerId


class Recorded(Answer, frozen=True):
    """What came of it."""

    applied: int
    old: int
    new: int
    tier: str
    color: str


@command("alignment.record", refusals=(BadRequest, Forbidden, NotFound), rate=SERVICE, door=Door.SERVICE)
class Record(Command[Recorded], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Changes a captain's personal reputation by a named `event` or by a bare `delta`: exactly one of the two.

    Events have their figures here; trading is good for 10 points a UTC day. A delta is trusted, within the range.
    """

    player_id: PlayerId
    event: Annotated[str, Meta(min_length=1, max_length=50)] | None = None
    delta: Points | None = None
    reason: Reason | None = None


@event("player.alignment_changed", "player")
class AlignmentChanged(Event, frozen=True):
    """The captain's personal reputation is `new` now, with its tier and the colour of the name."""

    old: int
    new: int
    tier: str
    color: str
    reason: str


_ADA = PlayerId(UUID("01920000-0000-7000-8000-000000000001"))
example(Record(_ADA, event="defeat_bounty_target", reason="Brought in the Rattle gang"))
example(Recorded(applied=100, old=150, new=250, tier="Heroic", color="#00FF00"))
example(AlignmentChanged(old=150, new=250, tier="Heroic", color="#00FF00", reason="Brought in the Rattle gang"))
