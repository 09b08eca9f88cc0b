"""When nothing has been committed anywhere, nobody need look: what keeps thousands of idle sockets from costing anything."""

from __future__ import annotations

import contextlib
import time
from typing import NamedTuple, Protocol

from persistence.events import Moment

LONGEST_S = 60.0  # a whole look comes at least so often, whatever the server says


class Moments(Protocol):
    """A server to look at."""

    @property
    def identity(self) -> str:
        """Which server and timeline it is."""
        ...

    async def moment(self) -> Moment | None:
        """Where its transactions are; None while somebody is writing."""
        ...


class _Point(NamedTuple):
    identity: str
    moment: Moment
    doubts: int


class Stillness:
    """Whether a look at the database can be left out: nothing was committed since the last whole one but leases of gateways, and nobody has
    doubts.

    Doubts are what a look would have settled: a follower who came, a read that failed. Ask `still` before, `seen` after.
    """

    def __init__(self, log: Moments) -> None:
        self._log = log
        self._doubts = 0
        self._asked: _Point | None = None
        self._settled: _Point | None = None
        self._looked_at = 0.0

    def doubt(self) -> None:
        """The next look is a whole one."""
        self._doubts += 1

    async def still(self) -> bool:
        """Whether nothing can be different from the last whole look."""
        moment, doubts = None, self._doubts
        with contextlib.suppress(Exception):
            moment = await self._log.moment()
        # Taken before the look: what is committed while we look is seen by the next. Of another server it says nothing.
        self._asked = _Point(self._log.identity, moment, doubts) if moment is not None else None
        asked, settled = self._asked, self._settled
        if asked is None or settled is None or time.monotonic() - self._looked_at > LONGEST_S:
            return False
        still = asked.identity == settled.identity and self._doubts == settled.doubts and asked.moment.follows(settled.moment)
        if still:
            self._settled = asked  # only the newest lease of each gateway is known: from here on the next are counted
        return still

    def seen(self) -> None:
        """A whole look was taken, after `still` had been asked."""
        self._settled = self._asked
        self._looked_at = time.monotonic()
