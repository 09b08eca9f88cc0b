"""Hints through a Redis cluster: each stream's go by sharded pub/sub to the one node that serves its slot.

A node is spoken to by the same few lines as a lone Redis, on two connections of its own, so a hint costs what it costs there;
a library's cluster client asks for a slot's owner and repeats what fails, and both are wrong for a hint. Which node serves
which slot is asked seldom, through the library. What is not surely listened to right now (its node is away, its slot moves)
is `doubtful`, and polled. Plain PUBLISH works in a cluster too, but every node then hears everything.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any
from urllib.parse import urlsplit

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.crc import key_slot
from redis.exceptions import RedisError

from server.gateway.bus import PROBE_S, Bus

log = structlog.get_logger("callisto.cluster")

ASK_S = 0.5  # for one node to say how the cluster looks
ASK_AGAIN_S = 0.25  # at most so often, however much moves
ASK_ANYWAY_S = 10.0
SCHEMES = {"redis+cluster": "redis", "rediss+cluster": "rediss"}


def is_cluster(url: str) -> bool:
    """Whether this address names a cluster."""
    return url.partition("://")[0] in SCHEMES


def seeds(url: str) -> list[str]:
    """The ordinary address of each node that the cluster's address names, `redis+cluster://user:password@host:port,host:port`."""
    scheme, _, rest = url.partition("://")
    who, at, where = rest.partition("/")[0].partition("?")[0].rpartition("@")
    return [f"{SCHEMES[scheme]}://{who}{at}{each}" for each in where.split(",") if each]


class Node(Bus):
    """One node of a cluster. `confirmed` are the channels it said it will pass on."""

    listen, unlisten, say, kind = b"SSUBSCRIBE", b"SUNSUBSCRIBE", b"SPUBLISH", b"smessage"
    at_once = 1  # those of one command would have to share a slot

    def __init__(self, url: str, *, stale: Callable[[], None], changed: Callable[[], None], **shared: Any) -> None:
        super().__init__(url, **shared)
        self.confirmed: set[bytes] = set()
        self.missed: set[bytes] = set()
        self.stale = stale
        self.changed = changed

    @property
    def missing(self) -> set[bytes]:
        """Channels it was asked for and does not pass on, so far."""
        return self.watched - self.confirmed

    def insist(self) -> None:
        """Asks once more for what has been missing since the last call."""
        missing = self.missing if self.healthy else set()
        if again := missing & self.missed:
            self._wanted.extend(again)
            self._schedule()
        self.missed = missing

    def drop(self, channel: bytes) -> None:
        """Stops listening to a channel."""
        super().drop(channel)
        self.confirmed.discard(channel)

    def _channels(self) -> Sequence[bytes]:
        # Called for a new connection, which listens to nothing yet.
        self.confirmed.clear()
        return list(self.watched)

    def _heard(self, reply: Any) -> None:
        match reply:
            case [b"ssubscribe", bytes(channel), _]:
                if channel in self.watched:
                    self.confirmed.add(channel)
            case [b"sunsubscribe", bytes(channel), _]:
                self.confirmed.discard(channel)
                if channel in self.watched:
                    self.stale()  # taken from us: its slot has moved
            case b"PONG":
                super()._heard([b"pong", b""])  # so it answers who listens to nothing
            case Exception():
                self._refused(reply)
            case _:
                super()._heard(reply)

    def _acknowledged(self, reply: Any) -> None:
        if isinstance(reply, Exception):
            self._refused(reply)

    def _refused(self, reply: Exception) -> None:
        word = str(reply).partition(" ")[0]
        if word not in ("MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN"):
            log.warning("redis refused", error=word)
        self.stale()

    def _judge(self, *, healthy: bool) -> None:
        if healthy != self.healthy:
            self.healthy = healthy
            self.changed()
            self.stale()


