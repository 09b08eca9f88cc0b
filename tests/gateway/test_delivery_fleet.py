"""Several gateways on one database and one Redis: what is said through one is heard through the other, whatever Redis does.

The long run at the end lets hundreds of things happen at once and then checks every promise over what each client saw.
CALLISTO_TEST multiplies its length.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
import websockets
from uuid_utils.compat import uuid7
from websockets.asyncio.client import ClientConnection, connect

import server
from persistence import events
from protocol import codec, team
from protocol.types import PlayerId, TeamId
from server.embedded_programs import programs, server_user
from tests.conftest import driver_args
from tests.play import Game, Lost, Someone

Make = Callable[..., Awaitable[Game]]
LONGER = float(os.environ.get("CALLISTO_TEST") or 1)
CHECKOUT = Path(server.__file__).parent.parent


class OwnRedis:
    """A Redis of the test's own, on a port, so that it can be stopped and killed."""

    def __init__(self, folder: Path) -> None:
        self.user = server_user()
        self.program = programs(folder, self.user).redis
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = folder / "redis-data"
        self.folder.mkdir()
        self.user.owns(self.folder)
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Starts, empty, and answers."""
        drop: dict[str, Any] = {"user": self.user.uid, "group": self.user.gid, "extra_groups": []} if self.user.dropped else {}
        self.process = subprocess.Popen(
            [str(self.program), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **drop,
        )  # fmt: skip
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as line:
                line.sendall(b"PING\r\n")
                if line.recv(16).startswith(b"+PONG"):
                    return
            time.sleep(0.01)
        raise RuntimeError("Redis does not answer")

    def send(self, sig: signal.Signals) -> None:
        """A signal for it."""
        assert self.process is not None
        self.process.send_signal(sig)

    def kill(self) -> None:
        """Ends it at once."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait(10)
            self.process = None


@pytest.fixture
def redis() -> Iterator[OwnRedis]:
    """A Redis that the test may hurt."""
    with tempfile.TemporaryDirectory(prefix="callisto-redis-") as folder:
        Path(folder).chmod(0o711)
        own = OwnRedis(Path(folder))
        yield own
        own.kill()


async def latency(speaker: Someone, hearer: Someone, text: str) -> float:
    """Seconds from the answer of a line to its being heard."""
    await speaker.does(team.Say(text))
    began = time.monotonic()
    await hearer.hears_line(text)
    return time.monotonic() - began


async def test_what_is_said_through_one_gateway_is_heard_through_the_other(make_game: Make) -> None:
    here, there = await make_game(node="g1"), await make_game(node="g2")
    ada, bo = await here.crew(2)
    await bo.start(on=there, resume=True)
    assert there.app.bus is not None
    heard = there.app.bus.heard_count
    for number in range(20):
        assert await latency(ada, bo, f"to you {number}") < 0.5
        assert await latency(bo, ada, f"and you {number}") < 0.5
    assert there.app.bus.heard_count >= heard + 20, "Redis carried them, not the poll"
    assert [each["s"] for each in ada.heard if each["t"] == "team.said"] == [each["s"] for each in bo.heard if each["t"] == "team.said"]
    # Whoever joins through the other one is heard here, too.
    cid = await there.captain(credits=0)
    await cid.does(team.Join((await ada.does(team.Get())).team.team_id))
    await ada.hears("team.member_joined", lambda frame: frame["d"]["player_id"] == str(cid.player))
    await here.converges()
    await there.converges()


