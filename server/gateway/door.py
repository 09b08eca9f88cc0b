"""The deadlines uvicorn does not have: a client that is silent, slow or long-winded is put out before the socket."""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class _TooLong(Exception):
    """The header is over a limit."""


class DeadlineHttp(HttpToolsProtocol):
    """`uvicorn.Config(http=DeadlineHttp)`. Never logs a path: queries carry secrets."""

    header_s: ClassVar[float] = 5.0  # from connecting, or from the first byte of a later request; guarantees.md 4.2
    body_s: ClassVar[float] = 10.0  # from header to end of request
    max_header_bytes: ClassVar[int] = 16 * 1024  # request line included
    max_headers: ClassVar[int] = 64

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.access_log = False
        self._deadline: asyncio.TimerHandle | None = None
        self._in_header = True
        self._header_bytes = 0
        self._raw_bytes = 0  # received since the last header ended; a header may be one endless line

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
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
        self._within(self.body_s)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_header = True
        self._raw_bytes = 0
        self._within(None)

    def handle_websocket_upgrade(self) -> None:
        self._within(None)
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
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
