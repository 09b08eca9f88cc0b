"""One run of the benchmark from the outside: what is printed, compared and kept."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.scenarios import FULL, QUICK, Bench, BenchError
from server.embedded import EmbeddedError

LATEST = Path(__file__).resolve().parent / "results" / "latest.json"
OK, WRONG, CANNOT, INTERRUPTED = 0, 7, 1, 130
QUIET = 0.15  # processors that others may use before it is said
SAYING = ("team_say_saturated", "team_say_spread", "team_say_paced_2000")
# What the project promises on two cores: where the number is, and what it may be.
TARGETS = (
    ("total CPU per durable message, saturated", ("team_say_saturated", "cpu_us", "total"), "<=", 100.0, "µs"),
    ("messages per second, saturated", ("team_say_saturated", "messages_per_s"), ">=", 10_000.0, ""),
    ("ack p99 at 2,000/s", ("team_say_paced_2000", "ack_ms", "p99"), "<=", 20.0, "ms"),
    ("memory per idle socket", ("idle", "kib_per_socket"), "<=", 40.0, "KiB"),
)

Json = dict[str, Any]


def run(json_path: Path | None, quick: bool) -> int:
    """Measures everything and shows it. The exit code: 0, or 7 when the counts do not add up. Timing fails nothing."""
    console = Console(highlight=False)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(INTERRUPTED))
    bench = Bench(QUICK if quick else FULL, lambda line: console.print(f"[dim]{line}[/]"))
    try:
        bench.run()
    except KeyboardInterrupt:
        console.print("stopped")
        return INTERRUPTED
    except (BenchError, EmbeddedError, OSError) as error:
        console.print(f"[red]✗[/] {error}")
        return CANNOT
    before = json.loads(LATEST.read_text()) if LATEST.exists() and not quick else {}
    _show(console, bench.results, before, targets=not quick)
    for each in bench.problems:
        console.print(f"[red]✗[/] {each}")
    if not bench.problems:
        console.print("[green]✓[/] every line was answered once, stored once and delivered to all four, in order")
    text = json.dumps(bench.results, indent=2) + "\n"
    if json_path is not None:
        json_path.write_text(text)
    if not quick and not bench.problems:
        LATEST.parent.mkdir(exist_ok=True)
        LATEST.write_text(text)
    return WRONG if bench.problems else OK


COLUMNS = ("msg/s", "gateway", "postgres", "redis", "total", "before", "load", "ack", "delivery")


def _show(console: Console, results: Json, before: Json, *, targets: bool) -> None:
    table = Table(
        title="team.say, durable, four deliveries each; CPU in µs per message, latency p50/p99 in ms", title_justify="left", box=None
    )
    table.add_column("scenario", no_wrap=True)
    # A narrow terminal gets what matters; the JSON has everything.
    shown = [name for name in COLUMNS if console.width >= 100 or name not in ("redis", "before", "load")]
    for name in shown:
        table.add_column(name, justify="right", no_wrap=True)
    for name in SAYING:
        _add(table, shown, name.removeprefix("team_say_"), results[name], before.get(name, {}))
        if "naive" in results[name]:
            _add(table, shown, f"  naive{_rate(results[name]['naive'])}", results[name]["naive"], before.get(name, {}).get("naive", {}))
    console.print(table)
    idle, machine = results["idle"], results["machine"]
    console.print(f"idle: {idle['sockets']:,} sockets, {idle['kib_per_socket']} KiB each, {idle['cpu_percent']} % of one processor")
    console.print(
        f"on {machine['cpus']} processors ({machine['model']}), fdatasync {machine['fdatasync_us']} µs, Python {machine['python']}"
    )
    console.print(f"the naive variant takes {results['team_say_saturated']['ratio_cpu']} times the CPU, saturated")
    noise = max(results[name]["cpu_share"]["others"] for name in SAYING)
    if noise > QUIET:
        console.print(
            f"[yellow]![/] not alone: other programs used up to {noise:.2f} processors; rates and latencies say little, CPU says more"
        )
    for what, path, compare, wanted, unit in TARGETS if targets else ():
        value = results
        for key in path:
            value = value[key]
        number = float(value)  # type: ignore[arg-type]  # the last one is a number
        good = number <= wanted if compare == "<=" else number >= wanted
        console.print(f"{'[green]✓[/]' if good else '[yellow]![/]'} {what}: {number:,.1f} {unit} (wanted {compare} {wanted:,.0f})")


def _add(table: Table, shown: list[str], name: str, found: Json, before: Json) -> None:
    spent, ack, heard = found["cpu_us"], found["ack_ms"], found["delivery_ms"]
    values = (
        f"{found['messages_per_s']:,}",
        *(f"{spent[each]:,.0f}" for each in ("gateway", "postgres", "redis", "total")),
        f"{before['cpu_us']['total']:,.0f}" if before else "",
        f"{spent['load']:,.0f}",
        f"{ack['p50']:.0f}/{ack['p99']:.0f}",
        f"{heard['p50']:.0f}/{heard['p99']:.0f}",
    )
    table.add_row(name, *(value for column, value in zip(COLUMNS, values, strict=True) if column in shown))


def _rate(naive: Json) -> str:
    return f" at {naive['rate']:,.0f}/s" if "rate" in naive else ""
