"""Credits as other parts of the game give and take them."""

from __future__ import annotations

from uuid import UUID

from protocol.message import Answer, Command, Door, command, example
from protocol.refusals import Conflict, Forbidden, Insufficient, LimitExceeded, NotFound
from protocol.service import SERVICE, Reason
from protocol.types import Count, Credits, PlayerId


class Adjusted(Answer, frozen=True):
    """What the captain has now."""

    credits: Count


@command(
    "credits.adjust", refusals=(Forbidden, NotFound, Insufficient, LimitExceeded, Conflict), rate=SERVICE, door=Door.SERVICE, essential=True
)
class Adjust(Command[Adjusted], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Gives a captain credits, or takes them where `delta` is negative: all of it or nothing."""

    player_id: PlayerId
    delta: Credits
    reason: Reason


example(Adjust(PlayerId(UUID("01920000-0000-7000-8000-000000000001")), 2_500, "Cargo delivered at Oxbow"))
example(Adjusted(12_500))
