"""What PostgreSQL holds after a run, read once by the owner's role when all is quiet: what the checkers compare histories with."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import asyncpg
import msgspec

from persistence.events import millis, wire_epoch
from tests.faults.history import canonical, digest, read_fields

RESOURCES = (
    "credits", "fuel", "organics", "equipment", "technology", "luxury_items", "precious_metals", "raw_materials", "plasma",
    "bio_samples", "dark_matter", "quantum_crystals",
)  # fmt: skip
AT_ONCE = 5_000  # rows a fetch


class Stored(NamedTuple):
    """One event of the log. `fields` is its map in canonical msgpack, `digest` what stands for it in a history."""

    seq: int
    at: int
    name: str
    digest: bytes
    fields: bytes
    drops: str | None

    @property
    def d(self) -> dict[str, Any]:
        """The event's fields."""
        return read_fields(self.fields)


class Head(NamedTuple):
    """Where a stream is; the epoch as the wire says it."""

    epoch: str
    head: int


class Span(NamedTuple):
    """One membership: heard from `start` up to, not including, `end` (None: still a member)."""

    start: int
    end: int | None

    def holds(self, seq: int) -> bool:
        """Whether the member may hear this number."""
        return self.start <= seq and (self.end is None or seq < self.end)


class Message(NamedTuple):
    """One line (`team`) or letter (`player`)."""

    id: str
    sender: str | None
    recipient: str | None
    team: str | None
    content: str
    type: str
    edited: bool = False
    """Edited or orphaned since: its content is not what was sent."""
    moderated: bool = False
    """Removed or redacted since: its event replays otherwise."""
    unwanted: bool = False
    """A letter the recipient has thrown away, or never let come."""


class Account(NamedTuple):
    """What one owner holds of one resource."""

    kind: str
    owner: str
    resource: str
    balance: int


class Transfer(NamedTuple):
    """One movement, with its sides: (ledger account, amount, balance after)."""

    id: str
    account: str
    command: str
    kind: str
    actor: str | None
    team: str | None
    at: int
    entries: list[tuple[str, int, int]]


@dataclass
class World:
    """Everything the checkers ask of the database. All ids are texts, as in a history."""

    events: dict[str, list[Stored]] = field(default_factory=dict)
    """Each stream's events by number; where two have one number (in two partitions), both are here."""
    heads: dict[str, Head] = field(default_factory=dict)
    receipts: dict[tuple[str, str], bytes] = field(default_factory=dict)
    """(account, command id) to the outcome."""
    spans: dict[tuple[str, str], list[Span]] = field(default_factory=dict)
    """(team, player) to memberships, oldest first."""
    messages: dict[str, Message] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    """In the order of their times, which is the order in which they held their accounts."""
    orphans: list[str] = field(default_factory=list)
    """Transfers that entries name and that do not exist."""
    mirrors: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """(owner kind, owner, resource) to what the game's own tables show of it, where that is not 0."""
    rewards: dict[str, int] = field(default_factory=dict)
    """Captain to how many talks with the guard have rewarded them."""
    talks: dict[str, int] = field(default_factory=dict)
    """Captain to how many talks with the guard they have begun."""
    hulls: dict[str, int] = field(default_factory=dict)
    """Captain to how many ships are theirs."""

    def stored(self, stream: str, seq: int) -> Stored | None:
        """The event with this number. Constant time while the log is whole."""
        some = self.events.get(stream)
        if not some:
            return None
        at = seq - some[0].seq
        if 0 <= at < len(some) and some[at].seq == seq:
            return some[at]
        return next((each for each in some if each.seq == seq), None) if _is_ragged(some) else None

    def visible(self, player: str, stream: str, seq: int) -> bool:
        """Whether a player may hear this number."""
        kind, _, owner = stream.partition(":")
        if kind == "team":
            return any(span.holds(seq) for span in self.spans.get((owner, player), ()))
        return kind == "system" or owner == player


