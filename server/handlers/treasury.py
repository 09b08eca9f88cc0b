"""Treasuries: looking, giving, taking, passing on. Giving credits has a batched lane; the plain statement of it is the handler."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import cast
from uuid import UUID

import asyncpg
import uuid_utils

from persistence import events, hot, ledger, teams, treasuries
from persistence.ledger import Leg
from persistence.treasuries import After
from protocol import codec, treasury
from protocol.codec import Incoming
from protocol.message import Door
from protocol.player import CreditsChanged
from protocol.refusals import BadRequest, Forbidden, NoTeam, NotFound, OnboardingRequired
from protocol.types import MOST, PlayerId, Resource, TransferId
from server.actions import wallet
from server.caller import Caller
from server.context import PlayerCtx
from server.dispatch import handles
from server.lanes import Entry, Result, State
from server.rules import cursors

DAY = timedelta(hours=24)


@handles
async def get(ctx: PlayerCtx, cmd: treasury.Get) -> treasury.Balances:
    """What the caller's team owns."""
    mine = await teams.place(ctx.db, ctx.player)
    return treasury.Balances(await treasuries.balances(ctx.db, mine.team_id))


@handles
async def read_ledger(ctx: PlayerCtx, cmd: treasury.ReadLedger) -> treasury.Ledger:
    """The treasury's movements, newest first."""
    mine = await teams.place(ctx.db, ctx.player)
    found = await treasuries.movements(ctx.db, mine.team_id, cmd.kind, cmd.resource, _after(cmd.cursor), cmd.limit + 1)
    more = len(found) > cmd.limit
    return treasury.Ledger([item for _, item in found[: cmd.limit]], _cursor(found[cmd.limit - 1][0]) if more else None)


@handles
async def deposit(ctx: PlayerCtx, cmd: treasury.Deposit) -> treasury.Moved:
    """Gives to the team."""
    mine = await _member(ctx)
    legs = [
        Leg(await _pocket(ctx, ctx.player, cmd.resource), cmd.resource, -cmd.amount),
        Leg(ledger.team(mine.team_id), cmd.resource, cmd.amount),
    ]
    moved = await wallet.move(ctx, legs, kind="deposit")
    return treasury.Moved(moved.transfer_id, await treasuries.contribute(ctx.db, mine.team_id, ctx.player, cmd.resource, cmd.amount))


@handles
async def withdraw(ctx: PlayerCtx, cmd: treasury.Withdraw) -> treasury.Moved:
    """Takes from the team."""
    mine = await _member(ctx, taking=True)
    await _check_daily(ctx, mine, cmd.resource, cmd.amount)
    return await _take(ctx, mine, ctx.player, cmd, kind="withdraw")


@handles
async def transfer(ctx: PlayerCtx, cmd: treasury.Transfer) -> treasury.Moved:
    """Gives from the team to another member."""
    if cmd.player_id == ctx.player:
        raise BadRequest(fields=[{"path": "player_id", "code": "self", "message": "That is you: withdraw instead."}])
    mine = await _member(ctx, taking=True)
    await _check_daily(ctx, mine, cmd.resource, cmd.amount)
    theirs = await teams.find_place(ctx.db, cmd.player_id)
    if theirs is None or theirs.team_id != mine.team_id:
        raise NotFound
    return await _take(ctx, mine, cmd.player_id, cmd, kind="transfer")


async def _take(
    ctx: PlayerCtx, mine: teams.Place, to: PlayerId, cmd: treasury.Withdraw | treasury.Transfer, *, kind: str
) -> treasury.Moved:
    legs = [Leg(ledger.team(mine.team_id), cmd.resource, -cmd.amount), Leg(await _pocket(ctx, to, cmd.resource), cmd.resource, cmd.amount)]
    moved = await wallet.move(ctx, legs, kind=kind, reason=cmd.reason, counterparty=to if to != ctx.player else None)
    return treasury.Moved(moved.transfer_id, await treasuries.balances(ctx.db, mine.team_id))


async def _member(ctx: PlayerCtx, *, taking: bool = False) -> teams.Place:
    """The caller's place, the team's row held: until commit nobody comes, goes, or moves what the team owns."""
    onboarded, mine = await teams.enter_treasury(ctx.db, ctx.player)
    if mine is not None and taking and not mine.rights.can_manage_treasury:
        raise Forbidden
    if not onboarded:
        raise OnboardingRequired
    if mine is None:
        raise NoTeam
    return mine


async def _pocket(ctx: PlayerCtx, whose: PlayerId, resource: Resource) -> ledger.Party:
    """What a captain gives from and takes into: the wallet for credits, for all else the hold of a ship that lies still."""
    if resource is Resource.CREDITS:
        return ledger.player(whose)
    place = await treasuries.berth(ctx.db, whose)
    if not place.is_still or place.ship is None:
        raise treasury.NotDocked
    return ledger.ship(place.ship)


