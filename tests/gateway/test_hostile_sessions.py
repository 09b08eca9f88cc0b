"""Hostile frames by the thousand through whole sessions, and over live sockets beside a crew that talks.

CALLISTO_FUZZ is how many frames the sessions take (20,000 unless told; 200,000 in the long run). The seeds are fixed.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from uuid import UUID

import msgspec
import pytest
from uuid_utils.compat import uuid7

from protocol import codec, team
from protocol.closes import Close
from protocol.codec import Incoming, Malformed, Rejected
from protocol.message import Door
from protocol.session import Client as ClientInfo
from server.caller import Caller
from server.gateway.framing import payloads
from server.gateway.gate import Answered, At, Bounds, Gate, Identified
from server.gateway.hub import Hub
from server.gateway.outlet import State
from server.gateway.session import Session
from tests.gateway.assault import Assault
from tests.gateway.neighbours import until
from tests.play import Game
from tests.protocol.hostile import hostile

HOW_MANY = int(os.environ.get("CALLISTO_FUZZ", "20000"))
LONGEST_S = 0.020  # of CPU, for one frame
Make = Callable[..., Awaitable[Game]]
# What hostile bytes may be closed with: the first frame too big, malformed, started twice, not started.
ENDS = {Close.TOO_BIG.code, Close.MALFORMED.code, Close.ALREADY_STARTED.code, Close.AUTHENTICATION_FAILED.code}


class Memory:
    """A wire that keeps what is written."""

    def __init__(self, *, text: bool) -> None:
        self.text = text
        self.peer = "192.0.2.1"
        self.written: list[bytes] = []
        self.closed: int | None = None

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def buffered(self) -> int:
        return 0

    def pause(self) -> None:
        pass

    def resume(self) -> None:
        pass

    def close(self, code: int, reason: str) -> None:
        self.closed = code

    def abort(self) -> None:
        self.closed = 1006

    def taken(self) -> list[bytes]:
        """The payloads written since the last time."""
        written, self.written = self.written, []
        return [payload for each in written for _, payload in payloads(each)]


class Elsewhere:
    """The game as a gateway sees it: every token is good, every command is answered at once."""

    identity = "here"

    async def identify(self, token: str, client: ClientInfo, wanted: Callable[[], bool]) -> Identified:
        session_id, player = uuid7(), uuid7()
        return Identified(Caller(Door.PLAYER, player, session_id), session_id, player, 900.0, {f"player:{player}": At("e", 0)})

    async def reauth(self, token: str, session_id: UUID) -> float:
        return 900.0

    async def streams(self, caller: Caller) -> dict[str, At]:
        return {}

    async def ended(self, sessions: Sequence[tuple[UUID, int]]) -> dict[UUID, Close]:
        return {}

    async def left(self, sessions: Sequence[tuple[UUID, int]], debts: Mapping[UUID, Mapping[str, float]]) -> None:
        pass

    async def shared(self) -> dict[UUID, int]:
        return {}

    def perform(self, caller: Caller, incoming: Incoming, deadline: float, answered: Answered) -> None:
        answered(incoming.id, b"\x81\xa2ok\x80", False)

    async def moved(self, names: Sequence[str], epochs: Sequence[str], seqs: Sequence[int]) -> dict[str, tuple[str, int]]:
        return {}


async def live_session(gate: Gate, wire: Memory) -> Session:
    """A session that has started."""
    session = gate.open(wire)
    session.receive(msgspec.json.encode(START) if wire.text else msgspec.msgpack.encode(START))
    while session.state is not State.LIVE:
        await asyncio.sleep(0)
    session.flush()
    wire.taken()
    return session


START = {"t": "session.start", "id": "start", "d": {"token": "t"}}


@pytest.mark.parametrize("text", [False, True], ids=["msgpack", "json"])
async def test_any_frame_is_answered_once_or_ends_the_session_for_what_it_is(text: bool) -> None:
    dice = random.Random(1912)
    game = Elsewhere()
    hub = Hub(game, watch=lambda _: None, unwatch=lambda _: None)  # type: ignore[arg-type]  # nothing is read from the log here
    gate = Gate(game, hub, node="g1", bounds=Bounds(scale=0), steer={})
    ends: Counter[int] = Counter()
    wire = Memory(text=text)
    session = await live_session(gate, wire)
    for number in range(HOW_MANY // 2):
        if wire.closed is not None:
            ends[wire.closed] += 1
            session.lost(wire.closed)
            wire = Memory(text=text)
            session = await live_session(gate, wire)
        data = hostile(dice, text=text)[: codec.MAX_FRAME]
        asked: str | None = None
        try:
            asked = codec.decode(data, text=text).id
        except Rejected as no:
            asked = no.id
        except Malformed:
            pass
        began = time.process_time()
        session.receive(data)
        session.flush()
        took_s = time.process_time() - began
        assert took_s < LONGEST_S * 10, f"frame {number}, {data.hex()} took {took_s}"
        if session._tasks:
            await asyncio.gather(*session._tasks)  # renewing a token takes a turn of the loop
            session.flush()
        frames = [msgspec.json.decode(each) if text else msgspec.msgpack.decode(each) for each in wire.taken()]
        assert [each.get("re") for each in frames] == [asked], f"frame {number}, {data.hex()}: {frames}"
        assert frames[0].get("error", {}).get("code") != "internal", f"frame {number}, {data.hex()}"
        assert session.in_flight == session.queries == len(session.backlog) == 0
    assert set(ends) <= ENDS and ends[Close.MALFORMED.code] > HOW_MANY / 200, ends
    session.lost(1006)
    assert not gate.sockets and not gate.live and gate.unanswered == 0


async def test_five_thousand_hostile_frames_disturb_nobody_else(make_game: Make) -> None:
    game = await make_game()
    ada, bo = await game.crew(2)
    villains = [await game.captain(online=False) for _ in range(5)]
    assaults = [Assault(game.port, each.token, random.Random(number)) for number, each in enumerate(villains)]
    storm = asyncio.gather(*(each.frames(1_000) for each in assaults))
    spans: list[float] = []
    while not storm.done():
        began = time.monotonic()
        await ada.does(team.Say(f"line {len(spans)}"))
        await bo.hears_line(f"line {len(spans)}")
        spans.append(time.monotonic() - began)
    await storm
    assert sum(each.sent for each in assaults) >= 5_000
    assert bo.lines() == ada.lines() == [f"line {number}" for number in range(len(spans))]
    assert sorted(spans)[len(spans) // 2] < 0.5, sorted(spans)[-10:]
    codes = sum((each.codes for each in assaults), Counter[str]())
    assert codes["bad_request"] > 500 and not codes["internal"], codes
    closes = sum((each.closes for each in assaults), Counter[int]())
    assert closes[4500] > 50 and closes[1002] > 0, closes
    assert not closes.keys() & {1011, 1006}, closes
    await until(lambda: len(game.app.gate.sockets) == 2, "nobody is left but the crew")
    assert game.app.gate.unanswered == 0
