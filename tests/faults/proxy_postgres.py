"""The proxy in front of PostgreSQL: it follows both directions' messages and can cut exactly between a commit and its reply.

What is cut is a `COMMIT`, or a batched lane's one-statement call, whose commit comes with its Sync. The reply is held until
the server's ReadyForQuery says that the transaction is over, and only a reply whose CommandComplete has been seen, without
an error, is cut: so the server has committed, and the gateway never hears of it.
"""

from __future__ import annotations

import random
from collections import deque

from tests.faults.proxy import Link, Proxy

SSL_REQUEST, CANCEL_REQUEST = 80_877_103, 80_877_102
LANE_CALL = b"_many("  # the statements that commit by themselves: say_many, announce_many, deposit_many
COMMIT, CALL, OTHER = "commit", "call", ""


class PostgresLink(Link):
    """One connection to PostgreSQL."""

    proxy: PostgresProxy

    def __init__(self, proxy: Proxy) -> None:
        super().__init__(proxy)
        self._greeted = False
        self._up = b""
        self._down = b""
        self._waiting: deque[str] = deque()  # what each Sync or simple query will have done, oldest first
        self._calls: set[bytes] = set()  # prepared statements that are a lane's
        self._calling = False
        self._completed = b""
        self._failed = False
        self._kept = b""

    # Client to server: only looked at.

    def up(self, data: bytes) -> None:
        if not self._greeted:
            data = self._greet(data)
            if not data:
                return
        self.forward_up(data)
        self._look_up(data)

    def _greet(self, data: bytes) -> bytes:
        """The untyped first packet. Gives what is to be sent on."""
        self._up += data
        data, self._up = self._up, b""
        if len(data) < 8:
            self._up = data
            return b""
        size, code = int.from_bytes(data[:4], "big"), int.from_bytes(data[4:8], "big")
        if code == SSL_REQUEST:
            if self.near is not None:
                self.near.write(b"N")
            return self._greet(data[8:]) if len(data) > 8 else b""
        self._greeted = True
        if code == CANCEL_REQUEST:
            return data
        self.forward_up(data[:size])
        return data[size:]

    def _look_up(self, data: bytes) -> None:
        buffer, at = self._up + data if self._up else data, 0
        while len(buffer) - at >= 5:
            end = at + 1 + int.from_bytes(buffer[at + 1 : at + 5], "big")
            if end > len(buffer):
                break
            kind = buffer[at]
            if kind == 0x42:  # Bind: portal, statement
                portal = buffer.index(b"\0", at + 5)
                self._calling = buffer[portal + 1 : buffer.index(b"\0", portal + 1)] in self._calls
            elif kind == 0x53:  # Sync
                self._waiting.append(CALL if self._calling else OTHER)
                self._calling = False
            elif kind == 0x51:  # simple query
                self._waiting.append(COMMIT if buffer[at + 5 : at + 11].upper() == b"COMMIT" else OTHER)
            elif kind == 0x50:  # Parse: statement, text
                name = buffer[at + 5 : buffer.index(b"\0", at + 5)]
                self._calls.discard(name)
                if LANE_CALL in buffer[at + 5 : end]:
                    self._calls.add(name)
            at = end
        self._up = buffer[at:]

    # Server to client: whole messages only; the reply to a commit that may be cut is kept until it is complete.

    def down(self, data: bytes) -> None:
        buffer, at, passed = self._down + data if self._down else data, 0, 0
        while len(buffer) - at >= 5:
            end = at + 1 + int.from_bytes(buffer[at + 1 : at + 5], "big")
            if end > len(buffer):
                break
            kind = buffer[at]
            if kind == 0x43:  # CommandComplete
                self._completed = buffer[at + 5 : end - 1]
            elif kind == 0x45:  # ErrorResponse
                self._failed = True
            elif kind == 0x5A:  # ReadyForQuery
                what = self._waiting.popleft() if self._waiting else OTHER
                committed = buffer[at + 5 : at + 6] == b"I" and not self._failed and self._is_commit(what)
                self._completed, self._failed = b"", False
                if committed and self.proxy.wants_cut(what):
                    self.proxy.cut(self, what)
                    return
                self._pass(buffer[passed:end])
                passed = end
            at = end
        self._down = buffer[at:]
        if at > passed:
            if self.proxy.share and self._waiting and self._waiting[0] != OTHER:
                self._kept += buffer[passed:at]
            else:
                self._pass(buffer[passed:at])

    def _pass(self, data: bytes) -> None:
        if self._kept:
            data, self._kept = self._kept + data, b""
        self.lanes[1].pass_on(data)

    def _is_commit(self, what: str) -> bool:
        # A transaction that failed answers COMMIT with ROLLBACK.
        return (what == COMMIT and self._completed == b"COMMIT") or (what == CALL and self._completed.startswith(b"SELECT"))


class PostgresProxy(Proxy):
    """In front of PostgreSQL. `share` of the commits are cut while it is above 0."""

    link = PostgresLink

    def __init__(self, target: str | tuple[str, int], dice: random.Random) -> None:
        super().__init__(target)
        self.dice = dice
        self.share = 0.0
        self.cuts: dict[str, int] = {COMMIT: 0, CALL: 0}

    def wants_cut(self, what: str) -> bool:
        """Whether this commit's reply gets lost."""
        return self.dice.random() < self.share

    def cut(self, link: PostgresLink, what: str) -> None:
        """Loses a commit's reply with its connection."""
        self.cuts[what] += 1
        link.reset()
