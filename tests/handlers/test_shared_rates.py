"""One account, several gateways, one limit: with Redis out of reach, so that nothing here rests on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from protocol import team
from protocol.message import Rate
from server.gateway.account import Account
from tests.gateway.neighbours import until
from tests.play import Game, Refused, Someone

Make = Callable[..., Awaitable[Game]]
NO_REDIS = "redis://127.0.0.1:1/0"
CHAT = Rate("chat", limit=10, per_s=60.0)


async def device_of(someone: Someone, on: Game) -> Someone:
    """Another device of the same account, on a gateway."""
    device = Someone(someone.game, f"{someone.name}'s other device", someone.player, someone.user)
    await device.sign_in()
    await device.start(on=on)
    on.everybody.append(device)
    return device


def account_on(game: Game, someone: Someone) -> Account:
    """What a gateway remembers of an account."""
    return game.app.gate.accounts[someone.player]


async def lines_until_refused(someone: Someone, text: str) -> int:
    """How many lines go through at once."""
    answers = [await (await someone.send("team.say", {"text": f"{text} {number}"})) for number in range(12)]
    refused = [each["error"] for each in answers if "error" in each]
    assert refused
    assert {(each["code"], each["bucket"], each["limit"]) for each in refused} == {("rate_limited", "chat", 10)}
    assert all(each["retry_after_ms"] > 0 for each in refused)
    return len(answers) - len(refused)


@pytest.fixture
async def two(make_game: Make) -> tuple[Game, Game]:
    """Two gateways without Redis."""
    limits = {"scale": 1}
    return await make_game(node="g1", redis_url=NO_REDIS, limits=limits), await make_game(node="g2", redis_url=NO_REDIS, limits=limits)


async def test_two_gateways_together_let_through_what_one_would(two: tuple[Game, Game]) -> None:
    here, there = two
    ada, bo = await here.crew(2)
    device = await device_of(ada, there)
    await until(lambda: account_on(here, ada).gateways == account_on(there, ada).gateways == 2, "both know of each other")
    began = time.monotonic()
    said = await lines_until_refused(ada, "here") + await lines_until_refused(device, "there")
    assert said == 10 + int((time.monotonic() - began) / 6.0), said
    assert bo.player in here.app.gate.accounts and account_on(here, bo).gateways == 1
    # The other device goes, and all of it is here again.
    await device.hang_up()
    await until(lambda: account_on(here, ada).gateways == 1, "alone again")
    assert account_on(here, ada).rates["chat"].burst == 10


async def test_the_general_rate_is_shared_as_well(two: tuple[Game, Game]) -> None:
    here, there = two
    ada = await here.captain()
    device = await device_of(ada, there)
    await until(lambda: account_on(here, ada).gateways == account_on(there, ada).gateways == 2, "both know of each other")
    await asyncio.sleep(2.0)  # a share of the burst fills again at a share of the rate
    began = time.monotonic()
    answers = [await (await each.send("session.ping")) for _ in range(40) for each in (ada, device)]
    passed = sum("ok" in each for each in answers)
    assert {each["error"]["bucket"] for each in answers if "error" in each} == {"commands"}
    assert 40 <= passed <= 41 + 20 * (time.monotonic() - began)


async def test_what_was_spent_on_one_gateway_is_spent_on_the_next(two: tuple[Game, Game]) -> None:
    here, there = two
    ada, _ = await here.crew(2)
    assert await lines_until_refused(ada, "here") == 10
    await ada.hang_up()
    async with asyncio.timeout(10):
        while not await here.world.owner.fetchval("select count(*) from rate_debts where account = $1", ada.player):
            await asyncio.sleep(0.02)
    await ada.start(on=there)
    assert account_on(there, ada).gateways == 1
    with pytest.raises(Refused, match="rate_limited"):
        await ada.does(team.Say("and again"))
    await ada.does(team.Get())
    # Coming back is no way round it either, and what is paid is forgotten.
    await ada.hang_up()
    await ada.start()
    with pytest.raises(Refused, match="rate_limited"):
        await ada.does(team.Say("and again"))
    await here.world.owner.execute("update rate_debts set at = at - interval '1 minute'")
    third = await device_of(ada, there)
    assert account_on(there, ada).gateways == 2
    await third.hang_up()


async def test_a_gateway_that_died_takes_no_share_once_its_lease_is_over(two: tuple[Game, Game]) -> None:
    here, there = two
    ada = await here.captain()
    device = await device_of(ada, there)
    await until(lambda: account_on(here, ada).gateways == 2, "both hold sockets of hers")
    for task in there.app._tasks:
        task.cancel()  # it renews nothing any more, as if it had been killed
    await here.world.owner.execute("update gateways set lease_until = clock_timestamp() where gateway_id = $1", there.app.id)
    await until(lambda: account_on(here, ada).gateways == 1, "the dead one does not count")
    device.state = None


def test_shares_add_up_to_one_limit_and_a_share_of_one_is_still_one() -> None:
    slow = Rate("onboarding", limit=1, per_s=2.0)
    for gateways in range(1, 6):
        accounts = [Account(20.0, 40.0, 1.0, 0.0) for _ in range(gateways)]
        for each in accounts:
            each.spread(gateways, 0.0)
        assert sum(each.bucket.burst for each in accounts) == pytest.approx(40.0)
        assert sum(each.bucket.rate for each in accounts) == pytest.approx(20.0)
        taken = sum(each.take(CHAT, now / 10) == 0.0 for now in range(6_000) for each in accounts)
        assert taken <= 10 + 100
        answers = sum(each.take(slow, now / 10) == 0.0 for now in range(6_000) for each in accounts)
        assert answers <= gateways + 300


def test_a_debt_is_as_long_as_it_was_however_the_rate_is_shared() -> None:
    here, there = Account(20.0, 40.0, 1.0, 0.0), Account(20.0, 40.0, 1.0, 0.0)
    assert all(here.take(CHAT, 0.0) == 0.0 for _ in range(10))
    debts = here.debts(0.0)
    assert debts == {"chat": pytest.approx(60.0)}
    there.owe(debts, 0.0)
    assert there.take(CHAT, 0.0) == pytest.approx(6.0)
    assert there.debts(0.0) == {"chat": pytest.approx(60.0)}
    shared = Account(20.0, 40.0, 1.0, 0.0)
    shared.spread(2, 0.0)
    shared.owe(debts, 0.0)
    assert shared.take(CHAT, 0.0) == pytest.approx(12.0)
    assert all(there.take(CHAT, 61.0) == 0.0 for _ in range(10))
    assert here.debts(61.0) == {}
