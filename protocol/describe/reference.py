"""The wire reference in Markdown: every command, event and signal by noun, with fields, terms and one example frame."""

from __future__ import annotations

import json
from typing import Any

import protocol
from protocol.describe.schemas import WAYS, commands, events, frame_of, schema_name, schemas
from protocol.message import REGISTRY, CommandSpec, Door, EventSpec, Message

_DEEPER = "Deeper: [asyncapi.json](asyncapi.json), [openapi.json](openapi.json), [callisto.d.ts](callisto.d.ts), [errors.md](errors.md)."


def reference() -> str:
    """One page: the wire, then every noun, then the shapes that messages share."""
    told = [*events(durable=True), *events(durable=False)]
    kinds = [kind for spec in commands() for kind in (spec.type, spec.answer)] + [spec.type for spec in told]
    shapes = schemas(kinds)
    top = {schema_name(kind) for kind in kinds}
    lines = ["# Wire reference", "", "Generated from `protocol/`; `./callisto check --write` renews it.", _DEEPER, ""]
    lines += ["```text", (protocol.__doc__ or "").strip(), "```", ""]
    for noun in sorted({_noun(name) for name in [each.name for each in commands()] + [each.name for each in told]}):
        lines += [f"## {noun}", ""]
        for command in commands():
            if _noun(command.name) == noun:
                lines += _command(command, shapes)
        for spec in told:
            if _noun(spec.name) == noun:
                lines += _event(spec, shapes)
    lines += ["## Shapes", ""]
    for name, schema in shapes.items():
        if name not in top:
            lines += [f"### {name}", "", " ".join(schema.get("description", "").split()), "", *_table(schema), ""]
    return "\n".join(lines).rstrip() + "\n"


def _noun(name: str) -> str:
    spec = REGISTRY.commands.get(name) or REGISTRY.events[name]
    return name.partition(".")[0] if "." in name else spec.type.__module__.rpartition(".")[2]


def _command(spec: CommandSpec, shapes: dict[str, Any]) -> list[str]:
    door = "" if spec.door is Door.PLAYER else f" · door `{WAYS[spec.door][1]}`"
    refusals = ", ".join(f"`{each.code}`" for each in sorted(spec.refusals, key=lambda each: each.code)) or "only general ones"
    rate = f"`{spec.rate.name}` ({spec.rate.limit} in {spec.rate.per_s:g} s)"
    return [
        f"### `{spec.name}`",
        "",
        " ".join(spec.doc.split()),
        "",
        f"{'Query' if spec.query else 'Command'}{door} · rate {rate} · refusals: {refusals}",
        "",
        *_table(shapes[schema_name(spec.type)]),
        "",
        f"Answer `{schema_name(spec.answer)}`: {' '.join((spec.answer.__doc__ or '').split())}",
        "",
        *_table(shapes[schema_name(spec.answer)]),
        "",
        *_example(spec.type, spec.answer),
    ]


def _event(spec: EventSpec, shapes: dict[str, Any]) -> list[str]:
    kind = f"Event → {', '.join(spec.streams)}" if spec.durable else "Signal"
    return [
        f"### `{spec.name}`",
        "",
        f"{kind}. {' '.join(spec.doc.split())}",
        "",
        *_table(shapes[schema_name(spec.type)]),
        "",
        *_example(spec.type),
    ]


def _example(*kinds: type[Message]) -> list[str]:
    frames = [json.dumps(frame_of(REGISTRY.examples[kind]), ensure_ascii=False) for kind in kinds if kind in REGISTRY.examples]
    return ["```json", *frames, "```", ""] if frames else []


def _table(schema: dict[str, Any]) -> list[str]:
    if "enum" in schema:
        return [" · ".join(f"`{each}`" for each in schema["enum"])]
    if not schema.get("properties"):
        return ["No fields."]
    required = set(schema.get("required", ()))
    lines = ["| field | type | |", "|---|---|---|"]
    for field, each in schema["properties"].items():
        rest = "" if field in required else "optional" if each.get("default") in (None, "") else f"default `{json.dumps(each['default'])}`"
        lines.append(f"| `{field}` | {_type(each)} | {rest} |")
    return lines


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "object":
        more = schema.get("additionalProperties")
        return f"map of {_type(more)}" if isinstance(more, dict) else "map"
    low, high = schema.get("minLength", schema.get("minimum")), schema.get("maxLength", schema.get("maximum"))
    bounds = f" {'' if low is None else low}..{'' if high is None else high}" if low is not None or high is not None else ""
    return f"{schema.get('format', kind)}{bounds}"
