"""Treasuries as teams see them: balances by the mirror, the movements, what members gave and took, and who may move anything."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from persistence.database import Db
from persistence.events import millis
from protocol.refusals import NotFound
from protocol.treasury import Item
from protocol.types import PlayerId, Resource, ShipId, TransferId

_COLUMNS = ", ".join(f"treasury_{each}" for each in Resource)
TAKING = ("withdraw", "transfer")


class Place(NamedTuple):
    """Where a captain's ship lies, the captain's row held. `ship` is None without one that flies."""

    is_still: bool
    ship: ShipId | None


class After(NamedTuple):
    """The last movement of a page: what the next one begins below."""

    at: datetime
    transfer: UUID
    resource: str


async def balances(db: Db, team: UUID) -> dict[str, int]:
    """What a team owns of each of the twelve resources. Raises NotFound."""
    row = await db.raw.fetchrow(f"select {_COLUMNS} from teams where id = $1", team)
    if row is None:
        raise NotFound
    return {each.value: row[f"treasury_{each}"] for each in Resource}


async def movements(
    db: Db, team: UUID, kind: str | None, resource: Resource | None, after: After | None, limit: int
) -> list[tuple[After, Item]]:
    """What moved in and out of a team's treasury, newest first, each with its place in the order."""
    rows = await db.raw.fetch(
        """select t.transfer_id, t.kind, t.reason, t.actor_player_id, t.counterparty_player_id, t.at, a.resource, e.amount, e.balance_after
           from transfers t join entries e on e.transfer_id = t.transfer_id
             join accounts_ledger a on a.account_id = e.account_id and a.owner_kind = 'team' and a.owner_id = t.team_id
           where t.team_id = $1 and ($2::text is null or t.kind = $2) and ($3::text is null or a.resource = $3)
             and ($4::timestamptz is null or (t.at, t.transfer_id) <= ($4, $5::uuid)
               and (t.at, t.transfer_id, a.resource collate "C") < ($4, $5, $6::text collate "C"))
           order by t.at desc, t.transfer_id desc, a.resource collate "C" desc limit $7""",
        team,
        kind,
        resource.value if resource else None,
        *(after or (None, None, None)),
        limit,
    )
    return [(After(row["at"], row["transfer_id"], row["resource"]), _item(row)) for row in rows]


async def contribute(db: Db, team: UUID, player: UUID, resource: Resource, amount: int) -> dict[str, int]:
    """Adds to what a member has ever given (taking does not reduce it), and gives what the team owns of each resource."""
    row = await db.raw.fetchrow(
        f"""with given as (update team_members set contribution_credits =
              jsonb_set(contribution_credits, array[$3::text], to_jsonb(coalesce((contribution_credits->>$3)::numeric, 0) + $4::bigint))
              where team_id = $1 and player_id = $2)
            select {_COLUMNS} from teams where id = $1""",
        team,
        player,
        resource.value,
        amount,
    )
    return {each.value: row[f"treasury_{each}"] for each in Resource}


async def may_take(db: Db, team: UUID, player: UUID, resource: Resource, since: datetime) -> int | None:
    """What a member may still take of a resource, by their daily limit and what they took `since`. None when there is no limit."""
    limit = await db.raw.fetchval(
        "select (permissions->>'withdraw_daily_limit')::bigint from team_members where team_id = $1 and player_id = $2", team, player
    )
    if limit is None:
        return None
    taken = await db.raw.fetchval(
        """select coalesce(-sum(e.amount), 0)::bigint from transfers t join entries e on e.transfer_id = t.transfer_id
             join accounts_ledger a on a.account_id = e.account_id and a.owner_kind = 'team' and a.owner_id = t.team_id and a.resource = $3
           where t.team_id = $1 and t.at > $4 and t.actor_player_id = $2 and t.kind = any ($5::text[])""",
        team,
        player,
        resource.value,
        since,
        list(TAKING),
    )
    return max(0, int(limit) - int(taken))


async def berth(db: Db, player: PlayerId) -> Place:
    """Where a captain's ship lies; the captain's row is held, so that nobody undocks meanwhile. Raises NotFound."""
    await db.raw.fetchval("select id from players where id = $1 for no key update", player)
    row = await db.raw.fetchrow(
        """select p.is_docked or p.is_landed, s.id from players p
             left join ships s on s.id = p.current_ship_id and not s.is_destroyed and s.is_active where p.id = $1""",
        player,
    )
    if row is None:
        raise NotFound
    return Place(row[0], ShipId(row[1]) if row[1] else None)


async def is_onboarded(db: Db, player: UUID) -> bool:
    """Whether the guard has let a captain in."""
    return bool(
        await db.raw.fetchval(
            "select coalesce(has_completed_first_login, false) from player_first_login_states where player_id = $1", player
        )
    )


def _item(row: Record) -> Item:
    return Item(
        transfer_id=TransferId(row["transfer_id"]),
        kind=row["kind"],
        resource=Resource(row["resource"]),
        amount=row["amount"],
        balance=row["balance_after"],
        at=millis(row["at"]),
        actor_id=PlayerId(row["actor_player_id"]) if row["actor_player_id"] else None,
        counterparty_id=PlayerId(row["counterparty_player_id"]) if row["counterparty_player_id"] else None,
        reason=row["reason"],
    )
