"""One gateway process of several, started by the owner: `python -m server.gateway_process OWNER HOST PORT NODE REPORT`.

It ends with its owner, however that ends. On the pipe REPORT it writes one line: `ready`, whether Redis answered; or `refused`,
the exit code the owner should end with, and why. Addresses and settings come with the environment.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

import structlog

from server import serving
from server.app import App
from server.settings import load

PR_SET_PDEATHSIG = 1


def end_with(owner: int) -> None:
    """Has the kernel ask us to drain when the owner dies, or ends when it has died already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != owner:
        sys.exit(1)


def main(owner: int, host: str, port: int, node: str, report: int) -> int:
    """Serves until a signal. The exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    end_with(owner)

    def tell(line: str) -> None:
        os.write(report, f"{line}\n".encode())
        os.close(report)

    serving.set_up_logs(pretty=sys.stderr.isatty())
    serving.raise_file_limit()
    structlog.contextvars.bind_contextvars(node=node)
    settings = load()
    assert settings.database_url is not None and settings.redis_url is not None
    try:
        listening = serving.listen(host, port, shared=True)
    except OSError as error:
        tell(f"refused 1 cannot listen on {host}:{port}: {error.strerror}. Try --port.")
        return 1
    app = App(settings, settings.database_url.get_secret_value(), settings.redis_url.get_secret_value(), node=node)
    gateway = serving.Gateway(app, on_ready=lambda: tell(f"ready {int(app.bus is not None and app.bus.connected)}"))
    if not serving.run(gateway, listening):
        tell("refused 4 a gateway did not start; the log above says why")
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5])))
