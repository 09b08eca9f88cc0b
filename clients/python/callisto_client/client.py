"""A captain's connection that stays: it reconnects, signs in anew, resumes, and sends again what was not answered."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Literal, TypeVar, cast
from uuid import uuid4

import msgspec

from callisto_client.account import Given, Source
from callisto_client.advice import Closed
from callisto_client.dial import Connect, Url, Urls, dial
from callisto_client.errors import Offline, Unknown, refusal
from callisto_client.heard import Events
from callisto_client.line import Line
from callisto_client.link import Link, Phase
from callisto_client.outbox import Pending
from callisto_client.wire import Encoding, answer_of, encode
from protocol.message import Answer, Command
from protocol.refusals import BadRequest
from protocol.session import Client as About
from protocol.session import CommandStatus, Snapshot

R = TypeVar("R", bound=Answer)
Policy = Literal["queue", "fail"]
ASK_AGAIN_S = 0.2  # how often a running command is asked about


@dataclass(frozen=True)
class Reply(Generic[R]):
    """An answer and what stood beside it: whether it is that of an earlier send, and the numbers of the events it caused."""

    answer: R
    replayed: bool
    positions: dict[str, int]


class Client:
    """One captain. `async with Client.connect(url, account) as client:` begins once the first snapshot is there."""

    def __init__(self, line: Line, *, policy: Policy, deadline_s: float, patience_s: float | None) -> None:
        self.line = line
        self.link = line.link
        self.policy: Policy = policy
        self.deadline_s = deadline_s
        self.patience_s = patience_s

    @classmethod
    def connect(
        cls,
        url: Url,
        who: Source | str | Callable[[], str | Awaitable[str]],
        *,
        encoding: Encoding = "msgpack",
        policy: Policy = "queue",
        deadline_s: float = 15.0,
        patience_s: float | None = 30.0,
        waiting: int = 256,
        about: About | None = None,
        connect: Connect = dial,
        clock: Callable[[], float] = time.monotonic,
        dice: random.Random | None = None,
    ) -> Client:
        """A client for `who`: an Account, an access token, or a function that gives one.

        `deadline_s` is how long a command may take over all its sends, `patience_s` how long the first connection may (None:
        for ever). While there is no connection, commands queue (`waiting` at most) or, with policy "fail", raise Offline.
        """
        link = Link(clock, dice or random.Random(), about=about or About(name="callisto-client", platform="python"), most=waiting)
        source = Given(who) if isinstance(who, str) or not hasattr(who, "token") else who
        return cls(Line(link, Urls.of(url), source, connect, encoding), policy=policy, deadline_s=deadline_s, patience_s=patience_s)

    async def __aenter__(self) -> Client:
        self.line.begin()
        try:
            async with asyncio.timeout(self.patience_s):
                await self.ready()
        except TimeoutError:
            await self.close()
            raise Offline(f"no connection within {self.patience_s} s, last: {self.last_close}") from None
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends the connection. What is unanswered raises Unknown, what was not sent Offline; iterations end."""
        await self.line.end()

    async def ready(self) -> None:
        """Waits until the connection is live and the state is fresh. Raises Stopped."""
        await self.line.until(lambda: self.link.fresh)

    @property
    def live(self) -> bool:
        """Whether commands go out at once."""
        return self.link.phase is Phase.LIVE

    @property
    def last_close(self) -> Closed | None:
        """How the last connection ended, and what that advised."""
        return self.line.last_close

    def drop(self) -> None:
        """Cuts the connection without a word, to see what your own code does then."""
        self.line.cut()

    # Asking.

    async def call(self, command: Command[R], *, id: str | None = None, deadline_s: float | None = None, policy: Policy | None = None) -> R:
        """The answer. Raises the refusal, Unknown when none came in time, Offline when it was never sent, Stopped.

        It is sent again after a lost connection, under the same id: it happens once.
        """
        return (await self.reply(command, id=id, deadline_s=deadline_s, policy=policy)).answer

    async def reply(
        self, command: Command[R], *, id: str | None = None, deadline_s: float | None = None, policy: Policy | None = None
    ) -> Reply[R]:
        """As `call`, with what stood beside the answer."""
        if self.line.ended is not None:
            raise self.line.ended
        if not self.live and (policy or self.policy) == "fail":
            raise Offline("there is no connection")
        pending = Pending(id or str(uuid4()), command, self.link.clock() + (deadline_s or self.deadline_s))
        if len(encode(pending.frame(0.0), self.line.encoding)) > self.link.max_frame:
            raise BadRequest("The command is too large.")
        self.link.call(pending)
        future = self.line.answers[pending] = asyncio.get_running_loop().create_future()
        self.line.act()
        try:
            outcome = await future
        finally:
            del self.line.answers[pending]
            self.link.outbox.pending.pop(pending.id, None)
        if isinstance(outcome, Exception):
            raise outcome
        answer = cast(R, answer_of(command, outcome["ok"]))
        return Reply(answer, outcome.get("replayed", False), outcome.get("pos", {}))

    async def settle(self, id: str, command: Command[R], *, deadline_s: float | None = None) -> R | None:
        """What became of a command after Unknown: its answer, or None when it has not happened and never will. Raises its refusal."""
        until = self.link.clock() + (deadline_s or self.deadline_s)
        while True:
            status = await self.call(CommandStatus(id), deadline_s=max(0.1, until - self.link.clock()))
            if status.state == "never":
                return None
            if status.state == "done" and status.frame is not None:
                if "error" in status.frame:
                    raise refusal(status.frame["error"])
                return cast(R, answer_of(command, status.frame["ok"]))
            if self.link.clock() > until:
                raise Unknown(id, command)
            await asyncio.sleep(ASK_AGAIN_S)

    # Hearing.

    def events(self, *, signals: bool = False, most: int = 10_000) -> Events:
        """Everything that is heard from now on, each once and in its stream's order; `stream.reset` where some was skipped.

        The iteration raises Stopped when the connection is over for good, and Lagged when `most` were not read.
        """
        found = Events(most, signals=signals)
        if self.line.ended is not None:
            found.end(self.line.ended)
        self.line.listeners.add(found)
        return found

    async def reached(self, positions: dict[str, int]) -> None:
        """Waits until these events are heard and in `state`: answers come before the events they caused. Raises Stopped."""

        def there() -> bool:
            at = self.link.cursors.at
            return self.link.fresh and all(name not in at or at[name].seq >= seq for name, seq in positions.items())

        await self.line.until(there)

    @property
    def state(self) -> dict[str, Any]:
        """The newest snapshot with everything heard since folded in, as plain maps. Yours to read, not to change."""
        if self.link.folded.state is None:
            raise Offline("no snapshot has arrived yet")
        return self.link.folded.state

    async def snapshot(self) -> Snapshot:
        """A new snapshot of the server's; `state` begins again from it. Raises Offline when there is no getting one."""
        self.link.look(anew=True)
        self.line.act()
        try:
            async with asyncio.timeout(self.deadline_s):
                await self.ready()
        except TimeoutError:
            raise Offline(f"no snapshot within {self.deadline_s} s") from None
        found: Snapshot = msgspec.convert(self.state, Snapshot)
        return found
