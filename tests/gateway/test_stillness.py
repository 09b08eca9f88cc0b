"""Looks at the database may be left out only when nothing can be different."""

from __future__ import annotations

import asyncio

from persistence.events import Moment
from server.gateway import framing
from server.gateway.stillness import Stillness
from tests.play import Game


async def test_a_commit_anywhere_is_another_moment(game: Game) -> None:
    """Also for a writer that began before the first look and commits behind it."""
    moment, owner = game.app.moment, game.world.owner

    before = None
    while before is None:  # others in this database may be writing
        before = await moment()
    await owner.execute("update streams set head = head where name = 'system'")
    assert (after := await moment()) is None or not after.follows(before)

    async with owner.transaction():
        await owner.execute("update streams set head = head where name = 'system'")
        # Nobody may say that nothing happened since, while somebody is about to. A number that nobody behind it has passed yet is
        # not in the snapshot: then the moment ends with its commit, or with another database's.
        during = await moment()
    assert during is None or (after := await moment()) is None or not after.follows(during)


class Server:
    """A server whose moments are told by the test."""

    identity = "here"
    now: Moment | None = Moment(1, frozenset())
    away = False

    async def moment(self) -> Moment | None:
        """As the test has it."""
        if self.away:
            raise ConnectionError
        return self.now


async def test_a_look_is_left_out_only_after_a_whole_one_without_doubts() -> None:
    server = Server()
    stillness = Stillness(server)
    assert not await stillness.still()
    assert not await stillness.still(), "a look that failed settles nothing"
    stillness.seen()
    assert await stillness.still()

    server.now = None
    assert not await stillness.still(), "somebody is writing"
    stillness.seen()
    assert not await stillness.still()

    server.now = Moment(2, frozenset())
    assert not await stillness.still(), "something was committed"
    stillness.doubt()
    stillness.seen()
    assert not await stillness.still(), "the doubt came while the look was on its way"
    stillness.seen()
    assert await stillness.still()

    server.identity = "there"
    assert not await stillness.still(), "another server's numbers may be alike"


async def test_leases_alone_are_no_news_and_whatever_else_was_written_beside_them_is() -> None:
    server = Server()
    stillness = Stillness(server)

    async def is_still_at(next_: int, *renewals: int) -> bool:
        server.now = Moment(next_, frozenset(renewals))
        return await stillness.still()

    assert not await is_still_at(10)
    stillness.seen()
    assert await is_still_at(11, 10)
    assert await is_still_at(13, 11, 12), "two gateways"
    assert await is_still_at(14, 13, 12), "one of them again: what was passed over before need not be known any more"
    assert not await is_still_at(16, 15, 12), "14 was something else"
    assert not await is_still_at(12, 15, 12), "of an older state"
    assert not await is_still_at(16, 15), "and it stays news until somebody looked"
    stillness.seen()
    assert await is_still_at(16, 15)
    assert not Moment((1 << 33) + 3, frozenset((1,))).follows(Moment((1 << 33) + 1, frozenset())), "2 is not among them"
    assert Moment((1 << 33) + 2, frozenset((1,))).follows(Moment((1 << 33) + 1, frozenset()))


async def test_a_lease_is_passed_over_and_anything_beside_it_is_not(game: Game) -> None:
    moment, owner, app = game.app.moment, game.world.owner, game.app

    async def quiet() -> Moment:
        while (found := await moment()) is None:  # others in this database may be writing
            await asyncio.sleep(0)
        return found

    async with asyncio.timeout(30):
        while True:
            before = await quiet()
            await app.lease.renew()
            if (await quiet()).follows(before):
                break
    before = await quiet()
    await owner.execute("update streams set head = head where name = 'system'")
    await app.lease.renew()
    assert not (await quiet()).follows(before)


async def test_a_database_that_does_not_answer_is_not_still() -> None:
    server = Server()
    server.away = True
    stillness = Stillness(server)
    assert not await stillness.still()
    stillness.seen()
    assert not await stillness.still()


def test_pings_of_all_sockets_fall_on_common_moments_within_their_interval() -> None:
    for now in (0.0, 3.21, 1234.567, 99_999.99):
        at = framing.in_step(now, 10.0)
        assert 9.75 - 1e-6 <= at - now <= 10.0 + 1e-5
        assert abs(at / 0.25 - round(at / 0.25)) < 1e-9
        assert abs(framing.in_step(at, 10.0) - at - 10.0) < 1e-9
