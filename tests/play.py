"""The test language: a Game has captains, a captain does, hears, is refused. Over real sockets, on a real gateway."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast
from unittest import mock
from uuid import UUID

import msgspec
import pytest
import websockets
from uuid_utils.compat import uuid7
from websockets.asyncio.client import ClientConnection, connect

from callisto_client.state import fold
from persistence import accounts, ledger, sessions
from persistence.events import open_stream
from protocol import codec, team
from protocol.message import REGISTRY, Answer, Command, Refusal, name_of
from protocol.streams import Stream
from protocol.types import PlayerId, Recruitment, Resource, SessionId, ShipId
from server.app import App
from server.rules import names, tokens
from server.serving import listen
from server.settings import Settings
from tests.agreement import comparable
from tests.house.declared import may_be_refused
from tests.prompt import Prompt
from tests.world import World

R = TypeVar("R", bound=Answer)
Where = Callable[[dict[str, Any]], bool]
PATIENCE_S = 5.0  # how long a test waits for what must come
SILENCE_S = 0.15  # how long it listens for what must not
# On a crowded machine a healthy database may be slow to say so.
FRESH_SETTINGS = {"limits": {"scale": 0}, "db": {"silent_ms": 5_000}}
NAMES = ("Ada", "Bo", "Cid", "Dot", "Eli", "Fay", "Gus", "Hal", "Ivy", "Jo")


class Refused(Exception):
    """The server said no."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error['code']}: {error['message']} {error.get('fields', '')}")
        self.error = error
        self.code: str = error["code"]


class Lost(Exception):
    """The connection ended while something was still awaited."""


