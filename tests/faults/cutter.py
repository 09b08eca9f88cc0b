"""A way to PostgreSQL that can be cut: between a commit and its word, or all at once."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Self

from sqlalchemy.engine import make_url

from tests.conftest import driver_args


class Cutter:
    """A way to PostgreSQL that, once armed, ends the connection in place of the next word that something was committed."""

    COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"

    def __init__(self, url: str) -> None:
        self.target, self.armed = driver_args(url), False
        self.base = make_url(url)
        self.url = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self.server.sockets[0].getsockname()[1]
        self.url = self.base.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.server.close()
        for each in self._tasks:
            each.cancel()

    def cut(self) -> None:
        """Ends all connections; what the server has begun on them it goes on with, as behind a partition."""
        for each in self._open:
            each.transport.abort()
        self._open.clear()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        host, port = str(self.target["host"]), int(self.target["port"])
        if host.startswith("/"):
            server, to_server = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        else:
            server, to_server = await asyncio.open_connection(host, port)
        both = to_client, to_server
        self._open += both
        for source, sink in ((client, to_server), (server, to_client)):
            task = asyncio.create_task(self._pump(source, sink, both, watched=source is server))
            self._tasks.add(task)

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        both: tuple[asyncio.StreamWriter, asyncio.StreamWriter],
        *,
        watched: bool,
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65_536):
                if watched and self.armed and self.COMMITTED in data:
                    self.armed = False
                    break
                sink.write(data)
                await sink.drain()
        for each in both:
            each.close()
