"""Falling behind: readers who take their time get everything, and those who take nothing keep nobody waiting."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket as sockets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from protocol import messaging, team
from tests.gateway.neighbours import until
from tests.handlers.talk import chatter, stream_of
from tests.play import Game, Someone

Make = Callable[..., Awaitable[Game]]
BIG = "\U0001f680" * 2_000  # 8 KB a line


class Slow:
    """A reader that takes nothing until told to, over a plain socket with a small window."""

    def __init__(self, game: Game, someone: Someone) -> None:
        self.game, self.someone = game, someone
        self.raw = sockets.socket()
        self.raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 8_192)
        self.data = b""

    async def start(self, cursors: dict[str, Any]) -> None:
        """Starts, and from now on reads nothing."""
        loop = asyncio.get_running_loop()
        self.raw.setblocking(False)
        await loop.sock_connect(self.raw, ("127.0.0.1", self.game.port))
        await loop.sock_sendall(
            self.raw,
            b"GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: callisto.v1.msgpack\r\n\r\n",
        )
        while b"\r\n\r\n" not in self.data:
            self.data += await loop.sock_recv(self.raw, 1_000)
        self.data = self.data.partition(b"\r\n\r\n")[2]
        await self.ask("session.start", {"token": self.someone.token, "cursors": cursors})

    async def ask(self, name: str, fields: dict[str, Any], *, id: str = "") -> None:
        """Sends a command."""
        payload = msgspec.msgpack.encode({"t": name, "id": id or name, "d": fields})
        head = bytes((0x82, 0x80 | len(payload))) if len(payload) < 126 else bytes((0x82, 0xFE)) + len(payload).to_bytes(2, "big")
        await asyncio.get_running_loop().sock_sendall(self.raw, head + b"\0\0\0\0" + payload)

    async def frames(self, enough: Callable[[list[dict[str, Any]]], bool], within_s: float = 10.0) -> list[dict[str, Any]]:
        """Reads, until it is enough or the end."""
        found: list[dict[str, Any]] = []
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(within_s):
            while not enough(found):
                while (taken := self._take()) is not None:
                    found.append(taken)
                if enough(found):
                    break
                more = await loop.sock_recv(self.raw, 65_536)
                if not more:
                    break
                self.data += more
        return found

    def _take(self) -> dict[str, Any] | None:
        if len(self.data) < 2:
            return None
        size, at = self.data[1], 2
        if size == 126:
            size, at = int.from_bytes(self.data[2:4], "big"), 4
        elif size == 127:
            size, at = int.from_bytes(self.data[2:10], "big"), 10
        if len(self.data) < at + size:
            return None
        opcode, payload, self.data = self.data[0] & 0x0F, self.data[at : at + size], self.data[at + size :]
        if opcode == 8:
            return {"close": int.from_bytes(payload[:2], "big")}
        frame: dict[str, Any] = msgspec.msgpack.decode(payload) if opcode == 2 else {"ping": True}
        return frame


@pytest.mark.parametrize("how", ["live", "resuming"])
@pytest.mark.parametrize("text", ["short", BIG], ids=["many", "large"])
async def test_a_reader_who_takes_his_time_gets_everything(make_game: Make, how: str, text: str) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    stream = await stream_of(ada)
    await bo.hears("team.member_joined")
    cursors = {stream: dict(bo.cursors[stream])}
    await bo.hang_up()
    slow = Slow(game, bo)
    lines = 3_000 if text == "short" else 140
    if how == "live":
        await slow.start(cursors)
        await asyncio.sleep(0.1)
    await chatter(ada, lines, text)
    if how == "resuming":
        await slow.start(cursors)
    spans = []
    for number in range(10):
        began = time.monotonic()
        await ada.does(team.Say(f"quick {number}"))
        await ada.hears_line(f"quick {number}")
        spans.append(time.monotonic() - began)
        await asyncio.sleep(0.1)
    assert sorted(spans)[5] < 0.2, spans
    last = cursors[stream]["seq"] + lines + 10
    frames = await slow.frames(lambda found: bool(found) and found[-1].get("s") == last, 20)
    assert [each["s"] for each in frames if each.get("st") == stream] == list(range(cursors[stream]["seq"] + 1, last + 1))
    # And it is heard again: its commands are read.
    await slow.ask("session.ping", {})
    await slow.frames(lambda found: any(each.get("re") == "session.ping" for each in found))
    await ada.does(team.Say("live again"))
    await slow.frames(lambda found: any(each.get("s") == last + 1 for each in found))
    slow.raw.close()


async def test_a_reader_who_takes_nothing_is_closed_and_a_neighbour_does_not_wait(make_game: Make) -> None:
    game = await make_game(limits={"scale": 0, "slow_s": 1.0})
    ada, bo, cid = await game.crew(3)
    await bo.hang_up()
    slow = Slow(game, bo)
    await slow.start({})
    await asyncio.sleep(0.1)
    await chatter(ada, 200, BIG)
    spans: list[float] = []
    began = time.monotonic()
    while any(each.player == bo.player for each in game.app.gate.live.values()):
        assert time.monotonic() - began < 6.0, "still there"
        at = time.monotonic()
        await ada.does(team.Say(f"tick {len(spans)}"))
        await cid.hears_line(f"tick {len(spans)}")
        spans.append(time.monotonic() - at)
        await asyncio.sleep(0.02)
    assert sorted(spans)[len(spans) // 2] < 0.1, spans
    frames = await slow.frames(lambda found: bool(found) and "close" in found[-1])
    assert frames[-1]["close"] == 4002
    # Nothing is lost: it comes back where it was.
    await bo.start(resume=True)
    await bo.hears_line(f"tick {len(spans) - 1}")
    assert bo.lines() == ada.lines()
    slow.raw.close()


MIB = 1 << 20


class Held:
    """What the process holds for one captain's connection, now and at most."""

    def __init__(self, game: Game, someone: Someone) -> None:
        self.session = next(each for each in game.app.gate.live.values() if each.player == someone.player)
        self.most = 0

    def look(self) -> int:
        """Bytes in the transport and collected for it, and what has been read ahead."""
        now = self.session.wire.buffered() + sum(map(len, self.session.out)) + len(getattr(self.session.wire, "_tail", b""))
        self.most = max(self.most, now)
        return now


