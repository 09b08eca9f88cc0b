"""What a handler is given: three things and two verbs."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

import msgspec

from persistence import events
from persistence.database import Db
from protocol.message import Event, name_of
from protocol.streams import Stream
from protocol.types import PlayerId
from server.caller import Caller
from server.rules.spending import Terms

Dice = random.Random


class Errand(msgspec.Struct, frozen=True):
    """Slow work asked for inside a transaction and run outside any. Subclasses say what."""


@dataclass(slots=True)
class Emission:
    """One event on its way into the log."""

    stream: Stream
    event: Event
    drops: str | None


@dataclass
class Ctx:
    """The transaction, the game's time, and dice seeded by the command; telling and asking for errands.

    `now` is for the rules of the game only. Events carry a time of their own, taken when their stream is held.
    """

    caller: Caller
    db: Db
    now: datetime
    identity: str
    command_id: str
    time_scale: float = 1.0
    limits_scale: float = 1.0
    terms: Terms | None = None
    """What may be spent on asking a model; None when there is none."""
    emitted: list[Emission] = field(default_factory=list)
    errands: list[tuple[Errand, float]] = field(default_factory=list)
    held: dict[str, events.Numbered] = field(default_factory=dict)
    after: list[Callable[[], None]] = field(default_factory=list)
    moved: bool = False
    """Whether this command has moved money: `server.actions.wallet` does it once."""

    @cached_property
    def dice(self) -> Dice:
        """Dice that fall the same whenever this command is tried; seeded when first asked for, as most commands throw none."""
        return random.Random(f"{self.caller.account}:{self.command_id}")

    def emit(self, event: Event, *, to: Stream, drops: UUID | str | None = None) -> int:
        """Tells `event` to a stream, if and only if this commits. `drops` is who hears nothing from this event on.

        Gives its number when the stream is held, else 0: it is numbered at the end.
        """
        name_of(event)
        self.emitted.append(Emission(to, event, str(drops) if drops is not None else None))
        numbered = self.held.get(to)
        return numbered.head + sum(each.stream == to for each in self.emitted) if numbered else 0

    async def hold(self, *streams: Stream) -> None:
        """Holds the streams' heads now, for a handler that must write the numbers of its own events.

        Heads are the last locks: every domain row is locked before, and every stream of the command is named here.
        """
        if self.held:
            raise RuntimeError("heads are held once, all in one call")
        self.held = await events.hold(self.db, streams)

    def epoch(self, stream: Stream) -> str:
        """The epoch clients see of a held stream."""
        return events.wire_epoch(self.held[stream].epoch, self.identity)

    def later(self, errand: Errand, *, delay_s: float = 0.0) -> None:
        """Asks for `errand`, if and only if this commits."""
        self.errands.append((errand, delay_s))

    def span(self, real: timedelta) -> timedelta:
        """`real` game time as it passes on this instance's clock."""
        return real / self.time_scale


@dataclass
class PlayerCtx(Ctx):
    """A signed-in captain asks."""

    @property
    def player(self) -> PlayerId:
        """The captain."""
        return PlayerId(self.caller.account)

    @property
    def own(self) -> Stream:
        """The captain's own stream."""
        return Stream.player(self.caller.account)


@dataclass
class StaffCtx(Ctx):
    """A member of staff asks."""


@dataclass
class ServiceCtx(Ctx):
    """Another part of the game asks."""


@dataclass
class SystemCtx(Ctx):
    """The server itself asks: schedules and the ends of errands."""
