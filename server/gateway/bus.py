"""Redis in and out: hints between processes.

A hint may be lost, doubled, reordered or forged without breaking anything; it only saves a read. So there are no retries,
nothing waits for a publish, and the client is a few lines over hiredis on connections of its own: a library's client costs
ten times the CPU per message, and its defaults block for seconds when Redis is stopped. A gateway that only listens cannot
see a dead Redis, so the connection is probed.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import ssl
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from hashlib import blake2b
from typing import Any

import hiredis
import msgspec
import structlog
from redis.asyncio.connection import parse_url

from persistence.events import Row
from server.gateway.hub import Told

log = structlog.get_logger("callisto.bus")

PROBE_S = 0.3  # two misses mean unhealthy (architecture.md 5)
MISSES = 2
CONNECT_S = 1.0
MAX_HINT = 262_144  # bytes; what is larger is left to the poll
SIGNAL = ""  # the epoch of a word that is a signal; a process that knows none compares heads, which is harmless
MAX_BACKLOG = 8_388_608  # bytes waiting for a stuck Redis; beyond, hints are dropped

# Where a hint says who it is from: behind the seal, an array's header and a byte string's of 16 bytes.
OWN = slice(16 + 1 + 2, 16 + 1 + 2 + 16)

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(type=tuple[bytes, str, int, list[tuple[str, int, bytes, str | None]]]).decode


def _pack(*words: bytes) -> bytes:
    """One command as Redis takes it."""
    packed: bytes = hiredis.pack_command(words)  # type: ignore[arg-type]  # its stub takes one word
    return packed


class _Link(asyncio.Protocol):
    """One connection. `heard` gets every reply and push."""

    def __init__(self, heard: Callable[[Any], None], gone: Callable[[], None]) -> None:
        self.heard = heard
        self.gone = gone
        self.reader = hiredis.Reader()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # a stream transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self.gone()

    def data_received(self, data: bytes) -> None:
        try:
            self.reader.feed(data)
            while (reply := self.reader.gets()) is not False:
                self.heard(reply)
        except Exception as error:
            log.warning("redis spoke nonsense", error=type(error).__name__)
            self.close()

    def send(self, data: bytes) -> bool:
        """Writes, unless the connection is gone or too much waits already."""
        if self.transport is None or self.transport.is_closing() or self.transport.get_write_buffer_size() > MAX_BACKLOG:
            return False
        self.transport.write(data)
        return True

    def close(self) -> None:
        if self.transport is not None:
            self.transport.abort()


class Bus:
    """This process's two connections: one that listens, one that publishes."""

    # Of a cluster's node these are others (cluster.py).
    listen, unlisten, say, kind = b"SUBSCRIBE", b"UNSUBSCRIBE", b"PUBLISH", b"message"
    at_once = 100  # channels in one command

    def __init__(
        self,
        url: str,
        *,
        prefix: str,
        key: bytes,
        origin: bytes,
        told: Callable[[str, str, list[Told]], None],
        nudged: Callable[[list[str]], None],
        flashed: Callable[[str, bytes], None] = lambda stream, frame: None,
    ) -> None:
        self.url = url
        self.prefix = f"{prefix}:s:".encode()
        self.control = f"{prefix}:control".encode()
        self.key = key
        self.origin = origin
        self.told = told
        self.nudged = nudged
        self.flashed = flashed
        self.watched: set[bytes] = set()
        self.healthy = False
        self.reconnected: Callable[[], None] = lambda: None
        """Called after every reconnect, once resubscribed: heads are to be compared at once."""
        self.heard_count = 0
        self.forged_count = 0
        self._ear: _Link | None = None
        self._mouth: _Link | None = None
        self._wanted: list[bytes] = []
        self._unwanted: list[bytes] = []
        self._out: list[bytes] = []
        self._scheduled = False
        self._unanswered = 0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connects, if Redis is there, and keeps connecting for as long as the process lives."""
        with contextlib.suppress(OSError, TimeoutError):
            await self._connect()
        self._task = asyncio.get_running_loop().create_task(self._probe())

    @property
    def connected(self) -> bool:
        """Whether both connections stand."""
        return all(link is not None and link.transport is not None for link in (self._ear, self._mouth))

    async def close(self) -> None:
        """Lets go of both connections."""
        if self._task is not None:
            self._task.cancel()
        for link in (self._ear, self._mouth):
            if link is not None:
                link.close()

    # Following.

    def watch(self, stream: str) -> None:
        """Listens to a stream; subscriptions of one loop turn go out together."""
        self.take(self.prefix + stream.encode())

    def unwatch(self, stream: str) -> None:
        """Stops listening to a stream."""
        self.drop(self.prefix + stream.encode())

    def take(self, channel: bytes) -> None:
        """Listens to a channel."""
        self.watched.add(channel)
        self._wanted.append(channel)
        self._schedule()

    def drop(self, channel: bytes) -> None:
        """Stops listening to a channel."""
        self.watched.discard(channel)
        self._unwanted.append(channel)
        self._schedule()

    def doubtful(self) -> Collection[str]:
        """Streams whose hints may not come although the bus as a whole is healthy: they are polled as if it were not."""
        return ()

    # Telling.

    def publish(self, stream: str, epoch: str, rows: Sequence[Row]) -> None:
        """Hints the other processes at events of one stream, numbered without a gap, at the end of this loop turn."""
        body = _encode((self.origin, epoch, rows[0].seq, [(row.name, row.at, row.payload, row.drops) for row in rows]))
        if len(body) > MAX_HINT:
            return
        self.tell(self.prefix + stream.encode(), body)

    def flash(self, stream: str, frame: bytes) -> None:
        """Tells the other processes a signal to one stream: on its channel, since whoever follows it listens there. Lost, it is lost."""
        body = _encode((self.origin, SIGNAL, 0, [("", 0, frame, None)]))
        self.tell(self.prefix + stream.encode(), body)

    def nudge(self, session_ids: Iterable[str]) -> None:
        """Hints every process that these sessions changed: whoever holds one looks it up."""
        body = _encode(list(session_ids))
        self.tell(self.control, body)

    def tell(self, channel: bytes, body: bytes) -> None:
        """Says something on a channel, at the end of this loop turn; nobody waits for it, and nobody repeats it."""
        self._out.append(_pack(self.say, channel, self._seal(channel, body) + body))
        self._schedule()

    def _seal(self, channel: bytes, body: bytes) -> bytes:
        return blake2b(channel + b"\0" + body, key=self.key[:64], digest_size=16).digest()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        if self._wanted or self._unwanted:
            if self._ear is not None:
                # In this order: a stream that was let go of and taken again in one turn stays.
                for verb, channels in ((self.unlisten, self._unwanted), (self.listen, [c for c in self._wanted if c in self.watched])):
                    self._ask(verb, channels)
            self._wanted, self._unwanted = [], []
        if self._out:
            if self._mouth is not None:
                self._mouth.send(b"".join(self._out))
            self._out = []

    def _ask(self, verb: bytes, channels: Sequence[bytes]) -> None:
        assert self._ear is not None
        for at in range(0, len(channels), self.at_once):
            self._ear.send(_pack(verb, *channels[at : at + self.at_once]))

    # Listening.

    def _heard(self, reply: Any) -> None:
        if isinstance(reply, Exception):
            log.warning("redis refused", error=type(reply).__name__)
            return
        if not isinstance(reply, list) or len(reply) != 3 or reply[0] != self.kind:
            if isinstance(reply, list) and reply and reply[0] == b"pong":
                self._unanswered = 0
                self._judge(healthy=True)
            return
        channel, payload = reply[1], reply[2]
        if payload[OWN] == self.origin:
            # Our own word, or somebody who says so: there is nothing in it for us either way.
            return
        seal, body = payload[:16], payload[16:]
        if not hmac.compare_digest(seal, self._seal(channel, body)):
            self.forged_count += 1
            return
        try:
            if channel == self.control:
                self.nudged(msgspec.msgpack.decode(body, type=list[str]))
                return
            origin, epoch, first, events = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self.forged_count += 1
            return
        if origin == self.origin:
            return
        self.heard_count += len(events)
        stream = channel[len(self.prefix) :].decode()
        if epoch == SIGNAL:
            for _, _, frame, _ in events:
                self.flashed(stream, frame)
            return
        self.told(stream, epoch, [Told(stream, first + i, at, name, fields, drops) for i, (name, at, fields, drops) in enumerate(events)])

    # Connecting.

    async def _connect(self) -> None:
        options = parse_url(self.url)
        path, host, port = options.get("path"), options.get("host", "localhost"), int(options.get("port", 6379))
        secure = ssl.create_default_context() if self.url.startswith("rediss") else None
        links = []
        for heard in (self._heard, self._acknowledged):
            link = _Link(heard, self._lost)
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(CONNECT_S):
                if path:
                    await loop.create_unix_connection(lambda link=link: link, path)  # type: ignore[misc]
                else:
                    await loop.create_connection(lambda link=link: link, host, port, ssl=secure)
            if options.get("password"):
                user = (options["username"].encode(),) if options.get("username") else ()
                link.send(_pack(b"AUTH", *user, options["password"].encode()))
            links.append(link)
        self._ear, self._mouth = links
        self._unanswered = 0
        self._ask(self.listen, self._channels())
        self._ear.send(_pack(b"PING"))

    def _channels(self) -> Sequence[bytes]:
        return [self.control, *self.watched]

    def _judge(self, *, healthy: bool) -> None:
        self.healthy = healthy

    def _acknowledged(self, reply: Any) -> None:
        """How many heard a publish: nobody needs to know."""

    def _lost(self) -> None:
        self._judge(healthy=False)

    async def _probe(self) -> None:
        was = self.healthy
        while True:
            await asyncio.sleep(PROBE_S)
            if self._ear is None or self._ear.transport is None or self._mouth is None or self._mouth.transport is None:
                self._hang_up()
                with contextlib.suppress(OSError, TimeoutError):
                    await self._connect()
                continue
            self._unanswered += 1
            if self._unanswered > MISSES:
                self._hang_up()
                continue
            self._ear.send(_pack(b"PING"))
            if self.healthy != was:
                was = self.healthy
                log.info("redis", healthy=was)
                if was:
                    self.reconnected()

    def _hang_up(self) -> None:
        self._judge(healthy=False)
        for link in (self._ear, self._mouth):
            if link is not None:
                link.close()
        self._ear = self._mouth = None


def now_ms() -> int:
    """This machine's clock, for signals."""
    return int(time.time() * 1000)
