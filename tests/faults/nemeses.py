"""What is broken on purpose: each nemesis breaks one thing, waits, and puts it right again. guarantees.md 3.3."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from server.embedded_roles import APP
from tests.faults.proxy import Weather
from tests.faults.rig import Rig
from tests.faults.servers import Gateway
from tests.faults.talks import MISBEHAVIOURS, asked
from tests.faults.workloads import Crowd, storm

TERMINATED = 12  # backends a bout of N8
CUT_SHARES = (0.01, 0.05, 0.5)
PROVIDER_S = 30.0  # for every misbehaviour to be met once: an answer may lie with a dead gateway for 15 s
LINE_S, LINE_JITTER_S = 0.05, 0.35


class Skipped(Exception):
    """This nemesis cannot be had here; the message says why."""


@dataclass
class Scene:
    """What a nemesis works on. `drains` and `wrong` are what it found out itself."""

    rig: Rig
    crowd: Crowd
    dice: random.Random
    wrong: list[str] = field(default_factory=list)
    busy: set[str] = field(default_factory=set)
    """Gateways that are being killed, drained or frozen: one at a time."""
    spared: set[str] = field(default_factory=set)
    """Gateways that must live for now, because something takes its time there."""
    draining: set[str] = field(default_factory=set)
    unknown_in_drain: list[str] = field(default_factory=list)
    notes: dict[str, list[float]] = field(default_factory=dict)
    quick: bool = False
    patient: float = 1.0
    spares: list[str] = field(default_factory=list)
    """Access tokens of sessions that nobody else uses."""
    latencies: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=20_000))
    """When each answer came, and how long it took."""

    def p99(self, since: float) -> float | None:
        """The 99th percentile of how long answers took since then; None when there are too few."""
        found = sorted(took for at, took in self.latencies if at >= since)
        return found[int(len(found) * 0.99)] if len(found) >= 50 else None

    async def load_for(self, seconds: float) -> None:
        """Lets the load work on what is broken."""
        await asyncio.sleep(seconds)

    def note(self, what: str, value: float) -> None:
        """A measured figure."""
        self.notes.setdefault(what, []).append(value)

    @contextlib.asynccontextmanager
    async def a_gateway(self) -> AsyncIterator[Gateway]:
        """A gateway that nobody else is breaking, for as long as the block lasts."""
        while True:
            free = [each for each in self.rig.gateways if each.place not in self.busy]
            # One is left standing: who breaks all of them learns nothing of resuming.
            if len(free) == len(self.rig.gateways):
                break
            await asyncio.sleep(0.05)
        gateway = self.dice.choice([each for each in free if each.place not in self.spared])
        self.busy.add(gateway.place)
        try:
            yield gateway
        finally:
            self.busy.discard(gateway.place)


async def n1(scene: Scene) -> None:
    """SIGKILL of a gateway, restarted after a moment."""
    async with scene.a_gateway() as gateway:
        node = gateway.node
        scene.rig.fault("N1", node, "begin")
        await gateway.kill()
        await asyncio.sleep(scene.dice.uniform(0.0, 1.0))
        await gateway.start()
        scene.rig.fault("N1", node, "end")


async def n2(scene: Scene) -> None:
    """SIGTERM under load: nobody's command is lost."""
    async with scene.a_gateway() as gateway:
        node = gateway.node
        scene.rig.fault("N2", node, "begin")
        scene.draining.add(node)
        scene.note("drain_s", await gateway.drained())
        scene.draining.discard(node)
        await gateway.start()
        scene.rig.fault("N2", node, "end")


async def n3(scene: Scene) -> None:
    """A gateway frozen, and woken when others have taken over."""
    async with scene.a_gateway() as gateway:
        node = gateway.node
        scene.rig.fault("N3", node, "begin")
        gateway.send(signal.SIGSTOP)
        await asyncio.sleep(scene.dice.uniform(2.0, 5.0) if scene.quick else scene.dice.choice((2.0, 6.0, 13.0, 20.0)))
        gateway.send(signal.SIGCONT)
        await gateway.ready()
        scene.rig.fault("N3", node, "end")


