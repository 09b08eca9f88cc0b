"""The load of everything but `team.say`: many sockets that follow, ask, or come back. Run as `python -P -m bench.crowd`.

Takes one JSON line (`Plan`), answers `connected`, and then does what its kind says:

- `stay`: nothing, until it is told to leave; it says how many were thrown out meanwhile.
- `announce`: a service announces, `burst` at once, and again when every follower of `system` has heard them all; `total` of
  them without waiting, once, when that is not 0.
- `ask`: every captain sends one command after the other, or all together at a fixed `rate`.
- `resume`: one captain of each team speaks until the server dies; then everybody comes back with what they had heard, less
  `REWIND` events of each stream, and is complete when every stream has been told, without a gap, up to its head.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import sys
import time
from array import array
from dataclasses import asdict, dataclass, field
from typing import Any

import msgpack
import uvloop

from bench.wire import (
    AT_ONCE,
    BINARY,
    CLOSE,
    EVENT,
    ID,
    PING,
    PLAYERS,
    SERVICES,
    SPARE_FILES,
    STAMP,
    START_S,
    Opening,
    allow_files,
    framed,
    percentiles,
    place,
    tell,
)

TICK_S = 0.001
DRAIN_S = 30.0  # for what is still on its way after the last command
BACK_S = 60.0  # for everybody to be back
LOOK_S = 0.02
REWIND = 5  # events: what a connection had in its buffers when it died
AGAIN_S = (0.05, 0.25)  # between two tries to connect, at random


@dataclass
class Plan:
    """What to do. `people` are (token, stream of the team). `heard_each`: events of one command over all sockets, to be checked."""

    port: int
    people: list[tuple[str, str]]
    kind: str
    service: str = ""
    ask: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    heard_each: int = 0
    rate: float = 0.0
    burst: int = 1
    total: int = 0
    warm_s: float = 1.0
    window_s: float = 5.0


@dataclass
class Run:
    """What all sockets count together. Latencies are nanoseconds."""

    plan: Plan
    going: bool = False
    sent: int = 0
    acked: int = 0
    heard: int = 0
    gaps: int = 0
    lost: int = 0
    resets: int = 0
    ack_ns: array[int] = field(default_factory=lambda: array("q"))
    late_ns: array[int] = field(default_factory=lambda: array("q"))
    refusals: list[str] = field(default_factory=list)
    wanted: int = 1 << 62
    all_heard: asyncio.Event = field(default_factory=asyncio.Event)
    died: asyncio.Event = field(default_factory=asyncio.Event)

    def counts(self) -> dict[str, int]:
        """What must add up."""
        return {name: getattr(self, name) for name in ("sent", "acked", "heard", "gaps", "lost", "resets")}


class Follower(Opening):
    """One socket that follows its streams and may ask."""

    def __init__(self, run: Run, number: int, token: str, path: str = PLAYERS, ask: str = "", fields: dict[str, Any] | None = None) -> None:
        super().__init__(token, path)
        self.run = run
        self.last: dict[bytes, int] = {}
        self.owed: dict[bytes, int] = {}  # of a session that came back: the numbers still to be heard
        self.complete: asyncio.Future[None] | None = None
        self.again = False
        if ask:
            id_head = f"{os.getpid() & 0xFFFFFFFF:08x}-{number & 0xFFFFFFFF:08x}"
            whole = framed(msgpack.packb({"t": ask, "id": id_head + "0" * STAMP, "d": fields or {}}))
            at = whole.index(id_head.encode()) + len(id_head)
            self.before, self.after = whole[:at], whole[at + STAMP :]

    def begun(self) -> None:
        for name, head in self.heads.items():
            known = self.cursors.get(name)
            self.last[name.encode()] = known["seq"] if known else head["head"]
            if known and known["seq"] < head["head"]:
                self.owed[name.encode()] = head["head"]
        self._look()

    def say(self, at_ns: int) -> None:
        """Sends its command, due at this moment."""
        self.transport.write(self.before + b"%019d" % at_ns + self.after)
        self.run.sent += 1

    def frames(self, data: bytes) -> None:
        now, run, last = time.perf_counter_ns(), self.run, self.last
        at, size, heard = 0, len(data), 0
        while size - at >= 4:
            length = data[at + 1]
            if length < 126:
                start = at + 2
            elif length == 126:
                start, length = at + 4, data[at + 2] << 8 | data[at + 3]
            elif size - at < 10:
                break
            else:
                start, length = at + 10, int.from_bytes(data[at + 2 : at + 10], "big")
            end = start + length
            if end > size:
                break
            if data[at] != BINARY:
                self._odd(data[at], data[start:end])
            elif data[start] == EVENT:
                stream, seq = place(data, start)
                if seq != last.get(stream, -1) + 1:
                    run.gaps += 1
                last[stream] = seq
                heard += 1
                if self.owed and self.owed.get(stream, seq + 1) <= seq:
                    del self.owed[stream]
                    self._look()
            elif data[start + 1 : start + 4] == b"\xa2re":
                self._answered(data[start:end], now)
            elif b"stream.reset" in data[start:end]:
                run.resets += 1
            at = end
        if at < size:
            self.tail = data[at:]
        if heard:
            run.heard += heard
            if run.heard >= run.wanted:
                run.all_heard.set()

    def _answered(self, reply: bytes, now: int) -> None:
        run = self.run
        if reply[6 + ID : 9 + ID] == b"\xa2ok":
            run.acked += 1
            run.ack_ns.append(now - int(reply[6 + ID - STAMP : 6 + ID]))
        else:
            run.refusals.append(str(msgpack.unpackb(reply)))
            run.all_heard.set()
        if self.again and run.going:
            self.say(now)

    def _odd(self, kind: int, payload: bytes) -> None:
        if kind == PING:
            self.pong(payload)
        elif kind == CLOSE:
            self.run.refusals.append(f"closed: {payload!r}")

    def _look(self) -> None:
        if not self.owed and self.complete is not None and not self.complete.done():
            self.complete.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.run.lost += 1
        self.run.died.set()
        super().connection_lost(exc)
        if self.complete is not None and not self.complete.done():
            self.complete.set_exception(ConnectionError("lost again"))


async def connect(run: Run) -> list[Follower]:
    """Every socket of the plan, started, so many at a time. Raises ConnectionError when one is refused."""
    loop, gate, plan = asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE), run.plan

    async def one(number: int, token: str) -> Follower:
        async with gate:
            made = await loop.create_connection(
                lambda: Follower(run, number, token, PLAYERS, plan.ask, plan.fields), "127.0.0.1", plan.port
            )
            await made[1].started
            return made[1]

    async with asyncio.timeout(START_S):
        return list(await asyncio.gather(*(one(number, who[0]) for number, who in enumerate(plan.people))))


async def hear_line() -> str:
    """The next line from whoever started this; empty when they are gone."""
    return await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


async def announce(run: Run, everybody: list[Follower]) -> None:
    """A service announces to all followers."""
    plan, loop = run.plan, asyncio.get_running_loop()
    text = {"text": "All stations: the gate at Ferryman's Rest opens at noon."}
    _, service = await loop.create_connection(
        lambda: Follower(run, 1 << 20, plan.service, SERVICES, "announce", text), "127.0.0.1", plan.port
    )
    await service.started
    rounds: array[int] = array("q")

    async def one_round(count: int) -> None:
        began = time.perf_counter_ns()
        run.wanted, run.all_heard = run.heard + count * len(everybody), asyncio.Event()
        for _ in range(count):
            service.say(time.perf_counter_ns())
        async with asyncio.timeout(DRAIN_S):
            await run.all_heard.wait()
        if run.refusals:
            raise ConnectionError(run.refusals[0])
        rounds.append(time.perf_counter_ns() - began)

    if plan.total:
        tell("begin")
        began, spent = time.perf_counter(), time.process_time_ns()
        await one_round(plan.total)
    else:
        end = time.perf_counter() + plan.warm_s
        while time.perf_counter() < end:
            await one_round(plan.burst)
        rounds = array("q")
        tell("begin")
        heard, began, spent = run.heard, time.perf_counter(), time.process_time_ns()
        while time.perf_counter() < began + plan.window_s:
            await one_round(plan.burst)
    took_s, load_ns = time.perf_counter() - began, time.process_time_ns() - spent
    deliveries = run.heard if plan.total else run.heard - heard
    tell("end")
    await asyncio.sleep(LOOK_S)
    tell("result", **_result(run, took_s, load_ns, deliveries), rounds=len(rounds), round_ms=percentiles(rounds), followers=len(everybody))


async def ask(run: Run, everybody: list[Follower]) -> None:
    """Every captain asks, again when answered or at a fixed rate over all."""
    plan = run.plan
    run.going = True
    pacing = asyncio.ensure_future(_pace(run, everybody)) if plan.rate else None
    if pacing is None:
        for each in everybody:
            each.again = True
            each.say(time.perf_counter_ns())
    await asyncio.sleep(plan.warm_s)
    marks, began, spent = (run.acked, len(run.ack_ns), len(run.late_ns)), time.perf_counter(), time.process_time_ns()
    tell("begin")
    await asyncio.sleep(plan.window_s)
    ends, took_s, load_ns = (run.acked, len(run.ack_ns), len(run.late_ns)), time.perf_counter() - began, time.process_time_ns() - spent
    tell("end")
    run.going = False
    if pacing is not None:
        await pacing
    for _ in range(int(DRAIN_S / LOOK_S)):
        if run.acked + len(run.refusals) >= run.sent and run.heard >= plan.heard_each * run.acked:
            break
        await asyncio.sleep(LOOK_S)
    await asyncio.sleep(LOOK_S)
    latencies = {"ack_ms": percentiles(run.ack_ns[marks[1] : ends[1]]), "late_ms": percentiles(run.late_ns[marks[2] : ends[2]])}
    tell("result", **_result(run, took_s, load_ns, ends[0] - marks[0]), **latencies)


async def _pace(run: Run, everybody: list[Follower]) -> None:
    gap_ns, began, number = 1e9 / run.plan.rate, time.perf_counter_ns(), 0
    while run.going:
        now = time.perf_counter_ns()
        while (due := began + int(number * gap_ns)) <= now:
            everybody[number % len(everybody)].say(due)
            run.late_ns.append(now - due)
            number += 1
        await asyncio.sleep(TICK_S)


async def resume(run: Run, everybody: list[Follower]) -> None:
    """Some speak, the server dies, everybody comes back."""
    plan = run.plan
    for each in everybody[::4]:
        each.again, run.going = True, True
        each.say(time.perf_counter_ns())
    await asyncio.sleep(plan.warm_s)
    tell("begin")
    await run.died.wait()
    died, run.going = time.perf_counter(), False
    run.acked = run.sent = 0
    took: array[int] = array("q")
    tries = [0]

    async def back(number: int, old: Follower, token: str) -> None:
        streams = {name: head["epoch"] for name, head in old.heads.items()}
        cursors = {name: {"epoch": epoch, "seq": max(0, old.last[name.encode()] - REWIND)} for name, epoch in streams.items()}
        loop, began = asyncio.get_running_loop(), 0
        while True:
            await asyncio.sleep(random.uniform(*AGAIN_S))
            tries[0] += 1

            def make() -> Follower:
                found = Follower(run, number, token)
                found.cursors, found.complete = cursors, loop.create_future()
                return found

            try:
                _, follower = await loop.create_connection(make, "127.0.0.1", plan.port)
                # From the first connection that the new server took.
                began = began or time.perf_counter_ns()
                await follower.started
                assert follower.complete is not None
                await follower.complete
            except OSError:
                continue
            took.append(time.perf_counter_ns() - began)
            kept.append(follower)
            return

    kept: list[Follower] = []
    run.gaps = run.heard = 0
    async with asyncio.timeout(BACK_S):
        await asyncio.gather(*(back(number, old, plan.people[number][0]) for number, old in enumerate(everybody)))
    all_s = time.perf_counter() - died
    tell("result", **run.counts(), all_s=all_s, one_ms=percentiles(took), sessions=len(kept), tries=tries[0], refusals=run.refusals[:3])


def _result(run: Run, took_s: float, load_ns: int, count: int) -> dict[str, Any]:
    return {
        "seconds": took_s,
        "count": count,
        "load_cpu_us": load_ns / 1000 / max(1, count),
        "load_cpu_share": load_ns / 1e9 / took_s,
        "whole": run.counts(),
        "refusals": run.refusals[:3],
    }


async def work(plan: Plan) -> None:
    """One plan, from the first socket to the result."""
    run, began = Run(plan), time.perf_counter()
    everybody = await connect(run)
    tell(
        "connected",
        sockets=len(everybody),
        seconds=time.perf_counter() - began,
        retries=sum(each.retries for each in everybody),
        lost=run.lost,
    )
    gc.collect()
    gc.freeze()
    gc.disable()
    if plan.kind == "stay":
        if await hear_line():
            tell("result", whole=run.counts(), refusals=run.refusals[:3])
    elif await hear_line():
        await {"announce": announce, "ask": ask, "resume": resume}[plan.kind](run, everybody)
    for each in everybody:
        each.transport.abort()


def spelled(plan: Plan) -> str:
    """A plan as the line this process takes."""
    return json.dumps(asdict(plan)) + "\n"


def main() -> None:
    """Reads a plan and does it."""
    plan = Plan(**json.loads(sys.stdin.readline()))
    allow_files(len(plan.people) + SPARE_FILES)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work(plan))


if __name__ == "__main__":
    main()