async def test_a_stopped_or_dead_redis_slows_the_talk_and_loses_nothing(make_game: Make, redis: OwnRedis) -> None:
    here, there = await make_game(node="g1", redis_url=redis.url), await make_game(node="g2", redis_url=redis.url)
    ada, bo = await here.crew(2)
    await bo.start(on=there, resume=True)
    assert await latency(ada, bo, "before") < 0.5
    redis.send(signal.SIGSTOP)
    # From the first moment on, before anybody can know that Redis hangs.
    slow = [await latency(ada, bo, f"stopped {number}") for number in range(6)]
    assert max(slow) < 1.2, slow
    await asyncio.sleep(1.0)
    assert there.app.bus is not None
    assert not there.app.bus.healthy
    slow = [await latency(ada, bo, f"known {number}") for number in range(4)]
    assert max(slow) < 0.5, slow
    redis.send(signal.SIGCONT)
    async with asyncio.timeout(2):
        while not (there.app.bus.healthy and here.app.bus is not None and here.app.bus.healthy):
            await asyncio.sleep(0.02)
    redis.kill()
    slow = [await latency(ada, bo, f"dead {number}") for number in range(4)]
    assert max(slow) < 1.2, slow
    redis.start()
    began = time.monotonic()
    while True:
        heard = there.app.bus.heard_count
        await latency(ada, bo, f"back {began} {time.monotonic()}")
        if there.app.bus.heard_count > heard:
            break
        assert time.monotonic() - began < 2.0, "not back to normal within 2 s"
    lines = bo.lines()
    assert lines == ada.lines()
    assert len(lines) == len(set(lines))


async def test_what_redis_is_made_to_say_changes_nothing(make_game: Make, redis: OwnRedis) -> None:
    here, there = await make_game(node="g1", redis_url=redis.url), await make_game(node="g2", redis_url=redis.url)
    ada, bo = await here.crew(2)
    await bo.start(on=there, resume=True)
    stream = f"team:{(await ada.does(team.Get())).team.team_id}"
    assert here.app.bus is not None
    assert there.app.bus is not None
    channel = here.app.bus.prefix + stream.encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", redis.port)
    epoch = await here.world.owner.fetchval("select epoch from streams where name = $1", stream)
    head = await here.world.owner.fetchval("select head from streams where name = $1", stream)
    fields = msgspec.msgpack.encode({"message_id": str(uuid7()), "sender_id": str(ada.player), "sender_name": "Ada", "text": "forged"})
    body = msgspec.msgpack.encode((b"x" * 16, epoch, head + 1, [("team.said", 0, fields, None)]))
    for payload in (b"", b"x", b"\xc1" * 40, b"\0" * 16 + body, random.Random(1).randbytes(500)):
        writer.write(b"*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n" % (len(channel), channel, len(payload), payload))
        writer.write(
            b"*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n" % (len(here.app.bus.control), here.app.bus.control, len(payload), payload)
        )
    await writer.drain()
    async with asyncio.timeout(5):
        while there.app.bus.forged_count < 10:
            await asyncio.sleep(0.01)
    assert await latency(ada, bo, "true") < 1.2
    assert bo.lines() == ["true"]
    writer.close()
    await reader.read()


async def test_the_newest_socket_of_a_session_is_the_only_one_on_any_gateway(make_game: Make, redis: OwnRedis) -> None:
    here, there = await make_game(node="g1", redis_url=redis.url), await make_game(node="g2", redis_url=redis.url)
    ada, bo = await here.crew(2)

    async def elsewhere() -> Someone:
        newer = Someone(there, "Ada again", ada.player, ada.user)
        newer.token, newer.session_id = ada.token, ada.session_id
        await newer.start()
        return newer

    newer = await elsewhere()
    began = time.monotonic()
    await ada.is_closed(4520)
    assert time.monotonic() - began < 1.0
    await ada.start(on=here)
    await newer.is_closed(4520)
    redis.send(signal.SIGSTOP)
    newer = await elsewhere()
    began = time.monotonic()
    refused = 0
    with contextlib.suppress(Exception):
        while time.monotonic() - began < 2.0:
            answer = await (await ada.send("team.say", {"text": "am I still here?"}))
            assert answer["error"]["code"] == "unauthenticated"
            refused += 1
            await asyncio.sleep(0.05)
    await ada.is_closed(4520)
    assert time.monotonic() - began < 2.0
    assert "am I still here?" not in bo.lines()
    await newer.hang_up()