class Game:
    """One gateway process's worth of Callisto, inside the test's loop, with a clock the test may move."""

    def __init__(self, world: World, app: App, gateway: Prompt, task: asyncio.Task[None], port: int) -> None:
        self.world = world
        self.app = app
        self.gateway = gateway
        self.task = task
        self.port = port
        self.everybody: list[Someone] = []
        self.skew = timedelta(0)

    @classmethod
    async def start(
        cls,
        world: World,
        *,
        redis_url: str | None = None,
        database_url: str | None = None,
        node: str = "g1",
        batched: bool = True,
        **settings: Any,
    ) -> Game:
        """A gateway that listens. Settings are those of the test; limits are lifted unless it says otherwise."""
        with mock.patch.dict(os.environ, {}, clear=True):
            settings["db"] = {**FRESH_SETTINGS["db"], **settings.get("db", {})}
            chosen = Settings(**{**FRESH_SETTINGS, "redis_prefix": world.prefix, **settings})
        holder: list[Game] = []

        def clock(at: datetime) -> datetime:
            return at + (holder[0].skew if holder else timedelta(0))

        app = App(chosen, database_url or world.database_url, redis_url or world.redis_url, node=node, batched=batched, clock=clock)
        gateway = Prompt(app, signals=False, loop="asyncio")
        listening = listen("127.0.0.1", 0)
        task = asyncio.create_task(gateway.serve(sockets=[listening]))
        while not gateway.started:
            if task.done():
                task.result()
                raise RuntimeError("the gateway did not start")
            await asyncio.sleep(0.002)
        game = cls(world, app, gateway, task, listening.getsockname()[1])
        holder.append(game)
        return game

    async def stop(self) -> None:
        """Everybody leaves, then the gateway."""
        for someone in self.everybody:
            await someone.hang_up()
        self.gateway.should_exit = True
        await self.task

    @property
    def http(self) -> str:
        """Where HTTP is spoken."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        """Where players connect."""
        return f"ws://127.0.0.1:{self.port}/v1/ws"

    async def captain(
        self, name: str | None = None, *, credits: int = 10_000, text: bool = False, online: bool = True, onboarded: bool = True
    ) -> Someone:
        """A signed-in captain, made without HTTP, connected and started."""
        number = next(self.world.people)
        name = name or f"{NAMES[number % len(NAMES)]}{number // len(NAMES) or ''}"
        user, player = uuid7(), PlayerId(uuid7())
        async with self.app.database.transaction() as db:
            await accounts.create(db, user, player, name, names.skeleton(name), "no password")
            await open_stream(db, Stream.player(player))
            await ledger.endow(db, player, credits)
            await db.raw.execute(
                "update player_first_login_states set has_completed_first_login = $2 where player_id = $1", player, onboarded
            )
        someone = Someone(self, name, player, user, text=text)
        await someone.sign_in()
        if online:
            await someone.start()
        self.everybody.append(someone)
        return someone

    async def earn(self, someone: Someone, amount: int) -> None:
        """Credits out of the faucet, by a transfer nobody is told of."""
        purse = ledger.player(someone.player)
        async with self.app.database.transaction() as db:
            legs = [ledger.Leg(purse, Resource.CREDITS, amount), ledger.Leg(ledger.faucet(purse), Resource.CREDITS, -amount)]
            await ledger.move(db, ledger.SYSTEM_ACCOUNT, str(uuid7()), legs, kind="test")

    async def ship(self, someone: Someone, capacity: int, contents: dict[Resource, int]) -> ShipId:
        """A ship docked at the first station, loaded out of the faucet by a transfer nobody is told of."""
        ship = ledger.ship(ShipId(uuid7()))
        async with self.app.database.transaction() as db:
            await db.raw.execute(
                """insert into ships (id, name, type, owner_id, sector_id, base_speed, current_speed, turn_cost, maintenance, cargo, combat)
                   values ($1, 'Test', 'LIGHT_FREIGHTER', $2, 1, 1, 1, 1, '{}', jsonb_build_object('capacity', $3::int, 'used', 0, 'contents', '{}'::jsonb), '{}')""",
                ship.id, someone.player, capacity,
            )  # fmt: skip
            await db.raw.execute(
                """update players set current_ship_id = $2, is_docked = true, current_port_id = (select id from stations order by id limit 1)
                   where id = $1""",
                someone.player, ship.id,
            )  # fmt: skip
            legs = [
                ledger.Leg(party, each, signed)
                for each, amount in contents.items()
                for party, signed in ((ship, amount), (ledger.faucet(ship), -amount))
            ]
            if legs:
                await ledger.move(db, ledger.SYSTEM_ACCOUNT, str(uuid7()), legs, kind="test")
        return ShipId(ship.id)

    async def crew(self, size: int, *, recruitment: str = "OPEN") -> list[Someone]:
        """A founded team: its leader first, then members in the order they joined."""
        leader = await self.captain()
        founded = await leader.does(
            team.Create(name=f"Team {secrets.token_hex(5)}", max_members=20, recruitment_status=Recruitment(recruitment))
        )
        crew = [leader]
        for _ in range(size - 1):
            one = await self.captain(credits=0)
            await one.does(team.Join(team_id=founded.team.team_id))
            crew.append(one)
        await self.settled(*crew)
        return crew

    async def settled(self, *people: Someone) -> None:
        """They have heard what has happened so far: an answer may come before its events, a neighbour's later still."""
        heads = await self.world.heads()
        async with asyncio.timeout(PATIENCE_S):
            for one in people:
                while any(at["seq"] < heads.get(stream, 0) for stream, at in one.cursors.items()):
                    one.arrived.clear()
                    await one.arrived.wait()

    async def silence(self, *people: Someone, of: str | None = None) -> None:
        """Nobody hears anything (named `of`) for a moment."""
        seen = {one: len(one.heard) for one in people}
        await asyncio.sleep(SILENCE_S)
        for one, before in seen.items():
            late = [each for each in one.heard[before:] if of is None or each["t"] == of]
            assert not late, f"{one.name} heard {late}"

    async def converges(self) -> None:
        """Old snapshot + heard events = new snapshot, for everybody who is connected."""
        await asyncio.gather(*(one.check_convergence() for one in self.everybody if one.connected))

    def forward(self, by: timedelta) -> None:
        """Moves the game's clock, which only rules see."""
        self.skew += by


