"""Two gateways whose Redis is a real cluster of three: what one node suffers costs its streams time, never a word, and no others anything."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from server.gateway.cluster import ClusterBus, seeds
from tests.gateway.fleet import latency
from tests.gateway.neighbours import team_of, until
from tests.gateway.redis_cluster import OwnCluster
from tests.play import Game, Someone

Make = Callable[..., Awaitable[Game]]

SLOW_S = 4.0  # a poll a second on a machine that does other things as well; how fast it is on a quiet one is the bench's to say


@pytest.fixture(scope="module")
def cluster() -> Iterator[OwnCluster]:
    """A cluster the tests may hurt; each leaves it whole."""
    folder = Path(tempfile.mkdtemp(prefix="callisto-cluster-"))
    folder.chmod(0o711)
    found = OwnCluster(folder)
    yield found
    for node in range(3):
        found.kill(node)
    shutil.rmtree(folder, ignore_errors=True)


def bus_of(game: Game) -> ClusterBus:
    """A gateway's bus."""
    assert isinstance(game.app.bus, ClusterBus)
    return game.app.bus


def heard(game: Game) -> int:
    """How many events came by Redis and not by a poll."""
    return sum(node.heard_count for node in bus_of(game).nodes.values())


async def sure(*games: Game) -> None:
    """All hints are listened for."""
    for game in games:
        bus = bus_of(game)
        await until(lambda bus=bus: bus.healthy and not bus._in_doubt(), "some streams stay doubtful", 20)  # type: ignore[misc]


async def by_redis(game: Game, speaker: Someone, hearer: Someone) -> None:
    """Soon lines come by Redis, not by the poll."""
    began = time.monotonic()
    while True:
        before = heard(game)
        await latency(speaker, hearer, f"{time.monotonic()}")
        if heard(game) > before:
            return
        assert time.monotonic() - began < 10


async def two_teams(make_game: Make, cluster: OwnCluster) -> tuple[list[Game], list[Someone], list[Someone], int]:
    """Two gateways, a team on both of them, another one whose stream is served by another node, and the first one's node."""
    games = [await make_game(node=node, redis_url=cluster.url) for node in ("g1", "g2")]
    prefix = f"{games[0].world.prefix}:s:"
    crews: dict[int, list[Someone]] = {}
    while len(crews) < 2:
        crew = await games[0].crew(2)
        crews.setdefault(cluster.node_of(prefix + await team_of(crew[0])), crew)
    for crew in crews.values():
        await crew[1].start(on=games[1], resume=True)
    await sure(*games)
    (node, one), (_, other) = crews.items()
    return games, one, other, node


async def test_lines_go_by_the_node_that_serves_the_team(make_game: Make, cluster: OwnCluster) -> None:
    games, one, other, _ = await two_teams(make_game, cluster)
    before = heard(games[1])
    for number in range(5):
        for ada, bo in (one, other):
            assert await latency(ada, bo, f"to you {number}") < SLOW_S
            assert await latency(bo, ada, f"and you {number}") < SLOW_S
    assert heard(games[1]) >= before + 10, "Redis carried them, not the poll"
    listened = {channel for game in games for channel in bus_of(game).homes}
    for node in range(3):
        served = {channel for channel in listened if cluster.node_of(channel.decode()) == node}
        assert set(cluster.tell(node, "PUBSUB SHARDCHANNELS", f"{games[0].world.prefix}:*")) == served
        assert not cluster.tell(node, "PUBSUB CHANNELS")
    # A session that starts anew on the other gateway is told there by the control channel.
    await one[0].start(on=games[1], resume=True)
    assert one[0].connected


@pytest.mark.parametrize("how", ["stopped", "killed"])
async def test_a_node_that_is_gone_slows_its_own_streams_and_loses_nothing(make_game: Make, cluster: OwnCluster, how: str) -> None:
    games, one, other, node = await two_teams(make_game, cluster)
    (ada, bo), (cid, dot) = one, other
    if how == "stopped":
        cluster.send(node, signal.SIGSTOP)
    else:
        cluster.kill(node)
    # From the first moment on, before anybody can know.
    assert await latency(ada, bo, "first") < SLOW_S
    await until(lambda: bool(bus_of(games[1]).doubtful()), "nobody doubts", 5)
    team = await team_of(ada)
    assert team in bus_of(games[1]).doubtful()
    assert await team_of(cid) not in bus_of(games[1]).doubtful()
    assert bus_of(games[1]).healthy, "the others are"
    slow = [await latency(ada, bo, f"doubtful {number}") for number in range(4)]
    assert max(slow) < SLOW_S, slow
    before = heard(games[1])
    for number in range(4):
        await latency(cid, dot, f"as ever {number}")
    assert heard(games[1]) >= before + 4
    if how == "stopped":
        cluster.send(node, signal.SIGCONT)
    else:
        cluster.start(node)
    await sure(*games)
    await by_redis(games[1], ada, bo)
    assert ada.lines() == bo.lines()
    assert len(set(bo.lines())) == len(bo.lines())


async def test_a_slot_that_moves_is_followed(make_game: Make, cluster: OwnCluster) -> None:
    games, (ada, bo), _, node = await two_teams(make_game, cluster)
    channel = f"{games[0].world.prefix}:s:{await team_of(ada)}"
    for to in ((node + 1) % 3, node):
        cluster.move(channel, to)
        slow = [await latency(ada, bo, f"to {to} {number}") for number in range(3)]
        assert max(slow) < SLOW_S, slow
        await by_redis(games[1], ada, bo)
        await by_redis(games[0], bo, ada)
        assert channel.encode() in cluster.tell(to, "PUBSUB SHARDCHANNELS", channel)
    assert ada.lines() == bo.lines()


async def test_a_cluster_that_is_not_there_stops_nobody_and_is_joined_when_it_comes(make_game: Make, cluster: OwnCluster) -> None:
    for node in range(3):
        cluster.send(node, signal.SIGSTOP)
    try:
        games = [await make_game(node=node, redis_url=cluster.url) for node in ("g1", "g2")]
        ada, bo = await games[0].crew(2)
        await bo.start(on=games[1], resume=True)
        assert await latency(ada, bo, "without") < SLOW_S
        assert not bus_of(games[1]).healthy
    finally:
        for node in range(3):
            cluster.send(node, signal.SIGCONT)
    await sure(*games)
    await by_redis(games[1], ada, bo)


def test_a_clusters_address_names_its_nodes() -> None:
    assert seeds("redis+cluster://one:7000,two:7001/0") == ["redis://one:7000", "redis://two:7001"]
    assert seeds("rediss+cluster://me:secret@[::1]:7000") == ["rediss://me:secret@[::1]:7000"]
