"""The captains of a fault run, made without HTTP: accounts with credits from the ledger, docked ships, and several devices each."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from uuid import UUID

from uuid_utils.compat import uuid7

from persistence import accounts, ledger, sessions
from persistence.database import Database, Db
from persistence.events import open_stream
from protocol.streams import Stream
from protocol.types import PlayerId, Resource, ShipId
from server.rules import names, tokens

TOKEN_S = 7_200
CREDITS = 50_000  # enough to found a team and to lose some
GRANT = 1_000  # what somebody has who has only registered
HOLD = 500
CARGO = {Resource.FUEL: 100, Resource.PLASMA: 60}

_SHIP = """insert into ships (id, name, type, owner_id, sector_id, base_speed, current_speed, turn_cost, maintenance, cargo, combat)
    values ($1, 'Test', 'LIGHT_FREIGHTER', $2, 1, 1, 1, 1, '{}',
      jsonb_build_object('capacity', $3::int, 'used', 0, 'contents', '{}'::jsonb), '{}')"""
_DOCK = """update players set current_ship_id = $2, is_docked = true, current_port_id = (select id from stations order by id limit 1)
    where id = $1"""


@dataclass
class Person:
    """Somebody who can sign in from so many devices: (session, access token) each."""

    name: str
    player: PlayerId
    devices: list[tuple[UUID, str]] = field(default_factory=list)


async def make(owner_url: str, count: int, devices: int, first: int = 0, *, arrived: bool = True) -> list[Person]:
    """`count` captains who have arrived and own something, or have not met the guard yet. Straight to the database, past every proxy."""
    database = Database(owner_url, pool_size=1, statement_ms=30_000)
    try:
        return [await _one(database, number, devices, arrived) for number in range(first, first + count)]
    finally:
        await database.close()


async def _one(database: Database, number: int, devices: int, arrived: bool) -> Person:
    user, person = uuid7(), Person(f"fault_{number}", PlayerId(uuid7()))
    async with database.transaction() as db:
        await accounts.create(db, user, person.player, person.name, names.skeleton(person.name), "no password")
        await open_stream(db, Stream.player(person.player))
        await ledger.endow(db, person.player, CREDITS if arrived else GRANT)
        if arrived:
            await db.raw.execute(
                "update player_first_login_states set has_completed_first_login = true where player_id = $1", person.player
            )
            await _ship(db, person.player)
        for _ in range(devices):
            access, refresh, session = (
                tokens.spelled(secrets.token_bytes(32)),
                tokens.spelled(secrets.token_bytes(32)),
                uuid7(),
            )
            await sessions.open_session(db, session, user, tokens.hash_of(refresh), TOKEN_S, "faults")
            await sessions.add_tokens(db, session, user, tokens.hash_of(access), TOKEN_S, tokens.hash_of(refresh), TOKEN_S, uuid7())
            person.devices.append((session, access))
    return person


async def _ship(db: Db, player: PlayerId) -> None:
    ship = ledger.ship(ShipId(uuid7()))
    await db.raw.execute(_SHIP, ship.id, player, HOLD)
    await db.raw.execute(_DOCK, player, ship.id)
    legs = [
        ledger.Leg(party, each, signed)
        for each, amount in CARGO.items()
        for party, signed in ((ship, amount), (ledger.faucet(ship), -amount))
    ]
    await ledger.move(db, ledger.SYSTEM_ACCOUNT, str(uuid7()), legs, kind="test")
