"""Events as they are handed out: typed, in order, to any number of iterators of which none can hold up the reading."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from callisto_client.errors import Lagged
from protocol.message import REGISTRY, Message


@dataclass(frozen=True)
class Heard:
    """One event or signal. A signal has neither stream nor number."""

    stream: str | None
    seq: int | None
    at: int
    name: str
    fields: dict[str, Any]

    @cached_property
    def event(self) -> Message | None:
        """The declared struct. None for a name this version does not know, and for what was removed: `fields` has what there is."""
        spec = REGISTRY.events.get(self.name)
        if spec is None:
            return None
        try:
            found: Message = msgspec.convert(self.fields, spec.type)
        except msgspec.ValidationError:
            return None
        return found


class Events:
    """An async iterator over what is heard from now on. Ends with the client; raises Stopped or Lagged."""

    def __init__(self, most: int, *, signals: bool) -> None:
        self.most = most
        self.signals = signals
        self._queue: deque[Heard] = deque()
        self._arrived = asyncio.Event()
        self._end: Exception | None = None

    def tell(self, heard: Heard) -> None:
        """Puts one in. A reader that is too slow loses the rest, and is told."""
        if self._end is not None:
            return
        if len(self._queue) >= self.most:
            self.end(Lagged(f"{self.most} events were not read"))
            return
        self._queue.append(heard)
        self._arrived.set()

    def end(self, error: Exception | None) -> None:
        """Nothing comes after what is in there; then `error` is raised, or the iteration ends."""
        if self._end is None:
            self._end = error or StopAsyncIteration()
        self._arrived.set()

    def __aiter__(self) -> Events:
        return self

    async def __anext__(self) -> Heard:
        while not self._queue:
            if self._end is not None:
                raise self._end
            self._arrived.clear()
            await self._arrived.wait()
        return self._queue.popleft()
