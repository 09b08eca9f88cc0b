"""Each planted bug shows the symptom that its judge looks for, in a story that goes well without it.

One real gateway or two in the test's loop; what a nemesis would do by chance is done here on purpose. The judges are the
harness's own, over a history recorded from the captains' sockets and a white-box pass over the story's database.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from protocol import messaging, team
from tests.conftest import driver_args
from tests.faults.checks import Report
from tests.faults.cutter import Cutter
from tests.faults.planted import BUGS, CLOCK, plant_in_database, planted
from tests.faults.watching import Watch
from tests.gateway.fleet import OwnRedis
from tests.play import Game, Lost, Refused, Someone
from tests.world import World

Make = Callable[..., Awaitable[Game]]
Story = Callable[["Stage", Someone, Someone], Awaitable[None]]
NO_REDIS = "redis://127.0.0.1:1/0"  # nobody listens there: no hint ever arrives
PATIENCE_S = 10.0


class Stage:
    """What a story takes place on: gateways are made here, so that the bug is in them."""

    def __init__(self, make: Make, world: World, admin: asyncpg.Connection, cutter: Cutter, folder: Path) -> None:
        self.make, self.world, self.admin, self.cutter, self.folder, self.watch = make, world, admin, cutter, folder, Watch()
        self.clock = folder / "clock"
        self.redis: OwnRedis | None = None

    async def crew(self) -> list[Someone]:
        """A leader and a member. Every word of theirs is recorded from their next connection on."""
        some = await (await self.make(node="home")).crew(2)
        return [self.watch.on(one) for one in some]

    async def gateway(self, *aboard: Someone, **settings: Any) -> Game:
        """A gateway, with these connected to it from where they were."""
        game = await self.make(**settings)
        for one in aboard:
            await one.start(on=game, resume=True)
        return game


async def until(true: Callable[[], bool]) -> None:
    """Waits for it."""
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.01)


STORIES: dict[str, Story] = {}


def shows(bug: str) -> Callable[[Story], Story]:
    """Registers the story that shows a bug."""

    def register(story: Story) -> Story:
        STORIES[bug] = story
        return story

    return register


@shows("ack before commit")
async def _the_backend_dies_right_after_the_answer(stage: Stage, ada: Someone, bo: Someone) -> None:
    await stage.gateway(ada, bo, batched=False)
    await ada.does(team.Say("promised"))
    await stage.admin.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'callisto'"
    )


@shows("publish before commit")
async def _the_commit_fails(stage: Stage, ada: Someone, bo: Someone) -> None:
    await stage.gateway(ada, bo, batched=False)
    # A check that is made at commit, as a lost connection or a full disk would strike there.
    await stage.admin.execute(
        """create function fail_at_commit() returns trigger language plpgsql as $$
           begin if new.content = 'never' then raise exception using errcode = '58030'; end if; return null; end $$"""
    )
    await stage.admin.execute(
        "create constraint trigger fail after insert on messages deferrable initially deferred for each row execute function fail_at_commit()"
    )
    with contextlib.suppress(Refused):
        await ada.does(team.Say("never"))


@shows("no receipt")
async def _the_same_send_twice(stage: Stage, ada: Someone, bo: Someone) -> None:
    await stage.gateway(ada, bo)
    letter, line = str(uuid7()), str(uuid7())
    for _ in range(2):
        await ada.does(messaging.Send(to=str(bo.player), content="once"), id=letter)
        await ada.does(team.Say("once"), id=line)


@shows("receipt outside the transaction")
async def _the_first_receipt_fails(stage: Stage, ada: Someone, bo: Someone) -> None:
    await stage.gateway(ada, bo, batched=False)
    await stage.admin.execute("create sequence failed")
    await stage.admin.execute("grant usage on sequence failed to public")
    await stage.admin.execute(
        """create function fail_once() returns trigger language plpgsql as $$
           begin if nextval('failed') = 1 then raise exception using errcode = '40001'; end if; return new; end $$"""
    )
    await stage.admin.execute("create trigger fail before insert on receipts for each row execute function fail_once()")
    await ada.does(team.Say("once"))


@shows("global serial cursor")
async def _two_speak_at_once(stage: Stage, ada: Someone, bo: Someone) -> None:
    await stage.gateway(ada)
    await stage.gateway(bo, node="g2")
    # Long enough that both are between number and commit.
    await stage.admin.execute(
        """create function dawdle() returns trigger language plpgsql as $$ begin perform pg_sleep(0.3); return new; end $$"""
    )
    await stage.admin.execute("create trigger dawdle before insert on messages for each row execute function dawdle()")
    await asyncio.gather(ada.does(team.Say("one")), bo.does(team.Say("two")), return_exceptions=True)


@shows("heads check off")
async def _redis_says_nothing(stage: Stage, ada: Someone, bo: Someone) -> None:
    await stage.gateway(ada)
    await stage.gateway(bo, node="g2", redis_url=NO_REDIS)
    await asyncio.sleep(0.1)  # past the comparison that follows an attachment
    await ada.does(team.Say("is anybody there?"))


@shows("membership checked only at follow")
async def _somebody_is_kicked(stage: Stage, ada: Someone, bo: Someone) -> None:
    await stage.gateway(ada, bo)
    await ada.does(team.Kick(bo.player))
    await bo.hears("team.exited")


@shows("wall-clock timer")
async def _the_clock_jumps(stage: Stage, ada: Someone, bo: Someone) -> None:
    await stage.gateway(ada, bo)
    stage.clock.write_text("3600")
    await ada.does(team.Say("what is the time?"))


@shows("lost resubscribe")
async def _redis_comes_back(stage: Stage, ada: Someone, bo: Someone) -> None:
    stage.redis = redis = OwnRedis(stage.folder)
    here = await stage.gateway(ada, redis_url=redis.url)
    there = await stage.gateway(bo, node="g2", redis_url=redis.url)
    buses = [each.app.bus for each in (here, there) if each.app.bus is not None]
    redis.kill()
    await until(lambda: not any(bus.connected for bus in buses))
    redis.start()
    await until(lambda: all(bus.healthy for bus in buses))
    await asyncio.sleep(0.1)
    await ada.does(team.Say("back again"))


@shows("double apply on retry")
async def _the_reply_to_a_commit_is_lost(stage: Stage, ada: Someone, bo: Someone) -> None:
    await stage.gateway(ada, bo, database_url=stage.cutter.url, batched=False)
    stage.cutter.armed = True
    await ada.does(team.Say("once"))
    assert not stage.cutter.armed


@pytest.fixture
async def cutter(world: World) -> AsyncIterator[Cutter]:
    """Made before the games are, so that they still reach the database when they end."""
    async with Cutter(world.database_url) as found:
        yield found


@pytest.fixture
async def stage(cutter: Cutter, make_game: Make, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """An empty stage, with a clock that can be moved and a superuser in the wings."""
    admin = await asyncpg.connect(**driver_args(world.admin_url))
    found = Stage(make_game, world, admin, cutter, tmp_path)
    found.clock.write_text("0")
    monkeypatch.setenv(CLOCK, str(found.clock))
    yield found
    await admin.close()
    if found.redis is not None:
        found.redis.kill()


async def told(stage: Stage, name: str, ada: Someone, bo: Someone, patience_s: float) -> Report:
    """The story, and what the judges say of it."""
    with contextlib.suppress(Lost):
        await STORIES[name](stage, ada, bo)
    return await stage.watch.end(stage.world, patience_s)


@pytest.mark.parametrize("name", list(BUGS))
async def test_a_planted_bug_is_found(stage: Stage, name: str) -> None:
    ada, bo = await stage.crew()
    await plant_in_database(name, stage.world.admin_url)
    with planted(name):
        report = await told(stage, name, ada, bo, 0.8)
    assert report.of(BUGS[name].caught_by[0]), [str(each) for each in report.violations]


@pytest.mark.parametrize("name", list(BUGS))
async def test_the_same_story_without_the_bug_is_blameless(stage: Stage, name: str) -> None:
    ada, bo = await stage.crew()
    report = await told(stage, name, ada, bo, PATIENCE_S)
    assert not [str(each) for each in report.violations]


def test_every_planted_bug_says_who_finds_it_and_how() -> None:
    assert len(BUGS) == 10 and set(STORIES) == set(BUGS)
    assert all(bug.caught_by and bug.how for bug in BUGS.values())
