"""What the server asks of itself by the clock. No door leads here from outside."""

from __future__ import annotations

from protocol.message import FREE, Answer, Command, Door, command, example


class Kept(Answer, frozen=True):
    """How many rows, partitions or the like were made or removed."""

    count: int


@command("upkeep.partitions", rate=FREE, door=Door.SYSTEM)
class MakePartitions(Command[Kept], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Makes the event log's days ahead."""


@command("upkeep.retention", rate=FREE, door=Door.SYSTEM)
class RetireEvents(Command[Kept], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Removes the oldest day of events that is past keeping: one a day at most."""


@command("upkeep.receipts", rate=FREE, door=Door.SYSTEM)
class TrimReceipts(Command[Kept], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Deletes a few thousand receipts that are past keeping."""


@command("upkeep.sessions", rate=FREE, door=Door.SYSTEM)
class SweepSessions(Command[Kept], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Deletes tokens and sessions that can open nothing any more."""


@command("upkeep.budgets", rate=FREE, door=Door.SYSTEM)
class TrimBudgets(Command[Kept], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Deletes what old days, hours and talks have spent on models, and reservations nobody came back to."""


example(MakePartitions())
example(RetireEvents())
example(TrimReceipts())
example(SweepSessions())
example(TrimBudgets())
example(Kept(count=3))
