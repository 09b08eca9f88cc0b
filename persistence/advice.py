"""Settings of an outside PostgreSQL that Callisto cannot make itself: what they are, and the line that puts them right.

Serving goes on without them; what is lost stands with each. The embedded server has them all.
"""

from __future__ import annotations

from typing import NamedTuple

import asyncpg

DEADLOCK_MS = 100  # well below the lock timeout, or a deadlock looks like a wait and is not retried (delivery.md, rule 11)
LOCKS = 256  # a batch takes an advisory lock per command (delivery.md, rule 5)
OTHERS = 10  # connections for whoever migrates, looks after the server, or backs it up


class Advice(NamedTuple):
    """One setting that is not as it should be. `line` is what to type, `why` what it costs to leave it."""

    name: str
    value: str
    line: str
    why: str


async def amiss(connection: asyncpg.Connection, connections: int = 0) -> list[Advice]:
    """What is not as it should be, as this role finds it. `connections` is how many all gateway processes may hold."""
    names = ["deadlock_timeout", "max_locks_per_transaction", "max_connections"]
    found = dict(await connection.fetch("select name, setting::bigint from pg_settings where name = any($1)", names))
    advice = []
    if found["deadlock_timeout"] > DEADLOCK_MS:
        advice.append(
            Advice(
                "deadlock_timeout",
                f"{found['deadlock_timeout']} ms",
                f"alter system set deadlock_timeout = '{DEADLOCK_MS}ms'; select pg_reload_conf();",
                "a deadlock looks like a long wait, and its command is refused instead of tried again",
            )
        )
    if found["max_locks_per_transaction"] < LOCKS:
        advice.append(
            Advice(
                "max_locks_per_transaction",
                str(found["max_locks_per_transaction"]),
                f"alter system set max_locks_per_transaction = {LOCKS};  -- and restart PostgreSQL",
                "a large batch of lines may run out of locks and fail",
            )
        )
    if found["max_connections"] < connections + OTHERS:
        advice.append(
            Advice(
                "max_connections",
                str(found["max_connections"]),
                f"alter system set max_connections = {connections + OTHERS};  -- and restart PostgreSQL; or fewer workers",
                "a process that finds no connection refuses commands",
            )
        )
    return advice
