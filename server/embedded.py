"""Real PostgreSQL and real Redis as children of one owner, for when no address of an outside server is given.

Whoever holds the folder's lock owns the servers; others attach. Code above sees three addresses and never learns that
they are embedded. This must never leave a server running without an owner, nor start a second one on the same folder.
"""

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO
from urllib.parse import quote, unquote

from server import embedded_roles
from server.embedded_folder import (
    LOCK,
    check_owner,
    default_base,
    ready_base,
    told_plainly,
)
from server.embedded_programs import (
    Command,
    EmbeddedError,
    Programs,
    living_in,
    postgres_bin,
    programs,
    redis_bin,
    server_user,
    spawn,
)
from server.embedded_roles import ADMIN, APP, DATABASE, OWNER, PORT

__all__ = ["Embedded", "EmbeddedError", "Endpoints", "default_base", "postgres_bin", "redis_bin", "running"]

OTHER_READY_S = 60  # another owner may be making its cluster on a slow disk
READY_S = 60  # recovery after a crash comes before ready
GRACE_S = 1  # servers whose owner was killed end by themselves in a tenth of this
STOP_S = 30  # the last checkpoint writes up to 128 MB
LOOK_S = 0.005

SOCKET_PATH = 100  # bytes; the kernel takes 107 (103 on macOS)
LOG_BYTES = 5_000_000  # a longer log is put aside at the next start, one old one is kept
LOG_TAIL = 1500  # characters shown when a server does not start

PING, PONG = b"PING\r\n", b"+PONG"

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "max_locks_per_transaction": "256",
    "deadlock_timeout": "100ms",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # An ERROR is told to the client who made it, and its log line would hold statements: text that players wrote.
    "log_min_messages": "log",
    "log_checkpoints": "off",
}
DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "replica",  # so that pg_basebackup works
    "max_wal_senders": "4",
    "max_wal_size": "512MB",
}
VOLATILE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",  # memory, when the folder is on /dev/shm
}


@dataclass(frozen=True)
class Endpoints:
    """Addresses of running servers. `owner` is False when they are another process's children."""

    database_url: str  # the application's role
    owner_url: str  # the role that migrates
    admin_url: str  # the superuser, in database postgres
    redis_url: str
    owner: bool
    pids: tuple[int, ...]  # postgres, redis
    durable: bool = True


def running(base: Path) -> Endpoints | None:
    """Addresses of the servers at work in `base`, without starting or holding anything."""
    with told_plainly(base):
        base = base.expanduser().resolve()
        if not (base / LOCK).exists():
            return None
        check_owner(base)
        with (base / LOCK).open() as lock:
            try:
                # Shared, so that two who ask do not take each other for an owner.
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _published(base)
        return None


