"""When nothing has been committed anywhere, nobody need look: what keeps thousands of idle sockets from costing anything."""

from __future__ import annotations

import contextlib
from typing import Protocol


class Moments(Protocol):
    """A server to look at."""

    @property
    def identity(self) -> str:
        """Which server and timeline it is."""
        ...

    async def moment(self) -> str | None:
        """The same text twice if nothing was committed between; None while somebody is writing."""
        ...


class Stillness:
    """Whether a look at the database can be left out: nothing was committed since the last whole one, and nobody has doubts.

    Doubts are what a look would have settled: a follower who came, a read that failed. Ask `still` before, `seen` after.
    """

    def __init__(self, log: Moments) -> None:
        self._log = log
        self._doubts = 0
        self._asked: tuple[str | None, int] = (None, 0)
        self._settled: tuple[str | None, int] = (None, 0)

    def doubt(self) -> None:
        """The next look is a whole one."""
        self._doubts += 1

    async def still(self) -> bool:
        """Whether nothing can be different from the last whole look."""
        moment = None
        with contextlib.suppress(Exception):
            moment = await self._log.moment()
        # Taken before the look: what is committed while we look is seen by the next. Of another server it says nothing.
        self._asked = (f"{self._log.identity} {moment}" if moment is not None else None, self._doubts)
        return moment is not None and self._asked == self._settled

    def seen(self) -> None:
        """A whole look was taken, after `still` had been asked."""
        self._settled = self._asked
