"""Treasuries, as captains live them: giving, taking, passing on, and who hears of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from protocol import team, treasury
from protocol.refusals import BadRequest, Conflict, Forbidden, Insufficient, LimitExceeded, NoTeam, NotFound, OnboardingRequired
from protocol.types import MOST, Resource
from tests.audit import check_ledger
from tests.play import Game, Refused, Someone

CREDITS, FUEL = Resource.CREDITS, Resource.FUEL


async def rich(game: Game, size: int = 2, *, owns: int = 1_000) -> list[Someone]:
    """A crew whose treasury holds credits that its leader gave."""
    crew = await game.crew(size)
    if owns:
        await earn(game, crew[0], owns)
        await crew[0].does(treasury.Deposit(CREDITS, owns))
    return crew


async def earn(game: Game, one: Someone, amount: int) -> None:
    """Credits from the faucet, behind everybody's back: the captain looks again."""
    await game.earn(one, amount)
    await one.look()


async def dock(game: Game, one: Someone, *, capacity: int = 100, **contents: int) -> UUID:
    """A docked ship for a captain, with cargo out of the faucet."""
    ship = await game.ship(one, capacity, {Resource(each): amount for each, amount in contents.items()})
    await one.look()
    return ship


async def owned(one: Someone) -> dict[str, int]:
    """What the captain's team owns, without what it has none of."""
    return {each: amount for each, amount in (await one.does(treasury.Get())).balances.items() if amount}


async def test_a_deposit_is_heard_by_the_team_and_seen_in_the_wallet(game: Game) -> None:
    ada, bo, cid = await game.crew(3)
    await earn(game, bo, 700)
    done = await bo.does(treasury.Deposit(CREDITS, 300))
    assert done.balances["credits"] == 300
    assert len(done.balances) == len(Resource)
    for one in (ada, bo, cid):
        heard = await one.hears("treasury.changed")
        assert heard["d"] == {
            "resource": "credits", "balance": 300, "amount": 300, "kind": "deposit", "actor_id": str(bo.player), "transfer_id": str(done.transfer_id),
        }  # fmt: skip
    wallet = await bo.hears("player.credits_changed")
    assert wallet["d"] == {"credits": 400, "delta": -300, "reason": "deposit"}
    await game.silence(ada, cid, of="player.credits_changed")
    given = await game.world.owner.fetchval("select contribution_credits::text from team_members where player_id = $1", bo.player)
    assert given == '{"credits": 300}'


async def test_strangers_hear_nothing_of_a_treasury(game: Game) -> None:
    ada, _ = await rich(game)
    stranger, (other, _) = await game.captain(), await game.crew(2)
    before = len(other.heard)
    await ada.does(treasury.Withdraw(CREDITS, 1))
    await ada.hears("treasury.changed", lambda frame: frame["d"]["kind"] == "withdraw")
    await game.silence(stranger, other, of="treasury.changed")
    assert not {"treasury.changed", "player.credits_changed"} & {
        each["t"] for one, since in ((stranger, 0), (other, before)) for each in one.heard[since:]
    }


async def test_who_may_takes_out_what_others_gave(game: Game) -> None:
    ada, bo = await rich(game, owns=1_000)
    done = await ada.does(treasury.Withdraw(CREDITS, 400, reason="hull plates"))
    assert done.balances["credits"] == 600
    changed = await bo.hears("treasury.changed", lambda frame: frame["d"]["kind"] == "withdraw")
    assert (changed["d"]["amount"], changed["d"]["balance"]) == (-400, 600)
    await bo.is_refused(Forbidden, treasury.Withdraw(CREDITS, 1))


async def test_a_share_reaches_a_member_and_nobody_elses_wallet(game: Game) -> None:
    ada, bo, cid = await rich(game, 3, owns=1_000)
    await ada.does(treasury.Transfer(bo.player, CREDITS, 250, reason="your share"))
    assert (await bo.hears("player.credits_changed"))["d"] == {"credits": 250, "delta": 250, "reason": "transfer"}
    changed = await cid.hears("treasury.changed", lambda frame: frame["d"]["kind"] == "transfer")
    assert changed["d"]["counterparty_id"] == str(bo.player)
    await bo.is_refused(Forbidden, treasury.Transfer(cid.player, CREDITS, 1))


