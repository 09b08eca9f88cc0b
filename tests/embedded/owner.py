"""An owner of embedded servers, as a program: prints its addresses, then its end, one JSON line each.

    owner.py BASE [--durable]

Ends when its stdin closes. On Ctrl-C it asks the database something first, as a leaving gateway does.
"""

import asyncio
import json
import select
import signal
import socket
import sys
import time
from dataclasses import asdict
from pathlib import Path

import asyncpg

from server.embedded import Embedded, EmbeddedError


def say(**line: object) -> None:
    print(json.dumps(line), flush=True)


async def ask(url: str, sql: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def main() -> None:
    servers = Embedded(Path(sys.argv[1]), durable="--durable" in sys.argv)
    began = time.monotonic()
    try:
        endpoints = servers.start()
    except EmbeddedError as error:
        say(refused=str(error))
        return
    # By a handler, as `serve` has one: a KeyboardInterrupt that meets a finaliser is swallowed, and nobody would leave.
    here, there = socket.socketpair()
    there.setblocking(False)
    signal.set_wakeup_fd(there.fileno())
    signal.signal(signal.SIGINT, lambda *_: None)
    say(**asdict(endpoints), started_s=time.monotonic() - began)
    ready, _, _ = select.select([sys.stdin, here], [], [])
    answer: object = None
    if here in ready:
        # Longer than a server that heard the signal too would need to end.
        answer = asyncio.run(ask(endpoints.database_url, "select 'still here' from pg_sleep(0.3)"))
    say(codes=servers.stop(), answer=answer)


main()
