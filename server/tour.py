"""`./callisto tour`: a narrated run against a real server. Every sentence it prints was observed over HTTP or a socket.

It goes through the Python SDK as a game would, and must never look into the server, not even when it runs one itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import sys
import tempfile
import textwrap
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
from rich.console import Console
from rich.table import Table
from rich.text import Text

from callisto_client import Account, Client, Heard, Offline, Refusal, Stopped
from callisto_client.dial import Socket, dial
from protocol import player, team
from protocol.refusals import RateLimited, Unauthenticated
from protocol.types import TeamId
from server import serving
from server.app import App
from server.embedded import EmbeddedError
from server.instance import Instance, open_instance
from server.settings import BadConfiguration, Settings, load

OK, FAILED, BAD_CONFIGURATION = 0, 1, 3
PATIENCE_S = 10.0  # how long the tour waits for what must come
SILENCE_S = 1.5  # how long it listens for what must not: longer than the 1.2 s in which news comes at the latest
WIDEST = 100  # columns of text; longer lines are hard to read
FIRST_NAMES = ("Ada", "Bo", "Cid")


class NotObserved(Exception):
    """What the step promises did not happen."""


class Wire:
    """The network of one captain, which the tour can take down."""

    def __init__(self) -> None:
        self.up = asyncio.Event()
        self.up.set()

    async def __call__(self, url: str, subprotocol: str) -> Socket:
        """Connects, once the network is up."""
        await self.up.wait()
        return await dial(url, subprotocol)


class Forgetful(httpx2.AsyncBaseTransport):
    """HTTP on which the first answer is lost after the server gave it."""

    def __init__(self) -> None:
        self.inner = httpx2.AsyncHTTPTransport()
        self.lost = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Sends on; what comes back first is lost."""
        answer = await self.inner.handle_async_request(request)
        if not self.lost:
            self.lost += 1
            await answer.aclose()
            raise httpx2.ReadError("lost on the way back")
        return answer


