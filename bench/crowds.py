"""The scenarios beside `team.say`: idle sockets, fan-out, bursts, the ordinary lane, snapshots, a storm of returns, receipts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bench import cpu
from bench.crowd import Plan, spelled
from bench.load import TEAM
from bench.servers import Json, Load, loading
from persistence import receipts as kept
from persistence.database import Database

if TYPE_CHECKING:
    from bench.scenarios import Bench

FIRST_SOCKETS = 64  # opened before the idle ones are counted, so that what the first ones load is not theirs
WORDS = "Hold the gate at nine, all hands."
DAY_S = 86_400
NORMAL_PER_S = 100  # commands a second that rows and bytes per day are said for


def idle(bench: Bench, pid: int, port: int) -> Json:
    """Sockets that follow their streams and say nothing: memory of the gateway, CPU of everything."""
    sizes = bench.sizes
    bench.say(f"idle: {sizes.idle:,} sockets")
    with _staying(bench, port, 0, FIRST_SOCKETS):
        time.sleep(sizes.settle_s)
        before_kib = cpu.private_dirty_kib(pid)
        with _staying(bench, port, FIRST_SOCKETS, sizes.idle) as (load, opened):
            time.sleep(sizes.settle_s)
            after_kib, began = cpu.private_dirty_kib(pid), time.perf_counter()
            spent, _ = bench.watched(pid, lambda: None, lambda: time.sleep(sizes.idle_s))
            took_s = time.perf_counter() - began
            load.tell("leave")
            whole = load.hear("result")["whole"]
    if whole["lost"]:
        bench.problems.append(f"idle: {whole['lost']} connections lost")
    parts = {"gateway": spent.gateway, "postgres": spent.postgres, "redis": spent.redis, "total": spent.total}
    return {
        "sockets": sizes.idle,
        "kib_per_socket": round((after_kib - before_kib) / sizes.idle, 1),
        "cpu_percent": {name: round(ns / 1e7 / took_s, 2) for name, ns in parts.items()},
        "opened_in_s": round(opened["seconds"], 2),
    }


@contextlib.contextmanager
def _staying(bench: Bench, port: int, after: int, sockets: int) -> Iterator[tuple[Load, Json]]:
    with loading("bench.crowd", spelled(Plan(port, bench.people(sockets, after), "stay"))) as found:
        yield found


def _measured(bench: Bench, pid: int, what: str, plan: Plan) -> tuple[Json, Json, cpu.Spent, int]:
    """Runs one plan to its end: how it opened, its result, and what servers and processors spent."""
    bench.say(f"{what}: {len(plan.people):,} sockets")
    with loading("bench.crowd", spelled(plan)) as (load, opened):
        load.tell("go")
        spent, all_spent = bench.watched(pid, lambda: load.hear("begin"), lambda: load.hear("end"))
        result = load.hear("result")
    whole = result["whole"]
    wrong = [f"refused: {result['refusals'][0]}"] if result["refusals"] else []
    wrong += [f"{whole[name]} {name}" for name in ("gaps", "lost", "resets") if whole[name]]
    wrong += [f"{whole['sent']} sent, {whole['acked']} answered"] if whole["acked"] != whole["sent"] else []
    each = len(plan.people) if plan.kind == "announce" else plan.heard_each
    wrong += [f"{whole['acked']} answered, {whole['heard']} delivered"] if whole["heard"] != each * whole["acked"] else []
    bench.problems += [f"{what}: {each}" for each in wrong]
    return opened, result, spent, all_spent


def fanout(bench: Bench, pid: int, port: int, *, burst: int) -> Json:
    """A service announces to everybody, one at a time or in bursts, again when all have heard it."""
    sizes = bench.sizes
    plan = Plan(port, bench.people(sizes.followers), "announce", bench.service, burst=burst, warm_s=sizes.warm_s, window_s=sizes.window_s)
    opened, result, spent, all_spent = _measured(bench, pid, f"announce, {burst} at once", plan)
    return {
        "sockets": sizes.followers,
        "burst": burst,
        "deliveries_per_s": round(result["count"] / result["seconds"]),
        # Per delivered frame.
        "cpu_us": cpu.micros(spent, result["count"]) | {"load": round(result["load_cpu_us"], 2)},
        "round_ms": result["round_ms"],
        "cpu_share": cpu.shares(spent, all_spent, result["seconds"], result["load_cpu_share"]),
        "opened": {"at_once": 32, "seconds": round(opened["seconds"], 2), "retries": opened["retries"], "lost": opened["lost"]},
        "counts": result["whole"],
    }


def unpaced(bench: Bench, pid: int, port: int) -> Json:
    """Announcements without waiting for anything: nobody is thrown out, and every frame arrives."""
    sizes = bench.sizes
    plan = Plan(port, bench.people(sizes.crowd), "announce", bench.service, total=sizes.unpaced)
    _, result, spent, _ = _measured(bench, pid, f"{sizes.unpaced} announcements without waiting", plan)
    return {
        "sockets": sizes.crowd,
        "announcements": sizes.unpaced,
        "seconds": round(result["seconds"], 3),
        "frames": result["whole"]["heard"],
        "lost": result["whole"]["lost"],
        "cpu_us": cpu.micros(spent, result["count"]),
    }


def deposits(bench: Bench, pid: int, port: int) -> Json:
    """The ordinary lane: every captain gives one credit to the team, again when answered."""
    sizes = bench.sizes
    # Spread over teams: four of one team would wait for each other's lock on its treasury.
    who = [bench.people(1, number * TEAM)[0] for number in range(sizes.depositors)]
    plan = Plan(
        port, who, "ask", ask="treasury.deposit", fields={"resource": "credits", "amount": 1}, heard_each=2,
        warm_s=sizes.warm_s, window_s=sizes.window_s,
    )  # fmt: skip
    _, result, spent, all_spent = _measured(bench, pid, "treasury.deposit, closed loop", plan)
    return {
        "sockets": sizes.depositors,
        "commands_per_s": round(result["count"] / result["seconds"]),
        "cpu_us": cpu.micros(spent, result["count"]) | {"load": round(result["load_cpu_us"], 1)},
        "ack_ms": result["ack_ms"],
        "cpu_share": cpu.shares(spent, all_spent, result["seconds"], result["load_cpu_share"]),
        "counts": result["whole"],
    }


def snapshots(bench: Bench, pid: int, port: int) -> Json:
    """session.snapshot at a fixed rate."""
    sizes = bench.sizes
    plan = Plan(
        port,
        bench.people(sizes.sockets),
        "ask",
        ask="session.snapshot",
        rate=sizes.snapshot_rate,
        warm_s=sizes.warm_s,
        window_s=sizes.window_s,
    )
    _, result, spent, all_spent = _measured(bench, pid, f"session.snapshot, {sizes.snapshot_rate:.0f}/s", plan)
    return {
        "per_s": round(result["count"] / result["seconds"], 1),
        "cpu_us": cpu.micros(spent, result["count"]),
        "ack_ms": result["ack_ms"],
        "cpu_share": cpu.shares(spent, all_spent, result["seconds"], result["load_cpu_share"]),
        "counts": result["whole"],
    }


def resume_storm(bench: Bench) -> Json:
    """The gateway is killed while people speak, another starts on the same port, and everybody comes back to it."""
    sizes = bench.sizes
    bench.say(f"resume storm: {sizes.returning:,} sessions after a SIGKILL")
    with contextlib.ExitStack() as stack:
        pid, port = stack.enter_context(bench.gateway())
        plan = Plan(port, bench.people(sizes.returning), "resume", ask="team.say", fields={"text": WORDS}, warm_s=sizes.warm_s)
        load, _ = stack.enter_context(loading("bench.crowd", spelled(plan)))
        load.tell("go")
        load.hear("begin")
        os.kill(pid, signal.SIGKILL)
        began = time.perf_counter()
        stack.enter_context(bench.gateway(port))
        ready_s = time.perf_counter() - began
        result = load.hear("result")
    wrong = [f"{result[name]} {name}" for name in ("gaps", "resets") if result[name]]
    if result["sessions"] != sizes.returning:
        wrong.append(f"{result['sessions']} of {sizes.returning} came back")
    bench.problems += [f"resume storm: {each}" for each in wrong]
    return {
        "sessions": sizes.returning,
        "all_s": round(result["all_s"], 2),
        "gateway_ready_s": round(ready_s, 2),
        "one_ms": result["one_ms"],
        "events_replayed": result["heard"],
        "gaps": result["gaps"],
        "resets": result["resets"],
    }


def receipts(bench: Bench) -> Json:
    """What receipts take on disk, and what deleting them costs."""
    bench.say("receipts: size, and the cost of deleting them")
    return asyncio.run(_receipts(bench))


async def _receipts(bench: Bench) -> Json:
    owner: Any
    async with bench.owner() as owner:
        rows, heap, whole = await owner.fetchrow(
            "select count(*), pg_relation_size('receipts'), pg_total_relation_size('receipts') from receipts"
        )
        wanted = min(bench.sizes.trimmed, rows)
        # Most of them are made older than they are kept, in place; the rest is what a trim must pass over.
        await owner.execute(
            "update receipts set at = at - interval '30 days' where ctid = any(array(select ctid from receipts order by at limit $1))",
            wanted,
        )
        await owner.execute("vacuum analyze receipts")
        database = Database(bench.endpoints.owner_url, pool_size=1)
        postgres, steps, gone = bench.endpoints.pids[0], [], 0
        try:
            before = cpu.of_tree(postgres)
            while gone < wanted:
                began = time.perf_counter()
                async with database.transaction() as db:
                    done = await kept.trim(db, 7)
                steps.append(time.perf_counter() - began)
                gone += done
                if not done:
                    break
            spent = cpu.of_tree(postgres) - before
        finally:
            await database.close()
    if gone != wanted:
        bench.problems.append(f"receipts: {gone} of {wanted} deleted")
    each = whole / max(1, rows)
    return {
        "window_days": 7,
        "rows": rows,
        "bytes_each": {"heap": round(heap / max(1, rows)), "with_indexes": round(each)},
        "per_day_at_100_per_s": {"rows": NORMAL_PER_S * DAY_S, "mib": round(NORMAL_PER_S * DAY_S * each / 2**20)},
        "window_at_100_per_s": {"rows": 7 * NORMAL_PER_S * DAY_S, "gib": round(7 * NORMAL_PER_S * DAY_S * each / 2**30, 1)},
        "deleting": {
            "rows": gone,
            "postgres_us_each": round(spent / 1000 / max(1, gone), 2),
            "step_ms_longest": round(1000 * max(steps), 1),
            "rows_per_step": round(gone / max(1, len(steps))),
        },
    }
