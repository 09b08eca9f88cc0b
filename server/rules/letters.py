"""Letters: how many, how fast, and where they show up. domain.md 5.1, 5.2; wire.md 5."""

from __future__ import annotations

from protocol.messaging import Priority, Surface

THREAD_AT_MOST = 50  # letters
DAY_AT_MOST = 200  # letters a captain sends in 24 hours
STRANGERS_AT_MOST = 20  # letters an hour to those who never wrote back and are in no team with the sender
UNREAD_AT_MOST = 1_000  # letters an inbox takes before somebody reads it
BLOCKS_AT_MOST = 1_000  # captains one does not hear
PREVIEW = 100  # characters

_SURFACES = {
    Priority.LOW: [Surface.INBOX],
    Priority.NORMAL: [Surface.INBOX, Surface.TOAST],
    Priority.HIGH: [Surface.INBOX, Surface.TOAST, Surface.PUSH],
    Priority.URGENT: [Surface.INBOX, Surface.TOAST, Surface.PUSH, Surface.MODAL],
}


def surfaces(priority: Priority) -> list[Surface]:
    """Where a letter of this priority shows up."""
    return _SURFACES[priority]


def admits(accepts_from: str, *, same_team: bool) -> bool:
    """Whether a captain who accepts messages from `everyone`, `team` or `nobody` takes this one."""
    return accepts_from == "everyone" or (accepts_from == "team" and same_team)


def scaled(limit: int, scale: float) -> int | None:
    """A limit as this instance has it, at least 1; None when limits are lifted (scale 0)."""
    return max(1, round(limit * scale)) if scale else None
