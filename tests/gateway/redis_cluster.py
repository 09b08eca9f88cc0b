"""A Redis cluster of the test's own: three nodes without replicas, on ports, each of which can be stopped and killed."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from redis import Redis
from redis.crc import key_slot
from redis.exceptions import RedisError

from server.embedded_programs import programs, server_user

SPANS = ((0, 5_460), (5_461, 10_922), (10_923, 16_383))
PATIENCE_S = 40.0


class OwnCluster:
    """Three nodes that serve a third of the slots each."""

    def __init__(self, folder: Path) -> None:
        self.user = server_user()
        self.program = programs(folder, self.user).redis
        self.folder = folder
        self.ports = _free_ports(6)
        self.processes: list[subprocess.Popen[bytes] | None] = [None, None, None]
        for node in range(3):
            self.start(node)
        for node, (first, last) in enumerate(SPANS):
            self.tell(node, "CLUSTER ADDSLOTSRANGE", first, last)
            self.tell(node, "CLUSTER SET-CONFIG-EPOCH", node + 1)
        for node in (1, 2):
            self.tell(0, "CLUSTER MEET", "127.0.0.1", self.ports[node], self.ports[3 + node])
        self._wait(lambda: all(b"cluster_state:ok" in self.tell(n, "CLUSTER INFO") for n in range(3)) and self._whole())

    @property
    def url(self) -> str:
        """Its address, by two of its nodes."""
        return f"redis+cluster://127.0.0.1:{self.ports[0]},127.0.0.1:{self.ports[1]}"

    def start(self, node: int) -> None:
        """Starts a node, with what it knows of the cluster, and waits until it answers."""
        home = self.folder / f"node-{node}"
        home.mkdir(exist_ok=True)
        self.user.owns(home)
        drop: dict[str, Any] = {"user": self.user.uid, "group": self.user.gid, "extra_groups": []} if self.user.dropped else {}
        options = {
            "port": self.ports[node], "cluster-port": self.ports[3 + node], "bind": "127.0.0.1", "save": "", "appendonly": "no",
            "cluster-enabled": "yes", "cluster-node-timeout": 2_000,
            # A dead node takes its own slots along and nobody else's.
            "cluster-require-full-coverage": "no",
        }  # fmt: skip
        words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
        self.processes[node] = subprocess.Popen(
            [str(self.program), *words], cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **drop
        )
        self._wait(lambda: bool(self.tell(node, "PING")))

    def node_of(self, channel: str) -> int:
        """The node that serves a channel's slot in the beginning."""
        slot = key_slot(channel.encode())
        return next(at for at, (first, last) in enumerate(SPANS) if first <= slot <= last)

    def move(self, channel: str, to: int) -> None:
        """Has another node serve the slot of a channel."""
        me = self.tell(to, "CLUSTER MYID").decode()
        for node in (to, *(each for each in range(3) if each != to)):
            self.tell(node, "CLUSTER SETSLOT", key_slot(channel.encode()), "NODE", me)

    def send(self, node: int, what: signal.Signals) -> None:
        """A signal for a node."""
        process = self.processes[node]
        assert process is not None
        process.send_signal(what)

    def kill(self, node: int) -> None:
        """Ends a node at once."""
        process, self.processes[node] = self.processes[node], None
        if process is not None:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait(10)

    def tell(self, node: int, *words: Any) -> Any:
        """What a node answers."""
        with Redis(host="127.0.0.1", port=self.ports[node], socket_timeout=5, protocol=2) as client:
            client.response_callbacks.clear()
            return client.execute_command(*words)

    def _whole(self) -> bool:
        return all(len(self.tell(node, "CLUSTER SLOTS")) == 3 for node in range(3))

    def _wait(self, done: Any) -> None:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            with contextlib.suppress(RedisError, OSError):
                if done():
                    return
            time.sleep(0.02)
        raise RuntimeError("the cluster is not ready")


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        found = []
        for _ in range(count):
            one = held.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            found.append(one.getsockname()[1])
        return found
