"""Who goes on the tour: captains on connections that the tour can cut, and another part of the game that asks over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast
from uuid import uuid4

import httpx2
import msgspec

from callisto_client import Account, Client, Heard, Stopped
from callisto_client.dial import Socket, dial
from callisto_client.errors import refusal
from protocol.message import REGISTRY, Answer, Command, name_of
from protocol.types import PlayerId, TeamId

R = TypeVar("R", bound=Answer)
PATIENCE_S = 10.0  # how long the tour waits for what must come
FIRST_NAMES = ("Ada", "Bo", "Cid")
SILENCE_S = 1.5  # how long it listens for what must not: longer than the 1.2 s in which news comes at the latest


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
    def id(self) -> PlayerId:
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


class Part:
    """Another part of the game, which has a token and asks through the service door."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token

    async def does(self, command: Command[R]) -> R:
        """The answer. Raises the refusal."""
        headers = {"authorization": f"Bearer {self.token}", "idempotency-key": str(uuid4())}
        async with httpx2.AsyncClient(timeout=PATIENCE_S) as http:
            response = await http.post(f"{self.url}/v1/service/{name_of(command)}", json=msgspec.to_builtins(command), headers=headers)
        found = response.json()
        if response.status_code >= 400:
            raise refusal(found)
        return cast(R, msgspec.convert(found["ok"], REGISTRY.commands[name_of(command)].answer))


async def _waits(_: str, wait_s: float) -> None:
    await asyncio.sleep(wait_s)


class Tour:
    """What the steps hand on to each other. `part` is the rest of the game; None when there is no token for it."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url
        self.tag = secrets.token_hex(3)
        self.password = secrets.token_urlsafe(12)
        self.part = Part(url, token) if token is not None else None
        self.accounts: list[Account] = []
        self.captains: list[Captain] = []
        self.stack = contextlib.AsyncExitStack()
        self.waits: Callable[[str, float], Awaitable[None]] = _waits
        self.team_id: TeamId | None = None

    def username(self, name: str) -> str:
        """A name nobody has, on any server, however often the tour runs."""
        return f"{name}_{self.tag}"

    async def connect(self, name: str, account: Account) -> Captain:
        """A captain at a socket of their own."""
        wire = Wire()
        client = await self.stack.enter_async_context(Client.connect(self.url, account, connect=wire))
        return Captain(name, account, client, wire)
