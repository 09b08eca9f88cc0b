"""A whole fault run, as `./callisto faults smoke` does it: letters, lines and money while everything is killed once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.__main__ import INTERRUPTED
from tests.faults.servers import CHECKOUT, WHERE

PATIENT = "4"  # the machine runs other tests at the same time


def folders_of(runner: int) -> list[Path]:
    """The folders that a runner has made and not removed."""
    return list(WHERE.glob(f"callisto-faults-{runner}-*"))


@pytest.mark.timeout(400)
async def test_everything_is_killed_once_and_every_promise_is_kept(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "tests.faults", "smoke", "--patient", PATIENT, "--json", str(report)),
        cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await run.communicate()
    assert run.returncode == 0, said.decode(errors="replace")[-6000:]
    found = json.loads(report.read_text("utf-8"))
    assert set(found["injected"]) == {"N1", "N4", "N7", "N11"}
    assert found["commit_cuts"] > 0
    assert found["operations"] > 500
    assert folders_of(run.pid) == []


def gateways_of(runner: int) -> list[int]:
    """Pids of the gateways that a runner has started; nobody where there is no /proc."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if f"--runner\0{runner}\0".encode() in each.read_bytes():
                found.append(int(each.parent.name))
    return found


@pytest.mark.timeout(200)
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
async def test_a_run_that_is_called_off_ends_all_it_started_and_leaves_nothing_behind(sent: signal.Signals, tmp_path: Path) -> None:
    # By the command that people type: what is between it and the run must pass the word on.
    path = tmp_path / "said"
    with path.open("wb") as out:
        run = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "server", "faults", "smoke", "--patient", PATIENT),
            cwd=CHECKOUT, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    try:
        # In the midst of making the servers, or with all of them at work.
        async with asyncio.timeout(100):
            while not any(list(each.glob("run*/g1.log")) if sent is signal.SIGINT else each for each in folders_of(run.pid)):
                assert run.returncode is None, path.read_text()
                await asyncio.sleep(0.02)
        for _ in range(2):
            os.killpg(run.pid, sent)
        assert await asyncio.wait_for(run.wait(), 60) == INTERRUPTED, path.read_text()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
    assert gateways_of(run.pid) == []
    assert folders_of(run.pid) == []