async def n4(scene: Scene) -> None:
    """SIGKILL of Redis, restarted empty."""
    rig = scene.rig
    rig.fault("N4", "redis", "begin")
    await rig.redis.kill()
    await asyncio.sleep(scene.dice.uniform(0.0, 1.5))
    await rig.redis.start()
    rig.fault("N4", "redis", "end")


async def n5(scene: Scene) -> None:
    """Redis frozen."""
    rig = scene.rig
    rig.fault("N5", "redis", "begin")
    rig.redis.send(signal.SIGSTOP)
    await asyncio.sleep(4.0 if scene.quick else scene.dice.uniform(5.0, 15.0))
    rig.redis.send(signal.SIGCONT)
    rig.fault("N5", "redis", "end")


async def n6(scene: Scene) -> None:
    """Redis lies."""
    rig = scene.rig
    rig.fault("N6", "redis", "begin")
    before = rig.lies
    for each in rig.hints:
        each.lie(on=True)
    end = time.monotonic() + (5.0 if scene.quick else 10.0)
    while time.monotonic() < end or (rig.lies == before and time.monotonic() < end + 20.0):
        await asyncio.sleep(0.1)
    for each in rig.hints:
        each.lie(on=False)
    if rig.lies == before:
        raise Skipped("Redis had no occasion to lie in 20 s")
    rig.fault("N6", "redis", "end")


async def n7(scene: Scene) -> None:
    """SIGKILL of PostgreSQL, restarted."""
    rig = scene.rig
    rig.fault("N7", "postgres", "begin")
    await rig.postgres.kill()
    await asyncio.sleep(scene.dice.uniform(0.0, 0.5))
    scene.note("postgres_start_s", await rig.postgres.start())
    rig.fault("N7", "postgres", "end")


async def n8(scene: Scene) -> None:
    """Backends terminated at random, in the middle of whatever they do."""
    rig = scene.rig
    rig.fault("N8", "backends", "begin")
    admin = await rig.postgres.connect()
    try:
        for _ in range(TERMINATED):
            # Those at work first: an idle one is no news.
            await admin.execute(
                """select pg_terminate_backend(pid) from pg_stat_activity where usename = $1
                   order by (state = 'idle'), random() limit 1""",
                APP,
            )
            await asyncio.sleep(scene.dice.uniform(0.0, 0.4))
    finally:
        await admin.close()
    rig.fault("N8", "backends", "end")


async def n9(scene: Scene) -> None:
    """An immediate restart, then one backend that holds locks is frozen."""
    rig = scene.rig
    rig.fault("N9", "postgres", "begin")
    await rig.postgres.kill(signal.SIGQUIT)
    await rig.postgres.start()
    pid, end = None, time.monotonic() + 20.0
    try:
        while pid is None and time.monotonic() < end:
            pid = await _frozen_holder(rig)
        if pid is None:
            raise Skipped("no backend held a lock for long enough to be caught in 20 s")
        await asyncio.sleep(2.0 if scene.quick else scene.dice.uniform(2.0, 5.0))
    finally:
        if pid is not None:
            _continue(pid)
    rig.fault("N9", "postgres", "end")


async def _frozen_holder(rig: Rig) -> int | None:
    """A backend that holds a row or a command's id, frozen; None when none was caught this time."""
    admin = await rig.postgres.connect()
    pid: int | None = None
    try:
        pid = await admin.fetchval(
            f"""select a.pid from pg_stat_activity a join pg_locks l using (pid)
               where a.usename = $1 and a.state <> 'idle' and {_HOLDS} limit 1""",
            APP,
        )
        if pid is None:
            await asyncio.sleep(0.005)
            return None
        os.kill(pid, signal.SIGSTOP)
        # Stopped is not yet holding: it may have ended its transaction in between, or hold what this very question needs.
        if await admin.fetchval(f"select count(*) from pg_locks l where pid = $1 and {_HOLDS}", pid, timeout=1.0):
            return pid
        _continue(pid)
    except (TimeoutError, ProcessLookupError):
        if pid is not None:
            _continue(pid)
    finally:
        admin.terminate()
    return None


_HOLDS = "l.granted and l.locktype in ('transactionid', 'advisory')"


