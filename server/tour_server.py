"""A server of one's own for the length of a visit: what `tour` and `play` start when no address is given."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from server import serving
from server.app import App
from server.instance import Instance, open_instance
from server.settings import Settings, load


class NotStarted(Exception):
    """The server did not come up."""


@contextlib.contextmanager
def own_data(name: str) -> Iterator[Instance]:
    """A PostgreSQL and a Redis of one's own, in a folder that goes with them."""
    base = Path(tempfile.mkdtemp(prefix=f"callisto-{name}-"))
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
async def own_server(instance: Instance, settings: Settings) -> AsyncIterator[str]:
    """The address of a gateway of one's own, on a free port, with the limits it has everywhere. Raises NotStarted."""
    await instance.migrate()
    listening = serving.listen("127.0.0.1", 0)
    ready = asyncio.Event()
    gateway = serving.Gateway(App(settings, instance.database_url, instance.redis_url), on_ready=ready.set, signals=False, loop="asyncio")
    serves = asyncio.create_task(gateway.serve(sockets=[listening]))
    serves.add_done_callback(lambda _: ready.set())
    await ready.wait()
    try:
        if not gateway.started:
            raise NotStarted("the server did not start; the log above says why")
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        gateway.should_exit = True
        await asyncio.gather(serves, return_exceptions=True)
        listening.close()
