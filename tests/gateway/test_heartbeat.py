"""Many sockets, one timer: each is pinged, and only who does not answer is told so."""

from __future__ import annotations

import asyncio

from server.gateway.heartbeat import Heartbeat


class Counted:
    """A socket that counts its pings, and answers or not."""

    def __init__(self, beats: Heartbeat, *, answers: bool = True) -> None:
        self.beats = beats
        self.answers = answers
        self.pings = 0
        self.missed = 0
        self.over = False

    def send_ping(self, payload: bytes, now: float) -> bool:
        """Counts."""
        if self.over:
            return False
        assert len(payload) == 8
        self.pings += 1
        if self.answers:
            asyncio.get_running_loop().call_soon(self.beats.answered, self)
        return True

    def keepalive_timeout(self) -> None:
        """Counts."""
        self.missed += 1


async def test_who_answers_misses_nothing_and_who_has_left_is_forgotten() -> None:
    beats = Heartbeat(0.2, 0.08)
    good, silent, over, gone = (Counted(beats, answers=answers) for answers in (True, False, True, False))
    for each in (good, silent, over, gone):
        beats.join(each)
    over.over = True
    async with asyncio.timeout(30):
        while gone.pings < 1:
            await asyncio.sleep(0.005)
        beats.leave(gone)
        while good.pings < 4 or silent.missed < 3:
            await asyncio.sleep(0.005)
    assert (good.missed, gone.missed, gone.pings, over.pings) == (0, 0, 1, 0)
    for each in (good, silent, over, gone):
        beats.leave(each)
    assert not beats._rings and not beats._unanswered and not any(beats._due.values())
