"""One port for several processes of ours, and for nobody else.

Every gateway process listens on a socket of its own (SO_REUSEPORT): the kernel spreads connections evenly, and a process that
dies takes its queue with it instead of leaving clients in it. But the kernel lets any program of the same user join such a
port, a second `serve` too, and half the players would land in another world. So the port is first taken the ordinary way,
which fails when anybody listens there, and its number stays locked for as long as the owner lives.
"""

from __future__ import annotations

import errno
import os
import socket

BACKLOG = 2_048  # connections that wait to be accepted


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A listening socket; `shared`, one of several on this port. Raises OSError when the port is taken by somebody else."""
    found = _bound(host, port, shared=shared)
    try:
        found.listen(BACKLOG)
    except OSError:
        found.close()
        raise
    found.setblocking(False)
    return found


class SharedPort:
    """The right to listen on a port, held by the owner. `port` is its number. Raises OSError when it is taken."""

    def __init__(self, host: str, port: int) -> None:
        alone = listen(host, port)
        self.port: int = alone.getsockname()[1]
        self._lock = socket.socket(socket.AF_UNIX)
        try:
            # A name in the kernel, of the same network namespace as the port: it cannot be left behind.
            self._lock.bind(f"\0callisto-serve-{self.port}")
        except OSError:
            self._lock.close()
            alone.close()
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE)) from None
        alone.close()
        # Bound and not listening: it gets no connection, and the number stays ours while no process listens.
        self._held = _bound(host, self.port, shared=True)

    def close(self) -> None:
        """Gives the port back."""
        self._held.close()
        self._lock.close()


def _bound(host: str, port: int, *, shared: bool) -> socket.socket:
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        found.bind((host, port))
    except OSError:
        found.close()
        raise
    return found
