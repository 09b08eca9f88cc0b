"""The outside world: slow work that runs outside any transaction and comes back as a command. Never touches the database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import signature
from typing import Any, TypeVar, get_type_hints

import msgspec

from protocol.message import Answer, Command, Signal
from protocol.streams import Stream
from server.providers.asking import Model


@dataclass(frozen=True)
class Outside:
    """What an errand reaches the world with: signals to players, and the model, if one is configured.

    `attempt` counts the times this errand was begun. From the second on somebody may have done everything but end it: what costs
    money or is seen by others is not done again.
    """

    signal: Callable[[Signal, Stream], None]
    model: Model | None = None
    attempt: int = 1


Run = Callable[[Any, Outside], Awaitable[Command[Answer]]]
F = TypeVar("F", bound=Callable[..., Awaitable[Command[Answer]]])

KINDS: dict[str, tuple[type[msgspec.Struct], Run]] = {}
_NAMES: dict[type[msgspec.Struct], str] = {}


def runs(run: F) -> F:
    """Registers the one function that runs the errand its first argument is annotated with, and ends in a command.

    A second argument is what the errand reaches the world with.
    """
    first, *rest = signature(run).parameters
    errand = get_type_hints(run)[first]
    name = errand.__name__
    if name in KINDS:
        raise TypeError(f"errand {name} is run by two functions")
    KINDS[name] = (errand, run if rest else lambda errand, outside: run(errand))
    _NAMES[errand] = name
    return run


def kind_of(errand: msgspec.Struct) -> str:
    """The name under which an errand is stored. Raises KeyError when nothing runs it."""
    return _NAMES[type(errand)]


def encode(errand: msgspec.Struct) -> bytes:
    """The errand as it is stored."""
    return msgspec.msgpack.encode(errand)


def decode(kind: str, payload: bytes) -> tuple[msgspec.Struct, Run]:
    """A stored errand with the function that runs it. Raises KeyError for an unknown kind."""
    type_, run = KINDS[kind]
    return msgspec.msgpack.decode(payload, type=type_), run
