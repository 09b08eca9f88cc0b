"""A captain of the test language whose socket is recorded as a history, so that the judges can be asked about one small story."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

from uuid_utils.compat import uuid7
from websockets.asyncio.client import ClientConnection

from tests.faults.checks import Limits, Report, judge
from tests.faults.history import (
    AnyRecord,
    Began,
    Closed,
    Fault,
    Invoke,
    Reset,
    Settled,
    Unknown,
    heard,
    replied,
)
from tests.faults.whitebox import read
from tests.play import Someone
from tests.world import World

STORY = Limits(heal_s=0.0, resume_p99_s=60.0, reply_s=60.0, late_s=60.0)
"""Limits of a story, whose subject is not speed: the watch itself waits for what is owed."""


class Watch:
    """The history of everybody it watches."""

    def __init__(self) -> None:
        self.history: list[AnyRecord] = []
        self.people: list[Someone] = []
        self.ops = 0
        self.conns = 0
        self.asked: list[tuple[Someone, str]] = []

    def on(self, one: Someone) -> Someone:
        """Records what this captain sends and hears, from the next start on."""
        Watched(self, one)
        self.people.append(one)
        return one

    async def end(self, world: World, patience_s: float) -> Report:
        """All is whole: waits at most so long for what is still owed, settles what is unknown, and asks the judges."""
        self.history.append(Fault(time.monotonic(), "heal", "", "end"))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await self._owed(world)
        for one, id in self.asked:
            first, second = [(await one.ask("session.command_status", {"command_id": id}))["ok"] for _ in range(2)]
            self.history.append(Settled(time.monotonic(), str(one.player), id, first, second))
        # So that the story's end is not its last event.
        self.history.append(Fault(time.monotonic(), "quiet", "", "end"))
        return judge(self.history, await read(world.owner_url), STORY)

    async def _owed(self, world: World) -> None:
        """Everybody who is connected has heard everything they follow."""
        heads = dict(await world.owner.fetch("select name, head from streams"))
        for one in self.people:
            while one.connected and any(at["seq"] < heads.get(stream, 0) for stream, at in one.cursors.items()):
                one.arrived.clear()
                await one.arrived.wait()


class Watched:
    """One captain's recording: their methods, each with a record beside it."""

    def __init__(self, watch: Watch, one: Someone) -> None:
        self.watch, self.one, self.conn = watch, one, 0
        self.who = str(one.player)
        self.sent: dict[str, list[int]] = {}
        self.start_id = ""
        self.cursors: dict[str, Any] = {}
        self.epochs: dict[str, str] = {}
        self.take, self.send, self.listen = one._take, one.send, one._listen
        one._take, one.send, one._listen = self._take, self._send, self._listen  # type: ignore[method-assign]  # that is the point

    async def _send(self, name: str, fields: dict[str, Any] | None = None, *, id: str | None = None, **more: Any) -> Any:
        id = id or str(uuid7())
        if name == "session.start":
            self.start_id, self.cursors = id, (fields or {}).get("cursors", {})
        else:
            self.watch.ops += 1
            self.sent.setdefault(id, []).append(self.watch.ops)
            gateway = self.one.game.app.node
            self.watch.history.append(Invoke(self.watch.ops, time.monotonic(), self.who, self.conn, gateway, id, name, dict(fields or {})))
        return await self.send(name, fields, id=id, **more)

    def _take(self, frame: dict[str, Any]) -> None:
        t, history = time.monotonic(), self.watch.history
        if "re" in frame:
            if frame["re"] == self.start_id and "ok" in frame:
                self.watch.conns += 1
                self.conn, streams = self.watch.conns, frame["ok"]["streams"]
                self.epochs = {name: at["epoch"] for name, at in streams.items()}
                history.append(Began(t, self.who, self.conn, "g1", streams, self.cursors, str(frame["ok"]["session_id"])))
            elif self.sent.get(frame["re"]):
                record = replied(t, self.sent[frame["re"]].pop(0), frame)
                if isinstance(record, Unknown):
                    self.watch.asked.append((self.one, frame["re"]))
                history.append(record)
        elif "s" in frame:
            if frame["t"] == "team.entered":
                self.epochs[f"team:{frame['d']['team_id']}"] = frame["d"]["epoch"]
            history.append(heard(t, self.who, self.conn, self.epochs.get(frame["st"], ""), frame))
        elif frame["t"] == "stream.reset":
            d = frame["d"]
            self.epochs[d["stream"]] = d["epoch"]
            history.append(Reset(t, self.who, self.conn, d["stream"], d["epoch"], d["head"], d["reason"]))
        self.take(frame)

    async def _listen(self, socket: ClientConnection) -> None:
        await self.listen(socket)
        t = time.monotonic()
        self.watch.history.append(Closed(t, self.who, self.conn, *(self.one.closed or (1006, ""))))
        for id, ops in self.sent.items():
            while ops:
                self.watch.history.append(Unknown(ops.pop(0), t, "connection lost"))
                self.watch.asked.append((self.one, id))
