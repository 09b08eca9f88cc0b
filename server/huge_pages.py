"""Has the kernel keep the gateway's heap in huge pages wherever the heap is full.

Telling a crowd touches a few objects of each of thousands of sockets: on pages of 4 KiB nearly every one of them is an address
the processor has to look up first (decision 0028). Python's heap grows in steps of 1 MiB and less, which no allocator's own
advice turns into huge pages, so it is looked at afterwards: parts that have filled up are put together by MADV_COLLAPSE, which
copies them at once. Parts that are mostly empty are left alone: this must never cost memory worth mentioning.
"""

from __future__ import annotations

import asyncio
import ctypes
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

KERNEL = Path("/sys/kernel/mm/transparent_hugepage")
MADV_COLLAPSE = 25  # Linux 6.1; refused before
LOOK_S = 0.5  # short, so that a pass after a crowd came is over soon
NEW_PAGES = 1_024  # 4 MiB touched for the first time since the last pass: less is not worth one
FULL = 7 / 8  # of a huge page, before it becomes one: so it never costs more than a seventh of what it holds


def piece() -> int:
    """The size of a huge page, bytes; 0 where there are none, or the administrator wants none."""
    if sys.platform != "linux":
        return 0
    try:
        # MADV_COLLAPSE itself would not ask.
        if "[never]" in (KERNEL / "enabled").read_text():
            return 0
        return int((KERNEL / "hpage_pmd_size").read_text())
    except OSError:
        return 0


async def keep() -> None:
    """Looks for as long as the process lives. A process that does nothing new is not looked at: page faults are counted."""
    if not (size := piece()):
        return
    seen, leave = 0, threading.Event()
    try:
        while True:
            await asyncio.sleep(LOOK_S)
            faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
            if faults - seen >= NEW_PAGES:
                seen = faults
                await asyncio.to_thread(collapse, size, leave.wait)
    finally:
        leave.set()


def collapse(size: int, pause: Callable[[float], bool]) -> int:
    """Makes huge pages of `size` of all full parts of the heap. How many bytes are in some now; none is no error.

    Python code goes on meanwhile, except where it touches the very part: so after each as long a pause as it took. `pause` says
    whether to stop.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    libc.mincore.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p)
    pages = size // resource.getpagesize()
    present = ctypes.create_string_buffer(pages)
    done = 0
    for first, last in _heap():
        for at in range(-(-first // size) * size, last - size + 1, size):
            if libc.mincore(at, size, present) or pages - present.raw.count(0, 0, pages) < FULL * pages:
                continue
            began = time.perf_counter()
            # Refused when no huge page is free, a container may have no more, or the kernel is too old: it stays as it is then.
            if libc.madvise(at, size, MADV_COLLAPSE) == 0:
                done += size
            if pause(time.perf_counter() - began):
                return done
    return done


def _heap() -> Iterator[tuple[int, int]]:
    """Where this process keeps what it allocates: private, writable, of no file."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        where, mode, _, _, inode, *name = line.split(maxsplit=5)
        if mode == "rw-p" and inode == "0" and name in ([], ["[heap]"]):
            first, last = where.split("-")
            yield int(first, 16), int(last, 16)