class Captain:
    """One captain on one connection, and what was heard on it so far."""

    def __init__(self, name: str, account: Account, client: Client, wire: Wire) -> None:
        self.name = name
        self.account = account
        self.client = client
        self.wire = wire
        self.events = client.events()
        self.lines: list[Heard] = []

    @property
    def id(self) -> Any:
        """The captain's id."""
        return self.account.tokens.player_id

    async def hears(self, kind: type[Any], count: int = 1) -> list[Heard]:
        """The next so many events of a kind. Raises NotObserved when they do not come."""
        found: list[Heard] = []
        try:
            async with asyncio.timeout(PATIENCE_S):
                while len(found) < count:
                    each = await anext(self.events)
                    if isinstance(each.event, kind):
                        found.append(each)
        except TimeoutError:
            raise NotObserved(f"{self.name} heard {len(found)} of {count} {kind.__name__}") from None
        return found

    async def hears_nothing(self) -> None:
        """Listens for a while. Raises NotObserved when anything comes."""
        with contextlib.suppress(TimeoutError):
            each = await asyncio.wait_for(anext(self.events), SILENCE_S)
            raise NotObserved(f"{self.name} heard {each.name}")

    async def is_closed(self, code: int, since: float) -> float:
        """Seconds from `since` until the connection ended for good with this code."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                async for _ in self.events:
                    pass
        except Stopped as stopped:
            check(stopped.code == code, f"{self.name}'s socket closed with {stopped.code}, not {code}")
            return time.perf_counter() - since
        except TimeoutError:
            pass
        raise NotObserved(f"{self.name}'s socket did not close with {code}")


def check(true: bool, otherwise: str) -> None:
    """Raises NotObserved unless it is so."""
    if not true:
        raise NotObserved(otherwise)


def spoken(heard: list[Heard]) -> list[tuple[int, str]]:
    """Numbers and texts of lines."""
    return [(each.seq or 0, str(each.fields["text"])) for each in heard]


class Tour:
    """The steps, in their order, and what they hand on to each other."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.tag = secrets.token_hex(3)
        self.password = secrets.token_urlsafe(12)
        self.accounts: list[Account] = []
        self.captains: list[Captain] = []
        self.stack = contextlib.AsyncExitStack()
        self.team_id: TeamId | None = None

    def username(self, name: str) -> str:
        """A name nobody has, on any server, however often the tour runs."""
        return f"{name}_{self.tag}"

    async def connect(self, name: str, account: Account) -> Captain:
        """A captain at a socket of their own."""
        wire = Wire()
        client = await self.stack.enter_async_context(Client.connect(self.url, account, connect=wire))
        return Captain(name, account, client, wire)

    async def register(self) -> str:
        """Three accounts over HTTP."""
        for name in FIRST_NAMES:
            self.accounts.append(await Account.register(self.url, self.username(name), self.password))
        return f"{', '.join(map(self.username, FIRST_NAMES))}: an account, a captain and a first pair of tokens each."

    async def log_in(self) -> str:
        """A second session of one of them."""
        try:
            await Account.login(self.url, self.username("Ada"), "not her password")
        except Unauthenticated:
            second = await Account.login(self.url, self.username("Ada"), self.password)
        else:
            raise NotObserved("a wrong password was taken")
        self.accounts.append(second)
        devices = (await second.sessions()).items
        check(len(devices) == 2, f"Ada has {len(devices)} sessions, not 2")
        return "Ada signs in from a second device. A wrong password is refused; the list of devices shows both."

    async def open_sockets(self) -> str:
        """Every session at a socket of its own."""
        for name, account in zip((*FIRST_NAMES, "Ada's second device"), self.accounts, strict=True):
            self.captains.append(await self.connect(name, account))
        own = await self.captains[0].client.call(player.Get())
        check(own.player.player_id == self.captains[0].id, "the server took Ada for somebody else")
        return f"Four sockets, four snapshots. Ada begins with {own.player.credits:,} credits and no team."

    async def found(self) -> str:
        """A team, paid for."""
        ada = self.captains[0]
        made = await ada.client.reply(team.Create(name=f"Lantern {self.tag}", tag=self.tag.upper()))
        self.team_id = made.answer.team.team_id
        await ada.client.reached(made.positions)
        left = ada.client.state["player"]["credits"]
        check(ada.client.state["team"]["team"]["team_id"] == str(self.team_id), "Ada's state does not know her team")
        return f"{made.answer.team.name} exists and Ada leads it. It cost her credits: {left:,} are left, told as an event."

    async def join(self) -> str:
        """Two more members, heard under the same numbers."""
        assert self.team_id is not None
        ada, bo, cid, second = self.captains
        for one in (bo, cid):
            joined = await one.client.reply(team.Join(team_id=self.team_id))
            await one.client.reached(joined.positions)
        seen = [each.seq for each in (await ada.hears(team.MemberJoined, 3))[1:]]
        again = [each.seq for each in (await second.hears(team.MemberJoined, 3))[1:]]
        check(seen == again, f"two devices heard different numbers: {seen} and {again}")
        members = len(bo.client.state["team"]["members"])
        check(members >= 2, "Bo's state does not know the members")
        return f"Bo and Cid join. Both of Ada's devices hear it as numbers {seen[0]} and {seen[1]} of the team's stream."

    async def talk(self) -> str:
        """Lines that all sockets hear alike."""
        ada, bo, _, _ = self.captains
        await ada.client.call(team.Say("Hold the gate."))
        await bo.client.call(team.Say("Holding."))
        heard = [spoken(await one.hears(team.LineSaid, 2)) for one in self.captains]
        check(all(each == heard[0] for each in heard), f"not everybody heard the same: {heard}")
        lines = "  ".join(f"#{seq} “{text}”" for seq, text in heard[0])
        return f"Ada and Bo speak, each on a socket of their own. All four sockets heard the same: {lines}"

    async def cut(self) -> str:
        """A lost line that comes back to exactly what was said meanwhile."""
        ada, bo, cid, second = self.captains
        bo.wire.up.clear()
        bo.client.drop()
        said = ["Bo is gone.", "Keep watch.", "He will be back."]
        for text in said:
            await ada.client.call(team.Say(text))
        there = spoken(await cid.hears(team.LineSaid, 3))
        await second.hears(team.LineSaid, 3)
        await ada.hears(team.LineSaid, 3)
        check(not bo.client.live, "Bo was never away")
        bo.wire.up.set()
        missed = spoken(await bo.hears(team.LineSaid, 3))
        check(missed == there, f"Bo heard {missed}, the others {there}")
        await bo.hears_nothing()
        return f"Bo's line was cut while three were said. Back again, he heard #{missed[0][0]} to #{missed[-1][0]}: all, in order, once, and nothing else."

    async def say_twice(self) -> str:
        """One id on two connections: one line, two equal answers."""
        ada, bo, cid, second = self.captains
        id, line = str(uuid4()), team.Say("Only once.")
        first = await ada.client.reply(line, id=id)
        again = await second.client.reply(line, id=id)
        check(not first.replayed and again.replayed, "the second answer does not say that it is a replay")
        check(first.answer == again.answer and first.positions == again.positions, "the two answers differ")
        for one in self.captains:
            await one.hears(team.LineSaid)
        await asyncio.gather(*(one.hears_nothing() for one in (bo, cid)))
        return (
            "One command, one id, sent on two connections: said once, heard once, and the second answer is the first one, marked replayed."
        )

    async def kick(self) -> str:
        """Out of the team: silence, and no voice."""
        ada, bo, cid, _ = self.captains
        await ada.client.call(team.Kick(player_id=cid.id))
        await cid.hears(team.Exited)
        await ada.client.call(team.Say("Cid is out."))
        check(spoken(await bo.hears(team.LineSaid))[0][1] == "Cid is out.", "Bo did not hear Ada")
        await cid.hears_nothing()
        try:
            await cid.client.call(team.Say("Let me in!"))
        except team.NoTeam as no:
            return f"Cid heard of it, then {SILENCE_S} s of nothing while Bo heard Ada. Speaking is refused: {no.code}, “{no.message}”"
        raise NotObserved("Cid could still speak")

    async def rotate(self) -> str:
        """A lost answer signs nobody out; a stolen token does."""
        bo, cid = self.captains[1:3]
        way = Forgetful()
        async with httpx2.AsyncClient(transport=way, timeout=PATIENCE_S) as http:
            account = Account(self.url, bo.account.tokens, http=http)
            tokens = await account.refresh()
        check(way.lost == 1, "no answer was lost")
        check(
            tokens.session_id == bo.account.tokens.session_id and tokens.refresh_token != bo.account.tokens.refresh_token,
            "nothing was rotated",
        )
        bo.account.tokens = tokens
        await bo.account.refresh()
        stolen = cid.account.tokens
        await cid.account.refresh()
        since = time.perf_counter()
        try:
            await Account(self.url, stolen).refresh()
        except Unauthenticated:
            took_s = await cid.is_closed(4521, since)
        else:
            raise NotObserved("a spent refresh token was taken")
        return f"An answer was lost, asked for again, and Bo stays signed in. Cid's spent token, used by a thief, ends Cid's sign-in: his socket closes in {took_s * 1000:.0f} ms."

    async def log_out(self) -> str:
        """Signed out: the socket closes with 4521."""
        bo = self.captains[1]
        since = time.perf_counter()
        await bo.account.logout()
        took_s = await bo.is_closed(4521, since)
        check(took_s < 2.0, f"it took {took_s:.1f} s")
        try:
            await bo.account.refresh()
        except Unauthenticated:
            return (
                f"Bo signs out: his socket closes with 4521 (signed_out) in {took_s * 1000:.0f} ms, and his tokens open nothing any more."
            )
        raise NotObserved("Bo's refresh token still works")