async def test_a_transfer_to_oneself_or_a_stranger_goes_nowhere(game: Game) -> None:
    ada, _ = await rich(game)
    stranger = await game.captain()
    await ada.is_refused(BadRequest, treasury.Transfer(ada.player, CREDITS, 1))
    await ada.is_refused(NotFound, treasury.Transfer(stranger.player, CREDITS, 1))
    assert await owned(ada) == {"credits": 1_000}


async def test_nobody_gives_or_takes_more_than_there_is(game: Game) -> None:
    ada, bo = await rich(game, owns=100)
    await bo.is_refused(Insufficient, treasury.Deposit(CREDITS, 1))
    await ada.is_refused(Insufficient, treasury.Withdraw(CREDITS, 101))
    await ada.is_refused(Insufficient, treasury.Transfer(bo.player, CREDITS, 101))
    await ada.is_refused(Insufficient, treasury.Withdraw(CREDITS, MOST))
    await ada.does(treasury.Withdraw(CREDITS, 100))
    assert await owned(ada) == {}


async def test_nobody_holds_more_than_every_client_can_count(game: Game) -> None:
    ada, bo = await rich(game, owns=10)
    await earn(game, bo, MOST)
    await ada.is_refused(LimitExceeded, treasury.Transfer(bo.player, CREDITS, 1))
    await bo.does(treasury.Deposit(CREDITS, MOST - 10))
    await bo.is_refused(LimitExceeded, treasury.Deposit(CREDITS, 1))


async def test_the_same_command_twice_moves_once(game: Game) -> None:
    ada, bo = await rich(game, owns=0)
    await earn(game, ada, 500)
    first = await ada.does(treasury.Deposit(CREDITS, 200), id="once")
    again = await ada.does(treasury.Deposit(CREDITS, 200), id="once")
    assert again == first
    assert await owned(bo) == {"credits": 200}


async def test_an_id_whose_receipt_is_gone_still_moves_nothing_twice(game: Game) -> None:
    ada, _ = await rich(game, owns=0)
    await earn(game, ada, 500)
    await ada.does(treasury.Deposit(CREDITS, 200), id="old")
    await game.world.owner.execute("delete from receipts where account = $1 and id = 'old'", ada.player)
    await ada.is_refused(Conflict, treasury.Deposit(CREDITS, 200), id="old")
    assert await owned(ada) == {"credits": 200}


async def test_a_captain_without_a_team_has_no_treasury(game: Game) -> None:
    lone = await game.captain()
    for command in (treasury.Get(), treasury.ReadLedger(), treasury.Deposit(CREDITS, 1), treasury.Withdraw(CREDITS, 1)):
        await lone.is_refused(NoTeam, command)
    await lone.is_refused(NoTeam, treasury.Transfer((await game.captain()).player, CREDITS, 1))


async def test_before_the_guard_has_decided_nothing_is_spent(game: Game) -> None:
    ada, bo = await rich(game)
    dot = await game.captain(onboarded=False)
    await dot.is_refused(OnboardingRequired, team.Create(name="Too Early"))
    await dot.does(team.Join((await ada.does(team.Get())).team.team_id))
    await dot.is_refused(OnboardingRequired, treasury.Deposit(CREDITS, 1), id="later")
    await game.world.owner.execute("update team_members set can_manage_treasury = true where player_id = $1", dot.player)
    await dot.is_refused(OnboardingRequired, treasury.Withdraw(CREDITS, 1))
    await dot.is_refused(OnboardingRequired, treasury.Transfer(ada.player, CREDITS, 1))
    for each in (ada, bo):
        await each.look()
    assert (await dot.does(treasury.Get())).balances["credits"] == 1_000
    await game.world.owner.execute("update player_first_login_states set has_completed_first_login = true where player_id = $1", dot.player)
    await dot.look()
    await dot.does(treasury.Deposit(CREDITS, 1), id="later")


async def test_a_daily_limit_holds_for_a_day_and_for_each_resource(game: Game) -> None:
    ada, bo = await rich(game, owns=5_000)
    await game.world.owner.execute(
        """update team_members set can_manage_treasury = true, permissions = '{"withdraw_daily_limit": 300}' where player_id = $1""",
        bo.player,
    )
    await ada.look()
    await bo.look()
    await bo.does(treasury.Withdraw(CREDITS, 200))
    no = await bo.is_refused(treasury.DailyLimit, treasury.Transfer(ada.player, CREDITS, 101))
    assert no.error["left"] == 100
    await bo.does(treasury.Transfer(ada.player, CREDITS, 100))
    await bo.is_refused(treasury.DailyLimit, treasury.Withdraw(CREDITS, 1))
    await ada.does(treasury.Withdraw(CREDITS, 1_000))
    game.forward(timedelta(hours=24, seconds=5))
    await bo.does(treasury.Withdraw(CREDITS, 300))


