"""The outside world: slow work that runs outside any transaction and comes back as a command. Never touches the database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, get_type_hints

import msgspec

from protocol.message import Answer, Command

Run = Callable[[Any], Awaitable[Command[Answer]]]
F = TypeVar("F", bound=Callable[..., Awaitable[Command[Answer]]])

KINDS: dict[str, tuple[type[msgspec.Struct], Run]] = {}
_NAMES: dict[type[msgspec.Struct], str] = {}


def runs(run: F) -> F:
    """Registers the one function that runs the errand its argument is annotated with, and ends in a command."""
    hints = get_type_hints(run)
    errand = next(kind for name, kind in hints.items() if name != "return")
    name = errand.__name__
    if name in KINDS:
        raise TypeError(f"errand {name} is run by two functions")
    KINDS[name] = (errand, run)
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
