"""One run: its sizes, its servers, and the scenarios in their order. `team.say` is here, everything else in bench/crowds.py."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from bench import cpu, crowds, people
from bench.load import TEAM, Plan, spelled
from bench.people import Captain
from bench.servers import (
    BenchError,
    Json,
    answers,
    driver_args,
    free_port,
    listens,
    loading,
    machine,
    plain_environment,
    running,
    wait_until,
)
from bench.wire import SPARE_FILES, allow_files
from server.embedded import Embedded, Endpoints

NAIVE = "callisto_naive"
SCALE = "1000000"  # of the limiter: it works as ever, and never says no


@dataclass(frozen=True)
class Sizes:
    """How much of everything. Seconds, sockets, messages per second."""

    sockets: int = 256
    spread_teams: int = 250
    idle: int = 5_000
    followers: int = 2_000
    crowd: int = 500
    burst: int = 10
    unpaced: int = 300
    returning: int = 1_000
    depositors: int = 64
    rates: tuple[float, ...] = (250.0, 500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0)
    snapshot_rate: float = 100.0
    naive_rate: float = 150.0
    warm_s: float = 1.5
    window_s: float = 6.0
    short_s: float = 4.0
    idle_s: float = 10.0  # one ping to every socket
    settle_s: float = 1.5  # from the last socket's start to where memory is read
    trimmed: int = 50_000

    @property
    def teams(self) -> int:
        """How many teams of four all scenarios need."""
        most = max(self.sockets, self.idle + crowds.FIRST_SOCKETS, self.followers, self.crowd, self.returning)
        return max(self.spread_teams, -(-most // TEAM))


FULL = Sizes()
QUICK = Sizes(
    sockets=32,
    spread_teams=8,
    idle=64,
    followers=48,
    crowd=32,
    unpaced=30,
    returning=32,
    depositors=8,
    rates=(100.0, 500.0, 2_000.0),
    naive_rate=50.0,
    warm_s=0.2,
    window_s=0.6,
    short_s=0.5,
    idle_s=0.5,
    settle_s=0.2,
    trimmed=500,
)


@dataclass
class Bench:
    """The servers of one run, who is on them, and what was found."""

    sizes: Sizes
    say: Callable[[str], None]
    only: frozenset[str] = frozenset()
    base: Path = Path()
    found: Endpoints | None = None
    captains: list[Captain] = field(default_factory=list)
    service: str = ""
    results: Json = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    acked: int = 0

    @property
    def endpoints(self) -> Endpoints:
        """The running servers."""
        assert self.found is not None
        return self.found

    def run(self) -> None:
        """Every scenario, or only those named. Servers and folder are gone afterwards, however it ends."""
        files = allow_files(self.sizes.teams * TEAM + SPARE_FILES)
        # Not /tmp, which may be memory: commits are to reach a disk.
        self.base = Path(tempfile.mkdtemp(prefix="callisto-bench-", dir="/var/tmp"))
        servers, began = Embedded(self.base, durable=True), time.monotonic()
        try:
            self.results["machine"] = machine(self.base) | {"open_files": files}
            self.say("starting PostgreSQL and Redis")
            self.found = servers.start()
            with self.gateway() as (pid, port):
                self.say(f"making {self.sizes.teams * TEAM:,} captains")
                self.captains, self.service = asyncio.run(self._make_people())
                self._try("idle", lambda: crowds.idle(self, pid, port))
                self.talk(pid, port)
                self._try("fanout_single", lambda: crowds.fanout(self, pid, port, burst=1))
                self._try("fanout_burst", lambda: crowds.fanout(self, pid, port, burst=self.sizes.burst))
                self._try("burst_unpaced", lambda: crowds.unpaced(self, pid, port))
                self._try("ordinary_lane", lambda: crowds.deposits(self, pid, port))
                self._try("snapshot", lambda: crowds.snapshots(self, pid, port))
                self._try("receipts", lambda: crowds.receipts(self))
            self._try("resume_storm", lambda: crowds.resume_storm(self))
            if "team_say_saturated" in self.results and self.wants("naive"):
                with self.naive() as (pid, port):
                    naive = self.measure("naive saturated", pid, port, self._plan(port, self.sizes.sockets))
                    slow = self.measure("naive paced", pid, port, self._plan(port, self.sizes.sockets, rate=self.sizes.naive_rate))
                ours = self.results["team_say_saturated"]
                ours["naive"] = naive
                ours["ratio_cpu"] = round(naive["cpu_us"]["total"] / ours["cpu_us"]["total"], 1)
                ours["naive_paced"] = slow | {"rate": self.sizes.naive_rate}
            self.results["machine"]["took_s"] = round(time.monotonic() - began)
        finally:
            servers.stop()
            shutil.rmtree(self.base, ignore_errors=True)

    def wants(self, name: str) -> bool:
        """Whether this scenario is asked for."""
        return not self.only or name in self.only

    def _try(self, name: str, scenario: Callable[[], Json]) -> None:
        if not self.wants(name):
            return
        try:
            self.results[name] = scenario()
        except BenchError as error:
            # The others are still worth knowing.
            self.problems.append(f"{name}: {error}")

    # team.say.

    def talk(self, pid: int, port: int) -> None:
        """`team.say` in every shape, then the tables against what was answered."""
        sizes = self.sizes
        # Everybody in teams of four speaks again as soon as they are answered.
        self._try("team_say_saturated", lambda: self.measure("team.say, closed loop", pid, port, self._plan(port, sizes.sockets)))
        # One of each four speaks: no team has two lines in a batch, so there is little to merge.
        spread = self._plan(port, sizes.spread_teams * TEAM, senders=1)
        self._try("team_say_spread", lambda: self.measure("team.say, one speaker a team", pid, port, spread))
        if self.wants("paced"):
            curve = []
            for rate in sizes.rates:
                window_s = sizes.window_s if rate in (500.0, 2_000.0) else sizes.short_s
                plan = self._plan(port, sizes.sockets, rate=rate, window_s=window_s)
                found = self.measure(f"team.say, {rate:,.0f}/s", pid, port, plan) | {"rate": rate}
                curve.append({name: found[name] for name in ("rate", "messages_per_s", "cpu_us", "ack_ms", "delivery_ms")})
                if rate in (500.0, 2_000.0):
                    self.results[f"team_say_paced_{rate:.0f}"] = found
            self.results["latency_against_load"] = curve
        self.problems += asyncio.run(self._check_log())

    def measure(self, what: str, pid: int, port: int, plan: Plan) -> Json:
        """Runs one plan of `team.say` to its end. What does not add up goes to `problems`."""
        self.say(f"{what}: {len(plan.people):,} sockets")
        with loading("bench.load", spelled(plan)) as (load, _):
            load.tell("go")
            spent, all_spent = self.watched(pid, lambda: load.hear("begin"), lambda: load.hear("end"))
            result = load.hear("result")
        whole, count = result["whole"], max(1, result["messages"])
        self.acked += whole["acked"]
        self.problems += [f"{what}: {each}" for each in self._odd(result, ordered="naive" not in what)]
        return {
            "messages_per_s": round(result["messages"] / result["seconds"]),
            "deliveries_per_s": round(result["deliveries"] / result["seconds"]),
            "cpu_us": cpu.micros(spent, count) | {"load": round(result["load_cpu_us"], 1)},
            "cpu_share": cpu.shares(spent, all_spent, result["seconds"], result["load_cpu_share"]),
            "ack_ms": result["ack_ms"],
            "delivery_ms": result["delivery_ms"],
            "sent_late_ms": result["late_ms"],
            "counts": whole,
        }

    def watched(self, pid: int, begin: Callable[[], object], end: Callable[[], object]) -> tuple[cpu.Spent, int]:
        """What the servers, and all processors, spent between two moments. Nanoseconds."""
        servers = cpu.Servers(pid, *self.endpoints.pids)
        begin()
        before, all_before = cpu.read(servers), cpu.of_machine()
        end()
        return cpu.read(servers).since(before), cpu.of_machine() - all_before

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

    def _plan(self, port: int, sockets: int, *, senders: int = TEAM, rate: float = 0.0, window_s: float = 0.0) -> Plan:
        who = self.people(sockets)
        return Plan(port, who, senders=senders, rate=rate, warm_s=self.sizes.warm_s, window_s=window_s or self.sizes.window_s)

    def people(self, sockets: int, after: int = 0) -> list[tuple[str, str]]:
        """Tokens, and the streams of their teams."""
        return [(each.token, f"team:{each.team_id}") for each in self.captains[after : after + sockets]]

    # Servers.

    @contextlib.contextmanager
    def gateway(self, port: int = 0) -> Iterator[tuple[int, int]]:
        """`./callisto serve` on these servers: its pid and its port."""
        port = port or free_port()
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

    @contextlib.asynccontextmanager
    async def owner(self) -> Any:
        """A connection of the owner's."""
        connection = await asyncpg.connect(**driver_args(self.endpoints.owner_url))
        try:
            yield connection
        finally:
            await connection.close()

    async def _make_people(self) -> tuple[list[Captain], str]:
        async with self.owner() as owner:
            return await people.make(owner, self.sizes.teams, TEAM), await people.make_service(owner)

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
        """What the tables say against what was answered. Only `team.say` has run so far."""
        async with self.owner() as owner:
            rows = await owner.fetchrow(
                """select (select count(*) from messages), (select count(*) from receipts r join players p on p.id = r.account), (select count(*) from stream_events),
                     (select count(*) from streams s where s.name like 'team:%'
                        and s.head is distinct from (select count(*) from stream_events e where e.stream = s.name))"""
            )
        names = ("messages", "receipts", "events")
        wrong = [f"{self.acked} answered, {count} {name} stored" for name, count in zip(names, rows, strict=False) if count != self.acked]
        return wrong + ([f"{rows[3]} teams whose head is not their number of events"] if rows[3] else [])
