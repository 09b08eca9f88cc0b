"""The multi-row statements of the batched lane: one round trip and one commit for whatever queued meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg


class Saying(NamedTuple):
    """One line to say, in texts: the driver asks of every other element of an array whether it is an array. An empty `reply_to`
    answers nothing. `payload` is the event's fields, made with `sender_name`; `answer` is the outcome up to its time."""

    account: str
    session_id: str
    fence: str
    id: str
    hash: bytes
    message_id: str
    text: str
    sender_name: str
    payload: bytes
    answer: bytes
    reply_to: str


class Verdict(NamedTuple):
    """What became of one line.

    ok: said, with its team, number and time (milliseconds). stored: performed before, `answer` is the outcome then. mismatch: the id was
    used with other fields. busy: somebody holds the id right now. again: the team's head is held (`team_id` says whose).
    renamed: the sender's name is `answer` (UTF-8) by now. signed_out: the session may not act any more.
    lost: the team has no stream, which is a fault of ours. team.none, muted, not_found: refused, and kept so.
    """

    ord: int
    state: str
    team_id: UUID | None
    seq: int | None
    at: int | None
    answer: bytes | None
    epoch: str | None


async def say_many(connection: asyncpg.Connection, lines: Sequence[Saying], refusals: dict[str, bytes], *, wait: bool) -> list[Verdict]:
    """One verdict per line, in order. `refusals` are the outcomes to keep for team.none, muted and not_found.

    With `wait` the heads are waited for (a parked team); without, held ones are skipped. Raises LookupError when a line
    has no verdict: absence never means refusal.
    """
    rows = await connection.fetch(
        "select o, state, team, sq, ts, answer, epoch from say_many($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        *zip(*lines, strict=True),
        refusals["team.none"],
        refusals["muted"],
        refusals["not_found"],
        wait,
    )
    if len(rows) != len(lines):
        raise LookupError(f"{len(lines)} lines, {len(rows)} verdicts")
    return [Verdict(*row) for row in rows]


class Announcing(NamedTuple):
    """One announcement. `payload` is the event's fields."""

    account: str
    id: str
    hash: bytes
    payload: bytes


class Announced(NamedTuple):
    """What became of one announcement: ok with its number and time (milliseconds), stored, mismatch, busy, or held: somebody else numbers
    `system` right now."""

    ord: int
    state: str
    seq: int | None
    at: int | None
    answer: bytes | None
    epoch: str | None


async def announce_many(connection: asyncpg.Connection, lines: Sequence[Announcing], answer: bytes) -> list[Announced]:
    """One verdict per announcement, in order. `answer` is the outcome to keep of each that is told."""
    rows = await connection.fetch(
        "select o, state, sq, ts, answer, epoch from announce_many($1, $2, $3, $4, $5)", *zip(*lines, strict=True), answer
    )
    if len(rows) != len(lines):
        raise LookupError(f"{len(lines)} announcements, {len(rows)} verdicts")
    return [Announced(*row) for row in rows]


class Depositing(NamedTuple):
    """One gift of credits to the captain's team, in texts where the driver would look closer. `answer` is the outcome up to the
    balances, `own` and `crew` are what follows the balance in the fields of `player.credits_changed` and `treasury.changed`."""

    account: str
    session_id: str
    fence: str
    id: str
    hash: bytes
    transfer_id: str
    amount: str
    answer: bytes
    own: bytes
    crew: bytes


class Deposited(NamedTuple):
    """What became of one gift.

    ok: given; `answer` is the outcome, then the team's event and the captain's, each with number, time (milliseconds), fields and
    epoch. stored: performed before, `answer` is the outcome then. mismatch: the id was used with other fields. busy: somebody holds
    the id right now. again: somebody holds a row or a head. later: an earlier gift of this captain is in the same call. plain: no
    receipt, and something in the way that the ordinary lane has to look at.
    """

    ord: int
    state: str
    answer: bytes | None
    team: str | None
    seq: int | None
    at: int | None
    payload: bytes | None
    epoch: str | None
    own_seq: int | None
    own_at: int | None
    own_payload: bytes | None
    own_epoch: str | None


async def deposit_many(connection: asyncpg.Connection, gifts: Sequence[Depositing], own: bytes, crew: bytes, most: int) -> list[Deposited]:
    """One verdict per gift, in order. `own` and `crew` are the events' fields up to the balance; nobody may hold more than `most`.

    Raises LookupError when a gift has no verdict: absence never means refusal.
    """
    rows = await connection.fetch(
        "select o, state, answer, team, sq, ts, said, epoch, own_sq, own_ts, own_said, own_epoch"
        " from deposit_many($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        *zip(*gifts, strict=True),
        own,
        crew,
        most,
    )
    if len(rows) != len(gifts):
        raise LookupError(f"{len(gifts)} gifts, {len(rows)} verdicts")
    return [Deposited(*row) for row in rows]
