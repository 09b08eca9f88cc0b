"""The short way in, for frames whose bytes are exactly those that our own encoder would write.

Such bytes hold no key twice, no extension and nothing that is not minimal, because the encoder writes none; so a typed
decoder, which cannot see a second key, is enough, and the fields need no second look. Every other frame, however good, goes
the long way of `codec.decode`, which must come to the same (tests/protocol/test_quick.py).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import inspect

from protocol.message import REGISTRY, Answer, Command


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    t: str
    id: str
    d: msgspec.Raw = msgspec.Raw(b"")
    deadline_ms: int | msgspec.UnsetType = msgspec.UNSET


_envelope = msgspec.msgpack.Decoder(_Envelope).decode
_encode = msgspec.msgpack.Encoder().encode
_normal = unicodedata.is_normalized

_SCALARS = (inspect.IntType, inspect.BoolType, inspect.NoneType, inspect.EnumType, inspect.UUIDType)
_known: dict[str, tuple[Callable[[bytes], Command[Answer]], tuple[str, ...]] | None] = {}


def decode(data: bytes | memoryview, max_text: int) -> tuple[str, str, Command[Answer], int | None, bytes] | None:
    """Id, name, command, deadline and the bytes of its fields; None for a frame that must go the long way."""
    try:
        frame = _envelope(data)
        name = frame.t
        known = _known[name] if name in _known else _learn(name)
        if known is None:
            return None
        raw = bytes(frame.d)
        deadline = None if frame.deadline_ms is msgspec.UNSET else frame.deadline_ms
        # As many pairs as there are different keys: none is there twice.
        if not raw or len(raw) > max_text or data[0] != (0x83 if deadline is None else 0x84):
            return None
        id = frame.id
        if not (0 < len(id) <= 64 and id.isascii() and id.isprintable()):
            return None
        command = known[0](raw)
        if _encode(command) != raw:
            return None
        for field in known[1]:
            text = getattr(command, field)
            # Printable is stricter than what is forbidden; a newline goes the long way.
            if text is not None and not (text.isprintable() and (text.isascii() or _normal("NFC", text))):
                return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, IndexError):
        return None
    return id, name, command, deadline, raw


def _learn(name: str) -> tuple[Callable[[bytes], Command[Answer]], tuple[str, ...]] | None:
    """A typed decoder for a command of plain fields, and which of them are texts; None for any other."""
    spec = REGISTRY.commands.get(name)
    if spec is None:
        return None
    info: Any = inspect.type_info(spec.type)
    kinds = [(each.name, _kind(each.type)) for each in info.fields]
    plain = bool(kinds) and all(kind is not None for _, kind in kinds)
    found = (msgspec.msgpack.Decoder(spec.type).decode, tuple(field for field, kind in kinds if kind == "text")) if plain else None
    _known[name] = found
    return found


def _kind(info: inspect.Type) -> str | None:
    if isinstance(info, inspect.Metadata):
        return _kind(info.type)
    if isinstance(info, inspect.UnionType):
        kinds = {_kind(each) for each in info.types}
        return None if None in kinds else "text" if "text" in kinds else "scalar"
    if isinstance(info, inspect.StrType):
        return "text"
    return "scalar" if isinstance(info, _SCALARS) else None
