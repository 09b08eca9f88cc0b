"""`./callisto tour`: a narrated run against a real server. Every sentence it prints was observed over HTTP or a socket.

It goes through the Python SDK as a game would, and must never look into the server, not even when it runs one itself. Only
the token of the service that pays is made as an operator makes one, in the database of the tour's own server.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import textwrap
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from callisto_client import Offline, Refusal, Stopped
from protocol.refusals import RateLimited
from server import service_accounts, serving, tour_captain, tour_slices, tour_steps
from server.embedded import EmbeddedError
from server.instance import Instance
from server.settings import BadConfiguration, Settings, load
from server.tour_captain import NotObserved, Tour
from server.tour_server import NotStarted, own_data, own_server

OK, FAILED, BAD_CONFIGURATION = 0, 1, 3
WIDEST = 100  # columns of text; longer lines are hard to read
SCOPES = ("credits", "reputation")  # of the service that the tour plays
UNPAID = "needs credits, which another part of the game gives: see the end"
HOW = (
    "They need credits, which only another part of the game gives. On the server's machine add --data FOLDER, the folder that `serve` uses. "
    f"Elsewhere ask its operator for a token of ./callisto service add tour --scope {','.join(SCOPES)} and add --service-token TOKEN."
)


class Step(NamedTuple):
    """One step. A `paid` one needs credits that only another part of the game gives, so a token for the service door."""

    title: str
    take: Callable[[Tour], Awaitable[str]]
    paid: bool = False


STEPS: tuple[Step, ...] = (
    Step("Three captains register", tour_steps.register),
    Step("One logs in on a second device", tour_steps.log_in),
    Step("They connect", tour_steps.open_sockets),
    Step("A guard stands at the dock", tour_slices.stop_at_the_dock),
    Step("The guard asks, and decides", tour_slices.face_the_guard),
    Step("A captain arrives", tour_slices.arrive),
    Step("The rest of the game pays", tour_slices.be_paid, paid=True),
    Step("A team is founded", tour_slices.found, paid=True),
    Step("One is asked in, one walks in", tour_slices.join, paid=True),
    Step("Money changes hands", tour_slices.bank, paid=True),
    Step("They talk", tour_steps.talk, paid=True),
    Step("A connection is lost, and nothing else", tour_steps.cut, paid=True),
    Step("Sent twice, done once", tour_steps.say_twice, paid=True),
    Step("A letter is written and read", tour_slices.write),
    Step("A name and settings are chosen", tour_slices.choose),
    Step("One is kicked", tour_steps.kick, paid=True),
    Step("Refresh tokens rotate", tour_steps.rotate),
    Step("One logs out", tour_steps.log_out),
)


async def walk(url: str, console: Console, token: str | None = None) -> str | None:
    """Goes through all steps against the server at `url`. The title of the first step that was not observed, or None.

    Without a service's token the steps that need one are passed over, and said to be.
    """
    tour, began = Tour(url, token), time.perf_counter()
    passed: list[str] = []
    async with tour.stack:
        for number, (title, take, paid) in enumerate(STEPS, 1):
            if paid and tour.part is None:
                passed.append(title)
                _show(console, number, title, "passed over", UNPAID, "yellow")
                continue
            since = time.perf_counter()
            try:
                async with asyncio.timeout(3 * tour_captain.PATIENCE_S) as limit:
                    tour.waits = _waits(console, limit)
                    text = await take(tour)
            except Exception as error:
                _show(console, number, title, "not observed", _reason(error), "red")
                return title
            _show(console, number, title, f"{time.perf_counter() - since:.2f} s", text)
    seen, style = len(STEPS) - len(passed), "yellow" if passed else "green"
    mark = "·" if passed else "✓"
    console.print(
        f"[bold {style}]{mark} {seen} of {len(STEPS)} steps observed[/] in {time.perf_counter() - began:.1f} s, at {url}", highlight=False
    )
    if passed:
        console.print(f"[bold yellow]· passed over:[/] {'; '.join(passed)}.\n  {HOW}", highlight=False)
    return passed[0] if passed else None


def _waits(console: Console, limit: asyncio.Timeout) -> Callable[[str, float], Awaitable[None]]:
    """Says why it waits, and waits; the step has as much longer."""

    async def waits(why: str, wait_s: float) -> None:
        console.print(f"     {why} Waiting {wait_s:.0f} s, as it says.", style="dim")
        limit.reschedule((limit.when() or 0.0) + wait_s)
        await asyncio.sleep(wait_s)

    return waits


def _reason(error: Exception) -> str:
    match error:
        case RateLimited():
            wait = f" Try again in {-(-error.retry_after_ms // 1000)} s." if error.retry_after_ms else ""
            return f"The server is rate limiting this address ({error.extra.get('bucket', 'requests')}); nothing is wrong with it.{wait}"
        case Refusal():
            return f"Refused: {error.code}, “{error.message}”"
        case Offline() | Stopped() | NotObserved():
            return str(error)
        case TimeoutError():
            return f"It took longer than {3 * tour_captain.PATIENCE_S:.0f} s."
    return f"{type(error).__name__}: {error}"


def _show(console: Console, number: int, title: str, took: str, text: str, wrong: str = "") -> None:
    width = min(console.width, WIDEST)
    head = Table.grid(expand=False, padding=(0, 1))
    head.width = width
    head.add_column(width=2, justify="right", style="dim")
    head.add_column(width=1)
    head.add_column(ratio=1, style="bold")
    head.add_column(justify="right", style="dim", no_wrap=True)
    head.add_row(str(number), Text({"red": "✗", "yellow": "·"}.get(wrong, "✓"), wrong or "green"), title, took)
    console.print(head)
    for line in textwrap.wrap(text, width - 5 - 9):
        console.print(Text(f"     {line}", wrong))
    console.print()


async def _walk_alone(instance: Instance, settings: Settings, console: Console) -> str | None:
    async with own_server(instance, settings) as url:
        console.print(f"a server of its own listens at {url}, with the limits it has everywhere\n", style="dim", highlight=False)
        return await walk(url, console, await service_accounts.add(instance.database_url, "tour", SCOPES))


def run(url: str | None, token: str | None = None) -> int:
    """Takes the tour at a running server, or at one of its own. 0 only when every step was observed."""
    console = Console(highlight=False)
    console.print("[bold]Callisto, a tour[/]  every line below was observed over HTTP or a socket")
    if url is not None:
        console.print(f"at {url}\n", style="dim")
        return _code(console, asyncio.run(walk(url, console, token)))
    serving.set_up_logs(pretty=sys.stderr.isatty(), level="error")
    # A SIGTERM must not pass over the end of the servers below.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(FAILED))
    console.print("starting a PostgreSQL and a Redis of its own, in a folder that goes when the tour ends", style="dim")
    try:
        with own_data("tour") as instance:
            return _code(console, asyncio.run(_walk_alone(instance, load(), console)))
    except (BadConfiguration, EmbeddedError) as error:
        console.print(f"[red]✗[/] {error}")
        return BAD_CONFIGURATION
    except (NotObserved, NotStarted) as error:
        console.print(f"[red]✗[/] {error}")
        return FAILED


def _code(console: Console, missed: str | None) -> int:
    if missed is not None:
        console.print(f"[bold red]✗ not observed:[/] {missed}")
    return OK if missed is None else FAILED
