"""CPU time and memory of processes, from /proc. Nothing here costs the measured processes anything."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
# Fields of /proc/<pid>/stat, counted from the one after the name: proc(5).
PARENT, DEAD_USER, DEAD_SYSTEM = 1, 13, 14


class Servers(NamedTuple):
    """Who is measured. Pids."""

    gateway: int
    postgres: int
    redis: int


class Spent(NamedTuple):
    """CPU time, nanoseconds, user and system."""

    gateway: int
    postgres: int
    redis: int

    @property
    def total(self) -> int:
        """All three."""
        return self.gateway + self.postgres + self.redis

    def since(self, before: Spent) -> Spent:
        """What was spent between two readings."""
        return Spent(self.gateway - before.gateway, self.postgres - before.postgres, self.redis - before.redis)


def micros(spent: Spent, count: int) -> dict[str, float]:
    """CPU for each of so many, µs."""
    parts = {"gateway": spent.gateway, "postgres": spent.postgres, "redis": spent.redis, "total": spent.total}
    return {name: round(ns / 1000 / max(1, count), 2) for name, ns in parts.items()}


def shares(spent: Spent, all_spent: int, seconds: float, load: float) -> dict[str, float]:
    """Processors. `others` is everything on this machine that is not part of the run, and spoils latencies first."""
    servers = spent.total / 1e9 / seconds
    others = max(0.0, all_spent / 1e9 / seconds - servers - load)
    return {"servers": round(servers, 2), "load": round(load, 2), "others": round(others, 2)}


def read(servers: Servers) -> Spent:
    """What they have spent so far; for Postgres with its children, those that have ended too."""
    return Spent(of_process(servers.gateway), of_tree(servers.postgres), of_process(servers.redis))


def of_process(pid: int) -> int:
    """Nanoseconds on a processor, all living threads. 0 when it is gone."""
    spent = 0
    try:
        for task in (PROC / str(pid) / "task").iterdir():
            try:
                spent += int((task / "schedstat").read_text().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                continue
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return spent


def of_tree(pid: int) -> int:
    """Nanoseconds of a process, its living children, and its children that have ended (those in ticks of 10 ms)."""
    stat = _stat(pid)
    ended = (int(stat[DEAD_USER]) + int(stat[DEAD_SYSTEM])) * TICK_NS if stat else 0
    return of_process(pid) + ended + sum(of_process(child) for child in children(pid))


def children(pid: int) -> list[int]:
    """Pids of the living children."""
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))) and int(stat[PARENT]) == pid:
            found.append(int(entry.name))
    return found


def of_machine() -> int:
    """Nanoseconds all processors have worked for anybody, in ticks of 10 ms, with what a hypervisor took for others."""
    user, nice, system, _, _, irq, softirq, steal = map(int, (PROC / "stat").read_text().splitlines()[0].split()[1:9])
    return (user + nice + system + irq + softirq + steal) * TICK_NS


def private_dirty_kib(pid: int) -> int:
    """Memory that only this process holds and has written, KiB."""
    for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1])
    raise LookupError("no Private_Dirty in smaps_rollup")


def _stat(pid: int) -> list[str] | None:
    try:
        # The name may hold blanks and brackets; what follows the last bracket is plain.
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
