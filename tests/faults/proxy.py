"""A TCP proxy between two parts of Callisto that can be slow, silent, one-way, or cut, at will.

Silence holds what is sent and lets it through when the silence ends, as a network does that drops packets and heals. What is
sent in one direction never overtakes itself, whatever the delay. Protocols are the business of the subclasses of `Link`.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

HIGH = 262_144  # bytes that wait for a slow side before the other one is not read any more
NO_LINGER = struct.pack("ii", 1, 0)  # closing sends RST


@dataclass
class Weather:
    """What a proxy's links suffer. `up` is from the client to the server."""

    hold_up: bool = False
    hold_down: bool = False
    delay_s: float = 0.0
    jitter_s: float = 0.0
    refuse: bool = False

    @property
    def calm(self) -> bool:
        """Whether nothing is done to what passes."""
        return not (self.hold_up or self.hold_down or self.delay_s or self.jitter_s)


class _Side(asyncio.Protocol):
    def __init__(self, link: Link, *, near: bool) -> None:
        self.link = link
        self.near = near

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        made = cast(asyncio.Transport, transport)
        made.set_write_buffer_limits(HIGH)
        self.link.made(made, near=self.near)

    def data_received(self, data: bytes) -> None:
        if self.near:
            self.link.up(data)
        else:
            self.link.down(data)

    def pause_writing(self) -> None:
        self.link.flow(not self.near, on=False)

    def resume_writing(self) -> None:
        self.link.flow(not self.near, on=True)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.link.side_lost(near=self.near)


class Lane:
    """One direction of a link: what is on its way, in order."""

    def __init__(self, link: Link, *, up: bool) -> None:
        self.link = link
        self.is_up = up
        self.held: list[bytes] = []
        self.last_due = 0.0
        self.flying = 0
        self.ended = False

    def pass_on(self, data: bytes) -> None:
        """Lets bytes through, now, later, or when the silence ends."""
        weather = self.link.weather
        if self.held or (weather.hold_up if self.is_up else weather.hold_down):
            self.held.append(data)
        elif weather.delay_s or weather.jitter_s or self.flying:
            loop = asyncio.get_running_loop()
            due = loop.time() + weather.delay_s + random.uniform(0.0, weather.jitter_s)
            self.last_due = max(self.last_due, due)
            self.flying += 1
            loop.call_at(self.last_due, self._land, data)
        else:
            self.link.write(data, up=self.is_up)

    def _land(self, data: bytes) -> None:
        self.flying -= 1
        self.link.write(data, up=self.is_up)
        if self.ended and not self.flying:
            self.link.end(up=self.is_up)

    def end(self) -> None:
        """The sender has gone: the receiver learns of it behind what is on its way, and not while there is silence."""
        self.ended = True
        weather = self.link.weather
        if not (self.held or self.flying or (weather.hold_up if self.is_up else weather.hold_down)):
            self.link.end(up=self.is_up)

    def release(self) -> None:
        """The silence is over."""
        held, self.held = self.held, []
        for data in held:
            self.pass_on(data)
        if self.ended and not self.held and not self.flying:
            self.link.end(up=self.is_up)


class Link:
    """One proxied connection: `near` is the client's side, `far` the server's."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.own: Weather | None = None
        """A weather of this link's own, or None for the proxy's."""
        self.near: asyncio.Transport | None = None
        self.far: asyncio.Transport | None = None
        self.early: list[bytes] = []
        self.lanes = (Lane(self, up=True), Lane(self, up=False))
        self.dead = False
        self.on_far_lost: Callable[[], None] = lambda: None

    @property
    def weather(self) -> Weather:
        """What this link suffers now."""
        return self.own or self.proxy.weather

    def made(self, transport: asyncio.Transport, *, near: bool) -> None:
        """One side stands."""
        if near:
            self.near = transport
            self.proxy.links.add(self)
            if self.proxy.weather.refuse:
                self.reset()
            else:
                self.proxy.spawn(self._reach())
            return
        self.far = transport
        if self.dead:
            transport.abort()
            return
        early, self.early = self.early, []
        for data in early:
            self.lanes[0].pass_on(data)

    async def _reach(self) -> None:
        try:
            async with asyncio.timeout(10):
                await self.proxy.dial(lambda: _Side(self, near=False))
        except (OSError, TimeoutError):
            self.reset()

    # What subclasses look into.

    def up(self, data: bytes) -> None:
        """Bytes from the client."""
        self.forward_up(data)

    def down(self, data: bytes) -> None:
        """Bytes from the server."""
        self.lanes[1].pass_on(data)

    def forward_up(self, data: bytes) -> None:
        """Sends on to the server, once it is reached."""
        if self.far is None:
            self.early.append(data)
        else:
            self.lanes[0].pass_on(data)

    # The ends.

    def write(self, data: bytes, *, up: bool) -> None:
        """Really sends."""
        transport = self.far if up else self.near
        if transport is not None and not transport.is_closing():
            transport.write(data)

    def flow(self, near: bool, *, on: bool) -> None:
        """Reads on from one side, or not."""
        transport = self.near if near else self.far
        if transport is not None and not transport.is_closing():
            with contextlib.suppress(RuntimeError):
                if on:
                    transport.resume_reading()
                else:
                    transport.pause_reading()

    def side_lost(self, *, near: bool) -> None:
        """One side has gone."""
        self.lanes[0 if near else 1].end()
        if near:
            self.near = None
        else:
            self.far = None
            self.on_far_lost()
        if self.near is None and self.far is None:
            self.gone()

    def end(self, *, up: bool) -> None:
        """Closes the receiving side, after what was written."""
        self.dead = self.dead or up
        transport = self.far if up else self.near
        if transport is not None:
            transport.close()

    def reset(self) -> None:
        """Ends both sides at once, as a firewall's RST does."""
        self.dead = True
        for transport in (self.near, self.far):
            if transport is not None:
                sock = transport.get_extra_info("socket")
                if sock is not None and sock.family != socket.AF_UNIX:
                    with contextlib.suppress(OSError, ValueError):
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
                transport.abort()
        self.gone()

    def gone(self) -> None:
        """Forgotten."""
        self.proxy.links.discard(self)

    def release(self) -> None:
        """What was held goes on its way."""
        for lane in self.lanes:
            lane.release()


class Proxy:
    """A listener on 127.0.0.1 in front of one server. `dial` reaches the server."""

    link: type[Link] = Link

    def __init__(self, target: str | tuple[str, int]) -> None:
        self.target = target
        self.weather = Weather()
        self.links: set[Link] = set()
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listens."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Side(self.link(self), near=True), "127.0.0.1", 0, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def dial(self, made: Callable[[], asyncio.Protocol]) -> None:
        """Connects to the server. Raises OSError when it is not there."""
        loop = asyncio.get_running_loop()
        if isinstance(self.target, str):
            await loop.create_unix_connection(made, self.target)
        else:
            await loop.create_connection(made, *self.target)

    def spawn(self, work: object) -> None:
        """Runs something beside."""
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def suffer(self, weather: Weather) -> None:
        """Changes the weather; what was held by the former one goes on its way if the new one lets it."""
        self.weather = weather
        for link in list(self.links):
            if link.own is None:
                link.release()

    def reset_all(self) -> int:
        """Cuts every link. How many."""
        links = list(self.links)
        for link in links:
            link.reset()
        return len(links)

    async def close(self) -> None:
        """Ends everything."""
        if self._server is not None:
            self._server.close()
        self.reset_all()
        for task in list(self._tasks):
            task.cancel()