async def test_cargo_goes_through_the_hold_of_a_docked_ship(game: Game) -> None:
    ada, bo = await rich(game, owns=0)
    ship = await dock(game, bo, fuel=60)
    await bo.does(treasury.Deposit(FUEL, 40))
    heard = await bo.hears("player.cargo_changed")
    assert heard["d"] == {"ship_id": str(ship), "cargo": {"capacity": 100, "used": 20, "contents": {"fuel": 20}}}
    assert await owned(ada) == {"fuel": 40}
    await dock(game, ada, capacity=30)
    await ada.is_refused(treasury.NoCargoSpace, treasury.Withdraw(FUEL, 31))
    await ada.does(treasury.Withdraw(FUEL, 30))
    await ada.is_refused(treasury.NoCargoSpace, treasury.Withdraw(FUEL, 1))
    await ada.does(treasury.Transfer(bo.player, FUEL, 10))
    heard = await bo.hears("player.cargo_changed", lambda frame: frame["d"]["cargo"]["used"] == 30)
    assert heard["d"]["cargo"]["contents"] == {"fuel": 30}
    await bo.does(treasury.Deposit(FUEL, 30))
    assert (await bo.look())["ship"]["cargo"] == {"capacity": 100, "used": 0, "contents": {}}
    await game.silence(ada, of="player.credits_changed")
    await check_ledger(game.world.owner)


async def test_nothing_is_loaded_in_flight_or_without_a_ship(game: Game) -> None:
    ada, bo = await rich(game, owns=0)
    await ada.is_refused(treasury.NotDocked, treasury.Deposit(FUEL, 1))
    await dock(game, ada, fuel=50)
    await ada.does(treasury.Deposit(FUEL, 20))
    await ada.is_refused(treasury.NotDocked, treasury.Transfer(bo.player, FUEL, 1))
    await ada.is_refused(Insufficient, treasury.Deposit(FUEL, 31))
    await ada.is_refused(Insufficient, treasury.Deposit(Resource.PLASMA, 1))
    await game.world.owner.execute("update players set is_docked = false, current_port_id = null where id = $1", ada.player)
    await ada.look()
    await ada.is_refused(treasury.NotDocked, treasury.Deposit(FUEL, 1))
    await ada.is_refused(treasury.NotDocked, treasury.Withdraw(FUEL, 1))


async def test_the_ledger_tells_who_moved_what_newest_first(game: Game) -> None:
    ada, bo = await rich(game, owns=1_000)
    await dock(game, ada, fuel=5)
    await ada.does(treasury.Deposit(FUEL, 5))
    await ada.does(treasury.Transfer(bo.player, CREDITS, 30, reason="your share"))
    await ada.does(treasury.Withdraw(CREDITS, 20))
    page = await bo.does(treasury.ReadLedger())
    assert [(each.kind, each.resource, each.amount, each.balance) for each in page.items] == [
        ("withdraw", "credits", -20, 950), ("transfer", "credits", -30, 970), ("deposit", "fuel", 5, 5), ("deposit", "credits", 1_000, 1_000),
    ]  # fmt: skip
    assert (page.items[1].counterparty_id, page.items[1].actor_id, page.items[1].reason) == (bo.player, ada.player, "your share")
    assert [each.amount for each in (await bo.does(treasury.ReadLedger(kind="deposit"))).items] == [5, 1_000]
    assert [each.amount for each in (await bo.does(treasury.ReadLedger(resource=FUEL))).items] == [5]
    first = await bo.does(treasury.ReadLedger(limit=3))
    assert first.items == page.items[:3]
    rest = await bo.does(treasury.ReadLedger(limit=3, cursor=first.next_cursor))
    assert (rest.items, rest.next_cursor) == (page.items[3:], None)
    for cursor in ("nonsense", ".", "credits", "AAAA.credits", "é", "/" * 32 + ".fuel"):
        await bo.is_refused(BadRequest, treasury.ReadLedger(cursor=cursor))


