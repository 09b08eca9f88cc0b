"""One device of a captain: a session, its connection, where it is in every stream, and its way back when the connection ends.

It records everything it sends, hears and loses, and judges nothing. It follows the advice of the close codes as the SDK does.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from itertools import count
from typing import Any, cast

import msgspec

from callisto_client.advice import Closed as Ended
from callisto_client.advice import back_off, plan
from callisto_client.errors import Stopped
from tests.faults.history import (
    AnyRecord,
    Began,
    Closed,
    Done,
    Invoke,
    Reset,
    Unknown,
    heard,
    replied,
)
from tests.faults.lean_socket import Socket

REPLY_S = 7.0  # the default deadline is 5 s; whoever hears nothing for longer goes elsewhere
SILENT_S = 22.0  # two of the server's pings
LOOK_S = 1.0

OPS = count()
CONNS = count()

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode

Door = Callable[[int], int]
"""Gives a port to dial; the argument is how many tries in a row have failed."""


class Gone(Exception):
    """The connection is not there, or ended before the reply."""


class Device:
    """A session of one captain. `on_event` is told of every event that is news."""

    def __init__(self, who: str, session_id: str, token: str, door: Door, record: Callable[[AnyRecord], None], dice: random.Random) -> None:
        self.who = who
        self.session_id = session_id
        self.token = token
        self.door = door
        self.record = record
        self.dice = dice
        self.own = f"player:{who}"
        self.cursors: dict[str, dict[str, Any]] = {}
        self.first: dict[str, dict[str, Any]] = {}
        self.steered = 0
        self.realigned = False
        self.conn = -1
        self.node = ""
        self.socket: Socket | None = None
        self.live = asyncio.Event()
        self.moving = False
        self.stopped = ""
        self.wanted = False
        self.on_event: Callable[[dict[str, Any]], None] = lambda frame: None
        self.on_began: Callable[[Device], None] = lambda device: None
        self.answered_hook: Callable[[float], None] = lambda seconds: None
        self.anonymous = False
        """Whether it only knows its token, and takes what the server says it is."""
        self.unknown_hook: Callable[[Device, str, str], None] = lambda device, node, why: None
        self.rows: dict[str, list[tuple[int, str, bytes]]] | None = None
        self.waiting: dict[str, tuple[int, str, asyncio.Future[Done | Unknown]]] = {}
        self.asked: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._began: asyncio.Future[None] | None = None
        self._opening = b""
        self._given: dict[str, dict[str, Any]] = {}
        self._life: asyncio.Task[None] | None = None
        self._ended: asyncio.Future[tuple[int, str]] | None = None

    # Being there.

    def begin(self) -> None:
        """Connects, and stays connected until `leave`."""
        self.wanted = True
        self._life = asyncio.get_running_loop().create_task(self._live())

    async def leave(self) -> None:
        """Goes for good."""
        self.wanted = False
        if self._life is not None:
            self._life.cancel()
            await asyncio.gather(self._life, return_exceptions=True)
        if self.socket is not None:
            self.socket.leave()

    async def _live(self) -> None:
        tries = 0
        while self.wanted:
            try:
                await self._start(self.door(tries))
            except (OSError, TimeoutError, Gone):
                if self.socket is not None:
                    self.socket.cut()
                tries += 1
                await asyncio.sleep(back_off(tries, self.dice) if tries > 1 else self.dice.uniform(0.0, 0.1))
                continue
            except Stopped as end:
                self.stopped = str(end)
                return
            tries = 0
            code, reason = await self._over()
            try:
                todo = plan(Ended(code, reason), 0, self.dice)
            except Stopped as end:
                self.stopped = str(end)
                return
            if todo.snapshot:
                self.cursors.clear()
            await asyncio.sleep(todo.wait_s)

    async def _over(self) -> tuple[int, str]:
        """Waits for the end of the connection; a silent one is broken off."""
        assert self._ended is not None and self.socket is not None
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    return await asyncio.shield(self._ended)
            if asyncio.get_running_loop().time() - self.socket.last_heard > SILENT_S:
                self.socket.cut()

    async def _start(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        self.conn, self.node, self.moving = next(CONNS), "", False
        self._ended, self._began = loop.create_future(), loop.create_future()
        conn, ended = self.conn, self._ended
        self.socket = None
        self.socket = await Socket.dial(port, self._heard, lambda code, reason: self._closed(conn, ended, code, reason))
        self._given = {name: dict(at) for name, at in self.cursors.items() if at["epoch"]}
        fields = {"token": self.token, **({"cursors": self._given} if self._given else {})}
        self._opening = _encode({"t": "session.start", "id": "start", "d": fields})
        self._say_start(self.socket)
        async with asyncio.timeout(REPLY_S):
            await asyncio.wait(cast(list[asyncio.Future[Any]], [self._began, self._ended]), return_when=asyncio.FIRST_COMPLETED)
        if not self._began.done():
            code, reason = self._ended.result()
            plan(Ended(code, reason), 0, self.dice)
            raise Gone(reason)
        self._began.result()

    def _say_start(self, on: Socket | None) -> None:
        # On the connection that was refused: by now there may be another one, which has begun.
        if on is not None and on is self.socket:
            on.send(self._opening)

    def break_off(self) -> None:
        """The connection breaks without a word."""
        if self.socket is not None:
            self.socket.cut()

    # Hearing.

    def _heard(self, data: bytes) -> None:
        frame = _decode(data)
        if "s" in frame:
            self._event(frame)
        elif "re" in frame:
            self._reply(frame)
        elif frame["t"] == "hello":
            self.node = frame["d"]["node"]
        elif frame["t"] == "stream.reset":
            told = frame["d"]
            self.record(Reset(time.monotonic(), self.who, self.conn, told["stream"], told["epoch"], told["head"], told["reason"]))
            self.cursors[told["stream"]] = {"epoch": told["epoch"], "seq": told["head"]}
            if self.rows is not None:
                self.rows.pop(told["stream"], None)
            if told["stream"] == self.own:
                self.steered = told["head"]
                self.realigned = True
        elif frame["t"] == "session.move":
            self.moving = True
            self.live.clear()

    def _event(self, frame: dict[str, Any]) -> None:
        stream, seq = frame["st"], frame["s"]
        cursor = self.cursors.get(stream)
        if cursor is None:
            cursor = self.cursors[stream] = {"epoch": "", "seq": seq}
        note = heard(time.monotonic(), self.who, self.conn, cursor["epoch"], frame)
        self.record(note)
        if self.rows is not None:
            self.rows.setdefault(stream, []).append((seq, frame["t"], note.digest))
        cursor["seq"] = seq
        if stream == self.own and seq > self.steered:
            name = f"team:{frame['d'].get('team_id')}"
            if frame["t"] == "team.entered":
                self.cursors[name] = {"epoch": frame["d"]["epoch"], "seq": frame["d"]["from_seq"] - 1}
            elif frame["t"] == "team.exited":
                self.cursors.pop(name, None)
        self.on_event(frame)

    def _reply(self, frame: dict[str, Any]) -> None:
        if frame["re"] == "start":
            self._started(frame)
            return
        asked = self.asked.get(frame["re"])
        if asked is not None and not asked.done():
            asked.set_result(frame)
            return
        found = self.waiting.pop(frame["re"], None)
        if found is None:
            return
        op, _, future = found
        end = replied(time.monotonic(), op, frame)
        self.record(end)
        if isinstance(end, Unknown):
            self.unknown_hook(self, self.node, end.why)
        if not future.done():
            future.set_result(end)

    def _started(self, frame: dict[str, Any]) -> None:
        assert self._began is not None
        if self._began.done():
            return
        if "ok" not in frame:
            error = frame["error"]
            if error.get("retryable") or error["code"] == "unavailable":
                asyncio.get_running_loop().call_later(error.get("retry_after_ms", 300) / 1000, self._say_start, self.socket)
            return
        streams = frame["ok"]["streams"]
        if self.anonymous:
            self.who, self.session_id = frame["ok"]["player_id"], frame["ok"]["session_id"]
            self.own = f"player:{self.who}"
        self.record(Began(time.monotonic(), self.who, self.conn, self.node, streams, self._given, self.session_id))
        self.steered, self.realigned = streams[self.own]["head"], False
        for name in [name for name in self.cursors if name not in streams]:
            del self.cursors[name]
        for name, at in streams.items():
            cursor = self.cursors.get(name)
            if cursor is None or name not in self._given:
                self.cursors[name] = {"epoch": at["epoch"], "seq": at["head"]}
            elif cursor["epoch"] == at["epoch"] and cursor["seq"] < at.get("from", 1) - 1:
                cursor["seq"] = at["from"] - 1
        if not self.first:
            self.first = {name: {"epoch": at["epoch"], "seq": at["seq"]} for name, at in self.cursors.items()}
        self._began.set_result(None)
        if not self.moving:
            self.live.set()
        self.on_began(self)

    def _closed(self, conn: int, ended: asyncio.Future[tuple[int, str]], code: int, reason: str) -> None:
        self.record(Closed(time.monotonic(), self.who, conn, code, reason))
        if not ended.done():
            ended.set_result((code, reason))
        if conn == self.conn:
            self.live.clear()
            self._forsake("lost")

    def _forsake(self, why: str) -> None:
        waiting, self.waiting = self.waiting, {}
        for op, node, future in waiting.values():
            end = Unknown(op, time.monotonic(), why)
            self.record(end)
            self.unknown_hook(self, node, why)
            if not future.done():
                future.set_result(end)

    # Asking.

    async def send(self, name: str, fields: dict[str, Any], id: str, *, altered: bool = False) -> Done | Unknown:
        """One try, now. Raises Gone when there is no connection to try on, or one that waits for this id already."""
        if not self.live.is_set() or self.socket is None or id in self.waiting:
            raise Gone
        op = next(OPS)
        future: asyncio.Future[Done | Unknown] = asyncio.get_running_loop().create_future()
        self.waiting[id] = (op, self.node, future)
        self.record(Invoke(op, time.monotonic(), self.who, self.conn, self.node, id, name, fields, altered))
        socket, began = self.socket, time.monotonic()
        socket.send(_encode({"t": name, "id": id, "d": fields}))
        try:
            async with asyncio.timeout(REPLY_S):
                end = await asyncio.shield(future)
                if isinstance(end, Done):
                    self.answered_hook(time.monotonic() - began)
                return end
        except TimeoutError:
            # Whoever gets no answer goes elsewhere; what else waits there is lost with it.
            socket.cut()
            if not future.done():
                raise
            return future.result()

    async def ask(self, name: str, fields: dict[str, Any], id: str) -> dict[str, Any] | None:
        """A question of the runner's own, which leaves no record. The frame, or None when nothing came."""
        if not self.live.is_set() or self.socket is None:
            return None
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.asked[id] = future
        self.socket.send(_encode({"t": name, "id": id, "d": fields}))
        try:
            async with asyncio.timeout(REPLY_S):
                return await future
        except TimeoutError:
            return None
        finally:
            self.asked.pop(id, None)
