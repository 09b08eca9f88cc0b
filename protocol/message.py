"""The kinds of message and the registry of all of them.

A command is declared once, here and in its noun's module; the wire check, documents, golden bytes, client types and the
handler's signature follow from it. Nothing in this module knows a domain.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import ClassVar, Generic, TypeVar, get_args

import msgspec


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """Anything with fields that goes over the wire. Defaults are left out when it is encoded."""


class Answer(Message, frozen=True, omit_defaults=True):
    """What a command gives back. Clients ignore fields they do not know."""


R = TypeVar("R", bound=Answer, covariant=True)
E = TypeVar("E", bound="Event")
C = TypeVar("C", bound="Command[Answer]")
T = TypeVar("T", bound=Message)


class Command(Message, Generic[R], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A struct that asks. Unknown fields are refused; new fields go last, so that the hash of old commands stays."""


class Query(Command[R], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A command whose transaction is read only: it needs no receipt and may be asked again at will."""


class Event(Message, frozen=True, omit_defaults=True):
    """A struct that tells what happened, to one stream: stored, numbered, heard once and in order."""


class Signal(Message, frozen=True, omit_defaults=True):
    """A struct that tells what is so right now: neither stored nor numbered."""


class Door(StrEnum):
    """Who may send a command; the handler's first argument has the matching type."""

    PLAYER = "player"
    STAFF = "staff"
    SERVICE = "service"
    SYSTEM = "system"


@dataclass(frozen=True)
class Rate:
    """A rate class: `limit` sends per `per_s` seconds and account, on top of the general bucket where each costs `cost`."""

    name: str
    limit: int
    per_s: float
    cost: int = 1


ORDINARY = Rate("ordinary", limit=20, per_s=1.0)
SEARCH = Rate("search", limit=5, per_s=5.0, cost=5)
HEAVY = Rate("heavy", limit=10, per_s=60.0, cost=5)
FREE = Rate("free", limit=10_000, per_s=1.0, cost=1)


@dataclass(frozen=True)
class CommandSpec:
    """All that is known about one command. An `essential` one is performed even when the disk is nearly full; queries always are."""

    name: str
    type: builtins.type[Command[Answer]]
    answer: builtins.type[Answer]
    refusals: tuple[builtins.type[Refusal], ...]
    rate: Rate
    door: Door
    query: bool
    doc: str
    essential: bool = False


@dataclass(frozen=True)
class EventSpec:
    """All that is known about one event or signal. `streams` are the kinds of stream it goes to."""

    name: str
    type: builtins.type[Message]
    streams: tuple[str, ...]
    durable: bool
    doc: str


@dataclass
class Registry:
    """Every message by name and by type, and one example of each."""

    commands: dict[str, CommandSpec] = field(default_factory=dict)
    events: dict[str, EventSpec] = field(default_factory=dict)
    refusals: dict[str, type[Refusal]] = field(default_factory=dict)
    examples: dict[type[Message], Message] = field(default_factory=dict)
    names: dict[type[Message], str] = field(default_factory=dict)


REGISTRY = Registry()


class Refusal(Exception):
    """An expected no, with a code of the wire. It is never logged as an error.

    `kept` says whether a retry of the same command id gets this same refusal for as long as its receipt lives: true for the
    rules of the game, false for the request's shape and the state of the service.
    """

    code: ClassVar[str] = "internal"
    says: ClassVar[str] = "It did not work."
    status: ClassVar[int] = 409
    retryable: ClassVar[bool] = False
    kept: ClassVar[bool] = True

    def __init__(
        self,
        message: str | None = None,
        *,
        retry_after_ms: int | None = None,
        fields: list[dict[str, str]] | None = None,
        **extra: str | int,
    ) -> None:
        super().__init__(message or self.says)
        self.message = message or self.says
        self.retry_after_ms = retry_after_ms
        self.fields = fields
        self.extra = extra

    def body(self, trace_id: str) -> dict[str, object]:
        """The map under `error`, in the order the wire page gives."""
        body: dict[str, object] = {"code": self.code, "message": self.message, "retryable": self.retryable}
        if self.retry_after_ms is not None:
            body["retry_after_ms"] = self.retry_after_ms
        if self.fields:
            body["fields"] = self.fields
        body |= self.extra
        body["trace_id"] = trace_id
        return body

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        known = REGISTRY.refusals.setdefault(cls.code, cls)
        if known.__qualname__ != cls.__qualname__:
            raise TypeError(f"two refusals say {cls.code}: {known.__qualname__} and {cls.__qualname__}")


def command(
    name: str, *, refusals: Iterable[type[Refusal]] = (), rate: Rate = ORDINARY, door: Door = Door.PLAYER, essential: bool = False
) -> Callable[[type[C]], type[C]]:
    """Registers a command under `name`. Raises TypeError when the name is taken or the docstring is missing."""

    def register(cls: type[C]) -> type[C]:
        doc = _doc(cls)
        if name in REGISTRY.commands:
            raise TypeError(f"command {name} is declared twice")
        REGISTRY.commands[name] = CommandSpec(
            name=name,
            type=cls,
            answer=_answer(cls),
            refusals=tuple(refusals),
            rate=rate,
            door=door,
            query=issubclass(cls, Query),
            doc=doc,
            essential=essential,
        )
        REGISTRY.names[cls] = name
        return cls

    return register


def event(name: str, *streams: str) -> Callable[[type[T]], type[T]]:
    """Registers an event (a durable one goes to the named kinds of stream) or a signal."""

    def register(cls: type[T]) -> type[T]:
        if name in REGISTRY.events:
            raise TypeError(f"event {name} is declared twice")
        REGISTRY.events[name] = EventSpec(name=name, type=cls, streams=streams, durable=issubclass(cls, Event), doc=_doc(cls))
        REGISTRY.names[cls] = name
        return cls

    return register


def example(message: T) -> T:
    """Keeps `message` as the example of its type, for documents, golden bytes and the playground."""
    REGISTRY.examples[type(message)] = message
    return message


def name_of(message: Message | type[Message]) -> str:
    """The wire name of a registered command, event or signal."""
    return REGISTRY.names[message if isinstance(message, type) else type(message)]


def fields_hash(message: Command[Answer], fields: bytes | None = None) -> bytes:
    """16 bytes over the command's name and its decoded fields with defaults left out.

    Over the struct and not over what was sent, so that JSON, msgpack, key order and a field added by a deploy all hash
    alike. `fields` is the struct's encoding, where it is known already.
    """
    return blake2b(REGISTRY.names[type(message)].encode() + b"\0" + (fields or _encode(message)), digest_size=16).digest()


# Maps inside a command by key: their order is the sender's accident, not what the id stands for.
_encode = msgspec.msgpack.Encoder(order="deterministic").encode


def _doc(cls: type) -> str:
    doc = (cls.__doc__ or "").strip()
    if not doc:
        raise TypeError(f"{cls.__qualname__} needs a docstring: it is the text of the documents")
    return doc


def _answer(cls: type) -> type[Answer]:
    for base in getattr(cls, "__orig_bases__", ()):
        for arg in get_args(base):
            if isinstance(arg, type) and issubclass(arg, Answer):
                return arg
    raise TypeError(f"{cls.__qualname__} does not name its answer: class X(Command[Answer])")