class Embedded:
    """The two servers of one folder, from `start` to `stop`. `quiet` says nothing about slow steps on stderr."""

    def __init__(self, base: Path, *, durable: bool = True, quiet: bool = True) -> None:
        self.base = base.expanduser().resolve()
        self.durable = durable
        self.quiet = quiet
        self.user = server_user()
        self._lock: IO[str] | None = None
        self._owner_pid = 0
        self._servers: dict[str, subprocess.Popen[bytes]] = {}
        self._commands: dict[str, tuple[Command, Path]] = {}
        self._log_starts: dict[str, int] = {}
        self._endpoints: Endpoints | None = None

    def start(self) -> Endpoints:
        """Starts both servers, or attaches to those another process runs here. Returns when they answer."""
        if self._endpoints is None:
            try:
                with told_plainly(self.base):
                    ready_base(self.base)
                    self._endpoints = self._attach() or self._start()
            except BaseException:
                self.stop()
                raise
        return self._endpoints

    def stop(self) -> dict[str, int]:
        """Exit codes by server, 0 when it closed well. Nothing stops for one who only attached."""
        self._endpoints = None
        # A fork of the owner has its objects but not its children.
        if self._lock is None or self._owner_pid != os.getpid():
            return {}
        (self.base / "endpoints.json").unlink(missing_ok=True)
        for name, server in self._servers.items():
            _send(server, signal.SIGINT if name == "postgres" else signal.SIGTERM)
        codes = {name: self._ended(name, server) for name, server in self._servers.items()}
        self._servers.clear()
        self._remove_sockets()
        self._lock.close()
        self._lock = None
        return codes

    def revive(self) -> list[str]:
        """Starts again what has ended by itself, as PostgreSQL does when its disk is full. Names of what was started; call it now and then."""
        if self._lock is None or self._owner_pid != os.getpid() or self._endpoints is None:
            return []
        started = []
        for name in [name for name, server in self._servers.items() if server.poll() is not None]:
            if name == "postgres" and (left := set(living_in(self.base)) - {each.pid for each in self._servers.values()}):
                # Sessions of a postmaster that was killed; it cannot start beside them, and replaying the log covers them.
                for pid in left:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                continue
            if name == "postgres":
                (self.base / "pg" / "postmaster.pid").unlink(missing_ok=True)
            self._spawn(name, *self._commands[name])
            started.append(name)
        if (pids := self._pids()) != self._endpoints.pids:
            # Whoever attaches from now on learns of those that live. On a full disk next time.
            with suppress(OSError):
                self._endpoints = self._publish(replace(self._endpoints, pids=pids))
        return started

    def _pids(self) -> tuple[int, ...]:
        return self._servers["postgres"].pid, self._servers["redis"].pid

    def _ended(self, name: str, server: subprocess.Popen[bytes]) -> int:
        for harder in (signal.SIGQUIT if name == "postgres" else signal.SIGKILL, signal.SIGKILL):
            try:
                return server.wait(STOP_S)
            except subprocess.TimeoutExpired:
                _send(server, harder)
        return server.wait(STOP_S)

    def _attach(self) -> Endpoints | None:
        """The other owner's servers; None when there is no other owner, and the lock is ours."""
        lock = (self.base / LOCK).open("a+")
        told = False
        for _ in _until(OTHER_READY_S):
            # The kernel frees it however an owner ends, so no lock is ever stale.
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._lock, self._owner_pid = lock, os.getpid()
                return None
            if (there := _published(self.base)) is not None:
                lock.close()
                if self.durable and not there.durable:
                    raise EmbeddedError(f"the servers in {self.base} run without durability, for tests: choose another --data")
                return there
            if not told:
                told = self._say(f"waiting for the process that starts the servers in {self.base}")
        lock.close()
        raise EmbeddedError(
            f"another process holds {self.base} and its servers are not ready after {OTHER_READY_S} s: see its postgres.log"
        )

    def _start(self) -> Endpoints:
        if threading.current_thread() is not threading.main_thread():
            raise EmbeddedError("start the embedded servers from the main thread: they end with the thread that starts them")
        (self.base / "endpoints.json").unlink(missing_ok=True)
        data, keep = self.base / "pg", self.base / "redis"
        keep.mkdir(exist_ok=True)
        self.user.owns(keep)
        self._clear()
        bins = programs(self.base, self.user)
        sockets = self._make_sockets()
        self._check_cluster(data, bins)
        # No key is ever kept: what it does ten times a second by default is nothing but wakeups.
        undurable = "--save", "", "--appendonly", "no", "--daemonize", "no", "--hz", "1"
        private = "--port", "0", "--unixsocket", sockets / "redis.sock", "--unixsocketperm", "700"
        self._spawn("redis", [bins.redis, "--dir", keep, *private, *undurable], keep)
        if not data.exists():
            self._make_cluster(data, bins)
        settings = SETTINGS | (DURABLE if self.durable else VOLATILE)
        flags = [f"--{name}={value}" for name, value in settings.items()]
        postgres: Command = [bins.postgres / "postgres", "-D", data, "-k", sockets, *flags]
        self._spawn("postgres", postgres, data)
        self._wait_until("redis", lambda: _answers(sockets / "redis.sock", PING, PONG))
        self._wait_until("postgres", lambda: self._is_ready(data), again=postgres)
        embedded_roles.settle(sockets, durable=self.durable)
        return self._publish(_endpoints(sockets, self._pids(), self.durable))

    def _clear(self) -> None:
        """Waits for the servers of a killed owner, then removes what they left. Only under the lock."""
        data = self.base / "pg"
        for waited_s in _until(STOP_S):
            left = living_in(self.base)
            if not left:
                # Nobody lives here, whatever the file says. PostgreSQL itself would believe a reused pid, or one
                # that ended and is never reaped, as happens under the first process of many containers.
                (data / "postmaster.pid").unlink(missing_ok=True)
                self._remove_sockets()
                return
            if waited_s > GRACE_S:
                master = _postmaster(data)[0]
                # Sessions that outlived their postmaster listen to nothing gentler, and replaying the log covers them.
                for pid, what in [(master, signal.SIGINT)] if master in left else [(pid, signal.SIGKILL) for pid in left]:
                    with suppress(ProcessLookupError):
                        os.kill(pid, what)
        raise EmbeddedError(f"earlier servers in {self.base} do not end (pids {', '.join(map(str, left))}): stop them and start again")

    def _check_cluster(self, data: Path, bins: Programs) -> None:
        """Refuses a folder this server must not open."""
        if not data.exists():
            return
        made_by = (data / "PG_VERSION").read_text().strip() if (data / "PG_VERSION").exists() else None
        if made_by is None:
            raise EmbeddedError(f"{data} is no database folder: move it away, or choose another --data")
        if made_by != str(_major(bins)):
            raise EmbeddedError(
                f"{data} was made by PostgreSQL {made_by} and this is {_major(bins)}: dump it with the old one and load it "
                "into a new --data, or install the old one"
            )
        if (self.base / "volatile").exists() is self.durable:
            kind = "without durability, for tests" if self.durable else "to keep its rows"
            raise EmbeddedError(f"{data} was made {kind}: choose another --data")

    def _make_cluster(self, data: Path, bins: Programs) -> None:
        self._say(f"making the database in {data}")
        for half in self.base.glob("pg.new-*"):
            shutil.rmtree(half, ignore_errors=True)
        new = Path(tempfile.mkdtemp(prefix="pg.new-", dir=self.base))
        self.user.owns(new)
        # The same order on every machine. Older servers have no built-in provider.
        order = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if _major(bins) >= 17 else []
        options = ["-U", ADMIN, "-E", "UTF8", "--locale=C", *order, "--auth-local=trust", "--auth-host=reject"]
        sync = [] if self.durable else ["--no-sync"]
        made = self._spawn("initdb", [bins.postgres / "initdb", "-D", new, *options, *sync], new, last_words=signal.SIGTERM)
        if code := made.wait():
            shutil.rmtree(new, ignore_errors=True)
            raise EmbeddedError(f"initdb ended with {code}: {self._last_lines('initdb')}")
        del self._servers["initdb"]
        (self.base / "volatile").unlink(missing_ok=True)
        if not self.durable:
            (self.base / "volatile").touch()
        # Complete or absent: a half-made cluster is never taken for a whole one.
        new.rename(data)
        _sync(self.base)

    def _make_sockets(self) -> Path:
        sockets = self.base / "run"
        # PostgreSQL and its clients take a comma for the next folder of a list.
        if len(os.fsencode(sockets / f".s.PGSQL.{PORT}.lock")) > SOCKET_PATH or "," in str(sockets):
            sockets = Path(tempfile.mkdtemp(prefix="callisto-", dir="/tmp"))
            (self.base / "run.path").write_text(str(sockets))
        sockets.mkdir(exist_ok=True)
        self.user.owns(sockets)
        return sockets

    def _remove_sockets(self) -> None:
        note = self.base / "run.path"
        for folder in (self.base / "run", *([Path(note.read_text())] if note.exists() else [])):
            shutil.rmtree(folder, ignore_errors=True)
        note.unlink(missing_ok=True)

    def _spawn(self, name: str, command: Command, folder: Path, *, last_words: signal.Signals | None = None) -> subprocess.Popen[bytes]:
        log = self.base / f"{name}.log"
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        self._log_starts[name] = log.stat().st_size if log.exists() else 0
        self._commands[name] = command, folder
        words = last_words or (signal.SIGINT if name == "postgres" else signal.SIGTERM)
        self._servers[name] = spawn(command, user=self.user, last_words=words, folder=folder, log=log)
        return self._servers[name]

    def _wait_until(self, name: str, ready: Callable[[], bool], *, again: Command | None = None) -> None:
        for _ in _until(READY_S):
            if ready():
                return
            code = self._servers[name].poll()
            if code is None:
                continue
            # A session of the server killed before has not noticed yet, and was hidden from our look around.
            if again is not None and "shared memory block" in self._last_lines(name):
                self._spawn(name, again, self.base / "pg")
                continue
            raise EmbeddedError(f"{name} ended with {code} at its start: {self._last_lines(name)}")
        raise EmbeddedError(f"{name} is not ready after {READY_S} s: {self._last_lines(name)}")

    def _is_ready(self, data: Path) -> bool:
        return _postmaster(data) == (self._servers["postgres"].pid, "ready")

    def _last_lines(self, name: str) -> str:
        text = (self.base / f"{name}.log").read_bytes()[self._log_starts[name] :].decode(errors="replace")
        return text[-LOG_TAIL:].strip() or "its log is empty"

    def _publish(self, endpoints: Endpoints) -> Endpoints:
        half = self.base / "endpoints.half"
        half.unlink(missing_ok=True)
        half.touch(mode=0o600)
        half.write_text(json.dumps(asdict(endpoints)))
        half.replace(self.base / "endpoints.json")
        return endpoints

    def _say(self, line: str) -> bool:
        if not self.quiet:
            print(f"callisto: {line}", file=sys.stderr, flush=True)
        return True