async def test_a_line_of_the_kicked_is_never_said_after_the_kick(make_game: Make) -> None:
    # Two gateways, the kick through one, the lines through the other, and a neighbour who holds the team's head so that
    # both must wait for it: whoever comes second must see what the first one did.
    here, there = await make_game(node="g1"), await make_game(node="g2")
    outcomes = await asyncio.gather(*(put_out_and_back(here, there, random.Random(seed), 50) for seed in range(4)))
    assert set().union(*outcomes) == {"ok", "team.none"}


async def put_out_and_back(here: Game, there: Game, dice: random.Random, rounds: int) -> set[str]:
    """One captain is kicked again and again while they talk. Which outcomes their lines had."""
    ada, bo = await here.crew(2)
    founded = (await ada.does(team.Get())).team
    stream = f"team:{founded.team_id}"
    await bo.start(on=there, resume=True)
    neighbour = await asyncpg.connect(**driver_args(here.world.owner_url))
    said: dict[str, str] = {}

    async def speak(round_: int) -> None:
        answers = []
        for number in range(3):
            answers.append((f"{round_}.{number}", await bo.send("team.say", {"text": f"{round_}.{number}"})))
            await asyncio.sleep(dice.choice((0, 0, 0.001, 0.002)))
        for text, answer in answers:
            said[text] = (await answer).get("error", {}).get("code", "ok")

    async def kick() -> None:
        await asyncio.sleep(dice.choice((0, 0.001, 0.003, 0.006)))
        await ada.does(team.Kick(bo.player))

    async def hold() -> None:
        if dice.random() < 0.7:
            async with neighbour.transaction():
                await neighbour.execute("select from streams where name = $1 for update", stream)
                await asyncio.sleep(dice.uniform(0, 0.012))

    for round_ in range(rounds):
        await asyncio.gather(hold(), speak(round_), kick())
        await bo.does(team.Join(founded.team_id))
    log = await events.page(neighbour, stream, 0, 10_000)
    assert log is not None
    inside, spoken = False, []
    for row in log.rows:
        fields = msgspec.msgpack.decode(row.payload)
        if row.name in ("team.member_joined", "team.member_left") and fields["player_id"] == str(bo.player):
            inside = row.name == "team.member_joined"
        elif row.name == "team.said":
            assert inside, f"{fields['text']} was said by somebody who had been put out"
            spoken.append(fields["text"])
    assert spoken == [text for text, outcome in said.items() if outcome == "ok"], "acknowledged lines, in the order they were sent"
    assert await neighbour.fetchval("select count(*) from messages where sender_id = $1", bo.player) == len(spoken)
    await neighbour.close()
    return set(said.values())


async def test_one_stuck_team_stalls_nobody_else_and_keeps_its_order(make_game: Make) -> None:
    game = await make_game()
    stuck, free = await game.crew(2), await game.crew(2)
    stream = f"team:{(await stuck[0].does(team.Get())).team.team_id}"
    neighbour = await asyncpg.connect(**driver_args(game.world.owner_url))
    holding = neighbour.transaction()
    await holding.start()
    await neighbour.execute("select from streams where name = $1 for update", stream)
    waiting = []
    for number in range(40):
        waiting.append(await stuck[number % 2].send("team.say", {"text": f"line {number}"}, deadline_ms=15_000))
        if number == 20:
            await asyncio.sleep(0.1)
    doomed = [await stuck[0].send("team.say", {"text": f"doomed {number}"}, deadline_ms=300) for number in range(5)]
    spans: list[float] = []
    began = time.monotonic()
    while time.monotonic() - began < 1.6:  # longer than a lock timeout
        at = time.monotonic()
        await free[0].does(team.Say(f"free {len(spans)}"))
        await free[1].hears_line(f"free {len(spans)}")
        spans.append(time.monotonic() - at)
    spans.sort()
    assert spans[int(len(spans) * 0.99)] < 0.25, spans[-5:]
    for each in doomed:
        refusal = (await asyncio.wait_for(each, 1))["error"]
        assert refusal["code"] == "unavailable"
        assert refusal["outcome"] in ("none", "unknown")
    assert not any(each.done() for each in waiting)
    await holding.commit()
    await neighbour.close()
    answers = await asyncio.gather(*waiting)
    assert all("ok" in each for each in answers), answers
    await stuck[1].hears_line("line 39")
    mine, theirs = ([f"line {number}" for number in range(first, 40, 2)] for first in (0, 1))
    heard = [each for each in stuck[0].lines() if each.startswith("line")]
    assert [each for each in heard if each in mine] == mine
    assert [each for each in heard if each in theirs] == theirs
    assert len(heard) == 40
    await game.converges()


