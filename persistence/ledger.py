"""The ledger: who holds how much of what, and the one statement that moves it. Balances are never written anywhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple
from uuid import UUID

import msgspec
from asyncpg import UniqueViolationError
from uuid_utils.compat import uuid7

from persistence.database import Db
from protocol.refusals import Conflict, Insufficient, LimitExceeded, NotFound
from protocol.treasury import NoCargoSpace
from protocol.types import MOST, PlayerId, Resource, ShipId, TeamId, TransferId

Kind = Literal["player", "team", "ship", "system"]

SHARDS = 16  # of each system party, so that one row is not everybody's lock
SYSTEM_ACCOUNT = UUID(int=0)  # whose command a transfer is that nobody ordered
_FAUCET, _FEES, _ESCHEAT = (UUID(f"ca115700-00f{each}-4000-8000-000000000000") for each in (1, 2, 3))


class Party(NamedTuple):
    """Somebody who can hold something. Only the system may owe."""

    kind: Kind
    id: UUID


class Leg(NamedTuple):
    """One side of a transfer: the signed change of what a party holds of a resource."""

    party: Party
    resource: Resource
    amount: int


class Side(NamedTuple):
    """One side as it was written. `told` is the captain it concerns: the player, or the ship's owner."""

    party: Party
    resource: Resource
    amount: int
    balance: int
    told: PlayerId | None
    cargo: dict[str, object] | None


class Moved(NamedTuple):
    """A transfer that happened, unless the transaction fails."""

    transfer_id: TransferId
    sides: list[Side]

    def balance(self, party: Party, resource: Resource) -> int:
        """What a party of this transfer holds now. Raises LookupError when it is none."""
        for each in self.sides:
            if each.party == party and each.resource is resource:
                return each.balance
        raise LookupError(f"{party} has no part in {self.transfer_id}")


def player(id: PlayerId) -> Party:
    """A captain's wallet."""
    return Party("player", id)


def team(id: TeamId) -> Party:
    """A team's treasury."""
    return Party("team", id)


def ship(id: ShipId) -> Party:
    """A ship's hold."""
    return Party("ship", id)


def faucet(beside: Party) -> Party:
    """Where what is new comes from, and where what is taken back goes; the shard that deals with `beside`."""
    return _shard(_FAUCET, beside)


def fees(beside: Party) -> Party:
    """Who is paid for what nobody sells; the shard that deals with `beside`."""
    return _shard(_FEES, beside)


def escheat(beside: Party) -> Party:
    """Who gets what has no owner left; the shard that deals with `beside`."""
    return _shard(_ESCHEAT, beside)


def _shard(system: UUID, beside: Party) -> Party:
    # The last byte of a v7 id is random.
    return Party("system", UUID(int=system.int + beside.id.bytes[-1] % SHARDS))


def merged(legs: Sequence[Leg]) -> list[Leg]:
    """One leg for each party and resource, those that change nothing left out. Raises ValueError for what is no transfer."""
    sums: dict[tuple[Party, Resource], int] = {}
    totals: dict[Resource, int] = {}
    for party, resource, amount in legs:
        if type(amount) is not int or abs(amount) > MOST:
            raise ValueError(f"not an amount: {amount!r}")
        if (party.kind == "player" and resource is not Resource.CREDITS) or (party.kind == "ship" and resource is Resource.CREDITS):
            raise ValueError(f"a {party.kind} holds no {resource}")
        sums[party, resource] = sums.get((party, resource), 0) + amount
        totals[resource] = totals.get(resource, 0) + amount
    if any(totals.values()):
        raise ValueError(f"does not sum to zero: {totals}")
    found = [Leg(party, resource, amount) for (party, resource), amount in sums.items() if amount]
    if not found:
        raise ValueError("nothing moves")
    if any(abs(leg.amount) > MOST for leg in found):
        raise ValueError("more than there can be")
    return found


async def move(
    db: Db,
    account: UUID,
    command_id: str,
    legs: Sequence[Leg],
    *,
    kind: str,
    reason: str | None = None,
    actor: UUID | None = None,
    counterparty: UUID | None = None,
) -> Moved:
    """Writes one transfer with its mirrors, or nothing.

    Holds the owners' rows (teams, players, ships) and then the accounts, each by ascending id, until commit.
    Raises Insufficient, NoCargoSpace, LimitExceeded, NotFound (no such owner), Conflict (this command moved something before);
    ValueError for legs that are no transfer.
    """
    legs, transfer = merged(legs), TransferId(uuid7())
    teams = {leg.party.id for leg in legs if leg.party.kind == "team"}
    if len(teams) > 1:
        raise ValueError("one transfer is of one team")
    connection = db.raw
    try:
        rows = await connection.fetch(
            "select verdict, owner_kind, owner_id, resource, amount, balance, told, cargo"
            " from move_money($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            transfer,
            account,
            command_id,
            kind,
            reason,
            actor,
            counterparty,
            next(iter(teams), None),
            [leg.party.kind for leg in legs],
            [leg.party.id for leg in legs],
            [leg.resource.value for leg in legs],
            [leg.amount for leg in legs],
            MOST,
        )
    except UniqueViolationError as error:
        if error.constraint_name != "uq_transfers_account_id_command_id":
            raise
        # The receipt is gone after a week, the transfer never is.
        raise Conflict("This command id has moved something before.") from None
    if rows[0]["verdict"] != "ok":
        raise _REFUSALS[rows[0]["verdict"]]
    return Moved(
        transfer,
        [
            Side(Party(row[1], row[2]), Resource(row[3]), row[4], row[5], PlayerId(row[6]) if row[6] else None, _cargo(row[7]))
            for row in rows
        ],
    )


_REFUSALS = {"insufficient": Insufficient, "limit": LimitExceeded, "space": NoCargoSpace, "not_found": NotFound}


async def endow(db: Db, id: PlayerId, amount: int) -> None:
    """Gives a new captain their first credits, once. Raises Conflict the second time."""
    purse = player(id)
    if amount:
        legs = [Leg(purse, Resource.CREDITS, amount), Leg(faucet(purse), Resource.CREDITS, -amount)]
        # By the server's own account, where no client's command id can stand.
        await move(db, SYSTEM_ACCOUNT, f"registration:{id}", legs, kind="registration")


async def hold(db: Db, party: Party) -> None:
    """Holds an owner's row until commit: nobody changes what it holds meanwhile. Raises NotFound."""
    if await db.raw.fetchval(f"select id from {_OWNERS[party.kind]} where id = $1 for no key update", party.id) is None:
        raise NotFound


_OWNERS = {"player": "players", "team": "teams", "ship": "ships"}


async def balance(db: Db, party: Party, resource: Resource = Resource.CREDITS) -> int:
    """What a party holds; 0 when it never held any."""
    found = await db.raw.fetchval(
        "select balance from accounts_ledger where owner_kind = $1 and owner_id = $2 and resource = $3",
        party.kind,
        party.id,
        resource.value,
    )
    return int(found or 0)


async def balances(db: Db, party: Party) -> dict[Resource, int]:
    """What a party holds, without what it holds none of."""
    rows = await db.raw.fetch(
        "select resource, balance from accounts_ledger where owner_kind = $1 and owner_id = $2 and balance <> 0 order by resource",
        party.kind,
        party.id,
    )
    return {Resource(row[0]): row[1] for row in rows}


def _cargo(value: object) -> dict[str, object] | None:
    # asyncpg gives jsonb as text, unless SQLAlchemy taught this connection better.
    found = msgspec.json.decode(value) if isinstance(value, (str, bytes)) else value
    return found if isinstance(found, dict) else None