def _endpoints(sockets: Path, pids: tuple[int, ...], durable: bool) -> Endpoints:
    def address(role: str, database: str) -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(sockets))}&port={PORT}"

    redis = f"unix://{quote(str(sockets / 'redis.sock'))}"
    return Endpoints(
        address(APP, DATABASE), address(OWNER, DATABASE), address(ADMIN, "postgres"), redis, owner=True, pids=pids, durable=durable
    )


def _published(base: Path) -> Endpoints | None:
    """What the owner wrote when it was ready, if both servers still answer."""
    try:
        kept = json.loads((base / "endpoints.json").read_text())
    except (FileNotFoundError, ValueError):
        return None
    there = Endpoints(**(kept | {"pids": tuple(kept["pids"]), "owner": False}))
    redis = Path(unquote(there.redis_url.removeprefix("unix://")))
    return there if _answers(redis, PING, PONG) and _answers(redis.with_name(f".s.PGSQL.{PORT}"), b"", b"") else None


def _answers(path: Path, question: bytes, answer: bytes) -> bool:
    with suppress(OSError), socket.socket(socket.AF_UNIX) as line:
        line.settimeout(1)
        line.connect(str(path))
        line.sendall(question)
        return line.recv(len(answer)) == answer
    return False


def _postmaster(data: Path) -> tuple[int | None, str]:
    """Pid and state by PostgreSQL's own file: its first and eighth line."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None, ""
    return (int(lines[0]) if lines else None), (lines[7].strip() if len(lines) > 7 else "")


def _major(bins: Programs) -> int:
    said = subprocess.run([bins.postgres / "postgres", "--version"], capture_output=True, text=True, check=False)
    if (version := re.search(r"\d+", said.stdout)) is None:
        raise EmbeddedError(f"{bins.postgres / 'postgres'} does not run here: {said.stderr.strip()}")
    return int(version[0])


def _sync(folder: Path) -> None:
    there = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(there)
    finally:
        os.close(there)


def _send(server: subprocess.Popen[bytes], what: signal.Signals) -> None:
    if server.poll() is None:
        server.send_signal(what)


def _until(seconds: float) -> Iterator[float]:
    """Seconds waited so far, again and again until they are over."""
    began = time.monotonic()
    while (waited := time.monotonic() - began) < seconds:
        yield waited
        time.sleep(LOOK_S)