async def watch(held: list[Held]) -> None:
    """Looks, every loop turn or two."""
    while True:
        for each in held:
            each.look()
        await asyncio.sleep(0.001)


@contextlib.asynccontextmanager
async def watching(held: list[Held]) -> AsyncIterator[None]:
    """Looks for as long as the block takes."""
    task = asyncio.create_task(watch(held))
    try:
        yield
    finally:
        task.cancel()


async def test_a_reader_who_takes_nothing_costs_at_most_a_mebibyte(make_game: Make) -> None:
    """Whether he was there, or comes back to a long log of large lines."""
    game = await make_game()
    ada, *others = await game.crew(9)
    stream = await stream_of(ada)
    cursors = {stream: dict(ada.cursors[stream])}
    for each in others:
        await each.hang_up()
    live = [Slow(game, each) for each in others[:4]]
    for slow in live:
        await slow.start({})
    await until(lambda: len(game.app.gate.live) == 5, "they are there")
    before = private_kib()
    held = [Held(game, each) for each in others[:4]]
    async with watching(held):
        await chatter(ada, 400, BIG)
        back = [Slow(game, each) for each in others[4:]]
        for slow in back:
            await slow.start(cursors)
        await until(lambda: len(game.app.gate.live) == 9, "the others are back")
        held += [Held(game, each) for each in others[4:]]
        await until(lambda: all(each.look() > 100_000 for each in held), "all of them lag")
        await ada.does(team.Say("over"))
    assert all(each.session.lagging for each in held)
    assert max(each.most for each in held) <= MIB, [each.most for each in held]
    grown = private_kib() - before
    # 3.2 MB of lines have gone through; what stays is a mebibyte each at most, and what Python keeps for itself.
    assert grown < len(held) * 1_024 + 24_576, f"{grown} KiB"
    for slow in (*live, *back):
        slow.raw.close()


async def test_a_reader_who_asks_for_much_and_takes_nothing_is_asked_to_read_first(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    for number in range(120):
        await ada.does(messaging.Send(to=str(bo.player), content=f"{number} {BIG}"))
    await bo.hang_up()
    slow = Slow(game, bo)
    await slow.start({})
    await until(lambda: len(game.app.gate.live) == 2, "he is there")
    held = Held(game, bo)
    async with watching([held]):
        for number in range(40):
            await slow.ask("message.inbox", {"limit": 100}, id=f"inbox {number}")
        await until(lambda: held.session.paused and held.session.in_flight == 0, "he is to read first")
        for _ in range(20):
            began = time.monotonic()
            await ada.does(team.Say("I do not wait"))
            assert time.monotonic() - began < 2.0
        assert held.most <= MIB, held.most
        frames = await slow.frames(lambda found: sum(str(each.get("re")).startswith("inbox") for each in found) == 40, 30)
    assert held.most <= MIB, held.most
    pages = [each["ok"] for each in frames if str(each.get("re")).startswith("inbox")]
    assert all(0 < len(each["items"]) < 100 and each["next_cursor"] for each in pages)
    slow.raw.close()


def private_kib() -> int:
    """Memory this process has written, KiB."""
    gc.collect()
    return next(
        int(line.split()[1]) for line in Path("/proc/self/smaps_rollup").read_text().splitlines() if line.startswith("Private_Dirty")
    )


async def test_pages_cut_by_size_leave_nothing_out(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    for number in range(40):
        await ada.does(messaging.Send(to=str(bo.player), content=f"{number} {BIG}"))
        await ada.does(team.Say(f"{number} {BIG}"[:2_000]))
    seen: list[str] = []
    cursor = None
    while True:
        page = await bo.does(messaging.Inbox(limit=100, cursor=cursor))
        seen += [each.content.split()[0] for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [str(number) for number in reversed(range(40))]
    lines: list[str] = []
    while True:
        history = await bo.does(team.History(limit=100, cursor=cursor))
        lines += [each.text.split()[0] for each in history.items]
        cursor = history.next_cursor
        if cursor is None:
            break
    assert lines == [str(number) for number in reversed(range(40))]