class ClusterBus(Bus):
    """The bus of a process whose Redis is a cluster. Healthy while any node is; what the others serve is doubtful."""

    def __init__(self, url: str, **shared: Any) -> None:
        super().__init__(url, **shared)
        self.shared = shared
        self.nodes: dict[str, Node] = {}
        self.slots: list[str | None] = [None] * 16_384
        self.homes: dict[bytes, str | None] = {}
        self._stale = asyncio.Event()
        self._asked_at = 0.0
        self._doubted = False
        self._seeds = seeds(url)

    async def start(self) -> None:
        """Connects, as far as nodes are there, and follows the cluster's changes for as long as the process lives."""
        self.homes[self.control] = None
        await self._learn()
        self._settle()
        self._task = asyncio.get_running_loop().create_task(self._follow())

    @property
    def connected(self) -> bool:
        """Whether every node's connections stand."""
        return bool(self.nodes) and all(each.connected for each in self.nodes.values())

    async def close(self) -> None:
        """Lets go of all connections."""
        if self._task is not None:
            self._task.cancel()
        for node in self.nodes.values():
            await node.close()

    def take(self, channel: bytes) -> None:
        """Listens to a channel, at the node that serves it."""
        home = self.homes[channel] = self.slots[key_slot(channel)]
        if home is not None:
            self.nodes[home].take(channel)

    def drop(self, channel: bytes) -> None:
        """Stops listening to a channel."""
        home = self.homes.pop(channel, None)
        if home is not None and home in self.nodes:
            self.nodes[home].drop(channel)

    def tell(self, channel: bytes, body: bytes) -> None:
        """Says something on a channel, by the node that serves it; where none does, nothing is said."""
        home = self.slots[key_slot(channel)]
        if home is not None:
            self.nodes[home].tell(channel, body)

    def doubtful(self) -> Collection[str]:
        """Streams that no node is sure to tell us about."""
        if not self._in_doubt():
            return ()
        sure = {channel for node in self.nodes.values() if node.healthy for channel in node.confirmed}
        return [each[len(self.prefix) :].decode() for each in self.homes if each not in sure and each != self.control]

    def _in_doubt(self) -> bool:
        nodes = self.nodes.values()
        return not all(each.healthy for each in nodes) or sum(len(each.confirmed & each.watched) for each in nodes) < len(self.homes)

    # Following the cluster.

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PROBE_S):
                    await self._stale.wait()
            stale = self._stale.is_set()
            self._stale.clear()
            if stale or self._in_doubt() or time.monotonic() - self._asked_at > ASK_ANYWAY_S:
                await asyncio.sleep(max(0.0, self._asked_at + ASK_AGAIN_S - time.monotonic()))
                await self._learn()
            self._settle()

    async def _learn(self) -> None:
        """Asks how the cluster looks, whoever answers first of those most likely to."""
        self._asked_at = time.monotonic()
        known = sorted(self.nodes, key=lambda url: not self.nodes[url].healthy)
        for url in dict.fromkeys([*known, *self._seeds]):
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                async with asyncio.timeout(ASK_S):
                    found = await _slots(url)
                break
        else:
            return
        for (first, last), home in found.items():
            self.slots[first : last + 1] = [home] * (last + 1 - first)
        served = set(found.values())
        for url in served - self.nodes.keys():
            node = self.nodes[url] = Node(url, stale=self._stale.set, changed=self._changed, **self.shared)
            node.reconnected = lambda: self.reconnected()
        await asyncio.gather(*(node.start() for node in self.nodes.values() if node._task is None))
        for url in self.nodes.keys() - served:
            # Its slots are others' by now; whoever still lives there is moved first.
            self.slots = [None if each == url else each for each in self.slots]
            self._settle()
            await self.nodes.pop(url).close()
        self._changed()

    def _settle(self) -> None:
        """Has every channel listened to where it is served, and asks again for what is missing."""
        for channel, home in list(self.homes.items()):
            now = self.slots[key_slot(channel)]
            if now == home:
                continue
            if home is not None and home in self.nodes:
                self.nodes[home].drop(channel)
            self.homes[channel] = now
            if now is not None:
                self.nodes[now].take(channel)
        for node in self.nodes.values():
            node.insist()
        doubted, self._doubted = self._doubted, self._in_doubt()
        if doubted and not self._doubted:
            # Somebody may have spoken while nobody listened.
            self.reconnected()

    def _changed(self) -> None:
        self.healthy = any(each.healthy for each in self.nodes.values())


async def _slots(url: str) -> dict[tuple[int, int], str]:
    """Which node serves which slots, as the node at `url` believes: from the first slot to the last, its address."""
    client: Any = Redis.from_url(url, single_connection_client=True, retry=Retry(NoBackoff(), 0), socket_timeout=ASK_S, protocol=2)
    try:
        found = await client.execute_command("CLUSTER SLOTS")
    finally:
        with contextlib.suppress(RedisError, OSError):
            await client.aclose()
    asked = urlsplit(url)
    who, at, _ = asked.netloc.rpartition("@")
    answer = {}
    for first, last, primary, *_ in found:
        # A node that does not know its own address leaves it out: it is the one that was asked.
        host = primary[0].decode() if primary[0] else str(asked.hostname)
        answer[first, last] = f"{asked.scheme}://{who}{at}{f'[{host}]' if ':' in host else host}:{primary[1]}"
    return answer
