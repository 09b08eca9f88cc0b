"""Two gateways, hundreds of things at once, and then every promise checked over what each client saw.

CALLISTO_TEST multiplies the length of the run.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import msgspec
import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect

from protocol import codec
from protocol.types import PlayerId, TeamId
from tests.play import Game, Lost, Someone

Make = Callable[..., Awaitable[Game]]
LONGER = float(os.environ.get("CALLISTO_TEST") or 1)
TEAMS, CREW, LINES = 20, 4, int(10_000 * LONGER)
PIPELINE = 8  # lines a speaker has on their way


class Sailor:
    """A lean client that keeps what it heard, drops its connection at will, and resumes from its cursors."""

    def __init__(self, games: list[Game], someone: Someone, dice: random.Random) -> None:
        self.games = games
        self.player, self.token = someone.player, someone.token
        self.own = f"player:{someone.player}"
        self.dice = dice
        self.cursors: dict[str, dict[str, Any]] = {}
        self.heard: dict[str, list[tuple[int, str, str]]] = {}
        self.left_live: set[tuple[str, int]] = set()  # (stream, last number heard) of memberships that ended while connected
        self.begun: set[tuple[str, int]] = set()  # (stream, head) where a team was first heard of by a start: live from there
        self.team: str | None = None
        self.steered = 0
        self.resets = 0
        self.socket: ClientConnection | None = None
        self.waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self.reader: asyncio.Task[None] | None = None
        self.acked: dict[str, tuple[str, int, str]] = {}  # text: stream, number, message id
        self.refused: set[str] = set()
        self.numbers = 0
        self.starts = 0

    async def start(self) -> None:
        """Connects to any gateway and resumes."""
        self.socket = await connect(
            self.dice.choice(self.games).ws, subprotocols=[websockets.Subprotocol(codec.MSGPACK)], compression=None, ping_interval=None,
            close_timeout=0.1, max_queue=None,
        )  # fmt: skip
        self.reader = asyncio.create_task(self._read(self.socket))
        self.starts += 1
        await self.ask(
            "session.start", {"token": self.token, **({"cursors": self.cursors} if self.cursors else {})}, f"start {self.starts}"
        )

    def _started(self, streams: dict[str, Any]) -> None:
        # In the turn of the answer: the replay follows at once.
        self.steered = streams[self.own]["head"]
        self.team = next((name for name in streams if name.startswith("team:")), None)
        for name in [name for name in self.cursors if name not in streams]:
            del self.cursors[name]
        for name, at in streams.items():
            cursor = self.cursors.get(name)
            if cursor is None:
                self.cursors[name] = {"epoch": at["epoch"], "seq": at["head"]}
                self.begun.add((name, at["head"]))
            elif cursor["seq"] < at.get("from", 1) - 1:
                cursor["seq"] = at["from"] - 1

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for data in socket:
                frame = msgspec.msgpack.decode(data)  # type: ignore[arg-type]
                if "re" in frame:
                    if "streams" in frame.get("ok", {}):
                        self._started(frame["ok"]["streams"])
                    future = self.waiting.pop(frame["re"], None)
                    if future is not None and not future.done():
                        future.set_result(frame)
                elif "s" in frame:
                    self._hear(frame)
                elif frame["t"] == "stream.reset":
                    self.resets += 1
        except websockets.ConnectionClosed:
            pass
        finally:
            for future in self.waiting.values():
                if not future.done():
                    future.set_exception(Lost())
            self.waiting.clear()

    def _hear(self, frame: dict[str, Any]) -> None:
        stream, seq = frame["st"], frame["s"]
        cursor = self.cursors.get(stream)
        assert cursor is not None, f"heard {frame['t']} of {stream}, which nobody follows here"
        assert seq == cursor["seq"] + 1, f"{stream} jumps from {cursor['seq']} to {seq}"
        cursor["seq"] = seq
        if stream.startswith("team:"):
            self.heard.setdefault(stream, []).append((seq, frame["t"], frame["d"].get("message_id", "")))
        elif stream == self.own and seq > self.steered:
            name = f"team:{frame['d'].get('team_id')}"
            if frame["t"] == "team.entered":
                self.cursors[name] = {"epoch": frame["d"]["epoch"], "seq": frame["d"]["from_seq"] - 1}
                self.team = name
            elif frame["t"] == "team.exited":
                gone = self.cursors.pop(name)
                self.left_live.add((name, gone["seq"]))
                self.team = None

    async def ask(self, name: str, fields: dict[str, Any], id: str) -> dict[str, Any]:
        """One try."""
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.waiting[id] = future
        assert self.socket is not None
        try:
            await self.socket.send(msgspec.msgpack.encode({"t": name, "id": id, "d": fields}))
        except websockets.ConnectionClosed:
            self.waiting.pop(id, None)
            raise
        async with asyncio.timeout(10):
            return await future

    async def surely(self, name: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Until it is answered, under one id, over as many connections as it takes."""
        self.numbers += 1
        id = f"c{self.numbers}"
        while True:
            with contextlib.suppress(websockets.ConnectionClosed, Lost, OSError):
                frame = await self.ask(name, fields, id)
                if frame.get("error", {}).get("code") not in ("unavailable", "unauthenticated", "internal"):
                    return frame
                assert frame["error"]["code"] != "internal", frame
            await asyncio.sleep(0.01)

    async def say(self, text: str) -> None:
        """Says a line, and notes what came of it."""
        frame = await self.surely("team.say", {"text": text})
        if "ok" in frame:
            ((stream, seq),) = frame["pos"].items()
            self.acked[text] = (stream, seq, frame["ok"]["message_id"])
        else:
            assert frame["error"]["code"] == "team.none", frame
            self.refused.add(text)

    async def reconnect(self) -> None:
        """The connection breaks, and is made again."""
        if self.socket is not None:
            self.socket.transport.abort()
            assert self.reader is not None
            # Waited for, not awaited: who is called off while waiting must not call the reader off.
            await asyncio.wait([self.reader])
        while True:
            with contextlib.suppress(websockets.ConnectionClosed, Lost, OSError):
                return await self.start()

    async def leave(self) -> None:
        """Goes."""
        if self.socket is not None:
            await self.socket.close()
            assert self.reader is not None
            # Waited for, not awaited: who is called off while waiting must not call the reader off.
            await asyncio.wait([self.reader])