STEPS: tuple[tuple[str, Callable[[Tour], Awaitable[str]]], ...] = (
    ("Three captains register", Tour.register),
    ("One logs in on a second device", Tour.log_in),
    ("They connect", Tour.open_sockets),
    ("A team is founded", Tour.found),
    ("Two join", Tour.join),
    ("They talk", Tour.talk),
    ("A connection is lost, and nothing else", Tour.cut),
    ("Sent twice, done once", Tour.say_twice),
    ("One is kicked", Tour.kick),
    ("Refresh tokens rotate", Tour.rotate),
    ("One logs out", Tour.log_out),
)


async def walk(url: str, console: Console) -> str | None:
    """Goes through all steps against the server at `url`. The title of the step that was not observed, or None."""
    tour, began = Tour(url), time.perf_counter()
    async with tour.stack:
        for number, (title, step) in enumerate(STEPS, 1):
            since = time.perf_counter()
            try:
                async with asyncio.timeout(3 * PATIENCE_S):
                    text = await step(tour)
            except Exception as error:
                _show(console, number, title, _reason(error), None)
                return title
            _show(console, number, title, text, time.perf_counter() - since)
    console.print(
        f"[bold green]✓ {len(STEPS)} of {len(STEPS)} steps observed[/] in {time.perf_counter() - began:.1f} s, at {url}", highlight=False
    )
    return None


