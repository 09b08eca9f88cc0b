"""What a fleet of gateways is tested with: a Redis of the test's own, and how long a line takes from one captain to another."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from protocol import team
from server.embedded_programs import programs, server_user
from tests.play import Someone


class OwnRedis:
    """A Redis of the test's own, on a port, so that it can be stopped and killed."""

    def __init__(self, folder: Path) -> None:
        self.user = server_user()
        self.program = programs(folder, self.user).redis
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = folder / "redis-data"
        self.folder.mkdir()
        self.user.owns(self.folder)
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Starts, empty, and answers."""
        drop: dict[str, Any] = {"user": self.user.uid, "group": self.user.gid, "extra_groups": []} if self.user.dropped else {}
        self.process = subprocess.Popen(
            [str(self.program), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **drop,
        )  # fmt: skip
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as line:
                line.sendall(b"PING\r\n")
                if line.recv(16).startswith(b"+PONG"):
                    return
            time.sleep(0.01)
        raise RuntimeError("Redis does not answer")

    def send(self, sig: signal.Signals) -> None:
        """A signal for it."""
        assert self.process is not None
        self.process.send_signal(sig)

    def kill(self) -> None:
        """Ends it at once."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait(10)
            self.process = None


async def latency(speaker: Someone, hearer: Someone, text: str) -> float:
    """Seconds from the answer of a line to its being heard."""
    await speaker.does(team.Say(text))
    began = time.monotonic()
    await hearer.hears_line(text)
    return time.monotonic() - began
