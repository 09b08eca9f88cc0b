"""Clients that mean harm, for tests and for the bench: hostile frames, bad framing, pipelines, floods, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from typing import Any

import msgspec

from tests.gateway.echo_app import BINARY, CLOSE, CONT, MSGPACK, PING, PONG, TEXT, Client, frame
from tests.protocol.hostile import hostile

AT_ONCE = 20  # frames in one write
PATIENCE_S = 15.0
# Framing that RFC 6455 does not know, each ends the connection.
BROKEN = (
    frame(BINARY, b"x", rsv=0x40), frame(BINARY, b"x", masked=False), frame(11, b"x"), frame(PING, b"x" * 126), frame(CONT, b"x"),
    frame(CLOSE, b"\x03"), frame(TEXT, b"{}"), frame(BINARY, b"", claim=1 << 40), frame(BINARY, b"x" * 16_385),
)  # fmt: skip


class Assault:
    """One villain with a good token. Counts what it sent, what it was answered, how it was ended."""

    def __init__(self, port: int, token: str, dice: random.Random, address: str = "127.0.0.1") -> None:
        self.port = port
        self.token = token
        self.dice = dice
        self.address = address
        self.sent = 0
        self.codes: Counter[str] = Counter()
        self.closes: Counter[int] = Counter()

    async def frames(self, many: int, pause_s: float = 0.0) -> None:
        """So many frames, some twenty a write, over as many connections as it takes; `pause_s` after each write."""
        while self.sent < many:
            try:
                client = await self._connected()
            except (OSError, AssertionError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.05)  # turned away at the door
                continue
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                while self.sent < many and await self._volley(client):
                    await asyncio.sleep(pause_s)
            client.leave()
            await asyncio.sleep(pause_s)

    async def _connected(self) -> Client:
        return await Client.connect(self.port, MSGPACK, "/v1/ws", local_addr=(self.address, 0))

    async def _volley(self, client: Client) -> bool:
        """One write, with a start first now and then, and everything that comes back. False once the connection is over."""
        volley = []
        if self.dice.random() < 0.4:
            volley.append(self._command("session.start", token=self.token))
        for _ in range(AT_ONCE):
            odds = self.dice.random()
            if odds < 0.01:
                volley.append(self.dice.choice(BROKEN))
            elif odds < 0.03:
                volley.append(frame(self.dice.choice((PING, PONG)), b"x"))
            elif odds < 0.06:
                data = hostile(self.dice, text=False)
                at = self.dice.randint(0, len(data))
                volley += [frame(BINARY, data[:at], fin=False), frame(CONT, data[at:])]
            else:
                volley.append(frame(BINARY, hostile(self.dice, text=False)))
            self.sent += 1
        volley.append(self._command("session.ping", id="sentinel"))
        client.send(*volley)
        while True:
            opcode, payload = await client.hear(PATIENCE_S)
            if opcode == CLOSE:
                self.closes[int.from_bytes(payload[:2], "big")] += 1
                return False
            if opcode != BINARY:
                continue
            said = msgspec.msgpack.decode(payload)
            if "re" in said:
                self.codes[said["error"]["code"] if "error" in said else "ok"] += 1
                if said["re"] == "sentinel":
                    return True

    def _command(self, name: str, id: str = "start", **fields: Any) -> bytes:
        return frame(BINARY, msgspec.msgpack.encode({"t": name, "id": id, "d": fields}))
