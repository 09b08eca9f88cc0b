"""An older version of the gateway beside this one (N21): what a rolling deploy looks like from inside."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.faults.nemeses import Scene, Skipped
from tests.faults.servers import CHECKOUT, Broken

BACK = 10  # so many changes of the server ago
PARTS = ("server", "protocol", "persistence", "migrations")


def past(checkout: Path = CHECKOUT) -> list[str]:
    """The last commits that changed the server, newest first; none where there is no repository, one where the clone is shallow."""
    try:
        command = ["git", "rev-list", "--first-parent", f"--max-count={BACK + 1}", "HEAD", "--", *PARTS]
        return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return []


def older(base: Path) -> Path:
    """A folder with the version of some changes ago. Raises Skipped where history does not reach so far."""
    target = base / "older"
    if target.exists():
        return target
    said = past()
    if len(said) < 2:
        raise Skipped("the repository's history holds no older version (a shallow clone?)")
    try:
        target.mkdir()
        packed = subprocess.run(["git", "archive", said[-1], *PARTS], cwd=CHECKOUT, capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x", "-C", str(target)], input=packed, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Skipped(f"no older version can be had: {type(error).__name__}") from error
    (target / "tests" / "faults").mkdir(parents=True)
    shutil.copy(CHECKOUT / "tests" / "faults" / "gateway.py", target / "tests" / "faults")
    return target


async def n21(scene: Scene) -> None:
    """One gateway is replaced by an older version for a while, on the schema of this one, and comes back."""
    source = older(scene.rig.template.base)
    async with scene.a_gateway() as gateway:
        node = gateway.node
        scene.rig.fault("N21", node, "begin")
        scene.draining.add(node)
        await gateway.drained()
        scene.draining.discard(node)
        gateway.source = source
        try:
            # Again and again: it may find PostgreSQL starting up, and older versions do not wait for it.
            await gateway.start()
            await scene.load_for(4.0 if scene.quick else 10.0)
            await gateway.drained()
        except Broken as error:
            raise Skipped(f"the older version does not run: {str(error)[-200:]}") from error
        finally:
            gateway.source = CHECKOUT
            await gateway.kill()
        await gateway.start()
        scene.rig.fault("N21", node, "end")