class Someone:
    """One captain at one socket. `heard` is every event and signal, in order of arrival; `state` is the folded snapshot."""

    def __init__(self, game: Game, name: str, player: PlayerId, user: UUID, *, text: bool = False) -> None:
        self.game = game
        self.name = name
        self.player = player
        self.user = user
        self.text = text
        self.token = ""
        self.session_id: SessionId | None = None
        self.socket: ClientConnection | None = None
        self.heard: list[dict[str, Any]] = []
        self.cursors: dict[str, dict[str, Any]] = {}
        self.began: dict[str, Any] = {}
        self.closed: tuple[int, str] | None = None
        self.state: dict[str, Any] | None = None
        self.resets: list[dict[str, Any]] = []
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._reader: asyncio.Task[None] | None = None
        self.arrived = asyncio.Event()
        self._read: deque[int] = deque()
        self._hello: asyncio.Future[dict[str, Any]] | None = None

    def __hash__(self) -> int:
        return id(self)

    async def sign_in(self) -> None:
        """A session and its access token, made without HTTP."""
        access, refresh, session_id = tokens.spelled(secrets.token_bytes(32)), tokens.spelled(secrets.token_bytes(32)), SessionId(uuid7())
        async with self.game.app.database.transaction() as db:
            await sessions.open_session(db, session_id, self.user, tokens.hash_of(refresh), 3_600, "test")
            await sessions.add_tokens(db, session_id, self.user, tokens.hash_of(access), 900, tokens.hash_of(refresh), 3_600, uuid7())
        self.token, self.session_id = access, session_id

    async def start(self, *, on: Game | None = None, resume: bool = False, cursors: dict[str, Any] | None = None) -> dict[str, Any]:
        """Connects and starts; with `resume`, from where this captain was. A first start takes the snapshot, too."""
        await self.dial(on=on)
        given = cursors if cursors is not None else {name: dict(at) for name, at in self.cursors.items()} if resume else {}
        answer = await self.ask("session.start", {"token": self.token, **({"cursors": given} if given else {})})
        self.began = answer["ok"]
        for name, at in self.began["streams"].items():
            if name not in given:
                self.cursors[name] = {"epoch": at["epoch"], "seq": at["head"]}
        for gone in [name for name in self.cursors if name not in self.began["streams"]]:
            del self.cursors[gone]
        if self.state is None:
            await self.look()
        return self.began

    async def dial(self, *, on: Game | None = None, subprotocol: str | None = None, url: str | None = None) -> None:
        """Opens a socket and hears hello."""
        await self.hang_up()
        chosen = subprotocol or (codec.JSON if self.text else codec.MSGPACK)
        self.closed = None
        self._hello = asyncio.get_running_loop().create_future()
        self.socket = await connect(
            url or (on or self.game).ws,
            subprotocols=[websockets.Subprotocol(chosen)],
            compression=None,
            ping_interval=None,
            close_timeout=1,
            max_queue=None,
        )
        self._reader = asyncio.create_task(self._listen(self.socket))
        async with asyncio.timeout(PATIENCE_S):
            await self._hello

    async def hang_up(self) -> None:
        """Closes the socket, if there is one."""
        if self.socket is not None:
            with contextlib.suppress(Exception):
                await self.socket.close()
            if self._reader is not None:
                await asyncio.gather(self._reader, return_exceptions=True)
            self.socket = None

    def cut(self) -> None:
        """The connection breaks without a word."""
        if self.socket is not None:
            self.socket.transport.abort()

    @property
    def connected(self) -> bool:
        """Whether the socket is there and has started."""
        return self.socket is not None and self.closed is None and self._reader is not None and not self._reader.done()

    async def _listen(self, socket: ClientConnection) -> None:
        try:
            async for data in socket:
                frame = msgspec.json.decode(data) if isinstance(data, str) else msgspec.msgpack.decode(data)
                self._take(frame)
        except websockets.ConnectionClosed:
            pass
        finally:
            self.closed = (socket.close_code or 1006, socket.close_reason or "")
            for future in self._answers.values():
                if not future.done():
                    future.set_exception(Lost(str(self.closed)))
            self._answers.clear()
            self.arrived.set()

    def _take(self, frame: dict[str, Any]) -> None:
        if "re" in frame:
            future = self._answers.pop(frame["re"] or "", None)
            if future is not None and not future.done():
                future.set_result(frame)
            else:
                self.heard.append({"t": "unasked", **frame})
            self.arrived.set()
            return
        if frame["t"] == "hello":
            if self._hello is not None and not self._hello.done():
                self._hello.set_result(frame)
            return
        if "s" in frame:
            at = self.cursors.get(frame["st"])
            if at is not None:
                assert frame["s"] == at["seq"] + 1, f"{self.name}: {frame['st']} jumps from {at['seq']} to {frame['s']}"
                at["seq"] = frame["s"]
            if frame["t"] == "team.entered":
                self.cursors[f"team:{frame['d']['team_id']}"] = {"epoch": frame["d"]["epoch"], "seq": frame["d"]["from_seq"] - 1}
            elif frame["t"] == "team.exited":
                self.cursors.pop(f"team:{frame['d']['team_id']}", None)
            if self.state is not None:
                head = self.state["streams"].get(frame["st"])
                if head is None or head["head"] < frame["s"]:
                    fold(self.state, frame)
        elif frame["t"] == "stream.reset":
            self.resets.append(frame["d"])
            self.cursors[frame["d"]["stream"]] = {"epoch": frame["d"]["epoch"], "seq": frame["d"]["head"]}
        self.heard.append(frame)
        self.arrived.set()

    # Doing.

    async def send(
        self, name: str, fields: dict[str, Any] | None = None, *, id: str | None = None, **more: Any
    ) -> asyncio.Future[dict[str, Any]]:
        """Sends a command and gives its answer's future."""
        id = id or str(uuid7())
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[id] = future
        frame = {"t": name, "id": id, **({"d": fields} if fields else {}), **more}
        await self.send_raw(msgspec.json.encode(frame).decode() if self.text else msgspec.msgpack.encode(frame))
        return future

    async def send_raw(self, data: bytes | str) -> None:
        """Sends a frame as it is."""
        assert self.socket is not None
        await self.socket.send(data)

    async def ask(self, name: str, fields: dict[str, Any] | None = None, *, id: str | None = None, **more: Any) -> dict[str, Any]:
        """The whole answer frame. Raises Refused."""
        async with asyncio.timeout(PATIENCE_S + 10):
            frame = await (await self.send(name, fields, id=id, **more))
        if "error" in frame:
            assert may_be_refused(name, frame["error"]["code"]), f"{name} does not declare {frame['error']['code']}"
            raise Refused(frame["error"])
        return frame

    async def does(self, command: Command[R], *, id: str | None = None) -> R:
        """Performs a command and gives its answer. Raises Refused."""
        frame = await self.ask(name_of(command), msgspec.to_builtins(command), id=id)
        return cast(R, msgspec.convert(frame["ok"], REGISTRY.commands[name_of(command)].answer))

    async def is_refused(self, refusal: type[Refusal], command: Command[Any], *, id: str | None = None) -> Refused:
        """The command is refused just so."""
        with pytest.raises(Refused) as no:
            await self.does(command, id=id)
        assert no.value.code == refusal.code, f"refused with {no.value}, not {refusal.code}"
        return no.value

    # Hearing.

    async def hears(self, name: str, where: Where = lambda _: True, *, after: int = 0, patience_s: float = PATIENCE_S) -> dict[str, Any]:
        """The first event or signal of this name (heard already, from index `after`, or soon)."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                at = after
                while True:
                    for frame in self.heard[at:]:
                        at += 1
                        if frame["t"] == name and where(frame):
                            return frame
                    if self.closed is not None:
                        break
                    self.arrived.clear()
                    await self.arrived.wait()
        raise AssertionError(f"{self.name} never heard {name}; heard {[each['t'] for each in self.heard[after:]]}, closed {self.closed}")

    async def hears_line(self, text: str) -> dict[str, Any]:
        """The team's line with this text."""
        return await self.hears("team.said", lambda frame: frame["d"]["text"] == text)

    def lines(self) -> list[str]:
        """The texts of all lines heard, in order."""
        return [each["d"]["text"] for each in self.heard if each["t"] == "team.said"]

    async def is_closed(self, code: int) -> str:
        """The connection ends with this code; gives the reason."""
        async with asyncio.timeout(PATIENCE_S):
            while self.closed is None:
                self.arrived.clear()
                await self.arrived.wait()
        assert self.closed[0] == code, f"closed with {self.closed}, not {code}"
        return self.closed[1]

    # Agreeing.

    async def look(self) -> dict[str, Any]:
        """Takes a snapshot, and folds from there on."""
        heard = len(self.heard)
        self.state = None
        snapshot: dict[str, Any] = (await self.ask("session.snapshot"))["ok"]
        self.state = snapshot
        # What arrived while it was taken: above the snapshot's head it is news, below it is in there.
        for frame in self.heard[heard:]:
            head = snapshot["streams"].get(frame.get("st"))
            if "s" in frame and (head is None or head["head"] < frame["s"]):
                fold(snapshot, frame)
        return snapshot

    async def check_convergence(self) -> None:
        """What was folded must be what a new snapshot says."""
        if self.state is None:
            return
        async with asyncio.timeout(PATIENCE_S):
            while True:
                fresh = (await self.ask("session.snapshot"))["ok"]
                # Neither behind nor ahead: the game may go on by itself between the snapshot and this line.
                elsewhere = [name for name, at in fresh["streams"].items() if self.cursors.get(name, {"seq": -1})["seq"] != at["head"]]
                if not elsewhere or self.resets:
                    break
                await asyncio.sleep(0.01)
        if self.resets:
            return
        assert comparable(self.state) == comparable(fresh), f"{self.name} diverged"
