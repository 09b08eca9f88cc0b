"""Gateways as processes of their own that are there at once: forked from one that has everything imported already."""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import signal
import sys
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

PR_SET_PDEATHSIG = 1
READY_S = 60  # the first one imports the server, on a machine that has other things to do

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["server.app", "server.serving", "server.settings"])


def gateway(environment: dict[str, str]) -> tuple[BaseProcess, int]:
    """A gateway with just this environment, and the port it listens on."""
    here, there = _context.Pipe(duplex=False)
    process = _context.Process(target=_serve, args=(environment, there), daemon=True)
    process.start()
    there.close()
    if not here.poll(READY_S):
        raise AssertionError("it did not start")
    return process, here.recv()


def _serve(environment: dict[str, str], told: Connection) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.environ.clear()
    os.environ.update(environment)
    from server import serving
    from server.app import App
    from server.settings import load

    serving.set_up_logs(pretty=False, level="error")
    settings = load()
    assert settings.database_url is not None
    assert settings.redis_url is not None
    listening = serving.listen("127.0.0.1", 0)
    app = App(settings, settings.database_url.get_secret_value(), settings.redis_url.get_secret_value(), node="doomed")
    told.send(listening.getsockname()[1])
    asyncio.run(serving.Gateway(app).serve(sockets=[listening]))
