"""What a healthy crowd feels while others attack: `python -P -m bench.hostile [--json FILE] [--seconds N] [--only NAMES] [--rounds N]`. Default limits, real servers.

Forty captains in ten teams play at a human pace (a look every half second, a line every 6.5 s) and time every answer; a process of its
own attacks. Calm is measured before, between and after the assaults, and each assault is compared with the calm around it. A window of six seconds has
five answers beyond its p99, so one window says little: with rounds, all windows of an assault together are compared with all calm ones.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import msgspec

from bench import cpu, people
from bench.servers import ROOT, answers, driver_args, ends_with_us, free_port, machine, plain_environment, running, wait_until
from server.embedded import Embedded
from tests.gateway.assault import Assault
from tests.gateway.echo_app import BINARY, CLOSE, MSGPACK, PING, PONG, Client, frame

NEIGHBOURS, VILLAINS = 40, 240  # captains; teams of four
LOOK_S, LINE_S = 0.5, 6.5  # a captain's pace, below every limit
FRAMES_PAUSE_S = 0.2  # five villains, twenty frames a write: some 500 a second
CROWD_ADDRESSES, CROWD_AT_ONCE = 100, 900
WORST = 2.0  # times the calm p99; issue 4

Json = dict[str, Any]


# The neighbours.


class Neighbour:
    """A captain at a socket, who times every answer."""

    def __init__(self, port: int, captain: people.Captain) -> None:
        self.port = port
        self.captain = captain
        self.spans: list[tuple[str, float, float]] = []
        self.waiting: dict[str, tuple[str, float]] = {}
        self.refused: Counter[str] = Counter()
        self.number = 0
        self.client: Client | None = None

    async def start(self) -> None:
        """Opens a socket and starts; turned away, comes back as any client does."""
        while True:
            self.client = await Client.connect(self.port, MSGPACK, "/v1/ws")
            opcode, _ = await self.client.hear()
            if opcode != CLOSE:
                break
            self.client.leave()
            await asyncio.sleep(1.0)
        self._ask("session.start", token=self.captain.token)

    def _ask(self, name: str, **fields: Any) -> None:
        assert self.client is not None
        self.number += 1
        id = f"{self.captain.player_id}-{self.number}"
        self.waiting[id] = (name, time.perf_counter())
        self.client.send(frame(BINARY, msgspec.msgpack.encode({"t": name, "id": id, "d": fields})))

    async def listen(self) -> None:
        """Takes what comes, for as long as the connection stands."""
        assert self.client is not None
        while True:
            opcode, payload = await self.client.hear(3_600)
            if opcode == PING:
                self.client.send(frame(PONG, payload))
            elif opcode == CLOSE:
                self.refused[f"closed {int.from_bytes(payload[:2], 'big')}"] += 1
                return
            elif opcode == BINARY and "re" in (said := msgspec.msgpack.decode(payload)):
                name, at = self.waiting.pop(said["re"])
                now = time.perf_counter()
                self.spans.append((name, now, now - at))
                if "error" in said:
                    self.refused[f"{name}: {said['error']['code']}"] += 1

    async def play(self) -> None:
        """Looks and talks."""
        await asyncio.sleep(random.uniform(0.0, LINE_S))
        spoken = time.monotonic()
        while True:
            await asyncio.sleep(random.uniform(0.5, 1.5) * LOOK_S)
            self._ask("team.get")
            if time.monotonic() - spoken > LINE_S:
                spoken = time.monotonic()
                self._ask("team.say", text="steady as she goes")


def percentile(spans: list[float], share: float) -> float:
    """In milliseconds."""
    return round(sorted(spans)[min(len(spans) - 1, int(len(spans) * share))] * 1e3, 2) if spans else float("nan")


# The villains: a process of their own, told what to do on its command line, telling what became of it.


async def frames(port: int, tokens: list[str], end: float) -> Json:
    """Fuzzed frames and bad framing on sockets that have started."""
    villains = [Assault(port, token, random.Random(number), f"127.0.2.{number + 1}") for number, token in enumerate(tokens[:5])]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(end - time.monotonic()):
            await asyncio.gather(*(each.frames(1 << 30, FRAMES_PAUSE_S) for each in villains))
    codes, closes = Counter[str](), Counter[int]()
    for each in villains:
        codes.update(each.codes)
        closes.update(each.closes)
    return {"sent": sum(each.sent for each in villains), "answers": dict(codes), "closes": dict(closes)}


async def crowd(port: int, tokens: list[str], end: float) -> Json:
    """Sockets of a hundred addresses that open as fast as they can, say nothing, and never answer a close."""
    found: Counter[str] = Counter()

    async def stranger(number: int) -> None:
        dice = random.Random(number)
        while time.monotonic() < end:
            address = f"127.0.3.{dice.randrange(CROWD_ADDRESSES) + 1}"
            try:
                async with asyncio.timeout(10):
                    client = await Client.connect(port, MSGPACK, "/v1/ws", local_addr=(address, 0))
                    opcode, payload = await client.hear(10)
                    found[f"closed {int.from_bytes(payload[:2], 'big')}" if opcode == CLOSE else "let in"] += 1
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(client.reader.read(), 6)
                client.leave()
            except AssertionError:
                found["503"] += 1
            except TimeoutError:
                found["kept waiting"] += 1
            except (OSError, asyncio.IncompleteReadError):
                found["dropped"] += 1
                await asyncio.sleep(0.01)

    await asyncio.gather(*(stranger(number) for number in range(CROWD_AT_ONCE)))
    return dict(found)


async def floods(port: int, tokens: list[str], end: float) -> Json:
    """Ten thousand pings, or ten thousand commands, in one write, again and again."""
    found: Counter[str] = Counter()

    async def flooder(number: int) -> None:
        start = frame(BINARY, msgspec.msgpack.encode({"t": "session.start", "id": "s", "d": {"token": tokens[number]}}))
        while time.monotonic() < end:
            with contextlib.suppress(OSError, AssertionError, asyncio.IncompleteReadError, TimeoutError):
                client = await Client.connect(port, MSGPACK, "/v1/ws", local_addr=(f"127.0.4.{number + 1}", 0))
                if number % 2:
                    client.send(start, *[frame(PING, b"x")] * 10_000)
                else:
                    get = [frame(BINARY, msgspec.msgpack.encode({"t": "team.get", "id": f"g{each}"})) for each in range(10_000)]
                    client.send(start, *get)
                code, _ = await client.closed(10)
                found[f"closed {code}"] += 1
                client.leave()
            await asyncio.sleep(0.1)

    await asyncio.gather(*(flooder(number) for number in range(6)))
    return dict(found)


async def logins(port: int, tokens: list[str], end: float) -> Json:
    """Wrong passwords for a thousand names, forty at a time: every one that is looked at costs 40 ms of hashing."""
    found: Counter[str] = Counter()

    async def guesser(number: int) -> None:
        transport = httpx2.AsyncHTTPTransport(local_address=f"127.0.5.{number + 1}")
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=20) as http:
            while time.monotonic() < end:
                body = {"username": f"nobody_{random.randrange(1_000)}", "password": "not this one"}
                try:
                    answer = await http.post("/v1/auth/login", json=body)
                    found[answer.json()["code"]] += 1
                except httpx2.HTTPError:
                    found["dropped"] += 1
                await asyncio.sleep(0.05)

    await asyncio.gather(*(guesser(number) for number in range(40)))
    return dict(found)


async def storms(port: int, tokens: list[str], end: float) -> Json:
    """Two hundred captains of twenty addresses cut their sockets and come back, all at once, every three seconds."""
    found: Counter[str] = Counter()

    async def captain(number: int, token: str) -> None:
        start = frame(BINARY, msgspec.msgpack.encode({"t": "session.start", "id": "s", "d": {"token": token}}))
        try:
            async with asyncio.timeout(10):
                client = await Client.connect(port, MSGPACK, "/v1/ws", local_addr=(f"127.0.6.{number % 20 + 1}", 0))
                client.send(start)
                while True:
                    opcode, payload = await client.hear()
                    if opcode == CLOSE:
                        found[f"closed {int.from_bytes(payload[:2], 'big')}"] += 1
                        break
                    if opcode == BINARY and msgspec.msgpack.decode(payload).get("re") == "s":
                        found["started"] += 1
                        break
            client.leave()
        except (OSError, AssertionError, asyncio.IncompleteReadError, TimeoutError):
            found["turned away"] += 1

    while time.monotonic() < end:
        await asyncio.gather(*(captain(number, token) for number, token in enumerate(tokens[:200])))
        await asyncio.sleep(3.0)
    return dict(found)


ASSAULTS: dict[str, Callable[[int, list[str], float], Awaitable[Json]]] = {
    "frames": frames, "crowd": crowd, "floods": floods, "logins": logins, "storms": storms,
}  # fmt: skip


@contextlib.contextmanager
def attacking(kind: str, port: int, tokens: list[str], seconds: float) -> Iterator[Json]:
    """The assault, in a process of its own; what it found is filled in at the end."""
    found: Json = {}
    command = [sys.executable, "-P", "-m", "bench.hostile", "--villains", kind, "--port", str(port), "--seconds", str(seconds)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=plain_environment(), preexec_fn=ends_with_us
    ) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(tokens) + "\n")
        process.stdin.flush()
        try:
            yield found
            out, _ = process.communicate(timeout=60)
            found |= json.loads(out)
        finally:
            process.kill()


# The run.


async def measure(port: int, pid: int, captains: list[people.Captain], seconds: float, kinds: list[str], rounds: int) -> Json:
    """Calm and assault in turns. What each felt like."""
    neighbours = [Neighbour(port, each) for each in captains[:NEIGHBOURS]]
    tokens = [each.token for each in captains[NEIGHBOURS:]]
    for each in neighbours:
        await each.start()
    tasks = [asyncio.create_task(work) for each in neighbours for work in (each.listen(), each.play())]
    await asyncio.sleep(LINE_S)
    windows: list[tuple[str, float, float, Json, float]] = []

    async def window(name: str, found: Json) -> None:
        began, spent = time.perf_counter(), cpu.of_process(pid)
        await asyncio.sleep(seconds)
        ended = time.perf_counter()
        windows.append((name, began, ended, found, (cpu.of_process(pid) - spent) / 1e9 / (ended - began)))

    await window("calm", {})
    for kind in kinds * rounds:
        with attacking(kind, port, tokens, seconds + 3.0) as found:
            await asyncio.sleep(1.5)
            await window(kind, found)
        await asyncio.sleep(6.0)  # until the last of it has been closed
        await window("calm", {})
    for task in tasks:
        task.cancel()
    broken = [task for task in await asyncio.gather(*tasks, return_exceptions=True) if not isinstance(task, asyncio.CancelledError)]
    spans = [span for each in neighbours for span in each.spans]
    refused = Counter[str]()
    for each in neighbours:
        refused.update(each.refused)
    result: Json = {"refused": dict(refused), "broken": [repr(each) for each in broken]}
    result["unanswered"] = sum(time.perf_counter() - at > 5.0 for each in neighbours for _, at in each.waiting.values())
    rows: list[Json] = [
        {
            "name": name,
            "answers": len(inside := [span for _, at, span in spans if began <= at < ended]),
            "p50_ms": percentile(inside, 0.5),
            "p99_ms": percentile(inside, 0.99),
            "line_p99_ms": percentile([span for what, at, span in spans if what == "team.say" and began <= at < ended], 0.99),
            "gateway_cpu": round(busy, 2),
            "found": found,
        }
        for name, began, ended, found, busy in windows
    ]
    for at in range(1, len(rows), 2):
        calm = (rows[at - 1]["p99_ms"] + rows[at + 1]["p99_ms"]) / 2
        rows[at] |= {"calm_p99_ms": round(calm, 2), "ratio_p99": round(rows[at]["p99_ms"] / calm, 2)}

    def together(name: str) -> list[float]:
        return [span for kind, began, ended, _, _ in windows if kind == name for _, at, span in spans if began <= at < ended]

    calm_ms = percentile(together("calm"), 0.99)
    whole = {kind: (len(together(kind)), percentile(together(kind), 0.99)) for kind in kinds}
    pooled = {
        kind: {"answers": n, "p99_ms": p99, "calm_p99_ms": calm_ms, "ratio_p99": round(p99 / calm_ms, 2)}
        for kind, (n, p99) in whole.items()
    }
    return result | {"windows": rows, "pooled": pooled}


def run(seconds: float, kinds: list[str], rounds: int) -> Json:
    """Everything, on servers of its own."""
    base = Path(tempfile.mkdtemp(prefix="callisto-hostile-", dir="/var/tmp"))
    servers = Embedded(base, durable=True)
    try:
        results: Json = {"machine": machine(base)}
        found = servers.start()
        port, log = free_port(), base / "gateway.log"
        command = [sys.executable, "-P", "-m", "server", "serve", "--data", str(base), "--port", str(port)]
        with running(command, plain_environment(), log) as process:
            wait_until(process, log, lambda: answers(f"http://127.0.0.1:{port}/readyz"))

            async def whole() -> Json:
                owner = await asyncpg.connect(**driver_args(found.owner_url))
                captains = await people.make(owner, (NEIGHBOURS + VILLAINS) // 4)
                await owner.close()
                return await measure(port, process.pid, captains, seconds, kinds, rounds)

            results |= asyncio.run(whole())
            results["bugs_logged"] = log.read_text(errors="replace").count("bug")
        return results
    finally:
        servers.stop()
        shutil.rmtree(base, ignore_errors=True)


def show(results: Json) -> None:
    """A table on the terminal."""
    print(f"{'':8} {'answers':>8} {'p50 ms':>8} {'p99 ms':>8} {'line p99':>9} {'ratio':>6} {'gateway CPU':>12}")
    for row in results["windows"]:
        print(
            f"{row['name']:8} {row['answers']:8} {row['p50_ms']:8} {row['p99_ms']:8} {row['line_p99_ms']:9} {row.get('ratio_p99', ''):>6} {row['gateway_cpu']:12}"
            f"  {row['found'] or ''}"
        )
    print(*(f"{kind}, all windows together: {found}" for kind, found in results["pooled"].items()), sep="\n")
    print({key: results[key] for key in ("refused", "broken", "unanswered", "bugs_logged")})


def main() -> None:
    """Runs the command line. Exit code 7 when a neighbour was refused, closed or left unanswered; timing fails nothing."""
    parser = argparse.ArgumentParser(prog="bench.hostile", description="What neighbours feel while others attack.")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--seconds", type=float, default=15.0, help="of each window")
    parser.add_argument("--only", default=",".join(ASSAULTS), metavar="NAMES", help="these assaults, separated by commas")
    parser.add_argument("--rounds", type=int, default=1, help="how often each")
    parser.add_argument("--villains", choices=sorted(ASSAULTS), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.villains:
        tokens = json.loads(sys.stdin.readline())
        print(json.dumps(asyncio.run(ASSAULTS[options.villains](options.port, tokens, time.monotonic() + options.seconds))))  # type: ignore[arg-type]
        return
    kinds = [kind for kind in ASSAULTS if kind in options.only.split(",")]
    results = run(options.seconds, kinds, options.rounds)
    show(results)
    if options.json is not None:
        options.json.write_text(json.dumps(results, indent=2) + "\n")
    sys.exit(7 if results["refused"] or results["broken"] or results["unanswered"] or results["bugs_logged"] else 0)


if __name__ == "__main__":
    main()
