"""The processes of a run: the server, the naive one, the load. Started here, out of the terminal's reach, and ended with us."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy.engine import make_url

from persistence.database import normal_url

ROOT = Path(__file__).resolve().parent.parent
READY_S = 60.0  # initdb and every migration on a slow disk
STOP_S = 15.0
PR_SET_PDEATHSIG = 1

Json = dict[str, Any]


class BenchError(Exception):
    """The benchmark cannot say anything; the text says why."""


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
def loading(module: str, plan: str) -> Iterator[tuple[Load, Json]]:
    """A load whose sockets are open and started, and what it said about that. `plan` is its line."""
    command = [sys.executable, "-P", "-m", module]
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
            load.tell(plan)
            yield load, load.hear("connected")
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
        "kernel": os.uname().release,
        "python": sys.version.split()[0],
        "load_before": round(os.getloadavg()[0], 2),
        "fdatasync_us": round(sorted(times)[50] * 1e6),
    }
