"""Starting sessions: everything that asks for it within a few milliseconds is looked up, fenced and placed in one transaction.

After a restart everybody comes back at once. One by one a start is six round trips; of sixty-four together each pays a tenth
of that. A lone start waits for nobody.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import structlog

from persistence import rates, sessions
from persistence.database import Database
from persistence.sessions import Begun, Where
from protocol.message import Door
from protocol.refusals import Unauthenticated
from protocol.session import Client
from server.caller import Caller
from server.gateway.gate import At, Identified
from server.rules import tokens

log = structlog.get_logger("callisto.starts")

TOGETHER = 64  # starts in one transaction; about 10 ms of the database's time
ALONE = 2  # starts at the same time that need a transaction of their own
AGAIN_S = 1.0  # at most, until what could not be asked after a start is asked again; half of it at least


class _Start(NamedTuple):
    hash: bytes
    device: str
    client: Client
    wanted: Callable[[], bool]
    found: asyncio.Future[Identified]


class Starts:
    """One gateway's. `reading` gives a connection; `spawn` keeps what has begun going, whoever leaves; `learned` hears of a session on how
    many gateways its account is and what it owes, where its start could not say so."""

    def __init__(
        self,
        database: Database,
        gateway: UUID,
        reading: Callable[[], Any],
        nudge: Callable[[list[str]], None],
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        learned: Callable[[UUID, int, Mapping[str, float]], None],
        sockets: int,
    ) -> None:
        self.database = database
        self.gateway = gateway
        self.reading = reading
        self.nudge = nudge
        self.spawn = spawn
        self.learned = learned
        self.sockets = sockets
        self.batches = 0
        self.unread: set[UUID] = set()
        """Sessions that have started and whose account's rates could not be read."""
        self.uncounted: set[UUID] = set()
        """Sessions that have started and whose account's sockets could not be counted once more."""
        self._unsettled = asyncio.Event()
        self._waiting: list[_Start] = []
        self.working = False
        self.alone = asyncio.Semaphore(ALONE)

    async def identify(self, token: str, client: Client, wanted: Callable[[], bool] = lambda: True) -> Identified:
        """Starts a session for a socket; is cancelled when nobody wants it any more once its turn has come. Raises Unauthenticated;
        `reason` is `expired` when refreshing helps."""
        if not token:
            raise Unauthenticated(reason="refused")
        device = " ".join(filter(None, (client.name, client.version, client.platform)))
        start = _Start(tokens.hash_of(token), device, client, wanted, asyncio.get_running_loop().create_future())
        self._waiting.append(start)
        if not self.working:
            self.working = True
            self.spawn(self._work())
        return await start.found

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch: dict[bytes, _Start] = {}
                others = []
                for each in self._waiting:
                    # The same token twice is a socket that takes over from another: one after the other.
                    if len(batch) < TOGETHER and each.hash not in batch:
                        batch[each.hash] = each
                    else:
                        others.append(each)
                self._waiting = others
                await self._together(batch)
        finally:
            self.working = False

    async def _together(self, batch: dict[bytes, _Start]) -> None:
        try:
            again = await self._begin(batch, wait=False)
        except Exception as error:
            if len(batch) == 1:
                _fail(batch, error)
                return
            # One of them may be at fault: each has a chance of its own.
            again = batch
        for each in again.values():
            self.spawn(self._by_itself(each))

    async def _by_itself(self, start: _Start) -> None:
        only = {start.hash: start}
        try:
            async with self.alone:
                await self._begin(only, wait=True)
        except Exception as error:
            _fail(only, error)

    async def _begin(self, batch: dict[bytes, _Start], *, wait: bool) -> dict[bytes, _Start]:
        """Starts them. Gives those that have to be tried by themselves: somebody holds their session, or they share one."""
        self.batches += 1
        async with self.database.transaction() as db:
            # At the last moment, a connection in hand. A start of somebody who has gone would take the session from where they are now.
            for gone in [one for one in batch.values() if not one.wanted()]:
                del batch[gone.hash]
                gone.found.cancel()
            if not batch:
                return {}
            begun = await sessions.begin(db, {each.hash: each.device for each in batch.values()}, self.gateway, wait=wait)
            refused = [each for each in batch if each not in begun]
            good = await sessions.openings(db, refused) if refused else {}
            # Read when the fence is up: what an older socket's commands still did is in these heads.
            streams = await sessions.streams_of(db, [each.player_id for each in begun.values()]) if begun else {}
            crowded = await sessions.crowd_out(db, [each.session_id for each in begun.values()], self.sockets) if begun else []
        again = {}
        for each in refused:
            if good.get(each) and not wait:
                again[each] = batch[each]
            elif not batch[each].found.done():
                batch[each].found.set_exception(Unauthenticated(reason="expired" if good.get(each) is False else "refused"))
        if begun:
            self.nudge([str(each) for each in (*(one.session_id for one in begun.values()), *crowded)])
            # It is committed, and they have started, whatever becomes of the rest: refused or tried again they would take over from themselves.
            arrived = await self._arrived([each.session_id for each in begun.values()])
            for hashed, one in begun.items():
                if not batch[hashed].found.done():
                    rest = arrived.get(one.session_id, (0, {}))
                    batch[hashed].found.set_result(_identified(one, batch[hashed].client, streams[one.player_id], *rest))
        return again

    async def _arrived(self, session_ids: list[UUID]) -> dict[UUID, tuple[int, dict[str, float]]]:
        """On how many gateways their accounts are and what they owe. Nothing when that cannot be read now: it is read later."""
        try:
            # Once all is committed: of two gateways that do this at the same time, the later one sees both.
            async with self.reading() as connection:
                arrived = await rates.arrived(connection, session_ids)
        except Exception as error:
            log.info("rates not read", error=type(error).__name__)
            self.unread.update(session_ids)
            self._unsettled.set()
            return {}
        if several := [session_id for session_id, (gateways, _) in arrived.items() if gateways > 1]:
            self.spawn(self._crowd_out(several))
        return arrived

    async def _crowd_out(self, session_ids: list[UUID]) -> None:
        """Counts once more, now that all is committed: two gateways that began sessions of one account at the same time did not see
        each other's, and the later one does now."""
        try:
            async with self.database.transaction() as db:
                crowded = await sessions.crowd_out(db, session_ids, self.sockets)
        except Exception as error:
            log.info("account not counted", error=type(error).__name__)
            self.uncounted.update(session_ids)
            self._unsettled.set()
            return
        self.nudge([str(each) for each in crowded])

    async def settle(self) -> None:
        """Asks again what could not be asked after a start, for as long as the process lives: all of it at once, at most every AGAIN_S / 2.

        There is little of it at any time: while the database is away nothing is committed that would have to be asked about.
        """
        while True:
            await self._unsettled.wait()
            self._unsettled.clear()
            await asyncio.sleep(random.uniform(AGAIN_S / 2, AGAIN_S))
            (unread, self.unread), (uncounted, self.uncounted) = (self.unread, set()), (self.uncounted, set())
            if unread:
                for session_id, (gateways, debts) in (await self._arrived(list(unread))).items():
                    self.learned(session_id, gateways, debts)
            if uncounted:
                await self._crowd_out(list(uncounted))


def _identified(one: Begun, client: Client, streams: dict[str, Where], gateways: int, debts: dict[str, float]) -> Identified:
    caller = Caller(Door.PLAYER, one.player_id, one.session_id, one.fence, one.name, locale=client.locale)
    at = {name: At(*each) for name, each in streams.items()}
    return Identified(caller, one.session_id, one.player_id, one.expires_in_s, at, gateways, debts)


def _fail(batch: dict[bytes, _Start], error: Exception) -> None:
    for each in batch.values():
        if not each.found.done():
            each.found.set_exception(error)
