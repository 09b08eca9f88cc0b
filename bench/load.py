"""The load of `team.say`: one process, raw WebSocket clients, latencies and counts. Run as `python -P -m bench.load`.

Takes one JSON line (`Plan`), answers `{"event": "connected"}`, waits for a second line, works, and tells `begin` and `end` of
the steady window as they happen, then `result`. It trusts nothing: it counts refusals, compares every number of every stream
with the one before, and ends only when all answers and deliveries are there, or 10 s have passed.
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

import msgpack
import uvloop

from bench.wire import (
    AT_ONCE,
    BINARY,
    CLOSE,
    EVENT,
    ID,
    LONGEST_REPLY,
    PING,
    PLAYERS,
    RE,
    SPARE_FILES,
    STAMP,
    START_S,
    Opening,
    allow_files,
    frame_head,
    percentiles,
    tell,
)

TICK_S = 0.001  # a paced load sends what is due this often; uvloop's timers are no finer
DRAIN_S = 10.0  # for answers after the last command
LOOK_S = 0.05
TEAM = 4
SAID = b"\xa1t\xa9team.said\xa2st\xd9\x29%s\xa1s"  # what an event's map begins with; the number follows
WORDS = b" all hands, hold the gate at nine!!"  # with the stamp a text of 54 bytes: a frame of 117


@dataclass
class Plan:
    """What to do. `people` are (token, stream of the team); the first `senders` of each four speak. `rate` 0: closed loop."""

    port: int
    people: list[tuple[str, str]]
    senders: int = TEAM
    rate: float = 0.0
    warm_s: float = 1.0
    window_s: float = 5.0
    path: str = PLAYERS


@dataclass
class Run:
    """What all sockets count together. Latencies are nanoseconds."""

    plan: Plan
    going: bool = False
    sent: int = 0
    acked: int = 0
    heard: int = 0
    gaps: int = 0
    other: int = 0
    lost: int = 0
    ack_ns: array[int] = field(default_factory=lambda: array("q"))
    delivery_ns: array[int] = field(default_factory=lambda: array("q"))
    late_ns: array[int] = field(default_factory=lambda: array("q"))
    refusals: list[str] = field(default_factory=list)


class Talker(Opening):
    """One captain at one socket."""

    def __init__(self, run: Run, number: int, token: str, stream: str) -> None:
        super().__init__(token, run.plan.path)
        self.run = run
        self.stream = stream
        self.share = number % TEAM  # of a team's deliveries each member times its quarter: every message once
        self.said = SAID % stream.encode()
        self.head_end = 1 + len(self.said)
        self.next = 0
        self.closed_loop = not run.plan.rate
        id_head = f"{os.getpid() & 0xFFFFFFFF:08x}-{number:08x}".encode()
        before = b"\x83\xa1t\xa8team.say\xa2id\xd9\x24" + id_head
        between = b"\xa1d\x81\xa4text\xd9" + bytes((STAMP + len(WORDS),))
        size = len(before) + len(between) + len(WORDS) + 2 * STAMP
        self.before = frame_head(BINARY, size) + before
        self.between = between

    def begun(self) -> None:
        self.next = self.heads[self.stream]["head"] + 1

    def say(self, at_ns: int) -> None:
        """Says one line that is due at this moment."""
        stamp = b"%019d" % at_ns
        self.transport.write(b"".join((self.before, stamp, self.between, stamp, WORDS)))
        self.run.sent += 1

    def frames(self, data: bytes) -> None:
        now = time.perf_counter_ns()
        said, head_end, run = self.said, self.head_end, self.run
        at, size, heard, acked = 0, len(data), 0, 0
        while size - at >= 4:
            length = data[at + 1]
            if length < 126:
                start = at + 2
            else:
                start = at + 4
                length = data[at + 2] << 8 | data[at + 3]
            end = start + length
            if end > size:
                break
            first = data[start] if length else 0
            if data[at] != BINARY:
                self._odd(data[at], data[start:end])
            elif first == EVENT and data[start + 1 : start + head_end] == said:
                where = start + head_end
                seq = data[where]
                if seq >= 0x80:
                    seq = int.from_bytes(data[where + 1 : where + 1 + (1 << (seq - 0xCC))], "big")
                if seq != self.next:
                    run.gaps += 1
                self.next = seq + 1
                heard += 1
                if seq % TEAM == self.share:
                    text = data.index(b"\xa4text\xd9", where, end) + 7
                    run.delivery_ns.append(now - int(data[text : text + STAMP]))
            elif first <= LONGEST_REPLY and data[start + 1 : start + 6] == RE:
                if data[start + 6 + ID] == 0xA2:
                    acked += 1
                    run.ack_ns.append(now - int(data[start + 6 + ID - STAMP : start + 6 + ID]))
                else:
                    run.refusals.append(str(msgpack.unpackb(data[start:end])))
                if self.closed_loop and run.going:
                    self.say(now)
            else:
                run.other += 1
            at = end
        if at < size:
            self.tail = data[at:]
        run.heard += heard
        run.acked += acked

    def _odd(self, kind: int, payload: bytes) -> None:
        if kind == PING:
            self.pong(payload)
        elif kind == CLOSE:
            self.run.refusals.append(f"closed: {payload!r}")

    def connection_lost(self, exc: Exception | None) -> None:
        self.run.lost += 1
        super().connection_lost(exc)


async def work(plan: Plan) -> None:
    """One plan, from the first socket to the result."""
    run = Run(plan)
    talkers = await connect(run)
    tell("connected", sockets=len(talkers))
    loop = asyncio.get_running_loop()
    told = await loop.run_in_executor(None, sys.stdin.readline)
    if not told:
        return
    speakers = [each for index, each in enumerate(talkers) if index % TEAM < plan.senders]
    gc.disable()
    run.going = True
    pacing = loop.create_task(pace(run, speakers)) if plan.rate else None
    if pacing is None:
        for each in speakers:
            each.say(time.perf_counter_ns())
    await asyncio.sleep(plan.warm_s)
    began, marks, spent = time.perf_counter(), _marks(run), time.process_time_ns()
    tell("begin")
    await asyncio.sleep(plan.window_s)
    took_s, ends, load_ns = time.perf_counter() - began, _marks(run), time.process_time_ns() - spent
    tell("end")
    run.going = False
    if pacing is not None:
        await pacing
    for _ in range(int(DRAIN_S / LOOK_S)):
        if run.acked + len(run.refusals) >= run.sent and run.heard >= TEAM * run.acked:
            break
        await asyncio.sleep(LOOK_S)
    await asyncio.sleep(LOOK_S)  # what nobody expects would come now
    messages = ends[0] - marks[0]
    tell(
        "result",
        seconds=took_s,
        messages=messages,
        deliveries=ends[1] - marks[1],
        load_cpu_us=load_ns / 1000 / max(1, messages),
        load_cpu_share=load_ns / 1e9 / took_s,
        ack_ms=percentiles(run.ack_ns[marks[2] : ends[2]]),
        delivery_ms=percentiles(run.delivery_ns[marks[3] : ends[3]]),
        late_ms=percentiles(run.late_ns[marks[4] : ends[4]]),
        whole={name: getattr(run, name) for name in ("sent", "acked", "heard", "gaps", "other", "lost")}
        | {"start_retries": sum(each.retries for each in talkers)},
        refusals=run.refusals[:3],
    )
    for each in talkers:
        each.transport.abort()


def _marks(run: Run) -> tuple[int, int, int, int, int]:
    return run.acked, run.heard, len(run.ack_ns), len(run.delivery_ns), len(run.late_ns)


async def connect(run: Run) -> list[Talker]:
    """Every socket of the plan, started. Raises ConnectionError when one is refused."""
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, token: str, stream: str) -> Talker:
        async with gate:
            _, talker = await loop.create_connection(lambda: Talker(run, number, token, stream), "127.0.0.1", run.plan.port)
            await talker.started
            return talker

    async with asyncio.timeout(START_S):
        return list(await asyncio.gather(*(one(number, *who) for number, who in enumerate(run.plan.people))))


async def pace(run: Run, speakers: list[Talker]) -> None:
    """Says lines at a fixed rate, whatever becomes of them. A latency counts from when its line was due."""
    order = list(speakers)
    # Not team by team: neighbours in time would be neighbours in a team.
    random.Random(4).shuffle(order)
    gap_ns, began, number, count = 1e9 / run.plan.rate, time.perf_counter_ns(), 0, len(order)
    while run.going:
        now = time.perf_counter_ns()
        while (due := began + int(number * gap_ns)) <= now:
            order[number % count].say(due)
            run.late_ns.append(now - due)
            number += 1
        await asyncio.sleep(TICK_S)


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
