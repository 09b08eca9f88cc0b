"""What Postgres spends on each statement of a deposit, one deposit after the other: `python -P -m bench.statements [COUNT]`.

The backend's own CPU, so that a change of one statement shows where a whole run would hide it. Starts and removes its own servers.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, TypeVar, cast

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from bench import cpu, people
from bench.servers import answers, driver_args, free_port, plain_environment, running, wait_until
from persistence import ledger, receipts, teams, treasuries
from persistence.database import Db
from persistence.ledger import Leg
from protocol.types import PlayerId, Resource, TeamId
from server.embedded import Embedded, Endpoints

WARM = 100  # deposits before counting: plans are made once for each connection
R = TypeVar("R")


async def measure(endpoints: Endpoints, count: int) -> Counter[str]:
    """Nanoseconds by statement, of `count` deposits."""
    owner = await asyncpg.connect(**driver_args(endpoints.owner_url))
    captains = await people.make(owner, 64)
    connection = await asyncpg.connect(**driver_args(endpoints.database_url), server_settings={"jit": "off"})
    backend, spent = await connection.fetchval("select pg_backend_pid()"), Counter[str]()
    db = Db(connection, cast(AsyncConnection, None))

    async def timed(name: str, statement: Awaitable[R]) -> R:
        before = cpu.of_process(backend)
        found = await statement
        spent[name] += cpu.of_process(backend) - before
        return found

    for number in range(WARM + count):
        if number == WARM:
            spent.clear()
        captain = captains[number * 4 % len(captains)]
        me, team, id, one = PlayerId(captain.player_id), TeamId(captain.team_id), f"{number:036d}", Resource.CREDITS
        legs = [Leg(ledger.player(me), one, -1), Leg(ledger.team(team), one, 1)]
        streams = [f"player:{me}", f"team:{team}"]
        told = [
            receipts.Telling(streams[0], "player.credits_changed", bytes(60), None),
            receipts.Telling(streams[1], "treasury.changed", bytes(160), None),
        ]
        await timed("begin", connection.execute("begin"))
        await timed("claim_receipt", receipts.claim(db, me, id, None, 0))
        await timed("enter_treasury", teams.enter_treasury(db, me))
        await timed("move_money", ledger.move(db, me, id, legs, kind="deposit", actor=me))
        await timed("contribution and balances", treasuries.contribute(db, team, me, one, 1))
        await timed("conclude", receipts.conclude(db, me, id, bytes(32), bytes(200), told, streams))
        await timed("commit", connection.execute("commit"))
    await connection.close()
    await owner.close()
    return spent


def main() -> None:
    """Starts servers, measures, prints."""
    count, base = int(sys.argv[1]) if len(sys.argv) > 1 else 400, Path(tempfile.mkdtemp(prefix="callisto-bench-", dir="/var/tmp"))
    servers: Any = Embedded(base, durable=True)
    try:
        endpoints, port = servers.start(), free_port()
        serve = [sys.executable, "-P", "-m", "server", "serve", "--data", str(base), "--port", str(port)]
        with running(serve, plain_environment(), base / "gateway.log") as process:
            wait_until(process, base / "gateway.log", lambda: answers(f"http://127.0.0.1:{port}/readyz"))  # the schema is made
        spent = asyncio.run(measure(endpoints, count))
        for name, ns in [*spent.items(), ("all", spent.total())]:
            print(f"{name:28} {ns / 1000 / count:7.1f} µs")
    finally:
        servers.stop()
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
