"""A process whose loop stands still ends; one that was stopped from outside does not."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import server

CHECKOUT = Path(server.__file__).parent.parent
CHILD = """
import asyncio, sys, time
from server.watchdog import Watchdog

async def main():
    # Fifteen looks, as in a real server; each takes less.
    dog = asyncio.create_task(Watchdog(limit_s=15 * 0.04, look_s=0.04).run())
    await asyncio.sleep(0.2)
    print("turning", flush=True)
    {then}
    await asyncio.sleep(0.3)
    print("goodbye", flush=True)
    dog.cancel()

asyncio.run(main())
"""


def child(then: str) -> subprocess.Popen[str]:
    """A process whose loop turns, and then does this."""
    made = subprocess.Popen(
        [sys.executable, "-c", CHILD.format(then=then)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert made.stdout is not None
    assert made.stdout.readline() == "turning\n"
    return made


def test_a_process_whose_loop_stands_still_ends_and_says_where() -> None:
    said, _ = (stuck := child("secret = 'do not log me'; time.sleep(60)")).communicate(timeout=30)
    assert stuck.returncode == 1
    assert "goodbye" not in said
    assert "event loop blocked for good" in said
    assert "in main" in said
    assert "do not log me" not in said


def test_a_loop_that_stumbles_goes_on() -> None:
    said, _ = (well := child("time.sleep(0.2)")).communicate(timeout=30)
    assert well.returncode == 0
    assert "event loop blocked" in said
    assert said.endswith("goodbye\n")


def test_a_process_that_was_stopped_from_outside_goes_on() -> None:
    frozen = child("await asyncio.to_thread(sys.stdin.readline)")
    frozen.send_signal(signal.SIGSTOP)
    try:
        # Longer than the limit.
        frozen.wait(1.0)
    except subprocess.TimeoutExpired:
        frozen.send_signal(signal.SIGCONT)
    said, _ = frozen.communicate("go\n", timeout=30)
    assert frozen.returncode == 0
    assert "for good" not in said