async def _check_daily(ctx: PlayerCtx, mine: teams.Place, resource: Resource, amount: int) -> None:
    left = await treasuries.may_take(ctx.db, mine.team_id, ctx.player, resource, ctx.now - ctx.span(DAY))
    if left is not None and amount > left:
        raise treasury.DailyLimit(left=left)


def _cursor(last: After) -> str:
    # A transfer may move several resources, so that time and id alone are no place in the order.
    return f"{cursors.spelled(last.at, last.transfer)}.{last.resource}"


def _after(cursor: str | None) -> After | None:
    spot, _, resource = (cursor or "").partition(".")
    found = cursors.read(spot) if cursor is not None else None
    return After(*found, resource) if found is not None else None


class Depositing:
    """The batch of `treasury.deposit`, for credits: cargo goes through a hold, which the ordinary lane looks into."""

    name = "treasury.deposit"
    command = treasury.Deposit
    at_most = 128  # a gift holds three rows until the commit, and those of a whole call are held together

    def takes(self, caller: Caller, incoming: Incoming) -> bool:
        """Whether this one is for the batched lane."""
        return caller.door is Door.PLAYER and cast(treasury.Deposit, incoming.command).resource is Resource.CREDITS

    def row(self, entry: Entry) -> hot.Depositing:
        """One gift as the statement takes it. The team is found inside, as is what the balances will be."""
        caller, amount = entry.caller, cast(treasury.Deposit, entry.incoming.command).amount
        transfer = str(uuid_utils.uuid7())
        return hot.Depositing(
            caller.account_text,
            caller.session_text,
            caller.fence_text,
            entry.incoming.id,
            entry.hash,
            transfer,
            str(amount),
            _ANSWER + codec.encode_fields(treasury.Moved(cast(TransferId, transfer), {}))[:-1] + _TWELVE,
            _own(amount)[1],
            _crew(amount, transfer, caller.account_text)[1],
        )

    async def perform(
        self, connection: asyncpg.Connection, entries: Sequence[Entry], rows: Sequence[hot.Depositing], *, wait: bool
    ) -> list[Result]:
        """One result per entry, in order."""
        found = await hot.deposit_many(connection, rows, OWN, CREW, MOST)
        return [self._result(row, verdict) for row, verdict in zip(rows, found, strict=True)]

    def _result(self, row: hot.Depositing, found: hot.Deposited) -> Result:
        match found.state:
            case "ok":
                assert found.own_seq is not None and found.own_at is not None and found.own_payload is not None
                assert found.seq is not None and found.at is not None and found.payload is not None
                own = events.Row(f"player:{row.account}", found.own_seq, found.own_at, "player.credits_changed", found.own_payload)
                crew = events.Row(found.team or "", found.seq, found.at, "treasury.changed", found.payload)
                return Result(State.DONE, found.answer or b"", (own, crew), (found.own_epoch or "", found.epoch or ""))
            case "stored":
                return Result(State.STORED, found.answer or b"")
            case "mismatch":
                return Result(State.MISMATCH, found.answer or b"")
            case "again":
                return Result(State.AGAIN)
            case "plain":
                return Result(State.PLAIN)
            case _:
                return Result(State.LATER)


# A balance where the statement puts the one that is so. It comes first in both, and is spelled in eight bytes.
_MARK = b"\xcf" + MOST.to_bytes(8, "big")
_ANSWER = b"\x82\xa2ok"
_TWELVE = bytes((0x80 + len(Resource),))


def _own(amount: int) -> tuple[bytes, bytes]:
    """The fields of `player.credits_changed`, before and after the balance."""
    return _split(codec.encode_fields(CreditsChanged(MOST, -amount, "deposit")))


def _crew(amount: int, transfer: str, player: str) -> tuple[bytes, bytes]:
    """The fields of `treasury.changed`, before and after the balance."""
    # Ids that are spelled already; the encoder writes one as its text anyway.
    changed = treasury.TreasuryChanged(
        Resource.CREDITS, MOST, amount, "deposit", cast(TransferId, transfer), actor_id=cast(PlayerId, player)
    )
    return _split(codec.encode_fields(changed))


def _split(fields: bytes) -> tuple[bytes, bytes]:
    before, _, after = fields.partition(_MARK)
    return before + _MARK[:1], after


# The fields of both events up to the balance, whosever they are.
OWN, CREW = _own(1)[0], _crew(1, str(UUID(int=0)), str(UUID(int=0)))[0]
