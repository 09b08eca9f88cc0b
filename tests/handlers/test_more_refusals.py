"""What else is refused: tokens that open nothing, captains who are not there, holds and wallets that are full."""

from __future__ import annotations

from uuid_utils.compat import uuid7

from protocol import credits, player, treasury
from protocol.messaging import Block, Blocks, Unblock
from protocol.refusals import Conflict, LimitExceeded, NotFound, Unauthenticated
from protocol.session import Ping, Reauth, Start
from protocol.types import MOST, PlayerId, Resource
from tests.parts import Part
from tests.play import Game

CREDITS, FUEL = Resource.CREDITS, Resource.FUEL


async def test_a_token_that_opens_nothing_starts_nothing(game: Game) -> None:
    ada = await game.captain(online=False)
    for token in ("", "x" * 43, ada.token[:-1], ada.token.swapcase()):
        await ada.dial()
        no = await ada.is_refused(Unauthenticated, Start(token))
        assert no.error["reason"] == "refused"
        await ada.is_closed(4510)
    await ada.start()


async def test_a_connection_goes_on_with_a_token_of_its_own_session_only(game: Game) -> None:
    ada, bo = await game.captain(), await game.captain()
    for token in ("", "x" * 43, bo.token):
        await ada.is_refused(Unauthenticated, Reauth(token))
    # What was refused changed nothing.
    await ada.does(Ping())
    await ada.does(Reauth(ada.token))


async def test_nobody_sees_the_card_of_a_captain_who_is_not_there(game: Game) -> None:
    ada, bo, cid = await game.captain(), await game.captain(), await game.captain(online=False)
    assert (await ada.does(player.Get(cid.player))).player.player_id == cid.player
    await ada.is_refused(NotFound, player.Get(PlayerId(uuid7())))
    await game.world.owner.execute("update players set is_active = false where id = $1", cid.player)
    await ada.is_refused(NotFound, player.Get(cid.player))
    await bo.is_refused(NotFound, player.Get(cid.player))
    assert (await ada.does(player.Get(bo.player))).player.player_id == bo.player


async def test_a_payment_whose_answer_is_forgotten_is_not_made_again(game: Game) -> None:
    ada = await game.captain(credits=0)
    market = await Part.hired(game, "credits", name="market")
    await market.does(credits.Adjust(ada.player, 5, "Cargo"), id="k-1")
    assert await game.world.owner.execute("delete from receipts where id = 'k-1'") == "DELETE 1"
    no = await market.is_refused(Conflict, credits.Adjust(ada.player, 5, "Cargo"), id="k-1")
    assert no.error["status"] == 409
    assert (await market.does(credits.Adjust(ada.player, 1, "Another"), id="k-2")).credits == 6


async def test_a_captain_shuts_out_a_thousand_and_no_more(game: Game) -> None:
    ada, bo, cid = await game.captain(), await game.captain(), await game.captain()
    await game.world.owner.execute(
        """with made as (insert into users (id, username, username_skeleton)
             select gen_random_uuid(), 'pest' || n, 'pest' || n from generate_series(1, 999) n returning id),
           pests as (insert into players (id, user_id, credits) select gen_random_uuid(), id, 0 from made returning id)
           insert into player_blocks (blocker_id, blocked_id) select $1, id from pests""",
        ada.player,
    )
    await ada.does(Block(bo.player))
    await ada.is_refused(LimitExceeded, Block(cid.player))
    assert [each.player_id for each in (await ada.does(Blocks(limit=1))).items] == [bo.player]
    await ada.does(Unblock(bo.player))
    await ada.does(Block(cid.player))
    await bo.does(Block(ada.player))


async def test_a_gift_must_fit_into_the_hold_of_who_gets_it(game: Game) -> None:
    ada, bo = await game.crew(2)
    await game.ship(ada, 100, {FUEL: 50})
    await game.ship(bo, 30, {FUEL: 10})
    for one in (ada, bo):
        await one.look()
    await ada.does(treasury.Deposit(FUEL, 40))
    await ada.is_refused(treasury.NoCargoSpace, treasury.Transfer(bo.player, FUEL, 21))
    assert (await bo.does(treasury.Get())).balances["fuel"] == 40
    await ada.does(treasury.Transfer(bo.player, FUEL, 20))
    await ada.is_refused(treasury.NoCargoSpace, treasury.Transfer(bo.player, FUEL, 1))


async def test_a_full_wallet_takes_nothing_out_of_the_treasury(game: Game) -> None:
    ada, bo = await game.crew(2)
    await game.earn(bo, 10)
    await bo.look()
    await bo.does(treasury.Deposit(CREDITS, 10))
    await game.earn(ada, MOST - 3)
    await ada.look()
    await ada.is_refused(LimitExceeded, treasury.Withdraw(CREDITS, 4))
    assert (await bo.does(treasury.Get())).balances["credits"] == 10
    await ada.does(treasury.Withdraw(CREDITS, 3))
    await ada.is_refused(LimitExceeded, treasury.Withdraw(CREDITS, 1))
