"""C4 and C5: nothing is made or lost, at no moment; nobody owes, holds too much, or takes without the right to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from protocol.types import MOST
from tests.faults.checks.story import Violation
from tests.faults.whitebox import Stored, Transfer, World

TAKING = frozenset(("withdraw", "transfer"))


def check(world: World) -> Iterator[Violation]:
    """Violations of C4 and of C5's bounds, by replaying every transfer in the order of their commits."""
    balances: dict[str, int] = defaultdict(int)
    for transfer in world.transfers:
        # The sum over all accounts stays what it was after every transfer, because the sides of each sum to nothing.
        yield from _step(world, transfer, balances)
    for orphan in world.orphans:
        yield Violation("C4", f"entries name transfer {orphan}, which does not exist")
    final: dict[str, int] = defaultdict(int)
    for id, account in world.accounts.items():
        final[account.resource] += account.balance
        who = f"{account.kind} {account.owner} {account.resource}"
        if account.balance != balances.get(id, 0):
            yield Violation("C4", f"the balance of {who} is not the sum of its entries", (f"{account.balance} != {balances.get(id, 0)}",))
        if account.kind != "system":
            yield from _bounds(who, account.balance, "in the end")
            shown = world.mirrors.get((account.kind, account.owner, account.resource), 0)
            if shown != account.balance:
                yield Violation("C4", f"what the game shows of {who} is not its balance", (f"shown {shown}, balance {account.balance}",))
    for resource, total in final.items():
        if total != 0:
            yield Violation("C4", f"{resource} does not sum to nothing over all accounts", (str(total),))
    owners = {(each.kind, each.owner, each.resource) for each in world.accounts.values()}
    for mirror, shown in world.mirrors.items():
        if mirror not in owners:
            yield Violation("C4", f"the game shows {shown} of {' '.join(mirror)}, which has no account")
    yield from _events(world)


def _step(world: World, transfer: Transfer, balances: dict[str, int]) -> Iterator[Violation]:
    evidence = (f"transfer {transfer.id} ({transfer.kind})", f"account {transfer.account}", f"command {transfer.command}")
    if not transfer.entries:
        yield Violation("C4", "a transfer has no sides", evidence)
    sums: dict[str, int] = defaultdict(int)
    for id, amount, after in transfer.entries:
        account = world.accounts.get(id)
        if account is None:
            yield Violation("C4", f"an entry of the unknown account {id}", evidence)
            continue
        who = f"{account.kind} {account.owner} {account.resource}"
        if balances[id] + amount != after:
            yield Violation("C4", f"{who} had {balances[id]}, changed by {amount} and had {after} then", evidence)
        balances[id] = after
        sums[account.resource] += amount
        if account.kind != "system":
            yield from _bounds(who, after, evidence[0])
    for resource, total in sums.items():
        if total != 0:
            yield Violation("C4", f"the sides of a transfer sum to {total} {resource}", evidence)


def _bounds(who: str, balance: int, when: str) -> Iterator[Violation]:
    if balance < 0:
        yield Violation("C5", f"{who} owes {-balance}", (when,))
    elif balance > MOST:
        yield Violation("C5", f"{who} holds more than anybody may", (str(balance), when))


def _events(world: World) -> Iterator[Violation]:
    """What was told of a movement is what moved, once."""
    sides = {
        (transfer.id, account.kind, account.owner, account.resource): (amount, after)
        for transfer in world.transfers
        for id, amount, after in transfer.entries
        if (account := world.accounts.get(id)) is not None
    }
    told: set[tuple[str, str, str]] = set()
    for stream, some in world.events.items():
        for each in some:
            if each.name != "treasury.changed":
                continue
            fields, where = each.d, f"{stream} #{each.seq}"
            key = (str(fields["transfer_id"]), stream, fields["resource"])
            if key in told:
                yield Violation("C4", f"a movement was told twice in {stream}", (where, f"transfer {key[0]}"))
            told.add(key)
            moved = sides.get((key[0], "team", stream.partition(":")[2], fields["resource"]))
            if moved != (fields["amount"], fields["balance"]):
                yield Violation("C4", "a movement was told otherwise than it was made", (where, f"told {fields}", f"made {moved}"))


def check_rights(world: World) -> Iterator[Violation]:
    """Violations of C5's rights (and P10): who spoke, gave or took in a team was a member at that number, with the right to."""
    for stream, some in world.events.items():
        if stream.startswith("team:"):
            yield from _rights(stream, some)


def _rights(stream: str, some: list[Stored]) -> Iterator[Violation]:
    may: dict[str, bool] = {}
    whole = some[0].seq == 1
    for each in some:
        match each.name:
            case "team.member_joined" | "team.role_changed":
                fields = each.d
                may[fields["player_id"]] = bool(fields["rights"].get("can_manage_treasury"))
            case "team.member_left":
                may.pop(each.d["player_id"], None)
            case "team.disbanded":
                may.clear()
            case "team.said" if whole and not _is_system(each.d):
                sender = each.d.get("sender_id")
                if sender not in may and not each.d.get("removed"):
                    yield Violation("C5", "somebody spoke who was no member", (f"{stream} #{each.seq}", str(sender)))
            case "treasury.changed" if whole:
                fields = each.d
                kind, actor = fields["kind"], fields.get("actor_id")
                if kind in ("deposit", *TAKING) and actor not in may:
                    yield Violation("C5", f"a {kind} by somebody who was no member", (f"{stream} #{each.seq}", str(actor)))
                elif kind in TAKING and not may.get(str(actor)):
                    yield Violation("C5", f"a {kind} by somebody without the right", (f"{stream} #{each.seq}", str(actor)))


def _is_system(fields: dict[str, Any]) -> bool:
    return bool(fields.get("system"))