@pytest.mark.timeout(30 + 30 * LONGER)
async def test_ten_thousand_lines_over_two_gateways_are_heard_once_in_one_order_by_those_entitled(make_game: Make) -> None:
    games = [await make_game(node=f"g{number}", game_time_scale=1e9) for number in (1, 2)]
    owner = games[0].world.owner
    dice = random.Random(int(os.environ.get("CALLISTO_SEED") or 20_261))
    teams: list[TeamId] = []
    sailors: list[Sailor] = []
    leaders: list[Sailor] = []
    for number in range(TEAMS):
        leader = await games[number % 2].captain(online=False)
        lead = Sailor(games, leader, random.Random(dice.random()))
        await lead.start()
        frame = await lead.surely("team.create", {"name": f"Team {number}", "max_members": 20, "recruitment_status": "OPEN"})
        teams.append(TeamId(frame["ok"]["team"]["team_id"]))
        leaders.append(lead)
        sailors.append(lead)
        for _ in range(CREW - 1):
            one = Sailor(games, await games[number % 2].captain(credits=0, online=False), random.Random(dice.random()))
            await one.start()
            assert "ok" in await one.surely("team.join", {"team_id": str(teams[-1])})
            sailors.append(one)
    began = time.monotonic()
    counter = iter(range(LINES))

    async def talk(one: Sailor) -> None:
        async def speak() -> None:
            for number in counter:
                await one.say(f"line {number}")
                await asyncio.sleep(one.dice.uniform(0, 0.2))

        await asyncio.gather(*(speak() for _ in range(PIPELINE // 2)))

    async def trouble() -> None:
        while not over:
            await asyncio.sleep(dice.uniform(0, 0.05))
            one = dice.choice([each for each in sailors if each not in away])
            away.add(one)
            await one.reconnect()
            away.discard(one)

    async def wander() -> None:
        while not over:
            await asyncio.sleep(dice.uniform(0, 0.05))
            one = dice.choice([each for each in sailors if each not in leaders and each not in moving])
            moving.add(one)
            if one.team is None:
                await one.surely("team.join", {"team_id": str(dice.choice(teams))})
            elif dice.random() < 0.5:
                await one.surely("team.leave", {})
            else:
                boss = next((each for each in leaders if each.team == one.team), None)
                if boss is not None:
                    await boss.surely("team.kick", {"player_id": str(one.player)})
            moving.discard(one)

    over: list[bool] = []
    away: set[Sailor] = set()
    moving: set[Sailor] = set()
    nuisances = [asyncio.create_task(work()) for work in (*[trouble] * 5, *[wander] * 3)]
    try:
        await asyncio.gather(*(talk(one) for one in sailors))
    finally:
        # Each finishes what it has begun: a kick under way would commit after the heads have been read.
        over.append(True)
        await asyncio.gather(*nuisances)
    took = time.monotonic() - began

    # Everybody comes back, and hears the end.
    for one in sailors:
        if one.reader is None or one.reader.done():
            await one.reconnect()
    heads = {row["name"]: row["head"] for row in await owner.fetch("select name, head from streams")}
    async with asyncio.timeout(15):
        for one in sailors:
            while one.team is not None and one.cursors.get(one.team, {"seq": 0})["seq"] < heads[one.team]:
                await asyncio.sleep(0.02)
    for one in sailors:
        assert one.reader is not None
        assert not one.reader.done() or one.reader.exception() is None, one.reader.exception()
        await one.leave()
    await check(owner, sailors)
    lines = sum(len(one.acked) for one in sailors)
    print(
        f"{lines} lines said, {sum(len(one.refused) for one in sailors)} refused, {sum(one.starts for one in sailors)} starts in {took:.1f} s"
    )


async def check(owner: asyncpg.Connection, sailors: list[Sailor]) -> None:
    """Every promise, over what the log and the clients hold."""
    logs: dict[str, dict[int, tuple[str, str]]] = {}
    for row in await owner.fetch("select stream, seq, name, payload from stream_events where stream like 'team:%' order by stream, seq"):
        logs.setdefault(row["stream"], {})[row["seq"]] = (row["name"], msgspec.msgpack.decode(row["payload"]).get("message_id", ""))
    heads = {row["name"]: row["head"] for row in await owner.fetch("select name, head from streams where name like 'team:%'")}
    for stream, log in logs.items():
        assert list(log) == list(range(1, heads[stream] + 1)), f"{stream} has gaps"
    memberships: dict[PlayerId, list[tuple[str, int, int | None]]] = {}
    for row in await owner.fetch("select team_id, player_id, from_seq, to_seq from team_memberships order by joined_at, from_seq"):
        memberships.setdefault(row["player_id"], []).append((f"team:{row['team_id']}", row["from_seq"], row["to_seq"]))

    # Acknowledged lines are in the log, once, under the number that was answered; refused ones are not; nothing else is.
    said = {id: (stream, seq) for stream, log in logs.items() for seq, (name, id) in log.items() if name == "team.said"}
    answered = [(id, stream, seq) for one in sailors for stream, seq, id in one.acked.values()]
    assert sorted(said) == sorted(id for id, _, _ in answered)
    assert all(said[id] == (stream, seq) for id, stream, seq in answered)
    stored = {str(row["id"]) for row in await owner.fetch("select id from messages")}
    assert stored == set(said)

    for one in sailors:
        assert one.resets == 0
        for stream, heard in one.heard.items():
            numbers = [seq for seq, _, _ in heard]
            assert numbers == sorted(set(numbers)), f"{stream} doubled or out of order"
            for seq, name, id in heard:
                assert logs[stream][seq] == (name, id), f"{stream} {seq} is another event here"
            mine = [(first, to) for name, first, to in memberships[one.player] if name == stream]
            for seq in numbers:
                assert any(first <= seq and (to is None or seq < to) for first, to in mine), f"{seq} of {stream} was not theirs to hear"
        for stream, first, to in memberships[one.player]:
            heard_here = [seq for seq, _, _ in one.heard.get(stream, []) if seq >= first and (to is None or seq < to)]
            last = heard_here[-1] if heard_here else first - 1
            begun = heard_here[0] if heard_here and (stream, heard_here[0] - 1) in one.begun else first
            assert heard_here == list(range(begun, last + 1)), f"{stream}: not contiguous from {first}: {heard_here[:5]}"
            if to is None:
                assert one.cursors[stream]["seq"] == heads[stream], "somebody who stayed missed the end"
            elif (stream, to - 1) not in one.left_live:
                # They were away when they were put out: then the rest is not told any more.
                assert not any(name == stream and first <= last < to for name, last in one.left_live), (
                    "put out while connected, and missed the last lines"
                )
