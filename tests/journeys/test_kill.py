"""`kill -9` of a real server under load: every acknowledged line is there afterwards, and the next start is clean."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx2 as httpx
import msgspec
import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect

import server
from protocol import codec
from server.embedded import running
from tests.conftest import driver_args

CHECKOUT = Path(server.__file__).parent.parent
SHM = Path("/dev/shm")
KILLS = max(1, int(float(os.environ.get("CALLISTO_TEST") or 1)))


class Served:
    """`callisto serve` as a process of its own, on a folder that outlives it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None
        # No ballast: it would be a quarter of a GiB of memory a test.
        self.settings = {"CALLISTO_LIMITS__SCALE": "0", "CALLISTO_STORAGE__BALLAST_MIB": "0", "CALLISTO_STORAGE__FREE_SHARE": "0"}

    def start(self) -> float:
        """Serves. Seconds until it is ready."""
        began = time.monotonic()
        environment = {"PATH": os.environ["PATH"], **self.settings}
        with (self.data.parent / "out").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "server", "serve", "--port", str(self.port), "--data", str(self.data)],
                cwd=CHECKOUT, env=environment, stdout=out, stderr=out,
            )  # fmt: skip
        while time.monotonic() - began < 60:
            assert self.process.poll() is None, self.said()
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"http://127.0.0.1:{self.port}/readyz").status_code == 200:
                    return time.monotonic() - began
            time.sleep(0.02)
        raise AssertionError(f"not ready: {self.said()}")

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """Ctrl-C."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(30)

    def said(self) -> str:
        """Everything it printed."""
        return (self.data.parent / "out").read_text()


@pytest.fixture
def served() -> Iterator[Served]:
    """A server on the fastest disk, durable."""
    where = SHM if SHM.is_dir() and shutil.disk_usage(SHM).free > 1 << 29 else Path(tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix="callisto-journey-", dir=where))
    folder.chmod(0o711)
    found = Served(folder / "data")
    yield found
    if found.process is not None and found.process.poll() is None:
        found.stop()
    shutil.rmtree(folder, ignore_errors=True)


class Speaker:
    """A client that says numbered lines, notes what was acknowledged, and keeps its cursors."""

    def __init__(self, served: Served, tokens: dict[str, Any]) -> None:
        self.served, self.tokens = served, tokens
        self.cursors: dict[str, dict[str, Any]] = {}
        self.heard: list[tuple[int, str]] = []
        self.acked: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self.resets: list[dict[str, Any]] = []
        self.socket: ClientConnection | None = None
        self.reader: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connects and resumes."""
        self.socket = await connect(
            f"ws://127.0.0.1:{self.served.port}/v1/ws",
            subprotocols=[websockets.Subprotocol(codec.MSGPACK)],
            compression=None,
            max_queue=None,
        )
        self.reader = asyncio.create_task(self._read(self.socket))
        fields = {"token": self.tokens["access_token"], **({"cursors": self.cursors} if self.cursors else {})}
        began = (await self.ask("session.start", fields, "start"))["ok"]
        for name, at in began["streams"].items():
            self.cursors.setdefault(name, {"epoch": at["epoch"], "seq": at["head"]})

    async def _read(self, socket: ClientConnection) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            async for data in socket:
                frame = msgspec.msgpack.decode(data)  # type: ignore[arg-type]
                if "re" in frame:
                    if (future := self.answers.pop(frame["re"], None)) is not None and not future.done():
                        future.set_result(frame)
                elif "s" in frame:
                    cursor = self.cursors.get(frame["st"])
                    if cursor is not None:
                        assert frame["s"] == cursor["seq"] + 1
                        cursor["seq"] = frame["s"]
                    if frame["t"] == "team.entered":
                        self.cursors[f"team:{frame['d']['team_id']}"] = {"epoch": frame["d"]["epoch"], "seq": frame["d"]["from_seq"] - 1}
                    elif frame["t"] == "team.said":
                        self.heard.append((frame["s"], frame["d"]["text"]))
                elif frame["t"] == "stream.reset":
                    self.resets.append(frame["d"])
        for future in self.answers.values():
            if not future.done():
                future.set_exception(ConnectionError("closed"))
        self.answers.clear()

    async def ask(self, name: str, fields: dict[str, Any], id: str) -> dict[str, Any]:
        """One try."""
        assert self.socket is not None
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.answers[id] = future
        await self.socket.send(msgspec.msgpack.encode({"t": name, "id": id, "d": fields}))
        async with asyncio.timeout(20):
            return await future

    async def talk(self, first: int, mark: str) -> None:
        """Says lines until the connection ends."""

        async def say(number: int) -> None:
            for each in range(number, 1_000_000, 16):
                text = f"{mark} {each}"
                self.acked.setdefault(text, {})
                answer = await self.ask("team.say", {"text": text}, text)
                if "ok" in answer:
                    self.acked[text] = answer

        await asyncio.gather(*(say(first + number) for number in range(16)), return_exceptions=True)


async def let_found(served: Served) -> None:
    """Everybody has finished the arrival, and may found a team."""
    found = running(served.data)
    assert found is not None
    owner = await asyncpg.connect(**driver_args(found.owner_url))
    await owner.execute("update player_first_login_states set has_completed_first_login = true")
    await owner.close()


@pytest.mark.timeout(180)
async def test_kill_nine_of_the_whole_server_keeps_every_acknowledged_line(served: Served) -> None:
    served.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", timeout=30) as web:
        made = [
            (await web.post("/v1/auth/register", json={"username": name, "password": "correct horse"})).json() for name in ("ada", "bob")
        ]
    ada, bo = (Speaker(served, tokens) for tokens in made)
    await ada.start()
    await bo.start()
    await let_found(served)
    founded = (await ada.ask("team.create", {"name": "Survivors", "recruitment_status": "OPEN"}, "found"))["ok"]["team"]["team_id"]
    await bo.ask("team.join", {"team_id": founded}, "join")
    for round_ in range(KILLS):
        talking = asyncio.gather(*(one.talk(0, f"{round_} {name}") for one, name in ((ada, "ada"), (bo, "bo"))))
        await asyncio.sleep(1.0)
        served.kill()
        await talking
        acked = sum(bool(answer) for one in (ada, bo) for answer in one.acked.values())
        assert acked > 100 * (round_ + 1), f"only {acked} lines were acknowledged"
        took = served.start()
        assert took < 20
        for one in (ada, bo):
            await one.start()
            # What was not answered is sent again under its id, and happens once.
            for text in [text for text, answer in one.acked.items() if not answer]:
                one.acked[text] = await one.ask("team.say", {"text": text}, text)
            # What was answered is answered alike.
            text = next(iter(one.acked))
            again = await one.ask("team.say", {"text": text}, text)
            assert (again["replayed"], again["ok"], again["pos"]) == (True, one.acked[text]["ok"], one.acked[text]["pos"])
    everything = sorted(text for one in (ada, bo) for text in one.acked)
    async with asyncio.timeout(20):
        while not all(len(one.heard) >= len(everything) for one in (ada, bo)):
            await asyncio.sleep(0.05)
    for one in (ada, bo):
        assert one.resets == []
        assert sorted(text for _, text in one.heard) == everything
        numbers = {text: seq for seq, text in one.heard}
        assert all(list(answer["pos"].values()) == [numbers[text]] for each in (ada, bo) for text, answer in each.acked.items())
        assert one.socket is not None
        await one.socket.close()
    assert ada.heard == bo.heard
    assert served.stop() == 0
    said = served.said()
    assert "Traceback" not in said
    assert "error" not in said.lower()
