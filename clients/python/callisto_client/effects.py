"""What the link asks its owner to do, in this order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from callisto_client.advice import Closed
from callisto_client.heard import Heard
from callisto_client.outbox import Outcome, Pending


@dataclass(frozen=True)
class Send:
    """Send this frame."""

    frame: dict[str, Any]


@dataclass(frozen=True)
class Tell:
    """Hand this to whoever listens."""

    heard: Heard


@dataclass(frozen=True)
class Done:
    """A command has come to its outcome."""

    pending: Pending
    outcome: Outcome


@dataclass(frozen=True)
class Renew:
    """Get a newer token in so many seconds, and call `renewed`."""

    in_s: float


@dataclass(frozen=True)
class Hang:
    """End this connection, and call `lost` with what it says."""

    closed: Closed


Effect = Send | Tell | Done | Renew | Hang
