"""When nothing has been committed anywhere, nobody need look: what keeps thousands of idle sockets from costing anything."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable


class Stillness:
    """Whether a look at the database can be left out: nothing was committed since the last whole one, and nobody has doubts.

    Doubts are what a look would have settled: a follower who came, a read that failed. Ask `still` before, `seen` after.
    """

    def __init__(self, moment: Callable[[], Awaitable[str | None]]) -> None:
        self._moment = moment
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
            moment = await self._moment()
        # Taken before the look: what is committed while we look is seen by the next.
        self._asked = (moment, self._doubts)
        return moment is not None and self._asked == self._settled

    def seen(self) -> None:
        """A whole look was taken, after `still` had been asked."""
        self._settled = self._asked
