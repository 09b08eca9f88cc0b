"""One gateway as a process of its own, for fault runs: `python -P -m tests.faults.gateway --port N --node NAME [--plant BUG]`.

The real server, served as `callisto serve` serves it, on servers whose addresses come from the environment. It cannot outlive
the runner, tells what it holds under /faults/resources, and may have a bug planted before it serves. Tests are not part
of the installed package, so none of this exists in production.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import importlib
import os
import signal
import sys

import uvloop
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from server import serving
from server.app import App
from server.settings import load

PR_SET_PDEATHSIG = 1
CLOCK = "CALLISTO_FAULTS_CLOCK"  # for one planted bug, and no setting


def die_with_the_runner(runner: int) -> None:
    """The kernel ends this process with its parent, however that ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != runner:
            os._exit(1)


def main() -> int:
    """Serves until a signal."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--port", type=int, required=True)
    asked.add_argument("--node", required=True)
    asked.add_argument("--runner", type=int, required=True)
    asked.add_argument("--plant")
    told = asked.parse_args()
    die_with_the_runner(told.runner)
    if told.plant:
        importlib.import_module("tests.faults.planted").plant(told.plant)
    serving.set_up_logs(pretty=False)
    serving.raise_file_limit()
    clock = os.environ.pop(CLOCK, None)
    settings = load()
    if clock is not None:
        os.environ[CLOCK] = clock
    assert settings.database_url is not None and settings.redis_url is not None
    listening = serving.listen("127.0.0.1", told.port)
    app = App(settings, settings.database_url.get_secret_value(), settings.redis_url.get_secret_value(), node=told.node)

    async def resources(_: Request) -> JSONResponse:
        pool = app.database.engine.pool
        return JSONResponse({"tasks": len(asyncio.all_tasks()), "pool": pool.checkedin() + pool.checkedout()})  # type: ignore[attr-defined]

    app.asgi.router.routes.append(Route("/faults/resources", resources))
    gateway = serving.Gateway(app)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(gateway.serve(sockets=[listening]))
    return 0 if gateway.started else 4


if __name__ == "__main__":
    sys.exit(main())
