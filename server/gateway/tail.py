"""One followed stream, and who follows it."""

from __future__ import annotations

import asyncio
from typing import Protocol
from uuid import UUID

from server.gateway.told import Told


class Hearer(Protocol):
    """Somebody who follows streams."""

    player: UUID

    def hear(self, told: Told) -> None:
        """Takes one event, in order, without waiting."""
        ...

    def take(self, told: Told) -> None:
        """As `hear`, when it is certain that the stream is not the hearer's own."""
        ...

    def reset(self, stream: str, epoch: str, head: int, reason: str) -> None:
        """The stream cannot be continued from where it was; it goes on live from `head`."""
        ...

    def dropped(self, stream: str) -> None:
        """The stream is not followed any more: its membership ended in band."""
        ...

    def flash(self, frame: bytes) -> None:
        """Takes the frame of a signal, without waiting, or drops it."""
        ...

    async def ready(self) -> bool:
        """Waits until more may be heard. False when there is no point any more."""
        ...


class Tail:
    """Where one followed stream is. `followers` maps each to the first number it may hear; 0 for whatever comes."""

    __slots__ = ("name", "epoch", "seq", "followers", "held", "timer", "reading")

    def __init__(self, name: str) -> None:
        self.name = name
        self.epoch = ""
        self.seq = -1
        self.followers: dict[Hearer, int] = {}
        self.held: dict[int, Told] = {}
        self.timer: asyncio.TimerHandle | None = None
        self.reading = False

    def admit(self, hearer: Hearer, first: int) -> None:
        """Follows from now on. Of a crowd nearly all hear whatever comes, and share one number for it."""
        self.followers[hearer] = first if first > self.seq + 1 else 0
