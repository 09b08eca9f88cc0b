"""One run of the benchmark from the outside: what is printed, compared, drawn and kept."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.scenarios import FULL, QUICK, Bench
from bench.servers import BenchError
from server.embedded import EmbeddedError

RESULTS = Path(__file__).resolve().parent / "results"
LATEST, PLOT = RESULTS / "latest.json", RESULTS / "latency.png"
OK, WRONG, CANNOT, INTERRUPTED = 0, 7, 1, 130
QUIET = 0.15  # processors that others may use before it is said
SAYING = ("team_say_saturated", "team_say_spread", "team_say_paced_500", "team_say_paced_2000")
# What the project promises on two cores: where the number is, and what it may be.
TARGETS = (
    ("total CPU per durable message, saturated", ("team_say_saturated", "cpu_us", "total"), "<=", 75.0, "µs"),
    ("the same, one speaker in each of 250 teams", ("team_say_spread", "cpu_us", "total"), "<=", 130.0, "µs"),
    ("messages per second, saturated", ("team_say_saturated", "messages_per_s"), ">=", 15_000.0, ""),
    ("ack p99 at 500/s", ("team_say_paced_500", "ack_ms", "p99"), "<=", 10.0, "ms"),
    ("ack p99 at 2,000/s", ("team_say_paced_2000", "ack_ms", "p99"), "<=", 20.0, "ms"),
    ("gateway CPU per delivered frame, single", ("fanout_single", "cpu_us", "gateway"), "<=", 9.0, "µs"),
    ("gateway CPU per delivered frame, bursts of 10", ("fanout_burst", "cpu_us", "gateway"), "<=", 2.0, "µs"),
    ("thrown out by 300 announcements without waiting", ("burst_unpaced", "lost"), "<=", 0.0, ""),
    ("thrown out of 2,000 that start 32 at a time", ("fanout_single", "opened", "lost"), "<=", 0.0, ""),
    ("deposits per second", ("ordinary_lane", "commands_per_s"), ">=", 1_200.0, ""),
    ("total CPU per deposit", ("ordinary_lane", "cpu_us", "total"), "<=", 700.0, "µs"),
    ("memory per idle socket", ("idle", "kib_per_socket"), "<=", 40.0, "KiB"),
    ("one core, 5,000 idle sockets", ("idle", "cpu_percent", "total"), "<=", 2.0, "%"),
    ("1,000 sessions back after a SIGKILL", ("resume_storm", "all_s"), "<=", 10.0, "s"),
    ("one of them, p99", ("resume_storm", "one_ms", "p99"), "<=", 3_000.0, "ms"),
    ("snapshot p99 at 100/s", ("snapshot", "ack_ms", "p99"), "<=", 20.0, "ms"),
)

Json = dict[str, Any]


def run(json_path: Path | None, quick: bool, only: str = "") -> int:
    """Measures everything and shows it. The exit code: 0, or 7 when the counts do not add up. Timing fails nothing.

    `only` names scenarios, separated by commas; such a run is not kept.
    """
    console = Console(highlight=False)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(INTERRUPTED))
    names = frozenset(filter(None, only.split(",")))
    bench = Bench(QUICK if quick else FULL, lambda line: console.print(f"[dim]{line}[/]"), names)
    try:
        bench.run()
    except KeyboardInterrupt:
        console.print("stopped")
        return INTERRUPTED
    except (BenchError, EmbeddedError, OSError) as error:
        console.print(f"[red]✗[/] {error}")
        return CANNOT
    keep = not quick and not names
    before = json.loads(LATEST.read_text()) if LATEST.exists() and not quick else {}
    _show(console, bench.results, before, targets=not quick)
    for each in bench.problems:
        console.print(f"[red]✗[/] {each}")
    if not bench.problems:
        console.print("[green]✓[/] every command was answered once, stored once and delivered to everybody, in order")
    text = json.dumps(bench.results, indent=2) + "\n"
    if json_path is not None:
        json_path.write_text(text)
        _draw(bench.results, json_path.with_suffix(".png"))
    if keep and not bench.problems:
        RESULTS.mkdir(exist_ok=True)
        LATEST.write_text(text)
        _draw(bench.results, PLOT)
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
    for name in [each for each in SAYING if each in results]:
        _add(table, shown, name.removeprefix("team_say_"), results[name], before.get(name, {}))
        for kind in ("naive", "naive_paced"):
            if kind in results[name]:
                _add(table, shown, f"  {_called(results[name][kind])}", results[name][kind], before.get(name, {}).get(kind, {}))
    if table.row_count:
        console.print(table)
    for name, what in (("fanout_single", "one at a time"), ("fanout_burst", "bursts")):
        if name in results:
            found = results[name]
            spent, load = found["cpu_us"], found["cpu_us"]["load"]
            console.print(
                f"announce to {found['sockets']:,} sockets, {what}: {found['deliveries_per_s']:,} frames/s, per frame gateway "
                f"{spent['gateway']:.2f} µs, all servers {spent['total']:.2f}, load {load:.2f}; a round p99 {found['round_ms']['p99']:.0f} ms"
            )
    if "burst_unpaced" in results:
        found = results["burst_unpaced"]
        console.print(
            f"{found['announcements']} announcements without waiting to {found['sockets']} sockets: "
            f"{found['frames']:,} frames in {found['seconds']:.2f} s, {found['lost']} thrown out"
        )
    if "ordinary_lane" in results:
        found = results["ordinary_lane"]
        console.print(
            f"treasury.deposit: {found['commands_per_s']:,}/s, {found['cpu_us']['total']:.0f} µs each "
            f"(gateway {found['cpu_us']['gateway']:.0f}, Postgres {found['cpu_us']['postgres']:.0f}), "
            f"p50/p99 {found['ack_ms']['p50']:.0f}/{found['ack_ms']['p99']:.0f} ms"
        )
    if "snapshot" in results:
        found = results["snapshot"]
        console.print(f"session.snapshot at {found['per_s']:.0f}/s: p50/p99 {found['ack_ms']['p50']:.1f}/{found['ack_ms']['p99']:.1f} ms")
    if "resume_storm" in results:
        found = results["resume_storm"]
        console.print(
            f"{found['sessions']:,} sessions after a SIGKILL: all complete {found['all_s']:.1f} s later (the gateway ready after "
            f"{found['gateway_ready_s']:.1f} s), one p99 {found['one_ms']['p99']:.0f} ms, {found['events_replayed']:,} events replayed"
        )
    if "receipts" in results:
        found = results["receipts"]
        console.print(
            f"receipts: {found['bytes_each']['with_indexes']} bytes each with indexes; at 100 commands/s "
            f"{found['per_day_at_100_per_s']['rows']:,} rows and {found['per_day_at_100_per_s']['mib']:,} MiB a day, kept 7 days; "
            f"deleting one costs Postgres {found['deleting']['postgres_us_each']} µs"
        )
    if "idle" in results:
        found, spent = results["idle"], results["idle"]["cpu_percent"]
        console.print(
            f"idle: {found['sockets']:,} sockets, {found['kib_per_socket']} KiB each, {spent['total']} % of one processor "
            f"(gateway {spent['gateway']}, Postgres {spent['postgres']}, Redis {spent['redis']})"
        )
    machine = results["machine"]
    console.print(
        f"on {machine['cpus']} processors ({machine['model']}), fdatasync {machine['fdatasync_us']} µs, Python {machine['python']}, "
        f"{machine['took_s']} s in all"
    )
    if "ratio_cpu" in results.get("team_say_saturated", {}):
        console.print(f"the naive variant takes {results['team_say_saturated']['ratio_cpu']} times the CPU, saturated")
    noise = max(
        (found["cpu_share"]["others"] for found in results.values() if isinstance(found, dict) and "cpu_share" in found), default=0.0
    )
    if noise > QUIET:
        console.print(
            f"[yellow]![/] not alone: other programs used up to {noise:.2f} processors; rates and latencies say little, CPU says more"
        )
    for what, path, compare, wanted, unit in TARGETS if targets else ():
        number = _at(results, path)
        if number is not None:
            good = number <= wanted if compare == "<=" else number >= wanted
            last = _at(before, path)
            known = f", last run {last:,.1f}" if last is not None else ""
            console.print(
                f"{'[green]✓[/]' if good else '[yellow]![/]'} {what}: {number:,.1f} {unit} (wanted {compare} {wanted:,.0f}{known})"
            )


def _at(results: Json, path: tuple[str, ...]) -> float | None:
    value: Any = results
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return float(value) if value is not None else None


def _add(table: Table, shown: list[str], name: str, found: Json, before: Json) -> None:
    spent, ack, heard = found["cpu_us"], found["ack_ms"], found["delivery_ms"]
    values = (
        f"{found['messages_per_s']:,}",
        *(f"{spent[each]:,.0f}" for each in ("gateway", "postgres", "redis", "total")),
        f"{before['cpu_us']['total']:,.0f}" if before else "",
        f"{spent['load']:,.0f}",
        f"{ack['p50']:.1f}/{ack['p99']:.0f}",
        f"{heard['p50']:.1f}/{heard['p99']:.0f}",
    )
    table.add_row(name, *(value for column, value in zip(COLUMNS, values, strict=True) if column in shown))


def _called(naive: Json) -> str:
    return f"naive at {naive['rate']:,.0f}/s" if "rate" in naive else "naive"


def _draw(results: Json, file: Path) -> None:
    """Latency and CPU against load, as a picture. Nothing when nothing was paced."""
    curve = results.get("latency_against_load")
    if not curve:
        return
    # Imported late: only a run that draws needs it.
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (above, below) = pyplot.subplots(2, 1, figsize=(7, 7), sharex=True)
    rates = [each["messages_per_s"] for each in curve]
    for name, style in (("ack_ms", "o-"), ("delivery_ms", "s--")):
        for share in ("p50", "p99"):
            above.plot(rates, [each[name][share] for each in curve], style, label=f"{name.removesuffix('_ms')} {share}")
    for part in ("total", "gateway", "postgres"):
        below.plot(rates, [each["cpu_us"][part] for each in curve], "o-", label=part)
    above.set(ylabel="ms", yscale="log", xscale="log", title="team.say, durable, four deliveries each; 256 sockets, paced")
    below.set(ylabel="CPU, µs per message", xlabel="messages per second", yscale="log")
    for axes in (above, below):
        axes.grid(True, which="both", alpha=0.3)
        axes.legend()
    figure.tight_layout()
    figure.savefig(file, dpi=110)
    pyplot.close(figure)
