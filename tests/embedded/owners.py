"""Owners of embedded servers in processes of their own, so that they can be killed."""

import json
import os
import pwd
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import asyncpg

import server

ROOT = os.geteuid() == 0
CHECKOUT = Path(server.__file__).parent.parent
SITE = Path(asyncpg.__file__).parent.parent
PATIENCE_S = 40.0  # a machine that does other things as well


class Owner:
    """One process that starts (or attaches to) the servers in `base`."""

    def __init__(
        self,
        base: Path,
        *options: str,
        path: tuple[Path, ...] = (CHECKOUT, SITE),
        user: str | None = None,
        without: str | None = None,  # a capability
        file_kb: int | None = None,  # longest file it may write
        **env: str,
    ) -> None:
        self.base = base
        limits = ["sh", "-c", f'ulimit -f {file_kb * 2}; exec "$@"', "sh"] if file_kb else []
        drop = ["setpriv", f"--bounding-set=-{without}", f"--inh-caps=-{without}"] if without else []
        self.process = subprocess.Popen(
            [*limits, *drop, python_for(user), "-P", "-S", str(Path(__file__).with_name("owner.py")), str(base), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": ":".join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"} | env,
            start_new_session=True,
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
        )
        self.says = self.hear()

    def hear(self) -> dict[str, object]:
        """The next line it prints; empty at its end."""
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], PATIENCE_S)[0], "an owner of servers says nothing"
        return dict(json.loads(self.process.stdout.readline() or "{}"))

    def url(self, name: str) -> str:
        return str(self.says[name])

    @property
    def pids(self) -> list[int]:
        pids = self.says["pids"]
        assert isinstance(pids, list)
        return pids

    @property
    def sockets(self) -> Path:
        return Path(unquote(self.url("redis_url").removeprefix("unix://"))).parent

    def end(self) -> dict[str, object]:
        """Closes its stdin; what it says about its end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        said = self.hear()
        self.process.wait(PATIENCE_S)
        return said

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def clear(self) -> None:
        """Kills it and sees its servers out, so that nobody writes to a folder being removed."""
        self.kill()
        if self.says.get("owner"):
            eventually(lambda: not any(map(alive, self.pids)))

    def interrupt(self) -> dict[str, object]:
        """Ctrl-C: the whole process group gets it, as from a terminal."""
        os.killpg(self.process.pid, signal.SIGINT)
        said = self.hear()
        self.process.wait(PATIENCE_S)
        return said


def python_for(user: str | None) -> str:
    """This Python, or the system's where `user` cannot read this one."""
    if user is None or reachable(Path(sys.executable).resolve()):
        return sys.executable
    return "/usr/bin/python3"


def reachable(path: Path) -> bool:
    return all(each.stat().st_mode & 0o001 for each in (path, *path.parents))


async def ask(url: str, sql: str) -> object:
    """The first value of the first row."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def ping(url: str) -> bytes:
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(5)
        line.connect(unquote(url.removeprefix("unix://")))
        line.sendall(b"PING\r\n")
        return line.recv(16)


def alive(pid: int) -> bool:
    """Whether it runs; one that ended and was never reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def eventually(done: Callable[[], bool]) -> bool:
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > PATIENCE_S:
            return False
        time.sleep(0.01)
    return True
