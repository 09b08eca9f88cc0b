"""What other parts of the game tell everybody, and ask about the world."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from persistence import events, hot, world
from protocol import codec, service
from protocol.codec import Incoming
from protocol.message import Door
from protocol.streams import SYSTEM
from server.caller import Caller
from server.context import ServiceCtx
from server.dispatch import handles
from server.lanes import AT_MOST, Entry, Result, State

ANNOUNCED = codec.answer(service.Announced())


@handles
async def announce(ctx: ServiceCtx, cmd: service.Announce) -> service.Announced:
    """Tells something to everybody."""
    ctx.emit(service.SystemAnnounced(cmd.text), to=SYSTEM)
    return service.Announced()


@handles
async def read_world(ctx: ServiceCtx, cmd: service.ReadWorld) -> service.World:
    """The whole small world."""
    return await world.everything(ctx.db)


class Announcing:
    """The batch of `announce`: everybody waits for the same head, and a crowd that hears several at once hears them in one write."""

    name = "announce"
    command = service.Announce
    at_most = AT_MOST

    def takes(self, caller: Caller, incoming: Incoming) -> bool:
        """Every one of a service that may."""
        return caller.door is Door.SERVICE and caller.may(incoming.name)

    def row(self, entry: Entry) -> hot.Announcing:
        """One announcement as the statement takes it."""
        command = entry.incoming.command
        payload = codec.encode_fields(service.SystemAnnounced(command.text))  # type: ignore[attr-defined]  # an Announce
        return hot.Announcing(entry.caller.account_text, entry.incoming.id, entry.hash, payload)

    async def perform(
        self, connection: asyncpg.Connection, entries: Sequence[Entry], rows: Sequence[hot.Announcing], *, wait: bool
    ) -> list[Result]:
        """One result per entry, in order."""
        return [self._result(row, found) for row, found in zip(rows, await hot.announce_many(connection, rows, ANNOUNCED), strict=True)]

    def _result(self, row: hot.Announcing, found: hot.Announced) -> Result:
        match found.state:
            case "ok":
                assert found.seq is not None and found.at is not None
                told = events.Row(str(SYSTEM), found.seq, found.at, "system.announced", row.payload)
                return Result(State.DONE, ANNOUNCED, (told,), (found.epoch or "",))
            case "stored":
                return Result(State.STORED, found.answer or b"")
            case "mismatch":
                return Result(State.MISMATCH, found.answer or b"")
            case _:
                return Result(State.LATER)
