"""Lines a test can hold, cut, and listen in on: what stands between the SDK and a real gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from callisto_client.dial import Socket, dial
from callisto_client.wire import decode


class Tapped:
    """A real socket. Frames for which `cut_before` is true never arrive: the connection ends instead."""

    def __init__(self, inner: Socket, wire: Wire) -> None:
        self.inner = inner
        self.wire = wire

    async def send(self, data: bytes | str) -> None:
        """Sends one message."""
        self.wire.sent.append(decode(data))
        await self.inner.send(data)

    async def receive(self) -> bytes | str:
        """The next message that is let through."""
        data = await self.inner.receive()
        frame = decode(data)
        if self.wire.cut_before(frame):
            self.wire.cut_before = lambda _: False
            self.inner.abort()
            return await self.inner.receive()
        self.wire.received.append(frame)
        return data

    async def close(self, code: int = 1000) -> None:
        """Says goodbye."""
        await self.inner.close(code)

    def abort(self) -> None:
        """Ends it without a word."""
        self.inner.abort()


class Wire:
    """The network between one client and the server. `open` is whether new connections get through."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.cut_before: Callable[[dict[str, Any]], bool] = lambda _: False
        self.sent: list[dict[str, Any]] = []
        self.received: list[dict[str, Any]] = []
        self.dialled: list[str] = []

    async def __call__(self, url: str, subprotocol: str) -> Socket:
        """Connects, once the wire is open."""
        await self.open.wait()
        self.dialled.append(url)
        return Tapped(await dial(url, subprotocol), self)
