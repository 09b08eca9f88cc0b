"""Treasuries: what a team owns, who put it there, and who took it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from protocol.message import Answer, Command, Event, Query, Rate, Refusal, command, event, example
from protocol.refusals import BadRequest, Forbidden, Insufficient, LimitExceeded, NoTeam, NotFound, OnboardingRequired
from protocol.types import MOST, Count, Credits, Cursor, Millis, PageSize, PlayerId, Resource, ShipId, TransferId

# Two a second (guarantees.md 4.2), with room for a hold being unloaded.
MONEY = Rate("treasury", limit=10, per_s=5.0)

Amount = Annotated[int, Meta(ge=1, le=MOST)]
Note = Annotated[str, Meta(min_length=1, max_length=500)]
KindName = Annotated[str, Meta(pattern="^[a-z_]{1,50}$")]


class NotDocked(Refusal):
    """Cargo is loaded where a ship lies still: dock at a station or land on a planet, in a ship."""

    code, says = "treasury.not_docked", "Dock or land with a ship first: cargo is loaded where it lies still."


class NoCargoSpace(Refusal):
    """The hold has no room for so much."""

    code, says = "treasury.no_cargo_space", "The ship has no room for so much."


class DailyLimit(Refusal):
    """The member has taken as much in 24 hours as they may; `left` says what may still be taken now."""

    code, says = "treasury.daily_limit", "You have taken as much as you may for now."


class Balances(Answer, frozen=True):
    """What the treasury holds, for each resource."""

    balances: dict[str, Count]


class Moved(Answer, frozen=True):
    """What the treasury holds now, and the movement that made it so."""

    transfer_id: TransferId
    balances: dict[str, Count]


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One movement. `amount` is the signed change of the treasury, `balance` what it held of the resource afterwards."""

    transfer_id: TransferId
    kind: str
    resource: Resource
    amount: Credits
    balance: Count
    at: Millis
    actor_id: PlayerId | None = None
    counterparty_id: PlayerId | None = None
    reason: str | None = None


class Ledger(Answer, frozen=True, omit_defaults=False):
    """A page of movements, newest first."""

    items: list[Item]
    next_cursor: str | None = None


@command("treasury.get", refusals=(NoTeam,))
class Get(Query[Balances], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the caller's team owns."""


@command("treasury.ledger", refusals=(NoTeam, BadRequest))
class ReadLedger(Query[Ledger], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Every movement of the team's treasury, newest first, optionally of one kind or one resource. All members see all of it."""

    kind: KindName | None = None
    resource: Resource | None = None
    limit: PageSize = 50
    cursor: Cursor | None = None


@command("treasury.deposit", refusals=(OnboardingRequired, NoTeam, NotDocked, Insufficient, LimitExceeded), rate=MONEY)
class Deposit(Command[Moved], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Gives to the team: credits from the wallet, anything else from the hold of the docked or landed ship."""

    resource: Resource
    amount: Amount


@command(
    "treasury.withdraw",
    refusals=(Forbidden, OnboardingRequired, NoTeam, DailyLimit, NotDocked, NoCargoSpace, Insufficient, LimitExceeded),
    rate=MONEY,
)
class Withdraw(Command[Moved], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Takes from the team, with the right to: credits to the wallet, anything else to the hold of the docked or landed ship."""

    resource: Resource
    amount: Amount
    reason: Note | None = None


@command(
    "treasury.transfer",
    refusals=(
        BadRequest,
        Forbidden,
        OnboardingRequired,
        NoTeam,
        DailyLimit,
        NotFound,
        NotDocked,
        NoCargoSpace,
        Insufficient,
        LimitExceeded,
    ),
    rate=MONEY,
)
class Transfer(Command[Moved], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Gives from the team to another member, with the right to. Cargo goes to their ship, which must be docked or landed."""

    player_id: PlayerId
    resource: Resource
    amount: Amount
    reason: Note | None = None


@event("treasury.changed", "team")
class TreasuryChanged(Event, frozen=True, omit_defaults=True):
    """The team owns `balance` of a resource now; `amount` is the signed change. `actor_id` is absent when the game itself did it."""

    resource: Resource
    balance: Count
    amount: Credits
    kind: str
    transfer_id: TransferId
    actor_id: PlayerId | None = None
    counterparty_id: PlayerId | None = None


@event("player.cargo_changed", "player")
class CargoChanged(Event, frozen=True):
    """A ship of the captain's holds this now."""

    ship_id: ShipId
    cargo: dict[str, Any]


_ADA = PlayerId(UUID("01920000-0000-7000-8000-000000000001"))
_BO = PlayerId(UUID("01920000-0000-7000-8000-000000000002"))
_SHIP = ShipId(UUID("01920000-0000-7000-8000-0000000000bb"))
_MOVE = TransferId(UUID("01920000-0000-7000-8000-0000000000cc"))
_AT = 1790000000000
_FULL: dict[str, int] = {each.value: 0 for each in Resource} | {"credits": 2_500, "fuel": 40}

example(Get())
example(ReadLedger(resource=Resource.CREDITS, limit=20))
example(Deposit(Resource.CREDITS, 2_500))
example(Withdraw(Resource.FUEL, 10, reason="For the run to the gate."))
example(Transfer(_BO, Resource.CREDITS, 500, reason="Your share."))
example(Balances(_FULL))
example(Moved(_MOVE, _FULL))
example(Ledger([Item(_MOVE, "transfer", Resource.CREDITS, -500, 2_500, _AT, _ADA, _BO, "Your share.")]))
example(TreasuryChanged(Resource.CREDITS, 2_500, -500, "transfer", _MOVE, _ADA, _BO))
example(CargoChanged(_SHIP, {"capacity": 500, "used": 10, "contents": {"fuel": 10}}))
