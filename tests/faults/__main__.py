"""`python -P -m tests.faults smoke|ci|long|planted`: breaks Callisto on purpose, and says whether a promise broke with it."""

from __future__ import annotations

import argparse
import asyncio
import gc
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import uvloop
from rich.console import Console

from tests.faults import schedules, table
from tests.faults.run import Outcome, Plan, perform
from tests.faults.servers import WHERE, Template

GOOD, FOUND_PROBLEMS = 0, 7


async def run_all(plans: list[Plan], console: Console, keep: Path) -> list[Outcome]:
    """Every plan, one after the other; what they leave is the history of the ones that failed."""
    template = Template()
    outcomes = []
    try:
        await template.make()
        for plan in plans:
            history = template.base / f"{plan.name.replace(' ', '-')}-{plan.seed}{'-' + plan.plant if plan.plant else ''}.history"
            outcome = await perform(template, plan, history)
            outcomes.append(outcome)
            console.print(f"{'good' if outcome.good else 'BAD'}: {plan.name}, seed {plan.seed}, {outcome.took_s:.0f} s", highlight=False)
            if not outcome.good and history.exists():
                keep.mkdir(parents=True, exist_ok=True)
                for log in template.base.glob(f"{history.stem}-*.log"):
                    shutil.move(log, keep / log.name)
                outcome.history = Path(shutil.move(history, keep / history.name))
                console.print(f"its history: {outcome.history}", highlight=False)
            history.unlink(missing_ok=True)
            gc.collect()
    finally:
        template.remove()
    return outcomes


def main() -> int:
    """The command. The exit code."""
    asked = argparse.ArgumentParser(prog="callisto faults", description=__doc__)
    asked.add_argument("what", choices=("smoke", "ci", "long", "planted"))
    asked.add_argument("name", nargs="?", help="planted: which bug; absent, all of them")
    asked.add_argument("--seed", type=int, default=schedules.SEED)
    asked.add_argument("--json", type=Path)
    asked.add_argument("--patient", type=float, default=1.0, help="multiplies every time limit, for a machine that does other work")
    told = asked.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 180)
    plans = [replace(plan, patient=told.patient) for plan in {"smoke": schedules.smoke, "ci": schedules.ci}[told.what](told.seed)]
    keep = Path(tempfile.gettempdir() if not WHERE.is_dir() else WHERE) / "callisto-faults-failed"
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        outcomes = runner.run(run_all(plans, console, keep))
    table.show(console, outcomes)
    found = table.as_map(outcomes, took_s=time.monotonic() - began)
    if told.json is not None:
        table.write(told.json, found)
    return GOOD if found["good"] else FOUND_PROBLEMS


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