def _continue(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


async def n10(scene: Scene) -> None:
    """No way between a gateway (or all of them) and PostgreSQL: silence, one-way silence, or refusal."""
    rig, dice = scene.rig, scene.dice
    some = rig.databases if dice.random() < 0.3 else [dice.choice(rig.databases)]
    how = dice.choice(("silence", "one way up", "one way down", "refused"))
    rig.fault("N10", how, "begin")
    weather = {
        "silence": Weather(hold_up=True, hold_down=True),
        "one way up": Weather(hold_down=True),
        "one way down": Weather(hold_up=True),
        "refused": Weather(refuse=True),
    }[how]
    for proxy in some:
        proxy.suffer(weather)
        if how == "refused":
            proxy.reset_all()
    await asyncio.sleep(dice.uniform(3.0, 5.0) if scene.quick else dice.uniform(3.0, 12.0))
    for proxy in some:
        proxy.suffer(Weather())
    rig.fault("N10", how, "end")


async def n11(scene: Scene) -> None:
    """Connections cut exactly between a commit and its reply."""
    rig = scene.rig
    rig.fault("N11", "commits", "begin")
    before, share = rig.cuts, scene.dice.choice(CUT_SHARES)
    for each in rig.databases:
        each.share = share
    end = time.monotonic() + (3.0 if scene.quick else 5.0)
    while time.monotonic() < end or (rig.cuts == before and time.monotonic() < end + 20.0):
        await asyncio.sleep(0.05)
    for each in rig.databases:
        each.share = 0.0
    if rig.cuts == before:
        raise Skipped("no commit came by to be cut in 20 s")
    rig.fault("N11", "commits", "end")


async def n12(scene: Scene) -> None:
    """Slow and shaky lines to the clients."""
    rig = scene.rig
    rig.fault("N12", "clients", "begin")
    for door in rig.doors:
        door.suffer(Weather(delay_s=LINE_S, jitter_s=LINE_JITTER_S))
    await asyncio.sleep(4.0 if scene.quick else scene.dice.uniform(5.0, 10.0))
    for door in rig.doors:
        door.suffer(Weather())
    rig.fault("N12", "clients", "end")


async def n15(scene: Scene) -> None:
    """The clock jumps forward, again and again. Seen only by a gateway with the planted bug that reads the clock from a file.

    Nobody may feel it, so the judges are not told: it excuses nothing."""
    rig = scene.rig
    rig.injected["N15"] += 1
    for jump in range(6):
        rig.clock.write_text(str(3_600 * (jump + 1 + 6 * rig.injected["N15"])))
        await asyncio.sleep(2.0)


async def n20(scene: Scene) -> None:
    """A provider of models that fails, hangs, drips and lies, each in a talk of its own. Nobody else may feel it: it excuses nothing."""
    rig, dock = scene.rig, scene.crowd.dock
    if not dock.waiting and rig.injected["N20"]:
        return
    kinds = [scene.dice.choice(some) for some in MISBEHAVIOURS][: len(dock.waiting)]
    rig.injected["N20"] += 1
    before = len(rig.model.asked)
    for kind in kinds:
        dock.send(0.3, kind)
    end = time.monotonic() + PROVIDER_S * scene.patient
    while time.monotonic() < end and not all(asked(rig.model.asked[before:], kind) for kind in kinds):
        await asyncio.sleep(0.2)
    met = [kind for kind in kinds if asked(rig.model.asked[before:], kind)]
    for kind in met:
        scene.note(f"provider {kind}", asked(rig.model.asked[before:], kind))
    if not met:
        raise Skipped(f"in {PROVIDER_S * scene.patient:.0f} s no talk asked the model")


async def w7(scene: Scene) -> None:
    """Everybody's connection breaks at once, and everybody comes back."""
    scene.rig.fault("W7", "clients", "begin")
    storm(scene.crowd)
    await asyncio.sleep(1.0)
    scene.rig.fault("W7", "clients", "end")


Nemesis = Callable[[Scene], Awaitable[None]]
NEMESES: dict[str, Nemesis] = {
    "N1": n1, "N2": n2, "N3": n3, "N4": n4, "N5": n5, "N6": n6, "N7": n7, "N8": n8, "N9": n9, "N10": n10, "N11": n11, "N12": n12, "N15": n15, "N20": n20, "W7": w7,
}  # fmt: skip
