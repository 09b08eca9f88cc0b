"""The deadlines uvicorn does not have: a client that is silent, slow or long-winded is put out before the socket.

And the porter's word, kept: whom he drops, whom he answers in bare HTTP, and who reaches a socket (with what he said in its scope).
"""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from server.gateway.porter import Porter, Turned
from server.gateway.socket import GUEST

FORWARDED = b"x-forwarded-for"


class _TooLong(Exception):
    """The header is over a limit."""


class DeadlineHttp(HttpToolsProtocol):
    """`uvicorn.Config(http=DeadlineHttp)`. Never logs a path: queries carry secrets."""

    header_s: ClassVar[float] = 5.0  # from connecting, or from the first byte of a later request; guarantees.md 4.2
    body_s: ClassVar[float] = 10.0  # from header to end of request
    max_header_bytes: ClassVar[int] = 16 * 1024  # request line included
    max_headers: ClassVar[int] = 64
    porter: ClassVar[Porter | None] = None  # of the process; a subclass has one

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access_log = False
        self._deadline: asyncio.TimerHandle | None = None
        self._in_header = True
        self._header_bytes = 0
        self._raw_bytes = 0  # received since the last header ended; a header may be one endless line
        self._peer: str | None = None  # while its first request is awaited

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.porter is not None:
            peer = self.client[0] if self.client else ""
            if not self.porter.connected(peer):
                transport.abort()
                return
            self._peer = peer
        self._within(self.header_s)

    def data_received(self, data: bytes) -> None:
        if self.parser is None or self.transport.is_closing():
            return
        if self._in_header:
            self._raw_bytes += len(data)
            if self._deadline is None:
                self._within(self.header_s)
        super().data_received(data)
        if self._in_header and self._raw_bytes > self.max_header_bytes and not self.transport.is_closing():
            self.send_400_response("Header too long.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_header = True
        self._header_bytes = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._spend(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._spend(len(name) + len(value) + 4)

    def on_headers_complete(self) -> None:
        self._in_header = False
        self._raw_bytes = 0
        self._spoke()
        self._within(self.body_s)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_header = True
        self._raw_bytes = 0
        self._within(None)

    def handle_websocket_upgrade(self) -> None:
        self._within(None)
        if self.porter is not None:
            said = self.porter.admit(self._address(self.porter))
            if isinstance(said, Turned) and not said.politely:
                self._turn_away(said)
                return
            self.app_state = {**self.app_state, GUEST: said}
        super().handle_websocket_upgrade()

    def _address(self, porter: Porter) -> str:
        lines = [value.decode("latin-1") for name, value in self.headers if name == FORWARDED]
        return porter.proxies.client(self.client[0] if self.client else "", lines)

    def _turn_away(self, said: Turned) -> None:
        """No socket, no ASGI: a refusal that costs less than the asking."""
        head = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\nretry-after: %d\r\n\r\n"
        self.transport.write(head % -(-said.retry_after_ms // 1000))
        self.transport.close()

    def _spoke(self) -> None:
        if self._peer is not None and self.porter is not None:
            self.porter.spoke(self._peer)
            self._peer = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._spoke()
        self._within(None)
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        self._within(None)
        if not self._is_too_long():
            super().send_400_response(msg)
            return
        self.transport.write(b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

    def _spend(self, size: int) -> None:
        self._header_bytes += size
        # Not the raw bytes: what was read together with the header may be a body.
        if self._header_bytes > self.max_header_bytes or len(self.headers or ()) > self.max_headers:
            raise _TooLong  # the parser wraps it and stops; uvicorn answers through send_400_response

    def _is_too_long(self) -> bool:
        size = max(self._header_bytes, self._raw_bytes if self._in_header else 0)
        return size > self.max_header_bytes or len(self.headers or ()) > self.max_headers

    def _within(self, seconds: float | None) -> None:
        """Drop the connection unless it gets on within `seconds`; None lifts the deadline."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None if seconds is None else self.loop.call_later(seconds, self.transport.abort)
