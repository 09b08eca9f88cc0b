"""`callisto serve` as a real process with workers, on a test's database and Redis, and who of its processes is alive."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from websockets import WebSocketException

import server
from tests.embedded.owners import ROOT, SITE, alive, reachable
from tests.play import Lost, Someone
from tests.world import World

CHECKOUT = Path(server.__file__).parent.parent
PATIENCE_S = 30.0  # a machine that does other things as well


def readable_by_others() -> bool:
    """Whether another user can run this checkout with this Python."""
    return all(reachable(each.resolve()) for each in (Path(sys.executable), CHECKOUT, SITE))


class Served:
    """One `serve`. As root it runs as an ordinary user if `ordinary`."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self.log = log
        self.port = 0
        self.seen: set[int] = {process.pid}

    @classmethod
    async def start(cls, at: World | Path, *options: str, ordinary: bool = False, **env: str) -> Served:
        """Starts it, on a test's database or in a folder with servers of its own; returns at once."""
        environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "CALLISTO_LIMITS__SCALE": "0", **env}
        nobody = pwd.getpwnam("nobody")
        if isinstance(at, World):
            environment |= {"DATABASE_URL": at.database_url, "REDIS_URL": at.redis_url, "CALLISTO_REDIS_PREFIX": at.prefix}
        else:
            environment["CALLISTO_DATA"] = str(at)
            if ordinary and ROOT:
                os.chown(at, nobody.pw_uid, nobody.pw_gid)
        drop: dict[str, Any] = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []} if ordinary and ROOT else {}
        handle, name = tempfile.mkstemp(prefix="callisto-served-")
        with os.fdopen(handle, "wb") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "server", "serve", *options, cwd=CHECKOUT, env=environment, stdout=out, stderr=out,
                start_new_session=True, **drop,
            )  # fmt: skip
        return cls(process, Path(name))

    @property
    def said(self) -> str:
        """Everything it printed."""
        return self.log.read_text()

    @property
    def url(self) -> str:
        """Where players connect."""
        return f"ws://127.0.0.1:{self.port}/v1/ws"

    async def ready(self) -> None:
        """Waits for the checklist, and reads the port off it."""
        async with asyncio.timeout(PATIENCE_S):
            while "Ctrl-C" not in self.said:
                assert self.process.returncode is None, self.said
                await asyncio.sleep(0.02)
        self.port = int(self.said.split("http://127.0.0.1:")[1].split()[0])
        self.seen.update(self.workers.values())

    @property
    def workers(self) -> dict[str, int]:
        """Pids of the living gateway processes, by node."""
        found = {}
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, IndexError):
                words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
                if (
                    b"server.gateway_process" in words
                    and words[words.index(b"server.gateway_process") + 1] == str(self.process.pid).encode()
                ):
                    found[words[words.index(b"server.gateway_process") + 4].decode()] = int(entry.name)
        self.seen.update(found.values())
        return found

    async def connect(self, someone: Someone, node: str | None = None) -> str:
        """Connects a captain, and resumes; to a certain node when one is named (the kernel chooses, so it asks again). The node."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                # A process that dies takes those along who wait at its door.
                with contextlib.suppress(OSError, EOFError, WebSocketException, Lost):
                    await someone.dial(url=self.url)
                    assert someone._hello is not None
                    met = str(someone._hello.result()["d"]["node"])
                    if node in (None, met):
                        await someone.ask("session.start", {"token": someone.token, "cursors": someone.cursors})
                        return met
                await asyncio.sleep(0)

    async def end(self) -> int:
        """SIGTERM. The exit code."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), PATIENCE_S)

    async def left(self) -> list[int]:
        """Pids of everybody ever seen who is alive after a while. Nobody, it is hoped."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while any(map(alive, self.seen)):
                    await asyncio.sleep(0.02)
        return [each for each in self.seen if alive(each)]

    async def clear(self) -> None:
        """Ends whatever is left of it."""
        for pid in {*self.seen, *self.workers.values()}:
            with contextlib.suppress(ProcessLookupError):
                if alive(pid):
                    os.kill(pid, signal.SIGKILL)
        await self.process.wait()
        self.log.unlink(missing_ok=True)
