"""Several gateways on one database and one Redis: what is said through one is heard through the other, whatever Redis does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import asyncpg
import msgspec
import pytest
from redis.asyncio import Redis
from uuid_utils.compat import uuid7

import server
from persistence import events
from protocol import team
from tests.conftest import driver_args
from tests.gateway.fleet import OwnRedis, latency
from tests.gateway.neighbours import until
from tests.play import Game, Someone

Make = Callable[..., Awaitable[Game]]
CHECKOUT = Path(server.__file__).parent.parent


@pytest.fixture
def redis() -> Iterator[OwnRedis]:
    """A Redis that the test may hurt."""
    with tempfile.TemporaryDirectory(prefix="callisto-redis-") as folder:
        Path(folder).chmod(0o711)
        own = OwnRedis(Path(folder))
        yield own
        own.kill()


async def test_what_is_said_through_one_gateway_is_heard_through_the_other(make_game: Make) -> None:
    here, there = await make_game(node="g1"), await make_game(node="g2")
    ada, bo = await here.crew(2)
    await bo.start(on=there, resume=True)
    assert there.app.bus is not None
    heard = there.app.bus.heard_count
    for number in range(20):
        assert await latency(ada, bo, f"to you {number}") < 0.5
        assert await latency(bo, ada, f"and you {number}") < 0.5
    assert there.app.bus.heard_count >= heard + 20, "Redis carried them, not the poll"
    assert [each["s"] for each in ada.heard if each["t"] == "team.said"] == [each["s"] for each in bo.heard if each["t"] == "team.said"]
    # Whoever joins through the other one is heard here, too.
    cid = await there.captain(credits=0)
    await cid.does(team.Join((await ada.does(team.Get())).team.team_id))
    await ada.hears("team.member_joined", lambda frame: frame["d"]["player_id"] == str(cid.player))
    await here.converges()
    await there.converges()


async def test_a_stopped_or_dead_redis_slows_the_talk_and_loses_nothing(make_game: Make, redis: OwnRedis) -> None:
    here, there = await make_game(node="g1", redis_url=redis.url), await make_game(node="g2", redis_url=redis.url)
    ada, bo = await here.crew(2)
    await bo.start(on=there, resume=True)
    assert await latency(ada, bo, "before") < 0.5
    redis.send(signal.SIGSTOP)
    # From the first moment on, before anybody can know that Redis hangs.
    slow = [await latency(ada, bo, f"stopped {number}") for number in range(6)]
    assert max(slow) < 1.2, slow
    await asyncio.sleep(1.0)
    assert there.app.bus is not None
    assert not there.app.bus.healthy
    slow = [await latency(ada, bo, f"known {number}") for number in range(4)]
    assert max(slow) < 0.5, slow
    redis.send(signal.SIGCONT)
    async with asyncio.timeout(2):
        while not (there.app.bus.healthy and here.app.bus is not None and here.app.bus.healthy):
            await asyncio.sleep(0.02)
    redis.kill()
    slow = [await latency(ada, bo, f"dead {number}") for number in range(4)]
    assert max(slow) < 1.2, slow
    redis.start()
    began = time.monotonic()
    while True:
        heard = there.app.bus.heard_count
        await latency(ada, bo, f"back {began} {time.monotonic()}")
        if there.app.bus.heard_count > heard:
            break
        assert time.monotonic() - began < 2.0, "not back to normal within 2 s"
    lines = bo.lines()
    assert lines == ada.lines()
    assert len(lines) == len(set(lines))


async def test_what_redis_is_made_to_say_changes_nothing(make_game: Make, redis: OwnRedis) -> None:
    here, there = await make_game(node="g1", redis_url=redis.url), await make_game(node="g2", redis_url=redis.url)
    ada, bo = await here.crew(2)
    await bo.start(on=there, resume=True)
    stream = f"team:{(await ada.does(team.Get())).team.team_id}"
    assert here.app.bus is not None
    assert there.app.bus is not None
    channel = here.app.bus.prefix + stream.encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", redis.port)
    epoch = await here.world.owner.fetchval("select epoch from streams where name = $1", stream)
    head = await here.world.owner.fetchval("select head from streams where name = $1", stream)
    fields = msgspec.msgpack.encode({"message_id": str(uuid7()), "sender_id": str(ada.player), "sender_name": "Ada", "text": "forged"})
    body = msgspec.msgpack.encode((b"x" * 16, epoch, head + 1, [("team.said", 0, fields, None)]))
    for payload in (b"", b"x", b"\xc1" * 40, b"\0" * 16 + body, random.Random(1).randbytes(500)):
        writer.write(b"*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n" % (len(channel), channel, len(payload), payload))
        writer.write(
            b"*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n" % (len(here.app.bus.control), here.app.bus.control, len(payload), payload)
        )
    await writer.drain()
    async with asyncio.timeout(5):
        while there.app.bus.forged_count < 10:
            await asyncio.sleep(0.01)
    assert await latency(ada, bo, "true") < 1.2
    assert bo.lines() == ["true"]
    writer.close()
    await reader.read()


async def test_words_that_redis_repeats_late_and_elsewhere_are_heard_once(make_game: Make, redis: OwnRedis) -> None:
    here, there = await make_game(node="g1", redis_url=redis.url), await make_game(node="g2", redis_url=redis.url)
    ada, bo = await here.crew(2)
    await bo.start(on=there, resume=True)
    assert there.app.bus is not None
    bus, prefix = there.app.bus, there.app.bus.prefix
    channel, own = prefix + f"team:{(await ada.does(team.Get())).team.team_id}".encode(), prefix + f"player:{bo.player}".encode()
    async with Redis(port=redis.port) as client, client.pubsub() as ear:
        await ear.subscribe(channel)
        said = ["one", "two", "three"]
        genuine: list[bytes] = []
        for text in said:
            await latency(ada, bo, text)
        async with asyncio.timeout(10):
            while len(genuine) < len(said):
                word = await ear.get_message(ignore_subscribe_messages=True, timeout=1.0)
                if word is not None:
                    genuine.append(word["data"])
        heard, forged = bus.heard_count, bus.forged_count
        for word in (*reversed(genuine), *genuine):
            await client.publish(channel, word)
            await client.publish(own, word)
        await until(lambda: bus.heard_count >= heard + 6 and bus.forged_count >= forged + 6, "all have been said again", 10)
    await latency(ada, bo, "four")
    assert bo.lines() == [*said, "four"]
    assert bo.connected


async def test_the_newest_socket_of_a_session_is_the_only_one_on_any_gateway(make_game: Make, redis: OwnRedis) -> None:
    here, there = await make_game(node="g1", redis_url=redis.url), await make_game(node="g2", redis_url=redis.url)
    ada, bo = await here.crew(2)

    async def elsewhere() -> Someone:
        newer = Someone(there, "Ada again", ada.player, ada.user)
        newer.token, newer.session_id = ada.token, ada.session_id
        await newer.start()
        return newer

    newer = await elsewhere()
    began = time.monotonic()
    await ada.is_closed(4520)
    assert time.monotonic() - began < 1.0
    await ada.start(on=here)
    await newer.is_closed(4520)
    redis.send(signal.SIGSTOP)
    newer = await elsewhere()
    began = time.monotonic()
    refused = 0
    with contextlib.suppress(Exception):
        while time.monotonic() - began < 2.0:
            answer = await (await ada.send("team.say", {"text": "am I still here?"}))
            assert answer["error"]["code"] == "unauthenticated"
            refused += 1
            await asyncio.sleep(0.05)
    await ada.is_closed(4520)
    assert time.monotonic() - began < 2.0
    assert "am I still here?" not in bo.lines()
    await newer.hang_up()


async def test_a_line_of_the_kicked_is_never_said_after_the_kick(make_game: Make) -> None:
    # Two gateways, the kick through one, the lines through the other, and a neighbour who holds the team's head so that
    # both must wait for it: whoever comes second must see what the first one did.
    here, there = await make_game(node="g1"), await make_game(node="g2")
    outcomes = await asyncio.gather(*(put_out_and_back(here, there, random.Random(seed), 50) for seed in range(4)))
    assert set().union(*outcomes) == {"ok", "team.none"}


async def put_out_and_back(here: Game, there: Game, dice: random.Random, rounds: int) -> set[str]:
    """One captain is kicked again and again while they talk. Which outcomes their lines had."""
    ada, bo = await here.crew(2)
    founded = (await ada.does(team.Get())).team
    stream = f"team:{founded.team_id}"
    await bo.start(on=there, resume=True)
    neighbour = await asyncpg.connect(**driver_args(here.world.owner_url))
    said: dict[str, str] = {}

    async def speak(round_: int) -> None:
        answers = []
        for number in range(3):
            answers.append((f"{round_}.{number}", await bo.send("team.say", {"text": f"{round_}.{number}"})))
            await asyncio.sleep(dice.choice((0, 0, 0.001, 0.002)))
        for text, answer in answers:
            said[text] = (await answer).get("error", {}).get("code", "ok")

    async def kick() -> None:
        await asyncio.sleep(dice.choice((0, 0.001, 0.003, 0.006)))
        await ada.does(team.Kick(bo.player))

    async def hold() -> None:
        if dice.random() < 0.7:
            async with neighbour.transaction():
                await neighbour.execute("select from streams where name = $1 for update", stream)
                await asyncio.sleep(dice.uniform(0, 0.012))

    for round_ in range(rounds):
        await asyncio.gather(hold(), speak(round_), kick())
        await bo.does(team.Join(founded.team_id))
    log = await events.page(neighbour, stream, 0, 10_000)
    assert log is not None
    inside, spoken = False, []
    for row in log.rows:
        fields = msgspec.msgpack.decode(row.payload)
        if row.name in ("team.member_joined", "team.member_left") and fields["player_id"] == str(bo.player):
            inside = row.name == "team.member_joined"
        elif row.name == "team.said":
            assert inside, f"{fields['text']} was said by somebody who had been put out"
            spoken.append(fields["text"])
    assert spoken == [text for text, outcome in said.items() if outcome == "ok"], "acknowledged lines, in the order they were sent"
    assert await neighbour.fetchval("select count(*) from messages where sender_id = $1", bo.player) == len(spoken)
    await neighbour.close()
    return set(said.values())


async def test_one_stuck_team_stalls_nobody_else_and_keeps_its_order(make_game: Make) -> None:
    game = await make_game()
    stuck, free = await game.crew(2), await game.crew(2)
    stream = f"team:{(await stuck[0].does(team.Get())).team.team_id}"
    neighbour = await asyncpg.connect(**driver_args(game.world.owner_url))
    holding = neighbour.transaction()
    await holding.start()
    await neighbour.execute("select from streams where name = $1 for update", stream)
    waiting = []
    for number in range(40):
        waiting.append(await stuck[number % 2].send("team.say", {"text": f"line {number}"}, deadline_ms=15_000))
        if number == 20:
            await asyncio.sleep(0.1)
    doomed = [await stuck[0].send("team.say", {"text": f"doomed {number}"}, deadline_ms=300) for number in range(5)]
    spans: list[float] = []
    began = time.monotonic()
    while time.monotonic() - began < 1.6:  # longer than a lock timeout
        at = time.monotonic()
        await free[0].does(team.Say(f"free {len(spans)}"))
        await free[1].hears_line(f"free {len(spans)}")
        spans.append(time.monotonic() - at)
    spans.sort()
    assert spans[int(len(spans) * 0.99)] < 0.25, spans[-5:]
    for each in doomed:
        refusal = (await asyncio.wait_for(each, 1))["error"]
        assert refusal["code"] == "unavailable"
        assert refusal["outcome"] in ("none", "unknown")
    assert not any(each.done() for each in waiting)
    await holding.commit()
    await neighbour.close()
    answers = await asyncio.gather(*waiting)
    assert all("ok" in each for each in answers), answers
    await stuck[1].hears_line("line 39")
    mine, theirs = ([f"line {number}" for number in range(first, 40, 2)] for first in (0, 1))
    heard = [each for each in stuck[0].lines() if each.startswith("line")]
    assert [each for each in heard if each in mine] == mine
    assert [each for each in heard if each in theirs] == theirs
    assert len(heard) == 40
    await game.converges()


# Real processes.


async def test_two_real_processes_are_one_world(make_game: Make) -> None:
    game = await make_game()  # only to make captains and their tokens
    ada, bo = await game.crew(2)
    environment = {
        "PATH": os.environ["PATH"], "DATABASE_URL": game.world.database_url, "REDIS_URL": game.world.redis_url,
        "CALLISTO_REDIS_PREFIX": game.world.prefix, "CALLISTO_LIMITS__SCALE": "0",
    }  # fmt: skip
    ports = []
    processes = []
    for _ in range(2):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            ports.append(free.getsockname()[1])
        processes.append(
            await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "server", "serve", "--port", str(ports[-1]), cwd=CHECKOUT, env=environment,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            )
        )  # fmt: skip
    try:
        for port in ports:
            async with asyncio.timeout(20):
                while True:
                    with contextlib.suppress(OSError):
                        _, writer = await asyncio.open_connection("127.0.0.1", port)
                        writer.close()
                        break
                    await asyncio.sleep(0.05)
        for one, port in ((ada, ports[0]), (bo, ports[1])):
            await one.dial(url=f"ws://127.0.0.1:{port}/v1/ws")
            await one.ask("session.start", {"token": one.token, "cursors": one.cursors})
        for number in range(20):
            assert await latency(ada, bo, f"to you {number}") < 0.5
            assert await latency(bo, ada, f"and you {number}") < 0.5
        # One of them is killed in the middle of the talk; its captain goes on through the other one.
        sent = await ada.send("team.say", {"text": "killed?"}, id="killed")
        sent.add_done_callback(lambda future: future.exception())
        processes[0].kill()
        await ada.is_closed(1006)
        await ada.dial(url=f"ws://127.0.0.1:{ports[1]}/v1/ws")
        await ada.ask("session.start", {"token": ada.token, "cursors": ada.cursors})
        await ada.ask("team.say", {"text": "killed?"}, id="killed")
        await bo.hears_line("killed?")
        assert bo.lines().count("killed?") == 1
        await ada.does(team.Say("end"))
        await ada.hears_line("end")
        await bo.hears_line("end")
        assert ada.lines() == bo.lines()
        # The other one leaves properly.
        processes[1].send_signal(signal.SIGTERM)
        await ada.hears("session.move")
        await ada.is_closed(4001)
        assert await asyncio.wait_for(processes[1].wait(), 10) == 0
        assert processes[1].stderr is not None
        assert b"Traceback" not in await processes[1].stderr.read()
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
