"""What must be true of the ledger whenever nobody is moving anything, whatever has happened before."""

from __future__ import annotations

import asyncpg

TREASURY = (
    "credits", "fuel", "organics", "equipment", "technology", "luxury_items", "precious_metals", "raw_materials", "plasma",
    "bio_samples", "dark_matter", "quantum_crystals",
)  # fmt: skip

# Each gives the rows that are wrong.
WRONG = {
    "a resource does not sum to zero over all accounts": "select resource, sum(balance) from accounts_ledger group by 1 having sum(balance) <> 0",
    "a transfer does not sum to zero": """select e.transfer_id, a.resource from entries e join accounts_ledger a using (account_id)
        group by 1, 2 having sum(e.amount) <> 0""",
    "a transfer has no sides": "select transfer_id from transfers t where not exists (select from entries e where e.transfer_id = t.transfer_id)",
    "an entry has no transfer": "select transfer_id from entries e where not exists (select from transfers t where t.transfer_id = e.transfer_id)",
    "a balance is not the sum of its entries": """select a.account_id from accounts_ledger a left join entries e using (account_id)
        group by 1 having a.balance <> coalesce(sum(e.amount), 0)""",
    "somebody owes or holds too much": """select account_id from accounts_ledger where owner_kind <> 'system' and balance not between 0 and 9007199254740991""",
    "somebody owed at some point": """select e.transfer_id from entries e join accounts_ledger a using (account_id)
        where a.owner_kind <> 'system' and e.balance_after < 0""",
    "a balance after is not the one before and the amount": """select * from (
        select e.account_id, e.balance_after - e.amount as before, lag(e.balance_after, 1, 0::bigint)
            over (partition by e.account_id order by t.at, t.transfer_id) as former
        from entries e join transfers t using (transfer_id)) x where before <> former""",
    "a captain's credits are not the wallet's": """select p.id from players p left join accounts_ledger a
        on a.owner_kind = 'player' and a.owner_id = p.id and a.resource = 'credits' where p.credits <> coalesce(a.balance, 0)""",
    "a treasury's column is not its account's": " union all ".join(
        f"""select t.id, '{each}' from teams t left join accounts_ledger a on a.owner_kind = 'team' and a.owner_id = t.id and a.resource = '{each}'
            where t.treasury_{each} <> coalesce(a.balance, 0)"""
        for each in TREASURY
    ),
    "a hold is not its account's": """select a.account_id from accounts_ledger a join ships s on a.owner_kind = 'ship' and a.owner_id = s.id
        where coalesce((s.cargo->'contents'->>a.resource)::bigint, 0) <> a.balance""",
    "a ship is over its brim": "select id from ships where (cargo->>'used')::numeric > (cargo->>'capacity')::numeric",
}


async def check_ledger(owner: asyncpg.Connection) -> None:
    """Raises AssertionError with what is wrong, if anything is."""
    for what, statement in WRONG.items():
        rows = await owner.fetch(f"{statement} limit 3")
        assert not rows, f"{what}: {[tuple(row) for row in rows]}"
