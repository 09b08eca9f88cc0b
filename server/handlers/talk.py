"""`team.say`, twice: on the batched lane (the rows of its one statement, and what each verdict means), and as an ordinary
handler. The second is the plain statement of what the first must do; the same tests run over both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import asyncpg
import uuid_utils
from uuid_utils.compat import uuid7

from persistence import events, hot, messages, players, teams
from protocol import codec
from protocol.codec import Incoming
from protocol.message import Door, Refusal
from protocol.refusals import NotFound, Unauthenticated
from protocol.streams import Stream
from protocol.team import LineSaid, Muted, NoTeam, Said, Say
from protocol.types import MessageId, PlayerId
from server.caller import Caller
from server.context import PlayerCtx
from server.dispatch import handles, trace
from server.lanes import AT_MOST, Entry, Result, State

KEPT: dict[str, Refusal] = {"team.none": NoTeam(), "muted": Muted(), "not_found": NotFound()}


@handles
async def say(ctx: PlayerCtx, cmd: Say) -> Said:
    """Says one line to the caller's team."""
    mine = await teams.share(ctx.db, ctx.player)
    if mine.muted_until is not None and mine.muted_until > ctx.now:
        raise Muted
    message_id, name = MessageId(uuid7()), await players.name_of(ctx.db, ctx.player)
    await messages.add_line(ctx.db, message_id, mine.team_id, ctx.player, cmd.text, cmd.reply_to)
    stream = Stream.team(mine.team_id)
    await ctx.hold(stream)
    ctx.emit(LineSaid(message_id, ctx.player, name, cmd.text, cmd.reply_to), to=stream)
    await messages.stamp(ctx.db, message_id, ctx.held[stream].at)
    return Said(message_id, events.millis(ctx.held[stream].at))


def _spell(message_id: str, caller: Caller, command: Say) -> bytes:
    """The fields of `LineSaid`."""
    said = LineSaid(cast(MessageId, message_id), cast(PlayerId, caller.account_text), caller.name, command.text, command.reply_to)
    return codec.encode_fields(said)


class Saying:
    """The batch of `team.say`."""

    name = "team.say"
    command = Say
    at_most = AT_MOST

    def takes(self, caller: Caller, incoming: Incoming) -> bool:
        """Every one of a captain's."""
        return caller.door is Door.PLAYER

    def row(self, entry: Entry) -> hot.Saying:
        """One line as the statement takes it. The team is found inside, never taken from a gateway's memory."""
        caller, command = entry.caller, cast(Say, entry.incoming.command)
        # The fields of LineSaid with their ids spelled already; the encoder writes an id as its text anyway.
        message_id = str(uuid_utils.uuid7())
        reply_to = str(command.reply_to) if command.reply_to is not None else ""
        return hot.Saying(
            caller.account_text,
            caller.session_text,
            caller.fence_text,
            entry.incoming.id,
            entry.hash,
            message_id,
            command.text,
            caller.name,
            _spell(message_id, caller, command),
            # The outcome up to its time; the statement adds time and number, so that a replay is the same bytes.
            b"\x82\xa2ok\x82\xaamessage_id\xd9\x24" + message_id.encode() + b"\xa2at\xcf",
            reply_to,
        )

    async def perform(
        self, connection: asyncpg.Connection, entries: Sequence[Entry], rows: Sequence[hot.Saying], *, wait: bool
    ) -> list[Result]:
        """One result per entry, in order."""
        trace_id = trace()
        refusals = {code: codec.refused(no, trace_id) for code, no in KEPT.items()}
        verdicts = await hot.say_many(connection, rows, refusals, wait=wait)
        return [self._result(entry, row, verdict, refusals) for entry, row, verdict in zip(entries, rows, verdicts, strict=True)]

    def _result(self, entry: Entry, row: hot.Saying, verdict: hot.Verdict, refusals: dict[str, bytes]) -> Result:
        match verdict.state:
            case "ok":
                assert verdict.seq is not None and verdict.at is not None
                stream = f"team:{verdict.team_id}"
                outcome = (
                    row.answer
                    + verdict.at.to_bytes(8, "big")
                    + b"\xa3pos\x81\xd9\x29"
                    + stream.encode()
                    + b"\xcf"
                    + verdict.seq.to_bytes(8, "big")
                )
                told = events.Row(stream, verdict.seq, verdict.at, "team.said", row.payload)
                return Result(State.DONE, outcome, (told,), (verdict.epoch or "",))
            case "stored":
                return Result(State.STORED, verdict.answer or b"")
            case "mismatch":
                return Result(State.MISMATCH, verdict.answer or b"")
            case "again":
                return Result(State.AGAIN, park=verdict.team_id)
            case "busy":
                return Result(State.LATER)
            case "renamed":
                entry.caller.name = (verdict.answer or b"").decode()
                return Result(State.LATER)
            case "signed_out":
                return Result(State.BARRED, codec.refused(Unauthenticated(), trace()))
            case "lost":
                raise LookupError(f"team {verdict.team_id} has no stream")
            case refused:
                return Result(State.DONE, refusals[refused])