def _reason(error: Exception) -> str:
    match error:
        case RateLimited():
            wait = f" Try again in {-(-error.retry_after_ms // 1000)} s." if error.retry_after_ms else ""
            return f"The server is rate limiting this address ({error.extra.get('bucket', 'requests')}); nothing is wrong with it.{wait}"
        case Refusal():
            return f"Refused: {error.code}, “{error.message}”"
        case Offline() | Stopped() | NotObserved():
            return str(error)
        case TimeoutError():
            return f"It took longer than {3 * PATIENCE_S:.0f} s."
    return f"{type(error).__name__}: {error}"


def _show(console: Console, number: int, title: str, text: str, took_s: float | None) -> None:
    width = min(console.width, WIDEST)
    head = Table.grid(expand=False, padding=(0, 1))
    head.width = width
    head.add_column(width=2, justify="right", style="dim")
    head.add_column(width=1)
    head.add_column(ratio=1, style="bold")
    head.add_column(justify="right", style="dim", no_wrap=True)
    mark = Text("✗", "red") if took_s is None else Text("✓", "green")
    head.add_row(str(number), mark, title, "not observed" if took_s is None else f"{took_s:.2f} s")
    console.print(head)
    for line in textwrap.wrap(text, width - 5 - 9):
        console.print(Text(f"     {line}", "red" if took_s is None else ""))
    console.print()


@contextlib.contextmanager
def _own_data() -> Iterator[Instance]:
    """A PostgreSQL and a Redis of the tour's own, in a folder that goes with them."""
    base = Path(tempfile.mkdtemp(prefix="callisto-tour-"))
    # The servers may run as another user, who must get through.
    base.chmod(0o711 if os.geteuid() == 0 else 0o700)
    instance = None
    try:
        instance = open_instance(load().model_copy(update={"database_url": None, "redis_url": None}), base)
        yield instance
    finally:
        if instance is not None:
            instance.close()
        shutil.rmtree(base, ignore_errors=True)


@contextlib.asynccontextmanager
async def _own_server(instance: Instance, settings: Settings) -> AsyncIterator[str]:
    """The address of a gateway of the tour's own, on a free port, with the limits it has everywhere."""
    await instance.migrate()
    listening = serving.listen("127.0.0.1", 0)
    ready = asyncio.Event()
    gateway = serving.Gateway(App(settings, instance.database_url, instance.redis_url), on_ready=ready.set, signals=False, loop="asyncio")
    serves = asyncio.create_task(gateway.serve(sockets=[listening]))
    serves.add_done_callback(lambda _: ready.set())
    await ready.wait()
    try:
        if not gateway.started:
            raise NotObserved("the tour's own server did not start; the log above says why")
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        gateway.should_exit = True
        await asyncio.gather(serves, return_exceptions=True)
        listening.close()


async def _walk_alone(instance: Instance, settings: Settings, console: Console) -> str | None:
    async with _own_server(instance, settings) as url:
        console.print(f"a server of its own listens at {url}\n", style="dim", highlight=False)
        return await walk(url, console)


def run(url: str | None) -> int:
    """Takes the tour at a running server, or at one of its own. 0 only when every step was observed."""
    console = Console(highlight=False)
    console.print("[bold]Callisto, a tour[/]  every line below was observed over HTTP or a socket")
    if url is not None:
        console.print(f"at {url}\n", style="dim")
        return _code(console, asyncio.run(walk(url, console)))
    serving.set_up_logs(pretty=sys.stderr.isatty(), level="error")
    # A SIGTERM must not pass over the end of the servers below.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(FAILED))
    console.print("starting a PostgreSQL and a Redis of its own, in a folder that goes when the tour ends", style="dim")
    try:
        with _own_data() as instance:
            return _code(console, asyncio.run(_walk_alone(instance, load(), console)))
    except (BadConfiguration, EmbeddedError) as error:
        console.print(f"[red]✗[/] {error}")
        return BAD_CONFIGURATION
    except NotObserved as error:
        console.print(f"[red]✗[/] {error}")
        return FAILED


def _code(console: Console, missed: str | None) -> int:
    if missed is not None:
        console.print(f"[bold red]✗ not observed:[/] {missed}")
    return OK if missed is None else FAILED
