"""What is measured, one function a scenario, and the servers it is measured on: started here, real, durable, and stopped again."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from sqlalchemy.engine import make_url

from bench import cpu, people
from bench.load import SPARE_FILES, TEAM, Plan, allow_files, spelled
from bench.people import Captain
from persistence.database import normal_url
from server.embedded import Embedded, Endpoints

ROOT = Path(__file__).resolve().parent.parent
READY_S = 60.0  # initdb and every migration on a slow disk
STOP_S = 15.0
NAIVE = "callisto_naive"
SCALE = "1000000"  # of the limiter: it works as ever, and never says no
PR_SET_PDEATHSIG = 1
FIRST_SOCKETS = 64  # opened before the idle ones are counted, so that what the first ones load is not theirs

Json = dict[str, Any]


class BenchError(Exception):
    """The benchmark cannot say anything; the text says why."""


@dataclass(frozen=True)
class Sizes:
    """How much of everything. Seconds, sockets, messages per second."""

    sockets: int = 256
    spread_teams: int = 250
    idle: int = 2_000
    rate: float = 2_000.0
    naive_rate: float = 150.0
    warm_s: float = 2.0
    window_s: float = 6.0
    idle_s: float = 10.0  # one ping to every socket
    settle_s: float = 1.5  # from the last socket's start to where memory is read

    @property
    def teams(self) -> int:
        """How many teams of four all scenarios need."""
        return max(self.sockets // TEAM, self.spread_teams, (self.idle + FIRST_SOCKETS) // TEAM + 1)


FULL = Sizes()
QUICK = Sizes(sockets=32, spread_teams=8, idle=64, rate=200.0, naive_rate=50.0, warm_s=0.2, window_s=0.6, idle_s=0.5, settle_s=0.2)


@dataclass
class Bench:
    """The servers of one run, who is on them, and what was found."""

    sizes: Sizes
    say: Callable[[str], None]
    base: Path = Path()
    found: Endpoints | None = None
    captains: list[Captain] = field(default_factory=list)
    results: Json = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    acked: int = 0

    @property
    def endpoints(self) -> Endpoints:
        """The running servers."""
        assert self.found is not None
        return self.found

    def run(self) -> None:
        """Every scenario. Servers and folder are gone afterwards, however it ends."""
        allow_files(self.sizes.idle + FIRST_SOCKETS + SPARE_FILES)
        # Not /tmp, which may be memory: commits are to reach a disk.
        self.base = Path(tempfile.mkdtemp(prefix="callisto-bench-", dir="/var/tmp"))
        servers = Embedded(self.base, durable=True)
        try:
            self.results["machine"] = machine(self.base)
            self.say("starting PostgreSQL and Redis")
            self.found = servers.start()
            with self.gateway() as (pid, port):
                self.say(f"making {self.sizes.teams * TEAM:,} captains")
                self.captains = asyncio.run(self._make_people())
                self.results["idle"] = self.idle(pid, port)
                self.results["team_say_saturated"] = self.saturated(pid, port)
                self.results["team_say_spread"] = self.spread(pid, port)
                self.results["team_say_paced_2000"] = self.paced(pid, port)
                self.problems += asyncio.run(self._check_log())
            with self.naive() as (pid, port):
                naive = self.measure("naive saturated", pid, port, self._plan(port, self.sizes.sockets))
                slow = self.measure("naive paced", pid, port, self._plan(port, self.sizes.sockets, rate=self.sizes.naive_rate))
                ours = self.results["team_say_saturated"]
                ours["naive"] = naive
                ours["ratio_cpu"] = round(naive["cpu_us"]["total"] / ours["cpu_us"]["total"], 1)
                self.results["team_say_paced_2000"]["naive"] = slow | {"rate": self.sizes.naive_rate}
        finally:
            servers.stop()
            shutil.rmtree(self.base, ignore_errors=True)

    # Scenarios.

    def saturated(self, pid: int, port: int) -> Json:
        """Everybody in teams of four speaks again as soon as they are answered."""
        return self.measure("team.say, closed loop", pid, port, self._plan(port, self.sizes.sockets))

    def spread(self, pid: int, port: int) -> Json:
        """One of each four speaks: no team has two lines in a batch, so there is little to merge."""
        return self.measure("team.say, one speaker a team", pid, port, self._plan(port, self.sizes.spread_teams * TEAM, senders=1))

    def paced(self, pid: int, port: int) -> Json:
        """A fixed rate, whatever becomes of it."""
        rate = self.sizes.rate
        return self.measure(f"team.say, {rate:,.0f}/s", pid, port, self._plan(port, self.sizes.sockets, rate=rate))

    def idle(self, pid: int, port: int) -> Json:
        """Sockets that follow their streams and say nothing."""
        self.say(f"idle: {self.sizes.idle:,} sockets")
        first, rest = self.captains[:FIRST_SOCKETS], self.captains[FIRST_SOCKETS : FIRST_SOCKETS + self.sizes.idle]
        with self._idlers(port, first):
            time.sleep(self.sizes.settle_s)
            before_kib = cpu.private_dirty_kib(pid)
            with self._idlers(port, rest):
                time.sleep(self.sizes.settle_s)
                after_kib, spent, began = cpu.private_dirty_kib(pid), cpu.of_process(pid), time.perf_counter()
                time.sleep(self.sizes.idle_s)
                share = (cpu.of_process(pid) - spent) / 1e9 / (time.perf_counter() - began)
        return {
            "sockets": len(rest),
            "kib_per_socket": round((after_kib - before_kib) / len(rest), 1),
            "cpu_percent": round(share * 100, 2),
        }

    # Measuring.

    def measure(self, what: str, pid: int, port: int, plan: Plan) -> Json:
        """Runs one plan to its end. What does not add up goes to `problems`."""
        self.say(f"{what}: {len(plan.people):,} sockets")
        watched = cpu.Servers(pid, *self.endpoints.pids)
        with loading(plan) as load:
            load.tell("go")
            load.hear("begin")
            before, all_before = cpu.read(watched), cpu.of_machine()
            load.hear("end")
            spent, all_spent = cpu.read(watched).since(before), cpu.of_machine() - all_before
            result = load.hear("result")
        whole, count = result["whole"], max(1, result["messages"])
        self.acked += whole["acked"]
        self.problems += [f"{what}: {each}" for each in self._odd(result, ordered="naive" not in what)]
        servers, load_share = spent.total / 1e9 / result["seconds"], result["load_cpu_share"]
        others = max(0.0, all_spent / 1e9 / result["seconds"] - servers - load_share)
        micros = {"gateway": spent.gateway, "postgres": spent.postgres, "redis": spent.redis, "total": spent.total}
        return {
            "messages_per_s": round(result["messages"] / result["seconds"]),
            "deliveries_per_s": round(result["deliveries"] / result["seconds"]),
            "cpu_us": {name: round(ns / 1000 / count, 1) for name, ns in micros.items()} | {"load": round(result["load_cpu_us"], 1)},
            # Processors; `others` is everything on this machine that is not part of the run, and spoils latencies first.
            "cpu_share": {"servers": round(servers, 2), "load": round(load_share, 2), "others": round(others, 2)},
            "ack_ms": result["ack_ms"],
            "delivery_ms": result["delivery_ms"],
            "sent_late_ms": result["late_ms"],
            "counts": whole,
        }

    @staticmethod
    def _odd(result: Json, *, ordered: bool) -> Iterator[str]:
        whole = result["whole"]
        if result["refusals"]:
            yield f"refused: {result['refusals'][0]}"
        if whole["acked"] != whole["sent"]:
            yield f"{whole['sent']} sent, {whole['acked']} answered"
        if whole["heard"] != TEAM * whole["acked"]:
            yield f"{whole['acked']} answered, {whole['heard']} delivered"
        if whole["gaps"] and ordered:
            yield f"{whole['gaps']} numbers did not follow the one before"
        if whole["lost"]:
            yield f"{whole['lost']} connections lost"

    def _plan(self, port: int, sockets: int, *, senders: int = TEAM, rate: float = 0.0) -> Plan:
        who = [(each.token, f"team:{each.team_id}") for each in self.captains[:sockets]]
        return Plan(port, who, senders=senders, rate=rate, warm_s=self.sizes.warm_s, window_s=self.sizes.window_s)

    @contextlib.contextmanager
    def _idlers(self, port: int, who: list[Captain]) -> Iterator[None]:
        plan = Plan(port, [(each.token, f"team:{each.team_id}") for each in who], idle=True)
        with loading(plan) as load:
            load.tell("stay")
            yield

    # Servers.

    @contextlib.contextmanager
    def gateway(self) -> Iterator[tuple[int, int]]:
        """`./callisto serve` on these servers: its pid and its port."""
        port = free_port()
        command = [sys.executable, "-P", "-m", "server", "serve", "--data", str(self.base), "--port", str(port)]
        environment = plain_environment() | {"CALLISTO_LIMITS__SCALE": SCALE}
        with running(command, environment, self.base / "gateway.log") as process:
            wait_until(process, self.base / "gateway.log", lambda: answers(f"http://127.0.0.1:{port}/readyz"))
            yield process.pid, port

    @contextlib.contextmanager
    def naive(self) -> Iterator[tuple[int, int]]:
        """The naive application on a database of its own in the same cluster."""
        url = make_url(self.endpoints.database_url).set(drivername="postgresql+asyncpg", database=NAIVE)
        asyncio.run(self._make_naive_database())
        port = free_port()
        command = [sys.executable, "-P", "-m", "uvicorn", "bench.naive.app:app", "--port", str(port), "--log-level", "warning"]
        known = {"NAIVE_DATABASE_URL": url.render_as_string(hide_password=False), "REDIS_URL": self.endpoints.redis_url}
        with running(command, plain_environment() | known, self.base / "naive.log") as process:
            wait_until(process, self.base / "naive.log", lambda: listens(port))
            asyncio.run(self._make_naive_people())
            yield process.pid, port

    async def _make_people(self) -> list[Captain]:
        owner = await asyncpg.connect(**driver_args(self.endpoints.owner_url))
        try:
            return await people.make(owner, self.sizes.teams, TEAM)
        finally:
            await owner.close()

    async def _make_naive_database(self) -> None:
        admin = await asyncpg.connect(**driver_args(self.endpoints.admin_url))
        app = make_url(self.endpoints.database_url).username
        await admin.execute(f"create database {NAIVE} owner {app}")
        await admin.close()

    async def _make_naive_people(self) -> None:
        url = make_url(self.endpoints.database_url).set(database=NAIVE).render_as_string(hide_password=False)
        connection = await asyncpg.connect(**driver_args(url))
        teams = dict.fromkeys(each.team_id for each in self.captains)
        await connection.copy_records_to_table("teams", records=[(team, 0) for team in teams], columns=("id", "seq"))
        rows = [(each.player_id, f"captain_{number}", each.hash, each.team_id) for number, each in enumerate(self.captains)]
        await connection.copy_records_to_table("players", records=rows, columns=("id", "name", "token_hash", "team_id"))
        await connection.execute("analyze")
        await connection.close()

    async def _check_log(self) -> list[str]:
        """What the tables say against what was answered."""
        owner = await asyncpg.connect(**driver_args(self.endpoints.owner_url))
        try:
            rows = await owner.fetchrow(
                """select (select count(*) from messages), (select count(*) from receipts r join players p on p.id = r.account), (select count(*) from stream_events),
                     (select count(*) from streams s where s.name like 'team:%'
                        and s.head is distinct from (select count(*) from stream_events e where e.stream = s.name))"""
            )
        finally:
            await owner.close()
        names = ("messages", "receipts", "events")
        wrong = [f"{self.acked} answered, {count} {name} stored" for name, count in zip(names, rows, strict=False) if count != self.acked]
        return wrong + ([f"{rows[3]} teams whose head is not their number of events"] if rows[3] else [])


class Load:
    """A running load, spoken to in lines."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def tell(self, line: str) -> None:
        """Says one line to it."""
        assert self.process.stdin is not None
        self.process.stdin.write(line.rstrip("\n") + "\n")
        self.process.stdin.flush()

    def hear(self, event: str) -> Json:
        """The next event, which has to be this one. Raises BenchError when the load has ended instead."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        told: Json = msgspec.json.decode(line) if line else {}
        if told.get("event") != event:
            raise BenchError(f"the load said {line.strip() or 'nothing more'!r} instead of {event!r}; see its error above")
        return told


@contextlib.contextmanager
def loading(plan: Plan) -> Iterator[Load]:
    """A load whose sockets are open and started."""
    command = [sys.executable, "-P", "-m", "bench.load"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=plain_environment(),
        start_new_session=True,
        preexec_fn=ends_with_us,
    ) as process:
        load = Load(process)
        try:
            load.tell(spelled(plan))
            load.hear("connected")
            yield load
        except BaseException:
            process.kill()
            raise
        finally:
            if process.stdin is not None:
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.close()


@contextlib.contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server process, asked to leave at the end, out of the terminal's reach."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=ROOT,
            env=environment,
            start_new_session=True,
            preexec_fn=ends_with_us,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def ends_with_us() -> None:
    """In a child before it begins: the kernel ends it when its parent dies, however that happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def wait_until(process: subprocess.Popen[bytes], log: Path, ready: Callable[[], bool]) -> None:
    """Returns when a server is ready. Raises BenchError with its last words."""
    deadline = time.monotonic() + READY_S
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise BenchError(f"a server did not start: {log.read_text(errors='replace')[-1500:]}")
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether somebody answers 200 there."""
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310  # our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def listens(port: int) -> bool:
    """Whether somebody listens on this port of the loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port nobody has right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def plain_environment() -> dict[str, str]:
    """Ours without settings of Callisto: a run is the same whoever starts it."""
    return {key: value for key, value in os.environ.items() if not key.startswith("CALLISTO_") and key not in ("DATABASE_URL", "REDIS_URL")}


def driver_args(url: str) -> Json:
    """What asyncpg.connect takes for an embedded server's address."""
    parts = make_url(normal_url(url))
    return {"host": parts.query["host"], "port": int(str(parts.query["port"])), "user": parts.username, "database": parts.database}


def machine(folder: Path) -> Json:
    """What it was measured on, with what a commit costs there: the median of 100 writes of 8 KiB, each synchronised."""
    times = []
    with (folder / "sync").open("wb", buffering=0) as file:
        for _ in range(100):
            began = time.perf_counter()
            file.write(bytes(8192))
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    (folder / "sync").unlink()
    model = next(
        (line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), ""
    )
    return {
        "date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
        "cpus": len(os.sched_getaffinity(0)),
        "model": model,
        "python": sys.version.split()[0],
        "load_before": round(os.getloadavg()[0], 2),
        "fdatasync_us": round(sorted(times)[50] * 1e6),
    }
