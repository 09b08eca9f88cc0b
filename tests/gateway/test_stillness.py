"""Looks at the database may be left out only when nothing can be different."""

from __future__ import annotations

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
    assert await moment() != before

    async with owner.transaction():
        await owner.execute("update streams set head = head where name = 'system'")
        # Nobody may say that nothing happened since, while somebody is about to. A number that nobody behind it has passed yet is
        # not in the snapshot: then the moment ends with its commit (or is none as soon as another database's commit passes it).
        during = await moment()
        again = await moment()
        assert during is None or again is None or during == again
    assert await moment() not in (before, during) or during is None


class Server:
    """A server whose moments are told by the test."""

    identity = "here"
    now: str | None = "1"

    async def moment(self) -> str | None:
        """As the test has it; nothing there raises."""
        if self.now == "away":
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

    server.now = "2"
    assert not await stillness.still(), "something was committed"
    stillness.doubt()
    stillness.seen()
    assert not await stillness.still(), "the doubt came while the look was on its way"
    stillness.seen()
    assert await stillness.still()

    server.identity = "there"
    assert not await stillness.still(), "another server's numbers may be alike"


async def test_a_database_that_does_not_answer_is_not_still() -> None:
    server = Server()
    server.now = "away"
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
