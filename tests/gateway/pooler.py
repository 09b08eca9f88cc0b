"""A real PgBouncer in transaction mode, in front of a test's database."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from persistence.database import normal_url
from server.embedded_programs import server_user

# Fewer than the connections of two gateways: what belongs to one transaction meets the leavings of others.
SERVERS = 4
PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


class Pooler:
    """One PgBouncer; its `url` is the application's way to the database of `url`."""

    def __init__(self, folder: Path, url: str) -> None:
        assert PROGRAM is not None
        user = server_user()
        parts = make_url(normal_url(url))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        settings = folder / "pgbouncer.ini"
        folder.joinpath("users.txt").write_text(f'"{parts.username}" ""\n')
        settings.write_text(
            f"""[databases]
{parts.database} = host={parts.query["host"]} port={parts.query["port"]} dbname={parts.database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {self.port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users.txt
pool_mode = transaction
default_pool_size = {SERVERS}
max_client_conn = 200
logfile = {folder}/pgbouncer.log
"""
        )
        user.owns(folder)
        drop: dict[str, Any] = {"user": user.uid, "group": user.gid, "extra_groups": []} if user.dropped else {}
        for each in folder.iterdir():
            each.chmod(0o644)
        self.process = subprocess.Popen([PROGRAM, str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **drop)
        self.url = f"postgresql://{parts.username}@127.0.0.1:{self.port}/{parts.database}"
        self.folder = folder
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        raise RuntimeError(f"PgBouncer does not answer: {self.log}")

    @property
    def log(self) -> str:
        """What it wrote."""
        path = self.folder / "pgbouncer.log"
        return path.read_text() if path.exists() else ""

    def stop(self) -> None:
        """Ends it."""
        self.process.kill()
        self.process.wait(10)
