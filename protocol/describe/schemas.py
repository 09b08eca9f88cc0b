"""What all documents share: which messages there are, what their types are called, and their JSON Schema."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import inspect

import protocol
from protocol import refusals
from protocol.message import REGISTRY, CommandSpec, Door, EventSpec, Message, Refusal

Json = dict[str, Any]

WAYS = {
    Door.PLAYER: ("players", "/v1/ws", "Game clients."),
    Door.STAFF: ("staff", "/v1/admin/ws", "Moderators and operators."),
    Door.SERVICE: ("services", "/v1/service/ws", "Other parts of the game."),
}
"""The doors that lead in from outside: channel, path, for whom."""

for _module in pkgutil.iter_modules(protocol.__path__):
    # Declaring is importing: the documents must not depend on who imported what before.
    if not _module.ispkg:
        importlib.import_module(f"protocol.{_module.name}")


def general() -> list[type[Refusal]]:
    """The refusals that any command may meet, by code."""
    return [kind for _, kind in sorted(REGISTRY.refusals.items()) if kind.__module__ == refusals.__name__]


def commands(*doors: Door) -> list[CommandSpec]:
    """The commands that may be sent from outside (through these doors, or through any), by name."""
    return [spec for _, spec in sorted(REGISTRY.commands.items()) if spec.door in (doors or tuple(WAYS))]


def events(*, durable: bool) -> list[EventSpec]:
    """The durable events or the signals, by name."""
    return [spec for _, spec in sorted(REGISTRY.events.items()) if spec.durable is durable]


def schema_name(kind: type) -> str:
    """The name of a type in the documents: its noun and its own, `TeamSaid`. It never depends on other types."""
    noun = kind.__module__.rpartition(".")[2].title().replace("_", "")
    if noun in ("Types", "Message", "Refusals") or kind.__name__.startswith(noun):
        return kind.__name__
    return noun + kind.__name__


def schemas(kinds: Iterable[type]) -> Json:
    """JSON Schema of these types and of all they hold, by schema name. Raises TypeError when two types share a name."""
    found: dict[type, None] = {}
    for kind in kinds:
        for each in _within(inspect.type_info(kind)):
            found[each] = None
    references, components = msgspec.json.schema_components(found, ref_template="#/components/schemas/{name}")
    names = {reference["$ref"].rpartition("/")[2]: schema_name(kind) for reference, kind in zip(references, found, strict=True)}
    if len(set(names.values())) != len(names):
        raise TypeError(f"two types share a name in the documents: {sorted(names.values())}")
    renamed = {names[name]: {**_renamed(schema, names), "title": names[name]} for name, schema in components.items()}
    return dict(sorted(renamed.items()))


def _within(info: object) -> Iterator[type]:
    """The structs and enums in a type, itself included."""
    seen: set[type] = set()
    waiting = [info]
    while waiting:
        each = waiting.pop()
        if isinstance(each, inspect.Metadata):
            waiting.append(each.type)
        elif isinstance(each, inspect.StructType | inspect.EnumType):
            if each.cls not in seen:
                seen.add(each.cls)
                yield each.cls
                if isinstance(each, inspect.StructType):
                    waiting += [field.type for field in each.fields]
        elif isinstance(each, inspect.UnionType):
            waiting += each.types
        elif isinstance(each, inspect.ListType | inspect.VarTupleType | inspect.SetType):
            waiting.append(each.item_type)
        elif isinstance(each, inspect.TupleType):
            waiting += each.item_types
        elif isinstance(each, inspect.DictType):
            waiting += [each.key_type, each.value_type]


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    if isinstance(schema, dict):
        return {
            key: f"#/components/schemas/{names[value.rpartition('/')[2]]}" if key == "$ref" else _renamed(value, names)
            for key, value in schema.items()
        }
    return [_renamed(each, names) for each in schema] if isinstance(schema, list) else schema


def ref(kind: type) -> Json:
    """The reference to a type's schema."""
    return {"$ref": f"#/components/schemas/{schema_name(kind)}"}


def error_schema() -> Json:
    """What stands under `error` in a refusal."""
    return {
        "type": "object",
        "description": "An expected no. Some refusals say more (`bucket`, `limit`, `outcome`, `reason`).",
        "required": ["code", "message", "retryable", "trace_id"],
        "properties": {
            "code": {"type": "string", "enum": sorted(REGISTRY.refusals)},
            "message": {"type": "string"},
            "retryable": {"type": "boolean"},
            "retry_after_ms": {"type": "integer"},
            "fields": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["path", "code", "message"],
                    "properties": {"path": {"type": "string"}, "code": {"type": "string"}, "message": {"type": "string"}},
                },
            },
            "trace_id": {"type": "string"},
        },
    }


def example_fields(message: Message) -> Any:
    """The fields of an example, as a client sees them."""
    return msgspec.to_builtins(message, str_keys=True)


def frame_of(message: Message) -> Json:
    """The example frame that carries `message`, as a client sees it."""
    at = 1790000000000
    name = REGISTRY.names.get(type(message))
    if name in REGISTRY.commands:
        return {"t": name, "id": "c-17", **({"d": fields} if (fields := example_fields(message)) else {})}
    if name is None:
        return {"re": "c-17", "ok": example_fields(message)}
    spec = REGISTRY.events[name]
    if not spec.durable:
        return {"t": name, "at": at, "d": example_fields(message)}
    stream = {"player": "player:01920000-0000-7000-8000-000000000001", "team": "team:01920000-0000-7000-8000-00000000000a"}
    return {"t": name, "st": stream.get(spec.streams[0], "system"), "s": 42, "at": at, "d": example_fields(message)}
