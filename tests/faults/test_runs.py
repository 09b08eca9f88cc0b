"""A whole fault run, as `./callisto faults smoke` does it: letters, lines and money while everything is killed once."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from server.embedded_programs import living_in
from tests.faults.servers import CHECKOUT, WHERE

PATIENT = "4"  # the machine runs other tests at the same time


def ours() -> set[Path]:
    """The folders of fault runs that exist now."""
    return set(WHERE.glob("callisto-faults-*"))


@pytest.mark.timeout(400)
async def test_everything_is_killed_once_and_every_promise_is_kept(tmp_path: Path) -> None:
    before, report = ours(), tmp_path / "report.json"
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
    left = {each for each in ours() - before if any(living_in(each))}
    assert left == set()