# The long run.

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
            await self.reader
        while True:
            with contextlib.suppress(websockets.ConnectionClosed, Lost, OSError):
                return await self.start()

    async def leave(self) -> None:
        """Goes."""
        if self.socket is not None:
            await self.socket.close()
            assert self.reader is not None
            await self.reader


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
        while True:
            await asyncio.sleep(dice.uniform(0, 0.05))
            one = dice.choice([each for each in sailors if each not in away])
            away.add(one)
            await one.reconnect()
            away.discard(one)

    async def wander() -> None:
        while True:
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

    away: set[Sailor] = set()
    moving: set[Sailor] = set()
    nuisances = [asyncio.create_task(work()) for work in (*[trouble] * 5, *[wander] * 3)]
    try:
        await asyncio.gather(*(talk(one) for one in sailors))
    finally:
        for each in nuisances:
            each.cancel()
        results = await asyncio.gather(*nuisances, return_exceptions=True)
    for result in results:
        assert result is None or isinstance(result, asyncio.CancelledError), result
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


# Real processes.


async def test_two_real_processes_are_one_world(make_game: Make) -> None:
    game = await make_game()  # only to make captains and their tokens
    ada, bo = await game.crew(2)
    environment = {
        "PATH": os.environ["PATH"], "DATABASE_URL": game.world.database_url, "REDIS_URL": game.world.redis_url,
        "CALLISTO_REDIS_PREFIX": game.world.prefix, "CALLISTO_LIMITS__SCALE": "0",
    }  # fmt: skip
    ports = []
    processes = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(free.getsockname()[1])
        processes.append(
            await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "server", "serve", "--port", str(ports[-1]), cwd=CHECKOUT, env=environment,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            )
        )  # fmt: skip
    try:
        for port in ports:
            async with asyncio.timeout(20):
                while True:
                    with contextlib.suppress(OSError):
                        _, writer = await asyncio.open_connection("127.0.0.1", port)
                        writer.close()
                        break
                    await asyncio.sleep(0.05)
        for one, port in ((ada, ports[0]), (bo, ports[1])):
            await one.dial(url=f"ws://127.0.0.1:{port}/v1/ws")
            await one.ask("session.start", {"token": one.token, "cursors": one.cursors})
        for number in range(20):
            assert await latency(ada, bo, f"to you {number}") < 0.5
            assert await latency(bo, ada, f"and you {number}") < 0.5
        # One of them is killed in the middle of the talk; its captain goes on through the other one.
        sent = await ada.send("team.say", {"text": "killed?"}, id="killed")
        sent.add_done_callback(lambda future: future.exception())
        processes[0].kill()
        await ada.is_closed(1006)
        await ada.dial(url=f"ws://127.0.0.1:{ports[1]}/v1/ws")
        await ada.ask("session.start", {"token": ada.token, "cursors": ada.cursors})
        await ada.ask("team.say", {"text": "killed?"}, id="killed")
        await bo.hears_line("killed?")
        assert bo.lines().count("killed?") == 1
        await ada.does(team.Say("end"))
        await ada.hears_line("end")
        assert ada.lines() == bo.lines()
        # The other one leaves properly.
        processes[1].send_signal(signal.SIGTERM)
        await ada.hears("session.move")
        await ada.is_closed(4001)
        assert await asyncio.wait_for(processes[1].wait(), 10) == 0
        assert processes[1].stderr is not None
        assert b"Traceback" not in await processes[1].stderr.read()
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
