"""Reaching the server: its addresses, and one socket. The only module that knows the websockets library."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, Union
from urllib.parse import urlsplit, urlunsplit

import websockets
from websockets.asyncio.client import ClientConnection, connect

from callisto_client.advice import CUT, Closed
from callisto_client.errors import Offline, Stopped

PATH = "/v1/ws"
PING_S = 10.0  # as often as the server does; one that is not answered as soon ends the connection
OPEN_S = 10.0
MOST = 4 * 1024 * 1024  # bytes a frame of the server's may have: a snapshot is the largest
LATER = frozenset((408, 425, 429))  # HTTP statuses below 500 that pass by themselves


class Urls:
    """One address, several, or a function that gives one. `turn` moves on to the next after a failure."""

    def __init__(self, given: str | Sequence[str] | Callable[[], str | Awaitable[str]]) -> None:
        self.given = given
        self.turned = 0

    @classmethod
    def of(cls, given: Url) -> Urls:
        """The same, whatever form it has."""
        return given if isinstance(given, Urls) else cls(given)

    def turn(self) -> None:
        """This one did not work."""
        self.turned += 1

    async def http(self) -> str:
        """Where HTTP is spoken, without a slash at the end."""
        parts = urlsplit(await self._current())
        scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
        return urlunsplit((scheme, parts.netloc, parts.path.removesuffix(PATH).rstrip("/"), "", ""))

    async def ws(self) -> str:
        """Where players connect."""
        base = urlsplit(await self.http())
        return urlunsplit(({"http": "ws", "https": "wss"}[base.scheme], base.netloc, base.path + PATH, "", ""))

    async def _current(self) -> str:
        if isinstance(self.given, str):
            return self.given
        if callable(self.given):
            found = self.given()
            return await found if inspect.isawaitable(found) else found
        return self.given[self.turned % len(self.given)]


Url = Union[Urls, str, Sequence[str], Callable[[], Union[str, Awaitable[str]]]]  # noqa: UP007  # evaluated, and Urls is a class here


class Gone(Exception):
    """The connection has ended."""

    def __init__(self, closed: Closed) -> None:
        super().__init__(f"{closed.code} {closed.reason}")
        self.closed = closed


class Socket(Protocol):
    """One connection, as the client needs it. Tests may put their own in."""

    async def send(self, data: bytes | str) -> None:
        """Sends one message. Raises Gone."""
        ...

    async def receive(self) -> bytes | str:
        """The next message. Raises Gone."""
        ...

    async def close(self, code: int = 1000) -> None:
        """Says goodbye."""
        ...

    def abort(self) -> None:
        """Ends it without a word."""
        ...


Connect = Callable[[str, str], Awaitable[Socket]]
"""Opens a socket at an address with a subprotocol. Raises Offline, or Stopped when trying again is no use."""


class WebSocket:
    """A socket of the websockets library."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, data: bytes | str) -> None:
        """Sends one message. Raises Gone."""
        try:
            await self.connection.send(data)
        except websockets.ConnectionClosed as closed:
            raise Gone(_closed(closed)) from None

    async def receive(self) -> bytes | str:
        """The next message. Raises Gone."""
        try:
            return await self.connection.recv()
        except websockets.ConnectionClosed as closed:
            raise Gone(_closed(closed)) from None

    async def close(self, code: int = 1000) -> None:
        """Says goodbye."""
        await self.connection.close(code)

    def abort(self) -> None:
        """Ends it without a word."""
        self.connection.transport.abort()


async def dial(url: str, subprotocol: str) -> Socket:
    """A connected socket. Raises Offline, or Stopped when the address is wrong."""
    try:
        connection = await connect(
            url,
            subprotocols=[websockets.Subprotocol(subprotocol)],
            compression=None,
            open_timeout=OPEN_S,
            ping_interval=PING_S,
            ping_timeout=PING_S,
            close_timeout=2.0,
            max_size=MOST,
            max_queue=1024,
            proxy=None if host_is_here(url) else True,
        )
    except websockets.InvalidStatus as error:
        status = error.response.status_code
        if 400 <= status < 500 and status not in LATER:
            raise Stopped(status, "no_socket_here", f"There is no game server at {url}.") from error
        raise Offline(f"{url} answers {status}") from error
    except (OSError, websockets.InvalidHandshake, TimeoutError) as error:
        raise Offline(f"{url} does not answer ({type(error).__name__})") from error
    return WebSocket(connection)


def host_is_here(url: str) -> bool:
    """Whether the address is this machine's own: no proxy leads there."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _closed(error: websockets.ConnectionClosed) -> Closed:
    # What the server said; a close of our own making (an unanswered ping) counts as a cut.
    return Closed(error.rcvd.code, error.rcvd.reason) if error.rcvd is not None else Closed(CUT, "")
