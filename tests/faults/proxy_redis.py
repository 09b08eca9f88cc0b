"""The proxy in front of Redis, which can lie: of the messages that Redis pushes it drops some, doubles some, swaps neighbours,
repeats old ones, says them on other channels, and makes up its own.

While it tells the truth it looks at nothing. Lying begins with the connections made after `lie`, so that every message is
seen from its first byte.
"""

from __future__ import annotations

import random
from collections import Counter, deque

from tests.faults.proxy import Link, Proxy

DROPPED, DOUBLED, SWAPPED, OLD, FOREIGN, FORGED = 0.30, 0.10, 0.10, 0.10, 0.05, 0.10
REMEMBERED = 200  # messages that may be repeated
MESSAGE = b"*3\r\n$7\r\nmessage\r\n"


class RedisLink(Link):
    """One connection to Redis."""

    proxy: RedisProxy

    def __init__(self, proxy: Proxy) -> None:
        super().__init__(proxy)
        self._watched = self.proxy.lying
        self._buffer = b""
        self._swapped = b""

    def down(self, data: bytes) -> None:
        if not self._watched:
            self.lanes[1].pass_on(data)
            return
        self._buffer += data
        out = []
        while (end := extent(self._buffer)) is not None:
            whole, self._buffer = self._buffer[:end], self._buffer[end:]
            out.append(self._tell(whole) if self.proxy.lying and whole.startswith(MESSAGE) else whole)
        if told := b"".join(out):
            self.lanes[1].pass_on(told)

    def _tell(self, whole: bytes) -> bytes:
        """What is told instead of one pushed message."""
        proxy, dice = self.proxy, self.proxy.dice
        channel, payload = parts(whole)
        proxy.remembered.append((channel, payload))
        told, self._swapped = self._swapped, b""
        if dice.random() < DROPPED:
            proxy.lies["dropped"] += 1
            return told
        if dice.random() < SWAPPED and not told:
            proxy.lies["swapped"] += 1
            self._swapped = whole
            return b""
        told = whole + told
        if dice.random() < DOUBLED:
            proxy.lies["doubled"] += 1
            told += whole
        if dice.random() < OLD:
            proxy.lies["repeated"] += 1
            told += message(*dice.choice(proxy.remembered))
        if dice.random() < FOREIGN:
            proxy.lies["on another channel"] += 1
            told += message(dice.choice(proxy.remembered)[0], payload)
        if dice.random() < FORGED:
            proxy.lies["forged"] += 1
            at = dice.randrange(len(payload))
            told += message(channel, payload[:at] + bytes((payload[at] ^ (1 + dice.randrange(255)),)) + payload[at + 1 :])
        return told


class RedisProxy(Proxy):
    """In front of Redis. It lies while `lying`."""

    link = RedisLink

    def __init__(self, target: str | tuple[str, int], dice: random.Random) -> None:
        super().__init__(target)
        self.dice = dice
        self.lying = False
        self.lies: Counter[str] = Counter()
        self.remembered: deque[tuple[bytes, bytes]] = deque(maxlen=REMEMBERED)

    def lie(self, *, on: bool) -> None:
        """Begins to lie, or ends it; everybody connects anew."""
        self.lying = on
        self.reset_all()


def message(channel: bytes, payload: bytes) -> bytes:
    """A pushed message as Redis writes it."""
    return b"%s$%d\r\n%s\r\n$%d\r\n%s\r\n" % (MESSAGE, len(channel), channel, len(payload), payload)


def parts(whole: bytes) -> tuple[bytes, bytes]:
    """Channel and payload of a pushed message."""
    at = len(MESSAGE)
    line = whole.index(b"\r\n", at)
    size = int(whole[at + 1 : line])
    channel = whole[line + 2 : line + 2 + size]
    at = line + 4 + size
    line = whole.index(b"\r\n", at)
    size = int(whole[at + 1 : line])
    return channel, whole[line + 2 : line + 2 + size]


def extent(data: bytes, at: int = 0) -> int | None:
    """Where the reply that begins at `at` ends; None while it is incomplete."""
    line = data.find(b"\r\n", at)
    if line < 0:
        return None
    kind, end = data[at : at + 1], line + 2
    if kind == b"$":
        size = int(data[at + 1 : line])
        end += size + 2 if size >= 0 else 0
        return end if end <= len(data) else None
    if kind in (b"*", b">"):
        for _ in range(int(data[at + 1 : line])):
            found = extent(data, end)
            if found is None:
                return None
            end = found
    return end
