"""What the server asks of itself by the clock."""

from __future__ import annotations

from persistence import budgets, rates, receipts, sessions, upkeep
from protocol import upkeep as asks
from server.context import SystemCtx
from server.dispatch import handles
from server.settings import Retention

# Set by app: handlers are given no settings, and these two only say how long things are kept.
KEEP = {"events_days": Retention().events_days, "receipts_days": Retention().receipts_days}

# Every how many seconds each is due.
SCHEDULES: dict[str, tuple[float, type]] = {
    "upkeep.partitions": (3_600.0, asks.MakePartitions),
    "upkeep.retention": (3_600.0, asks.RetireEvents),
    "upkeep.receipts": (60.0, asks.TrimReceipts),
    "upkeep.sessions": (300.0, asks.SweepSessions),
    "upkeep.budgets": (3_600.0, asks.TrimBudgets),
}


@handles
async def partitions(ctx: SystemCtx, cmd: asks.MakePartitions) -> asks.Kept:
    """Days of the event log that exist ahead."""
    return asks.Kept(await upkeep.make_partitions(ctx.db))


@handles
async def retention(ctx: SystemCtx, cmd: asks.RetireEvents) -> asks.Kept:
    """Removes one old day of events, if there is one and nobody reads it."""
    return asks.Kept(await upkeep.retire_events(ctx.db, KEEP["events_days"]))


@handles
async def trim_receipts(ctx: SystemCtx, cmd: asks.TrimReceipts) -> asks.Kept:
    """Deletes a few thousand receipts past keeping."""
    return asks.Kept(await receipts.trim(ctx.db, KEEP["receipts_days"]))


@handles
async def sweep_sessions(ctx: SystemCtx, cmd: asks.SweepSessions) -> asks.Kept:
    """Deletes what can open nothing any more."""
    return asks.Kept(await sessions.sweep(ctx.db) + await rates.sweep(ctx.db))


@handles
async def trim_budgets(ctx: SystemCtx, cmd: asks.TrimBudgets) -> asks.Kept:
    """Deletes what nobody reckons with any more."""
    return asks.Kept(await budgets.trim(ctx.db))
