"""A history put in order once, for all checkers: what was asked and answered per command, what was heard per connection."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import server.app  # noqa: F401  # every command and refusal is registered by what it imports
from protocol.message import REGISTRY
from tests.faults.history import (
    AnyRecord,
    Began,
    Closed,
    Done,
    Fault,
    Final,
    Heard,
    Invoke,
    Reset,
    Resources,
    Settled,
    Unknown,
)

PASSING = frozenset(code for code, kind in REGISTRY.refusals.items() if not kind.kept)
"""Refusals that leave no receipt: they say nothing about the command."""
CLOSED_UNRUN = "conflict"
"""What a command id is refused with after it was settled as `never`; also a rule's own refusal."""


HARMLESS = frozenset(("N4", "N5", "N6", "N15", "heal", "quiet"))
"""Faults that may not refuse or lose anything, nor delay it beyond 1.2 s: Redis dead, stopped or lying (P11), clock jumps (P18).
`heal` and `quiet` are the runner's own marks."""


class Violation(NamedTuple):
    """One promise that was broken: which checker says so, what, and the records that show it."""

    checker: str
    text: str
    evidence: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.checker}: {self.text}" + (f" [{'; '.join(self.evidence)}]" if self.evidence else "")


@dataclass(frozen=True)
class Limits:
    """How fast and how tight. Seconds of the runner's clock; the defaults are the promises of guarantees.md, section 2."""

    resume_p99_s: float = 3.0
    reply_s: float = 20.0
    """The longest deadline is 15 s; the rest is the way there and back."""
    heal_s: float = 10.0
    late_s: float = 10.0
    """How far behind the first hearer anybody may be while at most Redis is broken (promised: 2 s)."""
    refused_share: float = 0.01
    """How much of what is sent while at most Redis or a clock is broken may be `unavailable`: an overloaded machine is no fault."""
    drift: float = 0.10
    """How much of a resource may have grown between the start and the end."""
    finished: bool = True
    """Whether the run came to its quiet end: all unknown commands asked about, every stream read through."""


class Send(NamedTuple):
    """One send and its end, if it has one."""

    invoke: Invoke
    end: Done | Unknown | None

    @property
    def done(self) -> Done | None:
        """The reply, if there is one."""
        return self.end if isinstance(self.end, Done) else None

    @property
    def code(self) -> str:
        """The refusal's code; empty for an ok or no reply."""
        done = self.done
        return str(done.error["code"]) if done is not None and done.error is not None else ""


@dataclass(slots=True)
class Connection:
    """One connection that started, with everything durable it heard in order of arrival."""

    began: Began
    log: list[Heard | Reset] = field(default_factory=list)
    closed: Closed | None = None

    @property
    def own(self) -> str:
        """The name of the player's own stream."""
        return f"player:{self.began.who}"

    def open_at(self, t: float) -> bool:
        """Whether it had begun and not ended."""
        return self.began.t <= t and (self.closed is None or self.closed.t > t)


class Story:
    """The index over one history."""

    def __init__(self, history: Iterable[AnyRecord]) -> None:
        self.count = 0
        self.invokes: dict[int, Invoke] = {}
        self.ends: dict[int, Done | Unknown] = {}
        self.odd: list[Violation] = []
        self.connections: dict[int, Connection] = {}
        self.faults: list[Fault] = []
        self.settled: dict[tuple[str, str], Settled] = {}
        self.finals: list[Final] = []
        self.resources: dict[str, list[Resources]] = {}
        self.end_t = 0.0
        takes = {
            Heard: self._heard, Reset: self._heard, Invoke: self._invoke, Done: self._end, Unknown: self._end, Began: self._began,
            Closed: self._closed, Fault: self.faults.append, Final: self.finals.append,
            Settled: lambda r: self.settled.setdefault((r.who, r.id), r),
            Resources: lambda r: self.resources.setdefault(r.gateway, []).append(r),
        }  # fmt: skip
        for record in history:
            takes[type(record)](record)  # type: ignore[operator]  # each takes its own kind
            self.count += 1
            if record.t > self.end_t:
                self.end_t = record.t
        self.commands: dict[tuple[str, str], list[Send]] = {}
        for op, invoke in self.invokes.items():
            self.commands.setdefault((invoke.who, invoke.id), []).append(Send(invoke, self.ends.get(op)))

    @cached_property
    def healed_t(self) -> float | None:
        """When everything was whole again for good, or None if nothing says so."""
        return max((each.t for each in self.faults if each.name == "heal"), default=None)

    @cached_property
    def broken(self) -> list[tuple[float, float]]:
        """The stretches in which something was broken that may stop a gateway or the log for a while, in order and apart."""
        found: list[tuple[float, float]] = []
        begun: dict[tuple[str, str], float] = {}
        for fault in sorted(self.faults, key=lambda each: each.t):
            if fault.name in HARMLESS:
                continue
            key = (fault.name, fault.what)
            if fault.phase == "begin":
                begun.setdefault(key, fault.t)
            else:
                found.append((begun.pop(key, fault.t), fault.t))
        found += [(t, self.end_t) for t in begun.values()]
        merged: list[tuple[float, float]] = []
        for since, until in sorted(found):
            if merged and since <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(until, merged[-1][1]))
            else:
                merged.append((since, until))
        return merged

    def changing(self) -> Iterator[tuple[tuple[str, str], list[Send]]]:
        """Commands that change something, by (account, id)."""
        return ((key, sends) for key, sends in self.commands.items() if not is_query(sends[0].invoke.name))

    def _invoke(self, record: Invoke) -> None:
        if record.op in self.invokes:
            self.odd.append(Violation("C12", "two sends have one number: the runner is wrong", (f"op {record.op}",)))
        self.invokes[record.op] = record

    def _end(self, record: Done | Unknown) -> None:
        former = self.ends.get(record.op)
        if former is not None and (isinstance(former, Done) or isinstance(record, Unknown)):
            self.odd.append(Violation("C12", "one send ended twice", (f"op {record.op}", f"at {former.t:.3f} and {record.t:.3f}")))
        if record.op not in self.invokes:
            self.odd.append(Violation("C12", "a reply to nothing that was sent", (f"op {record.op}",)))
        self.ends[record.op] = record

    def _began(self, record: Began) -> None:
        self.connections[record.conn] = Connection(record)

    def _heard(self, record: Heard | Reset) -> None:
        connection = self.connections.get(record.conn)
        if connection is None:
            self.odd.append(Violation("C2", "heard before the answer to session.start", (f"conn {record.conn}", record.who, record.stream)))
        else:
            connection.log.append(record)

    def _closed(self, record: Closed) -> None:
        if record.conn in self.connections and self.connections[record.conn].closed is None:
            self.connections[record.conn].closed = record


def touches(broken: list[tuple[float, float]], since: float, until: float) -> bool:
    """Whether a stretch of time meets one in which something was broken."""
    at = bisect_right(broken, (until, float("inf"))) - 1
    return at >= 0 and broken[at][1] >= since


def is_query(name: str) -> bool:
    """Whether a command changes nothing, so that its answers are its moment's and leave no receipt."""
    return name.startswith("session.") or name not in REGISTRY.commands or REGISTRY.commands[name].query


def winner(sends: list[Send]) -> Send | None:
    """The send whose fields the id stands for, when an `ok` shows it."""
    return next((each for each in sends if each.done is not None and each.done.ok is not None), None)
