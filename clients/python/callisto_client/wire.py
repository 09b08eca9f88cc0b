"""Frames to bytes and back, for both subprotocols."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, Literal

import msgspec

import protocol
from protocol import codec
from protocol.message import REGISTRY, Answer, Command, name_of

Encoding = Literal["msgpack", "json"]
SUBPROTOCOL: dict[str, str] = {"msgpack": codec.MSGPACK, "json": codec.JSON}

# A message is known once its module is imported: all of them, so that an addition is never forgotten here.
for _each in pkgutil.iter_modules(protocol.__path__):
    if not _each.ispkg:
        importlib.import_module(f"protocol.{_each.name}")


class Unreadable(Exception):
    """What came is no frame of this protocol."""


def encode(frame: dict[str, Any], encoding: Encoding) -> bytes | str:
    """The frame as it is sent: binary, or text."""
    return msgspec.msgpack.encode(frame) if encoding == "msgpack" else msgspec.json.encode(frame).decode()


def decode(data: bytes | str) -> dict[str, Any]:
    """The frame in one message. Raises Unreadable."""
    try:
        frame = msgspec.json.decode(data) if isinstance(data, str) else msgspec.msgpack.decode(data)
    except (msgspec.DecodeError, ValueError):
        raise Unreadable("not a frame") from None
    if not isinstance(frame, dict) or not ("re" in frame or "t" in frame):
        raise Unreadable("not a frame")
    return frame


def answer_of(command: Command[Answer], fields: dict[str, Any]) -> Answer:
    """The typed answer. Fields this version does not know are left out; raises msgspec.ValidationError for one that is wrong."""
    found: Answer = msgspec.convert(fields, REGISTRY.commands[name_of(command)].answer)
    return found
