"""Whether there is room on the database's disk. Below a mark only what must go on does; a file of ballast buys the time to make room.

PostgreSQL stops hard when its write-ahead log has no room, so writing stops by itself, well before that.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import structlog

log = structlog.get_logger("callisto.storage")

LOOK_S = 2.0
MIB = 1 << 20
BACK = 1.25  # times the mark, before writing goes on: at the mark itself it would flutter
FULL_S = 30.0  # after the database itself said that its disk is full
BALLAST = "ballast"


class Room(NamedTuple):
    """A disk's bytes."""

    free: int
    total: int


def room_at(path: Path) -> Room:
    """The room on the disk that holds `path`, for whoever is not root. Raises OSError."""
    found = os.statvfs(path)
    return Room(found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize)


class Storage:
    """The room at `path`, or nothing known about it. `low` below `share` of the disk or below `mib` of it."""

    def __init__(self, path: Path | None, *, share: float = 0.1, mib: int = 512, look: Callable[[Path], Room] = room_at) -> None:
        self.path = path
        self.share = share
        self.mib = mib
        self.room = look
        self._low = False
        self._full_until = 0.0

    @property
    def low(self) -> bool:
        """Whether only what must go on does."""
        return self._low or time.monotonic() < self._full_until

    def full(self) -> None:
        """The database said that its disk is full: that counts, wherever it is."""
        self._full_until = time.monotonic() + FULL_S

    def look(self) -> None:
        """Looks at the disk."""
        if self.path is None:
            return
        try:
            free, total = self.room(self.path)
        except OSError as error:
            log.warning("cannot look at the disk", error=error.strerror)
            return
        mark = max(self.mib * MIB, self.share * total)
        low = free < mark * (BACK if self._low else 1.0)
        if low != self._low:
            self._low = low
            (log.warning if low else log.info)("storage low" if low else "storage is enough again", free_mib=free // MIB)

    async def watch(self) -> None:
        """Looks for as long as the process lives."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)


def keep_ballast(folder: Path, mib: int, *, mark_mib: int) -> bool:
    """Makes the file of ballast, unless it is there or would itself make the disk short. Whether it is there."""
    file = folder / BALLAST
    if mib <= 0 or file.exists():
        return file.exists()
    if room_at(folder).free < (mib + 2 * mark_mib) * MIB:
        return False
    half = folder / f"{BALLAST}.half"
    with half.open("wb") as out:
        os.posix_fallocate(out.fileno(), 0, mib * MIB)
    half.replace(file)
    return True


def release_ballast(folder: Path) -> int:
    """Removes the file of ballast. The bytes that are free by it."""
    file = folder / BALLAST
    size = file.stat().st_size if file.exists() else 0
    file.unlink(missing_ok=True)
    return size
