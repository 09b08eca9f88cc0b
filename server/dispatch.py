"""One command, one transaction: its rows, events, errands and receipt are committed together or not at all."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from inspect import signature
from typing import Any, TypeVar, get_type_hints
from uuid import UUID

import structlog
from sqlalchemy.exc import TimeoutError as PoolTimeout
from uuid_utils.compat import uuid7

from persistence import errands, events, receipts
from persistence.breaker import Away
from persistence.database import AGAIN, FULL, LOCKED, Database, code_of, is_away
from protocol import codec
from protocol.codec import Incoming
from protocol.message import REGISTRY, Answer, Command, Door, Refusal
from protocol.refusals import (
    Conflict,
    Forbidden,
    IdempotencyMismatch,
    Internal,
    StorageLow,
    Unauthenticated,
    Unavailable,
)
from protocol.session import CommandStatus, Status
from server import errands as errand_kinds
from server.caller import Caller
from server.context import Ctx, PlayerCtx, ServiceCtx, StaffCtx, SystemCtx
from server.rules.spending import Terms

log = structlog.get_logger("callisto.command")

TRIES = 3
DOORS: dict[Door, type[Ctx]] = {Door.PLAYER: PlayerCtx, Door.STAFF: StaffCtx, Door.SERVICE: ServiceCtx, Door.SYSTEM: SystemCtx}

Told = Callable[[Sequence[events.Row], dict[str, str]], None]
"""Hears what was committed: the rows, and each stream's epoch on the server."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a command came to: the outcome as a receipt keeps it."""

    outcome: bytes
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """Where a command goes."""

    handler: Callable[[Any, Any], Awaitable[Answer]]
    context: type[Ctx]
    query: bool


ROUTES: dict[type[Command[Answer]], Route] = {}
H = TypeVar("H", bound=Callable[..., Awaitable[Answer]])


def handles(handler: H) -> H:
    """Registers the one handler of the command it is annotated with. Raises TypeError when the signature disagrees."""
    hints = get_type_hints(handler)
    first, second = list(signature(handler).parameters)[:2]
    context, command, answer = hints[first], hints[second], hints["return"]
    spec = next((each for each in REGISTRY.commands.values() if each.type is command), None)
    if spec is None:
        raise TypeError(f"{handler.__qualname__}: {command} is no registered command")
    if context is not DOORS[spec.door]:
        raise TypeError(f"{spec.name} comes through the {spec.door} door: its handler takes {DOORS[spec.door].__name__}")
    if answer is not spec.answer:
        raise TypeError(f"{spec.name} answers {spec.answer.__qualname__}, its handler says {answer}")
    if command in ROUTES:
        raise TypeError(f"{spec.name} has two handlers")
    ROUTES[command] = Route(handler, context, spec.query)
    return handler


def trace() -> str:
    """A fresh trace id: 16 hexadecimal digits."""
    return secrets.token_hex(8)


def unavailable(outcome: str, *, wait_s: float = 0.5) -> bytes:
    """The outcome of a command that could not be performed now, and will not be before `wait_s`."""
    # Jittered, so that everybody who was refused at once does not come back at once; and never less than the wait.
    return codec.refused(Unavailable(retry_after_ms=int(random.uniform(wait_s, 2 * wait_s) * 1000) + 1, outcome=outcome), trace())


def no_room() -> StorageLow:
    """Why what can wait is refused while the disk is nearly full."""
    return StorageLow(retry_after_ms=random.randint(5_000, 15_000))


def storage_low() -> bytes:
    """The outcome of a command that has to wait until there is room on the disk."""
    return codec.refused(no_room(), trace())


def replay(stored: tuple[bytes, bytes], hash: bytes) -> Done:
    """The stored answer, or why it is not given."""
    if stored[1] == receipts.TOMBSTONE:
        return Done(codec.refused(Conflict("This command id was closed before it ran."), trace()))
    if stored[0] != hash:
        return Done(codec.refused(IdempotencyMismatch(), trace()))
    return Done(stored[1], replayed=True)


