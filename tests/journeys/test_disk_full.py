"""A real server on a disk that fills up, to the last byte: it says so, loses nothing acknowledged, and comes back with the room (P17, N16)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx2 as httpx
import pytest

from server.embedded import running
from server.storage import MIB, room_at
from tests.conftest import driver_args
from tests.journeys.test_kill import CHECKOUT, Served, Speaker, let_found

SIZE_MIB = 640  # the cluster, its log of up to five segments, and perhaps a copy of the programs
WHO = {"username": "ada", "password": "correct horse"}


@pytest.fixture
def disk() -> Iterator[Path]:
    """A small disk of the test's own."""
    folder = Path(tempfile.mkdtemp(prefix="callisto-disk-"))
    folder.chmod(0o711)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m,mode=711", "callisto", folder], capture_output=True, check=False
    )
    if made.returncode:
        folder.rmdir()
        pytest.skip("this container may not mount")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)
    shutil.rmtree(folder, ignore_errors=True)


def fill(disk: Path, *, but_mib: int) -> None:
    """Takes all the room but so much."""
    with (disk / "fill").open("ab") as out, contextlib.suppress(OSError):
        while (left := room_at(disk).free - but_mib * MIB) > 0:
            out.write(b"\0" * min(left, 4 * MIB))
            out.flush()


async def exhaust_the_log(admin_url: str) -> None:
    """Makes PostgreSQL want new segments of its log until it stops hard."""
    with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        admin = await asyncpg.connect(**driver_args(admin_url))
        for _ in range(200):
            await admin.execute("select pg_logical_emit_message(false, 'fill', repeat('x', 1000)); select pg_switch_wal()", timeout=10)
    # It gave up in the middle of it.


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk of the test's own")
@pytest.mark.timeout(120)
async def test_a_disk_that_fills_up_stops_new_things_first_then_everything_and_loses_nothing(disk: Path) -> None:
    served = Served(disk / "data")
    served.settings |= {"CALLISTO_STORAGE__FREE_MIB": "64", "CALLISTO_STORAGE__BALLAST_MIB": "16"}
    try:
        served.start()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", timeout=30) as web:
            await live_through_it(served, disk, web)
    finally:
        (disk / "fill").unlink(missing_ok=True)
        if served.process is not None and served.process.poll() is None:
            served.stop()


async def live_through_it(served: Served, disk: Path, web: httpx.AsyncClient) -> None:
    """The story."""
    ada = Speaker(served, (await web.post("/v1/auth/register", json=WHO)).json())
    await ada.start()
    await let_found(served)
    await ada.ask("team.create", {"name": "Full"}, "found")
    acked = [f"line {number}" for number in range(50)]
    for text in acked:
        assert "ok" in await ada.ask("team.say", {"text": text}, text)
    found = running(served.data)
    assert found is not None

    # Little room: new things wait, signing in does not.
    fill(disk, but_mib=48)
    async with asyncio.timeout(20):
        while not (await web.get("/readyz")).json()["checks"]["storage_low"]:
            await asyncio.sleep(0.05)
    assert (await ada.ask("team.say", {"text": "little room"}, "little room"))["error"]["code"] == "storage_low"
    assert (await web.post("/v1/auth/login", json=WHO)).status_code == 200

    # No room at all, and PostgreSQL stops hard: refused, and the socket stays.
    fill(disk, but_mib=0)
    await exhaust_the_log(found.admin_url)
    async with asyncio.timeout(20):
        while (await ada.ask("team.say", {"text": "no room"}, "no room"))["error"]["code"] != "unavailable":
            await asyncio.sleep(0.05)
    assert ada.reader is not None and not ada.reader.done()
    assert (await web.get("/readyz")).status_code == 503

    # The operator lets the ballast go, and makes room.
    freed = subprocess.run(
        [sys.executable, "-P", "-m", "server", "db", "release-ballast", "--data", str(served.data)],
        cwd=CHECKOUT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert freed.stdout.startswith("16 MiB are free again")
    (disk / "fill").unlink()
    began = time.monotonic()
    while "ok" not in await ada.ask("team.say", {"text": "room again"}, "room again"):
        assert time.monotonic() - began < 30, f"the promise is 10 s; {served.said()}"
        await asyncio.sleep(0.1)
    print(f"back {time.monotonic() - began:.1f} s after there was room")
    async with asyncio.timeout(20):
        while len(ada.heard) < len(acked) + 1:
            await asyncio.sleep(0.05)
    assert [text for _, text in ada.heard] == [*acked, "room again"]
    again = await ada.ask("team.say", {"text": acked[7]}, acked[7])
    assert again["replayed"] is True
