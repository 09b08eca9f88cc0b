"""Breaks Callisto on purpose, and says whether a promise broke with it.

smoke: everything once. ci: five runs, a restore, a planted bug. long: an hour. planted [NAME]: bugs that must be found. Exit 7: found; 130: called off.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Coroutine, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console

from tests.faults import schedules, table
from tests.faults.planted import BUGS
from tests.faults.run import perform
from tests.faults.servers import WHERE, Broken, Template
from tests.faults.stage import Outcome, Plan

GOOD, FOUND_PROBLEMS, INTERRUPTED = 0, 7, 130
MISSABLE = 1  # planted bugs that may go unfound, of ten


async def run_all(plans: Iterable[Plan], outcomes: list[Outcome], console: Console, keep: Path) -> None:
    """Every plan, one after the other; what stays is the history of the ones that failed."""
    template = Template()
    try:
        await template.make()
        for plan in plans:
            history = template.base / f"{_file(plan)}.history"
            outcome = await perform(template, plan, history)
            outcomes.append(outcome)
            for line in (table.line(outcome), *table.reasons(outcome)):
                console.print(line, highlight=False, markup=False)
            if not outcome.good:
                _keep(outcome, template.base, history, keep, console)
            for left in template.base.glob(f"{history.stem}*"):
                left.unlink()
            gc.collect()
    finally:
        template.remove()


async def _until_told(work: Coroutine[Any, Any, None]) -> bool:
    """Does the work. Whether it was called off: by Ctrl-C or SIGTERM, after which everything is taken down first, however often it is said."""
    loop, running = asyncio.get_running_loop(), asyncio.ensure_future(work)
    told = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, told.set)
    waiting = asyncio.ensure_future(told.wait())
    await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not running.done():
        running.cancel()
        await asyncio.wait((running,))
    if running.cancelled():
        return True
    # Ctrl-C reaches every process of the terminal: initdb may be gone before we have looked up.
    if told.is_set() and isinstance(running.exception(), Broken):
        return True
    running.result()
    return told.is_set()


def _file(plan: Plan) -> str:
    return f"{plan.name}-{plan.seed}".replace(" ", "-").replace(":", "")


def _keep(outcome: Outcome, base: Path, history: Path, keep: Path, console: Console) -> None:
    keep.mkdir(parents=True, exist_ok=True)
    for each in base.glob(f"{history.stem}*"):
        shutil.move(each, keep / each.name)
    outcome.history = keep / history.name
    console.print(f"  kept: {outcome.history}", highlight=False, markup=False)


def _plans(told: argparse.Namespace, outcomes: list[Outcome]) -> Iterable[Plan]:
    match told.what:
        case "smoke":
            return schedules.smoke(told.seed)
        case "ci":
            return (plan for plan in schedules.ci(told.seed, outcomes) if plan.name.endswith(told.only or ""))
        case "restore":
            return schedules.restore(told.seed)
        case "planted":
            return schedules.planted(told.seed, told.name)
        case _:
            return schedules.long(told.seed, outcomes, minutes=told.minutes)


def main() -> int:
    """The command. The exit code."""
    asked = argparse.ArgumentParser(prog="callisto faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("what", choices=("smoke", "ci", "long", "planted", "restore"))
    asked.add_argument("name", nargs="?", choices=tuple(BUGS), metavar="NAME", help="planted: which bug; absent, all of them")
    asked.add_argument("--seed", type=int, default=schedules.SEED, help="the same seed breaks the same things in the same order")
    asked.add_argument("--json", type=Path, help="write everything that was counted to this file")
    asked.add_argument("--minutes", type=float, help="long: so long instead of an hour, whatever was reached")
    asked.add_argument("--only", help="ci: of its runs only those whose name ends so, as in --only 4")
    asked.add_argument("--patient", type=float, default=1.0, help="multiplies every time limit, for a machine that does other work")
    told = asked.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 200)
    keep = Path(WHERE if WHERE.is_dir() else tempfile.gettempdir()) / "callisto-faults-failed"
    outcomes: list[Outcome] = []
    plans = _plans(told, outcomes)
    patient = (replace(plan, patient=told.patient) for plan in plans)
    began = time.monotonic()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if runner.run(_until_told(run_all(patient, outcomes, console, keep))):
            console.print("interrupted: everything that was started is gone")
            return INTERRUPTED
    table.show(console, outcomes)
    short = schedules.missing(outcomes) if told.what == "long" and told.minutes is None else []
    for line in short:
        console.print(f"not reached: {line}", highlight=False)
    planted = {each.plan.plant for each in outcomes if each.plan.plant}
    unfound = planted - {each.plan.plant for each in outcomes if each.good}
    missable = MISSABLE if len(planted) == len(BUGS) else 0
    good = not short and all(each.good for each in outcomes if not each.plan.plant) and len(unfound) <= missable
    found = table.as_map(outcomes, good=good, took_s=time.monotonic() - began)
    if told.json is not None:
        table.write(told.json, found)
    return GOOD if good else FOUND_PROBLEMS


if __name__ == "__main__":
    sys.exit(main())