async def test_a_newcomer_knows_what_the_team_owns(game: Game) -> None:
    ada, _ = await rich(game, owns=800)
    dot = await game.captain()
    await dot.does(team.Join((await ada.does(team.Get())).team.team_id))
    entered = await dot.hears("team.entered")
    assert entered["d"]["treasury"]["credits"] == 800
    await dot.does(treasury.Deposit(CREDITS, 100))
    assert dot.state is not None
    await ada.hears("treasury.changed", lambda frame: frame["d"]["balance"] == 900)


async def test_founding_costs_what_a_new_captain_has(game: Game) -> None:
    ada = await game.captain(credits=10_500)
    await ada.does(team.Create(name="The Paid"))
    assert (await ada.hears("player.credits_changed"))["d"] == {"credits": 500, "delta": -10_000, "reason": "team_founding"}
    poor = await game.captain(credits=9_999)
    await poor.is_refused(Insufficient, team.Create(name="The Unpaid"))
    assert (await poor.look())["player"]["credits"] == 9_999


async def test_the_end_of_a_team_pays_its_leader(game: Game) -> None:
    (ada,) = await rich(game, 1, owns=640)
    await dock(game, ada, fuel=9)
    await ada.does(treasury.Deposit(FUEL, 9))
    team_id = (await ada.does(team.Get())).team.team_id
    await ada.does(team.Leave(disband_ok=True))
    assert (await ada.hears("team.disbanded"))["d"] == {"payout": 640}
    wallet = await ada.hears("player.credits_changed", lambda frame: frame["d"]["reason"] == "payout")
    assert wallet["d"] == {"credits": 640, "delta": 640, "reason": "payout"}
    left = await game.world.owner.fetch(
        "select resource, balance from accounts_ledger where owner_kind = 'team' and owner_id = $1", team_id
    )
    assert {row[1] for row in left} == {0}
    assert await game.world.owner.fetchval("select sum(balance) from accounts_ledger where resource = 'fuel'") == 0
    await check_ledger(game.world.owner)


AMOUNTS: list[Any] = [0, -1, -(2**31), 2**53, 2**63, 1.0, 1.5, True, "1", "", None, [1], {"n": 1}]
RESOURCES: list[Any] = ["id", "CREDITS", "credits\u0000", "treasury_credits", "credits; drop table teams", "", 1, None]


@pytest.mark.parametrize("command", ["treasury.deposit", "treasury.withdraw", "treasury.transfer"])
@pytest.mark.parametrize("text", [False, True])
async def test_what_is_no_amount_or_no_resource_is_refused_as_such(game: Game, command: str, text: bool) -> None:
    ada = await game.captain(text=text, credits=20_000)
    bo = await game.captain()
    founded = await ada.does(team.Create(name="The Careful"))
    await bo.does(team.Join(founded.team.team_id))
    await ada.does(treasury.Deposit(CREDITS, 100))
    whom = {"player_id": str(bo.player)} if command == "treasury.transfer" else {}
    tries = [{"resource": "credits", "amount": each} for each in AMOUNTS] + [{"resource": each, "amount": 1} for each in RESOURCES]
    for fields in [*tries, {"resource": "credits"}, {"amount": 1}, {"resource": "credits", "amount": 1, "to": "me"}]:
        if not text and fields.get("amount") == 2**63:
            continue  # msgpack has no such integer but unsigned, and that is tried below
        with pytest.raises(Refused) as no:
            await ada.ask(command, {**whom, **fields})
        assert no.value.code == "bad_request", (fields, no.value.error)
    with pytest.raises(Refused) as no:
        await ada.ask(command, {**whom, "resource": "credits", "amount": 2**64 - 1})
    assert no.value.code == "bad_request"
    assert await owned(bo) == {"credits": 100}


async def test_registration_grants_the_first_credits_once(game: Game) -> None:
    import httpx2

    async with httpx2.AsyncClient(base_url=game.http, timeout=30) as http:
        name = f"newcomer{uuid7().hex[-6:]}"
        answer = await http.post("/v1/auth/register", json={"username": name, "password": "long enough to be one"})
    assert answer.status_code in (200, 201), answer.text
    player = UUID(answer.json()["player_id"])
    assert await game.world.owner.fetchval("select credits from players where id = $1", player) == 10_000
    rows = await game.world.owner.fetch(
        """select t.kind, e.amount from entries e join transfers t using (transfer_id) join accounts_ledger a on a.account_id = e.account_id
           where a.owner_kind = 'player' and a.owner_id = $1""",
        player,
    )
    assert [tuple(row) for row in rows] == [("registration", 10_000)]
    await check_ledger(game.world.owner)
