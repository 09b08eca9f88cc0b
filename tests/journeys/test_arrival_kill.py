"""`kill -9` of a gateway at every point of a commit of the arrival: one session, every turn once, one reward, whoever asks again."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from multiprocessing.process import BaseProcess

import msgspec
import pytest
from uuid_utils.compat import uuid7

from protocol.guard import ShipType
from protocol.message import Answer, Command, name_of
from protocol.onboarding import AlreadyCompleted, AnswerQuestion, Claim, Complete, Start
from tests.dock import BAD, GOOD, STORY, lay_out, newcomer, no_errands, spoken, talk_through, worker_sleeps
from tests.faults.cutter import Cutter
from tests.journeys import forked
from tests.play import Game, Someone
from tests.providers.stub import Stub
from tests.world import World

MakeGame = Callable[..., Awaitable[Game]]
COMMIT = b"COMMIT"
# A statement of each transaction, and of no other. A gateway dies "begun" before it is run, "written" when all is written and nothing
# committed, and "committed" when nobody was told.
MARKS = {
    "claim": b"ship_claimed = $2",
    "answer": b"player_response = $3",
    "heard": b"current_suspicion = $7",
    "complete": b"granted_at = $2",
}


class Reaper(Cutter):
    """A way to PostgreSQL that kills the gateway behind it once, at one point of the transaction that holds a mark."""

    def __init__(self, url: str, mark: bytes, point: str) -> None:
        super().__init__(url)
        self.mark = mark
        self.point = point
        self.process: BaseProcess | None = None
        self.struck = asyncio.Event()
        self._marked: set[asyncio.StreamWriter] = set()
        self._committing: set[asyncio.StreamWriter] = set()

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        both: tuple[asyncio.StreamWriter, asyncio.StreamWriter],
        *,
        watched: bool,
    ) -> None:
        to_client, to_server = both
        with contextlib.suppress(OSError):
            while data := await source.read(65_536):
                if sink is to_server:
                    if self.mark in data:
                        self._marked.add(to_server)
                    if to_server in self._marked and (self.point == "begun" or (self.point == "written" and COMMIT in data)):
                        self._strike()
                        break
                    if to_server in self._marked and COMMIT in data:
                        self._committing.add(to_server)
                elif to_server in self._committing and self.COMMITTED in data:
                    self._strike()
                    break
                sink.write(data)
                await sink.drain()
        for each in both:
            each.close()

    def _strike(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.struck.set()


@contextlib.asynccontextmanager
async def doomed(world: World, mark: str, point: str, **more: str) -> AsyncIterator[tuple[Reaper, str]]:
    """A gateway process that will die so, and where it listens. `more` is of its environment."""
    async with Reaper(world.database_url, MARKS[mark], point) as reaper:
        environment = {
            "PATH": os.environ["PATH"],
            "DATABASE_URL": reaper.url,
            "REDIS_URL": world.redis_url,
            "CALLISTO_REDIS_PREFIX": world.prefix,
            "CALLISTO_LIMITS__SCALE": "0",
            "CALLISTO_DB__SILENT_MS": "5000",
            **more,
        }
        process, port = await asyncio.to_thread(forked.gateway, environment)
        reaper.process = process
        try:
            yield reaper, f"ws://127.0.0.1:{port}/v1/ws"
        finally:
            process.kill()
            await asyncio.to_thread(process.join)


async def dies_under(someone: Someone, url: str, reaper: Reaper, command: Command[Answer], id: str) -> None:
    """Somebody goes to the doomed gateway and asks this of it."""
    await someone.dial(url=url)
    await someone.ask("session.start", {"token": someone.token, "cursors": someone.cursors})
    asked = await someone.send(name_of(command), msgspec.to_builtins(command), id=id)
    async with asyncio.timeout(30):
        await reaper.struck.wait()
    await asyncio.gather(asked, return_exceptions=True)


async def two_devices(game: Game) -> tuple[Someone, Someone]:
    """A newcomer before a scout, at two devices."""
    ada = await newcomer(game)
    other = Someone(game, ada.name, ada.player, ada.user)
    await other.sign_in()
    await other.start()
    game.everybody.append(other)
    await ada.does(Start())
    await lay_out(game, ada, ShipType.ESCAPE_POD, ShipType.SCOUT_SHIP)
    await other.look()
    return ada, other


async def rewarded_once(game: Game, ada: Someone, *, won: bool) -> None:
    """One session, one reward: everything that comes with it is there, and there once."""
    db = game.world.owner
    captain = await db.fetchrow("select * from players where id = $1", ada.player)
    ships = await db.fetch("select * from ships where owner_id = $1", ada.player)
    assert [(each["id"], each["type"], each["is_flagship"]) for each in ships] == [
        (captain["current_ship_id"], "SCOUT_SHIP" if won else "ESCAPE_POD", True)
    ]
    assert (captain["credits"], captain["trade_bonus"]) == ((2_000, 0.1) if won else (500, 0.0))
    assert (captain["aria_relationship_score"], captain["aria_total_interactions"]) == (50, 1)
    [session] = await db.fetch("select * from first_login_sessions where player_id = $1", ada.player)
    assert session["granted_at"] is not None
    first = msgspec.json.decode(captain["first_login"])
    assert (first["completed"], first["session_id"], first["awarded_ship"]) == (True, str(session["id"]), ships[0]["type"])
    assert first["chosen_name"] == ("Ada Lark" if won else None)
    assert captain["nickname"] == ("Ada Lark" if won else ada.name)
    standing = await db.fetchval(
        "select current_value from reputations r join factions f on f.id = r.faction_id where r.player_id = $1 and f.code = 'terran_federation'",
        ada.player,
    )
    assert (standing or 0) == (0 if won else -10)
    state = await db.fetchrow("select * from player_first_login_states where player_id = $1", ada.player)
    assert (state["has_completed_first_login"], state["received_resources"], state["attempts"]) == (True, True, 1)
    turns = await db.fetch("select * from dialogue_exchanges where session_id = $1 order by sequence_number", session["id"])
    assert [each["sequence_number"] for each in turns] == list(range(1, len(turns) + 1))
    assert all(each["answered_at"] and each["persuasiveness"] is not None for each in turns[:-1])
    assert (turns[-1]["topic"], turns[-1]["answered_at"]) == ("verdict", None)
    told = await db.fetch("select name, count(*) from stream_events where stream = 'player:' || $1 group by 1", str(ada.player))
    counted = {row[0]: row[1] for row in told}
    for once in ("onboarding.started", "onboarding.claimed", "onboarding.verdict", "onboarding.completed", "player.ship_awarded"):
        assert counted[once] == 1, once
    assert counted["onboarding.guard_spoke"] == len(turns) - 1
    assert counted["player.credits_changed"] == 1
    assert counted.get("reputation.changed", 0) == (0 if won else 1)
    assert counted.get("player.renamed", 0) == (1 if won else 0)


@pytest.mark.parametrize(
    ("point", "asks_first", "won"),
    [("begun", "same", True), ("written", "other", True), ("committed", "same", True), ("committed", "other", False)],
)
async def test_a_gateway_that_dies_while_it_rewards_leaves_one_reward_whoever_asks_again(
    make_game: MakeGame, world: World, point: str, asks_first: str, won: bool
) -> None:
    game = await make_game()
    ada, other = await two_devices(game)
    assert ((await talk_through(ada, ShipType.SCOUT_SHIP, None if won else BAD))["outcome"] == "SUCCESS") is won
    command, id = Complete(nickname_confirmed=won), str(uuid7())
    async with doomed(world, "complete", point) as (reaper, url):
        await dies_under(ada, url, reaper, command, id)
    committed = point == "committed"
    await ada.start(resume=True)
    if asks_first == "other":
        # A new command of another device is the first one, or comes too late.
        if committed:
            await other.is_refused(AlreadyCompleted, command)
        else:
            await other.does(command)
    if committed or asks_first == "same":
        again = await ada.ask("onboarding.complete", msgspec.to_builtins(command), id=id)
        assert again.get("replayed", False) is committed
        assert again["ok"]["credits"] == (2_000 if won else 500)
    else:
        await ada.is_refused(AlreadyCompleted, command, id=id)
    await other.is_refused(AlreadyCompleted, command)
    for each in (ada, other):
        await each.hears("onboarding.completed")
        await each.check_convergence()
    await rewarded_once(game, ada, won=won)


@pytest.mark.parametrize(("dying", "point"), [("claim", "written"), ("claim", "committed"), ("answer", "committed"), ("heard", "written")])
async def test_a_gateway_that_dies_between_two_turns_loses_none_and_doubles_none(
    make_game: MakeGame, world: World, dying: str, point: str
) -> None:
    game = await make_game()
    ada, other = await two_devices(game)
    worker_sleeps(game)
    id, command = str(uuid7()), Claim(ShipType.SCOUT_SHIP, GOOD)
    assert game.app.worker is not None
    if dying == "answer":
        await ada.does(command)
        await game.app.worker.tick()
        line = await spoken(ada, 2)
        answer = AnswerQuestion(2, STORY[line["topic"]])
    async with doomed(world, dying, point) as (reaper, url):
        await dies_under(ada, url, reaper, answer if dying == "answer" else command, id)
    await game.world.owner.execute("update errands set claimed_until = clock_timestamp() - interval '1 second'")
    game.app._tasks.append(asyncio.create_task(game.app.worker.run()))
    await ada.start(resume=True)
    sent = answer if dying == "answer" else command
    again = await ada.ask(name_of(sent), msgspec.to_builtins(sent), id=id)
    assert again.get("replayed", False) is (point == "committed" or dying == "heard")
    for turn in range(3 if dying == "answer" else 2, 7):
        line = await spoken(other, turn)
        if line["final"]:
            break
        await other.does(AnswerQuestion(turn, STORY[line["topic"]]))
    await other.hears("onboarding.verdict")
    await other.does(Complete(nickname_confirmed=True))
    for each in (ada, other):
        await each.hears("onboarding.completed")
        await each.check_convergence()
    await rewarded_once(game, ada, won=True)


@pytest.mark.parametrize("point", ["written", "committed"])
async def test_a_gateway_that_dies_with_a_models_reply_in_hand_is_charged_for_one_call(
    make_game: MakeGame, world: World, point: str
) -> None:
    async with Stub("openai") as stub:
        game = await make_game(guard=stub.guard())
        ada, other = await two_devices(game)
        worker_sleeps(game)
        assert game.app.worker is not None
        settings = {f"CALLISTO_GUARD__{name.upper()}": str(value) for name, value in stub.guard().items()}
        async with doomed(world, "heard", point, **settings) as (reaper, url):
            await dies_under(ada, url, reaper, Claim(ShipType.SCOUT_SHIP, GOOD), str(uuid7()))
        settled = point == "committed"
        # The call was made. Until somebody settles it, what was set aside for it counts.
        assert await game.world.owner.fetchval("select count(*) from ai_reservations where not settled") == (0 if settled else 1)
        await game.world.owner.execute("update errands set claimed_until = clock_timestamp() - interval '1 second'")
        await game.app.worker.tick()
        assert (await spoken(other, 2))["by"] == ("model" if settled else "rules")
        await no_errands(game)
        [row] = await game.world.owner.fetch("select * from ai_call_log")
        assert (row["ok"], row["error_class"]) == ((True, None) if settled else (False, "lost"))
        assert len(stub.asked) == 1
        assert {tuple(each) for each in await game.world.owner.fetch("select calls, settled_micro_usd from ai_budgets")} == {
            (1, row["cost_micro_usd"])
        }
        assert await game.world.owner.fetchval("select count(*) from ai_reservations where not settled") == 0
