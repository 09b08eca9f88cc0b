"""The sockets as AsyncAPI 3.0."""

from __future__ import annotations

import msgspec

import protocol
from protocol import codec
from protocol.describe.schemas import WAYS, Json, commands, error_schema, events, frame_of, ref, schemas
from protocol.message import REGISTRY, CommandSpec, Door, EventSpec, Message

_ID: Json = {"type": "string", "minLength": 1, "maxLength": 64}
_AT: Json = {"type": "integer", "description": "Milliseconds since 1970 UTC."}
_POS: Json = {
    "type": "object",
    "additionalProperties": {"type": "integer"},
    "description": "Where the caller's streams are after this command.",
}
_SPEAKS = (
    f"Subprotocol `{codec.MSGPACK}` (default, binary frames) or `{codec.JSON}` (text frames, same shapes). "
    f"One map per frame, at most {codec.MAX_FRAME} bytes. Clients ignore fields and events they do not know."
)


def asyncapi() -> Json:
    """The sockets as AsyncAPI 3.0. Actions are the server's: it receives commands and sends answers, events and signals."""
    told = [*events(durable=True), *events(durable=False)]
    messages = {spec.name: _told(spec) for spec in told}
    messages["refusal"] = {
        "name": "refusal",
        "title": "refusal",
        "summary": "The answer when it is no; `re` is null for a frame that could not be read.",
        "payload": _object({"re": {"anyOf": [_ID, {"type": "null"}]}, "error": {"$ref": "#/components/schemas/Error"}}, ["re", "error"]),
    }
    channels: Json = {}
    operations: Json = {}
    for door, (channel, path, who) in WAYS.items():
        some = commands(door)
        if not some:
            continue
        heard = sorted(messages) if door is Door.PLAYER else ["refusal"]
        channels[channel] = {"address": path, "description": f"{who} {_SPEAKS}", "messages": {}}
        for spec in some:
            messages[spec.name], messages[f"{spec.name}.answer"] = _asked(spec), _answered(spec)
            heard += [spec.name, f"{spec.name}.answer"]
            operations[spec.name] = {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{channel}"},
                "summary": spec.doc,
                "description": _terms(spec),
                "messages": [{"$ref": f"#/channels/{channel}/messages/{spec.name}"}],
                "reply": {
                    "channel": {"$ref": f"#/channels/{channel}"},
                    "messages": [{"$ref": f"#/channels/{channel}/messages/{each}"} for each in (f"{spec.name}.answer", "refusal")],
                },
            }
        channels[channel]["messages"] = {name: {"$ref": f"#/components/messages/{name}"} for name in sorted(heard)}
    for each in told:
        operations[f"tell.{each.name}"] = {
            "action": "send",
            "channel": {"$ref": "#/channels/players"},
            "summary": each.doc,
            "messages": [{"$ref": f"#/channels/players/messages/{each.name}"}],
        }
    kinds = [kind for spec in commands() for kind in (spec.type, spec.answer)] + [spec.type for spec in told]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Callisto, the player domain", "version": protocol.VERSION, "description": (protocol.__doc__ or "").strip()},
        "defaultContentType": "application/json",
        "servers": {"local": {"host": "127.0.0.1:8102", "protocol": "ws"}},
        "channels": channels,
        "operations": dict(sorted(operations.items())),
        "components": {"messages": dict(sorted(messages.items())), "schemas": {**schemas(kinds), "Error": error_schema()}},
    }


def _terms(spec: CommandSpec) -> str:
    kind = "A query: it changes nothing." if spec.query else "Idempotent by `id` for 7 days."
    rate = f"Rate class `{spec.rate.name}`: {spec.rate.limit} in {spec.rate.per_s:g} s, cost {spec.rate.cost}."
    codes = ", ".join(f"`{each.code}`" for each in sorted(spec.refusals, key=lambda each: each.code))
    return f"{kind} {rate}" + (f" May be refused with {codes}." if codes else "")


def _object(properties: Json, required: list[str], *, closed: bool = False) -> Json:
    return {"type": "object", "properties": properties, "required": required, **({"additionalProperties": False} if closed else {})}


def _message(name: str, summary: str, payload: Json, sample: type[Message]) -> Json:
    said: Json = {"name": name, "title": name, "summary": summary, "payload": payload}
    if sample in REGISTRY.examples:
        said["examples"] = [{"name": name, "payload": frame_of(REGISTRY.examples[sample])}]
    return said


def _asked(spec: CommandSpec) -> Json:
    needs = any(field.required for field in msgspec.structs.fields(spec.type))
    frame = {"t": {"const": spec.name}, "id": _ID, "d": ref(spec.type), "deadline_ms": {"type": "integer", "default": codec.DEADLINE_MS}}
    return _message(spec.name, spec.doc, _object(frame, ["t", "id", *(["d"] if needs else [])], closed=True), spec.type)


def _answered(spec: CommandSpec) -> Json:
    frame = {"re": _ID, "ok": ref(spec.answer), "replayed": {"const": True}, "pos": _POS}
    return _message(f"{spec.name}.answer", f"Answers `{spec.name}`.", _object(frame, ["re", "ok"]), spec.answer)


def _told(spec: EventSpec) -> Json:
    frame: Json = {"t": {"const": spec.name}}
    if spec.durable:
        frame |= {
            "st": {"type": "string", "description": f"A stream of kind {' or '.join(spec.streams)}."},
            "s": {"type": "integer", "minimum": 1},
        }
    frame |= {"at": _AT, "d": ref(spec.type)}
    return _message(spec.name, spec.doc, _object(frame, list(frame)), spec.type)
