"""The gateway's heap comes to lie in huge pages where it is full, and nothing happens where the kernel will not."""

from __future__ import annotations

import asyncio
import mmap
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import server
from server import huge_pages
from tests.gateway.served import Served
from tests.world import World

CHECKOUT = Path(server.__file__).parent.parent
PATIENCE_S = 60.0
PRIVATE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS

# A kernel that refuses: the process gives huge pages up before it begins.
REFUSED = """
import asyncio, ctypes, threading
PR_SET_THP_DISABLE = 41
assert ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0
from server import huge_pages
heap = [bytes(300) for _ in range(100_000)]
print(huge_pages.collapse(huge_pages.piece() or 1 << 21, threading.Event().wait))
"""


@pytest.fixture
def size() -> int:
    """The size of a huge page, where the kernel makes some when asked."""
    if not (found := huge_pages.piece()):
        pytest.skip("no huge pages here: not Linux, none in its kernel, or transparent_hugepage/enabled says never")
    held = mmap.mmap(-1, 4 * found, flags=PRIVATE)
    held.write(bytes(4 * found))
    if not huge_pages.collapse(found, threading.Event().wait):
        pytest.skip("the kernel has huge pages, but refuses MADV_COLLAPSE: older than Linux 6.1, or no memory is free in one piece")
    return found


def huge_kib(pid: int | str = "self") -> int:
    """How much of a process lies in huge pages, KiB."""
    return _kib(pid, "AnonHugePages:")


def _kib(pid: int | str, what: str) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what))


async def test_a_gateway_keeps_its_heap_in_huge_pages_unless_told_not_to(world: World, size: int) -> None:
    told = await Served.start(world, "--port", "0", CALLISTO_HUGE_PAGES="0")
    served = await Served.start(world, "--port", "0")
    try:
        await asyncio.gather(told.ready(), served.ready())
        async with asyncio.timeout(PATIENCE_S):
            while huge_kib(served.process.pid) * 1024 < 4 * size:
                await asyncio.sleep(0.05)
        if "[always]" not in (huge_pages.KERNEL / "enabled").read_text():
            assert huge_kib(told.process.pid) == 0
        assert list(await asyncio.gather(served.end(), told.end())) == [0, 0]
    finally:
        await served.clear()
        await told.clear()


def test_what_is_half_empty_is_left_alone(size: int) -> None:
    if "[always]" in (huge_pages.KERNEL / "enabled").read_text():
        pytest.skip("the kernel makes huge pages of everything here")
    count, pages = 8, size // mmap.PAGESIZE
    full, half = (mmap.mmap(-1, (count + 1) * size, flags=PRIVATE) for _ in range(2))
    full.write(b"x" * len(full))
    for page in range(0, len(half), 2 * mmap.PAGESIZE):
        half[page] = 1
    before_kib = huge_kib()
    rss_kib = _kib("self", "Rss:")
    huge_pages.collapse(size, threading.Event().wait)
    assert huge_kib() - before_kib >= count * size // 1024
    grown = _kib("self", "Rss:") - rss_kib
    assert grown < count * (pages // 2) * mmap.PAGESIZE // 1024 // 2, "only the holes of full parts, wherever else the heap has some"
    assert full[len(full) - 1] == ord("x")
    assert half[2 * mmap.PAGESIZE] == 1
    assert half[mmap.PAGESIZE] == 0


def test_it_stops_when_told(size: int) -> None:
    held = mmap.mmap(-1, 8 * size, flags=PRIVATE)
    held.write(bytes(8 * size))
    assert huge_pages.collapse(size, lambda _took_s: True) <= size


def test_a_kernel_that_refuses_is_no_error() -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux has them")
    done = subprocess.run([sys.executable, "-c", REFUSED], cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr


@pytest.mark.parametrize("files", [{"enabled": "always madvise [never]", "hpage_pmd_size": "2097152"}, {"enabled": "[madvise]"}, {}])
async def test_nothing_is_done_where_the_administrator_wants_none(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(f"{text}\n")
    monkeypatch.setattr(huge_pages, "KERNEL", tmp_path)
    async with asyncio.timeout(PATIENCE_S):
        await huge_pages.keep()  # it would go on for ever
