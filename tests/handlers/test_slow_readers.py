"""Falling behind: readers who take their time get everything, and those who take nothing keep nobody waiting."""

from __future__ import annotations

import asyncio
import socket as sockets
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from protocol import team
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

    async def ask(self, name: str, fields: dict[str, Any]) -> None:
        """Sends a command."""
        payload = msgspec.msgpack.encode({"t": name, "id": name, "d": fields})
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