class Dispatch:
    """Performs commands of the ordinary lane."""

    def __init__(
        self,
        database: Database,
        told: Told,
        *,
        clock: Callable[[datetime], datetime] = lambda at: at,
        time_scale: float = 1.0,
        limits_scale: float = 1.0,
        terms: Terms | None = None,
    ) -> None:
        self.database = database
        self.told = told
        self.clock = clock
        self.time_scale = time_scale
        self.limits_scale = limits_scale
        self.terms = terms
        self.wake: Callable[[], None] = lambda: None
        """Called after a commit that asked for errands."""
        self.short: Callable[[], bool] = lambda: False
        """Whether there is room only for what must go on."""
        self.full: Callable[[], None] = lambda: None
        """Called when the database says that its disk is full."""

    async def __call__(
        self, caller: Caller, incoming: Incoming, deadline: float, *, ends: Callable[[Ctx], Awaitable[None]] | None = None
    ) -> Done:
        """Performs a command once, before `deadline` (monotonic seconds). `ends` runs in its transaction, last."""
        spec = REGISTRY.commands[incoming.name]
        began = time.perf_counter()
        if spec.door is not caller.door or not caller.may(spec.name):
            return Done(codec.refused(Forbidden(), trace()))
        committing = [False]
        tries = 0
        while True:
            tries += 1
            if time.monotonic() > deadline:
                return Done(unavailable("unknown" if committing[0] else "none"))
            try:
                if type(incoming.command) is CommandStatus:
                    done = await self._status(caller, incoming.command)
                elif spec.query:
                    done = await self._ask(caller, incoming)
                else:
                    done = await self._perform(caller, incoming, committing, ends)
            except Refusal as no:
                done = await self._refused(caller, incoming, no)
            except Exception as error:
                verdict = self._again(error, tries)
                if verdict == "again":
                    await asyncio.sleep(random.uniform(0.0, 0.02) * tries)
                    continue
                if verdict == "full":
                    self.full()
                    done = Done(storage_low())
                elif verdict == "away":
                    log.warning("database away", command=incoming.name, error=type(error).__name__)
                    done = Done(unavailable("unknown" if committing[0] else "none"))
                else:
                    done = self._bug(incoming.name, error)
            log.debug("command", command=incoming.name, account=str(caller.account), ms=round((time.perf_counter() - began) * 1e3, 2))
            return done

    async def _perform(
        self, caller: Caller, incoming: Incoming, committing: list[bool], ends: Callable[[Ctx], Awaitable[None]] | None
    ) -> Done:
        route, hash = ROUTES[type(incoming.command)], incoming.hash
        async with self.database.transaction() as db:
            claim = await receipts.claim(db, caller.account, incoming.id, caller.session_id, caller.fence)
            if claim.stored is not None:
                return replay(claim.stored, hash)
            if not claim.signed_in:
                raise Unauthenticated
            # After the receipt: what was done before is answered again, whatever room there is.
            if self.short() and not REGISTRY.commands[incoming.name].essential:
                return Done(storage_low())
            ctx = self._context(route, caller, incoming, db, claim.at)
            answer = await route.handler(ctx, incoming.command)
            if ends is not None:
                await ends(ctx)
            for errand, delay_s in ctx.errands:
                await errands.add(db, _uuid7(), errand_kinds.kind_of(errand), errand_kinds.encode(errand), delay_s)
            if ctx.emitted and not ctx.held:
                rows, epochs, outcome = await self._conclude(ctx, incoming.id, hash, answer)
            else:
                rows = self._number(ctx)
                epochs = {name: numbered.epoch for name, numbered in ctx.held.items()}
                if rows:
                    await events.append(db, rows, ctx.held)
                outcome = codec.answer(answer, self._positions(ctx, rows))
                await receipts.keep(db, caller.account, incoming.id, hash, outcome)
            committing[0] = True
        committing[0] = False
        self.told(rows, epochs)
        for each in ctx.after:
            each()
        if ctx.errands:
            self.wake()
        return Done(outcome)

    async def _ask(self, caller: Caller, incoming: Incoming) -> Done:
        route = ROUTES[type(incoming.command)]
        async with self.database.read_only() as db:
            at = await db.raw.fetchval("select now()")
            ctx = self._context(route, caller, incoming, db, at)
            return Done(codec.answer(await route.handler(ctx, incoming.command)))

    async def _status(self, caller: Caller, command: CommandStatus) -> Done:
        async with self.database.transaction() as db:
            state, outcome = await receipts.settle(db, caller.account, command.command_id)
        frame = codec.as_map(codec.reply(command.command_id, outcome)) if outcome else None
        return Done(codec.answer(Status(state, frame)))

    async def _refused(self, caller: Caller, incoming: Incoming, no: Refusal) -> Done:
        """Keeps a refusal by a rule of the game, in a small transaction of its own; whoever got in between has the say."""
        outcome = codec.refused(no, trace())
        spec = REGISTRY.commands[incoming.name]
        if spec.query or not no.kept:
            return Done(outcome)
        try:
            async with self.database.transaction() as db:
                claim = await receipts.claim(db, caller.account, incoming.id, caller.session_id, caller.fence)
                if claim.stored is not None:
                    return replay(claim.stored, incoming.hash)
                await receipts.keep(db, caller.account, incoming.id, incoming.hash, outcome)
        except Exception as error:
            if code_of(error) is None and not is_away(error):
                raise
            return Done(unavailable("none"))
        return Done(outcome)

    def _context(self, route: Route, caller: Caller, incoming: Incoming, db: Any, at: datetime) -> Ctx:
        return route.context(
            caller=caller,
            db=db,
            now=self.clock(at),
            identity=self.database.identity,
            command_id=incoming.id,
            time_scale=self.time_scale,
            limits_scale=self.limits_scale,
            terms=self.terms,
        )

    async def _conclude(self, ctx: Ctx, id: str, hash: bytes, answer: Answer) -> tuple[list[events.Row], dict[str, str], bytes]:
        """The usual end, of a handler that needed no numbers: heads, events and receipt in one call."""
        told = [
            receipts.Telling(str(each.stream), REGISTRY.names[type(each.event)], codec.encode_fields(each.event), each.drops)
            for each in ctx.emitted
        ]
        pos = self._own(ctx, told)
        return await receipts.conclude(ctx.db, ctx.caller.account, id, hash, codec.encode_fields(answer), told, pos)

    def _number(self, ctx: Ctx) -> list[events.Row]:
        last = {name: numbered.head for name, numbered in ctx.held.items()}
        rows = []
        for each in ctx.emitted:
            last[each.stream] += 1
            payload = codec.encode_fields(each.event)
            name = REGISTRY.names[type(each.event)]
            rows.append(events.Row(str(each.stream), last[each.stream], events.millis(ctx.held[each.stream].at), name, payload, each.drops))
        return rows

    def _positions(self, ctx: Ctx, rows: Sequence[events.Row]) -> dict[str, int]:
        """Where the caller's own streams are after this command."""
        own = self._own(ctx, rows)
        return {row.stream: row.seq for row in rows if row.stream in own}

    def _own(self, ctx: Ctx, told: Sequence[events.Row | receipts.Telling]) -> list[str]:
        """The caller's own streams among those told something; those of others are no business of theirs."""
        if isinstance(ctx, ServiceCtx):
            return []
        account = ctx.caller.account_text
        own = f"player:{account}"
        dropped = {each.stream for each in told if each.drops in (account, events.EVERYBODY)}
        streams = dict.fromkeys(each.stream for each in told)
        return [each for each in streams if each in (own, "system") or (each.startswith("team:") and each not in dropped)]

    def _again(self, error: BaseException, tries: int) -> str:
        code = code_of(error)
        if code in AGAIN and tries <= TRIES:
            return "again"
        if code == FULL:
            return "full"
        if code == LOCKED or code == "57014":
            return "again" if tries == 1 and code == LOCKED else "away"
        if code in AGAIN or isinstance(error, (PoolTimeout, Away)):
            return "away"
        if is_away(error):
            # Once more on a fresh connection: the receipt makes it safe, and settles what the lost one did.
            return "again" if tries == 1 else "away"
        return "internal"

    def _bug(self, name: str, error: BaseException) -> Done:
        trace_id = trace()
        log.error("bug", command=name, trace_id=trace_id, exc_info=error)
        return Done(codec.refused(Internal(), trace_id))


def _uuid7() -> UUID:
    return uuid7()
