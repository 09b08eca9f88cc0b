"""What Postgres spends on each statement of a deposit: `python -P -m bench.statements [COUNT]`.

On the ordinary lane one after the other; on the batched lane by the size of a call. The backend's own CPU, so that a change of one
statement shows where a whole run would hide it. Starts and removes its own servers.
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
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from bench import cpu, people
from bench.servers import answers, driver_args, free_port, plain_environment, running, wait_until
from persistence import hot, ledger, receipts, teams, treasuries
from persistence.database import Db
from persistence.ledger import Leg
from protocol.codec import Incoming
from protocol.message import Door
from protocol.treasury import Deposit
from protocol.types import MOST, PlayerId, Resource, TeamId
from server.caller import Caller
from server.embedded import Embedded, Endpoints
from server.handlers import treasury
from server.lanes import Entry

WARM = 100  # deposits before counting: plans are made once for each connection
TEAMS = 64
SIZES = (1, 8, 64)  # gifts in a call of the batched lane, each to a team of its own
R = TypeVar("R")


class Meter:
    """What one backend spent, by the name of the statement. Nanoseconds."""

    def __init__(self, backend: int) -> None:
        self.backend = backend
        self.spent = Counter[str]()

    async def timed(self, name: str, statement: Awaitable[R]) -> R:
        """The statement's result."""
        before = cpu.of_process(self.backend)
        found = await statement
        self.spent[name] += cpu.of_process(self.backend) - before
        return found


async def measure(endpoints: Endpoints, count: int) -> tuple[Counter[str], Counter[str]]:
    """Nanoseconds by statement, of `count` deposits on the ordinary lane and on the batched one, there by size."""
    owner = await asyncpg.connect(**driver_args(endpoints.owner_url))
    captains = (await people.make(owner, TEAMS))[::4]
    sessions = dict(await owner.fetch("select p.id, s.session_id from sessions s join players p on p.user_id = s.user_id"))
    await owner.close()
    connection = await asyncpg.connect(**driver_args(endpoints.database_url), server_settings={"jit": "off"})
    backend = await connection.fetchval("select pg_backend_pid()")
    plain, batched = Meter(backend), Meter(backend)
    await _one_by_one(connection, plain, captains, sessions, count)
    for size in SIZES:
        await _in_calls(
            connection, batched, [Caller(Door.PLAYER, each.player_id, sessions[each.player_id]) for each in captains[:size]], count
        )
    await connection.close()
    return plain.spent, batched.spent


async def _one_by_one(
    connection: asyncpg.Connection, meter: Meter, captains: list[people.Captain], sessions: dict[UUID, UUID], count: int
) -> None:
    db, timed = Db(connection, cast(AsyncConnection, None)), meter.timed
    for number in range(WARM + count):
        if number == WARM:
            meter.spent.clear()
        captain = captains[number % len(captains)]
        me, team, id, one = PlayerId(captain.player_id), TeamId(captain.team_id), f"{number:036d}", Resource.CREDITS
        legs = [Leg(ledger.player(me), one, -1), Leg(ledger.team(team), one, 1)]
        streams = [f"player:{me}", f"team:{team}"]
        told = [
            receipts.Telling(streams[0], "player.credits_changed", bytes(60), None),
            receipts.Telling(streams[1], "treasury.changed", bytes(160), None),
        ]
        await timed("begin", connection.execute("begin"))
        await timed("claim_receipt", receipts.claim(db, me, id, sessions[me], 0))
        await timed("enter_treasury", teams.enter_treasury(db, me))
        await timed("move_money", ledger.move(db, me, id, legs, kind="deposit", actor=me))
        await timed("contribution and balances", treasuries.contribute(db, team, me, one, 1))
        await timed("conclude", receipts.conclude(db, me, id, bytes(32), bytes(200), told, streams))
        await timed("commit", connection.execute("commit"))


async def _in_calls(connection: asyncpg.Connection, meter: Meter, callers: list[Caller], count: int) -> None:
    lane, name = treasury.Depositing(), f"deposit_many, {len(callers)} in a call"
    calls = WARM // len(callers), -(-count // len(callers))
    for number in range(sum(calls)):
        if number == calls[0]:
            del meter.spent[name]
        some = [(each, f"{name} {number}") for each in callers]
        commands = [Entry(each, Incoming(id, lane.name, Deposit(Resource.CREDITS, 1), 5_000), 0.0, lambda *_: None) for each, id in some]
        gifts = [lane.row(each) for each in commands]
        found = await meter.timed(name, hot.deposit_many(connection, gifts, treasury.OWN, treasury.CREW, MOST))
        if any(each.state != "ok" for each in found):
            raise RuntimeError(f"not given: {[each.state for each in found]}")
    # Of all these calls a deposit's share.
    meter.spent[name] = round(meter.spent[name] * count / calls[1] / len(callers))


def main() -> None:
    """Starts servers, measures, prints."""
    count, base = int(sys.argv[1]) if len(sys.argv) > 1 else 400, Path(tempfile.mkdtemp(prefix="callisto-bench-", dir="/var/tmp"))
    servers: Any = Embedded(base, durable=True)
    try:
        endpoints, port = servers.start(), free_port()
        serve = [sys.executable, "-P", "-m", "server", "serve", "--data", str(base), "--port", str(port)]
        with running(serve, plain_environment(), base / "gateway.log") as process:
            wait_until(process, base / "gateway.log", lambda: answers(f"http://127.0.0.1:{port}/readyz"))  # the schema is made
        plain, batched = asyncio.run(measure(endpoints, count))
        for name, ns in [*plain.items(), ("ordinary lane, all", plain.total()), *batched.items()]:
            print(f"{name:28} {ns / 1000 / count:7.1f} µs a deposit")
    finally:
        servers.stop()
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