def _is_ragged(some: list[Stored]) -> bool:
    return some[-1].seq - some[0].seq + 1 != len(some)


async def read(owner_url: str) -> World:
    """The whole database's answer to the checkers."""
    connection = await asyncpg.connect(owner_url.replace("+asyncpg", ""))
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await _read(connection)
    finally:
        await connection.close()


async def _read(connection: asyncpg.Connection) -> World:
    world, identity = World(), await connection.fetchval("select database_identity()")
    for name, epoch, head in await connection.fetch("select name, epoch, head from streams"):
        world.heads[name] = Head(wire_epoch(epoch, identity), head)
    await _read_events(connection, world)
    async for row in connection.cursor("select account, id, answer from receipts", prefetch=AT_ONCE):
        world.receipts[str(row[0]), row[1]] = row[2]
    for row in await connection.fetch("select team_id, player_id, from_seq, to_seq from team_memberships order by from_seq"):
        world.spans.setdefault((str(row[0]), str(row[1])), []).append(Span(row[2], row[3]))
    statement = """select id::text, sender_id::text, recipient_id::text, team_id::text, content, message_type,
        edited_at is not null or orphaned_at is not null, moderated_at is not null or moderation_status is not null, deleted_by_recipient
        from messages"""
    async for row in connection.cursor(statement, prefetch=AT_ONCE):
        world.messages[row[0]] = Message(*row)
    await _read_money(connection, world)
    for row in await connection.fetch(
        "select player_id, count(granted_at), count(*) from first_login_sessions group by 1",
    ):
        world.rewards[str(row[0])], world.talks[str(row[0])] = row[1], row[2]
    for row in await connection.fetch("select owner_id, count(*) from ships where owner_id is not null group by 1"):
        world.hulls[str(row[0])] = row[1]
    return world


async def _read_events(connection: asyncpg.Connection, world: World) -> None:
    events: defaultdict[str, list[Stored]] = defaultdict(list)
    statement = 'select stream, seq, at, name, payload, drops from stream_events order by stream collate "C", seq, at'
    async for row in connection.cursor(statement, prefetch=AT_ONCE):
        # Encoded anew: what SQL wrote in wide integers is the same map.
        fields = canonical(read_fields(row[4]))
        events[row[0]].append(Stored(row[1], millis(row[2]), row[3], digest(fields), fields, row[5]))
    world.events = dict(events)


async def _read_money(connection: asyncpg.Connection, world: World) -> None:
    for row in await connection.fetch("select account_id::text, owner_kind, owner_id::text, resource, balance from accounts_ledger"):
        world.accounts[row[0]] = Account(*row[1:])
    entries: defaultdict[str, list[tuple[str, int, int]]] = defaultdict(list)
    async for row in connection.cursor("select transfer_id::text, account_id::text, amount, balance_after from entries", prefetch=AT_ONCE):
        entries[row[0]].append((row[1], row[2], row[3]))
    statement = """select transfer_id::text, account_id::text, command_id, kind, actor_player_id::text, team_id::text, at
        from transfers order by at, transfer_id"""
    async for row in connection.cursor(statement, prefetch=AT_ONCE):
        world.transfers.append(Transfer(row[0], row[1], row[2], row[3], row[4], row[5], millis(row[6]), entries.pop(row[0], [])))
    world.orphans = list(entries)
    for row in await connection.fetch("select id::text, credits from players where credits <> 0"):
        world.mirrors["player", row[0], "credits"] = row[1]
    columns = ", ".join(f"treasury_{each}" for each in RESOURCES)
    for row in await connection.fetch(f"select id::text, {columns} from teams"):
        world.mirrors |= {("team", row[0], each): row[1 + at] for at, each in enumerate(RESOURCES) if row[1 + at]}
    for row in await connection.fetch("select id::text, (cargo->'contents')::text from ships"):
        contents = msgspec.json.decode(row[1]) if row[1] else {}
        world.mirrors |= {("ship", row[0], each): amount for each, amount in (contents or {}).items() if each in RESOURCES and amount}
