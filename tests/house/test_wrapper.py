"""The wrapper on a machine that lacks something: exit code 3 and the one line to type."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

NO_VENV_NO_PIP = """#!/bin/sh
case "$*" in
  *sys.version_info*) exit 0 ;;
  *) exit 1 ;;
esac
"""
TOO_OLD = "#!/bin/sh\nexit 1\n"


def run(tmp_path: Path, python: str) -> subprocess.CompletedProcess[str]:
    """The wrapper, with `python` as the only Python within reach."""
    shutil.copy(ROOT / "callisto", tmp_path / "callisto")
    shutil.copy(ROOT / "requirements-dev.lock", tmp_path / "requirements-dev.lock")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        (tools / name).write_text(python)
        (tools / name).chmod(0o755)
    for name in ("sh", "cat", "cut", "sha256sum", "dirname", "mkdir", "rm", "flock", "env"):
        found = shutil.which(name)
        if found:
            (tools / name).symlink_to(found)
    # The absolute path the wrapper also tries would find this machine's own Python.
    script = (tmp_path / "callisto").read_text().replace("/usr/bin/python3", str(tools / "python3"))
    (tmp_path / "callisto").write_text(script)
    environment = {"PATH": str(tools), "CALLISTO_VENV": str(tmp_path / "venv"), "HOME": os.environ.get("HOME", "/")}
    return subprocess.run(
        [str(tools / "sh"), str(tmp_path / "callisto"), "version"], env=environment, capture_output=True, text=True, timeout=20
    )


@pytest.mark.parametrize("python", [NO_VENV_NO_PIP, TOO_OLD], ids=["without venv and pip", "too old"])
def test_it_says_the_one_line_to_type(tmp_path: Path, python: str) -> None:
    done = run(tmp_path, python)
    assert done.returncode == 3
    assert "Type: apt-get install -y" in done.stderr
    assert not (tmp_path / "venv" / "bin").exists()
