"""All batched lanes of a process, by the kind of command each is for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from persistence.database import Database
from protocol.codec import Incoming
from server.caller import Caller
from server.dispatch import Told
from server.lanes import Answered, Batch, Lane, Plain


class Lanes:
    """One lane for each batch; what no lane takes is the ordinary one's."""

    def __init__(self, database: Database, batches: Sequence[Batch[Any]], told: Told, plain: Plain, full: Callable[[], None]) -> None:
        self.of: dict[type, Lane[Any]] = {batch.command: Lane(database, batch, told, plain, full) for batch in batches}

    def submit(self, caller: Caller, incoming: Incoming, deadline: float, answered: Answered) -> bool:
        """Queues a command on its lane, and tells whether there is one. Never waits."""
        lane = self.of.get(type(incoming.command))
        if lane is None or not lane.batch.takes(caller, incoming):
            return False
        lane.submit(caller, incoming, deadline, answered)
        return True

    def give_up(self) -> None:
        """Answers everything: the database does not."""
        for lane in self.of.values():
            lane.give_up()

    def expire(self, now: float) -> None:
        """Answers what is past its deadline."""
        for lane in self.of.values():
            lane.expire(now)

    async def close(self) -> None:
        """Lets what has begun finish, then lets go of the connections."""
        await asyncio.gather(*(lane.close() for lane in self.of.values()))
