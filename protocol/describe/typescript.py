"""The registry as TypeScript declarations, made from the same JSON Schema as the other documents."""

from __future__ import annotations

import json
from typing import Any

from msgspec import Struct

import protocol
from protocol import codec
from protocol.closes import Close
from protocol.describe.schemas import commands, events, general, schema_name, schemas
from protocol.message import REGISTRY
from protocol.routes import ROUTES

_FRAMES = """\
/** A command as it is sent. `id` is 1-64 characters and the idempotency key of whatever changes something. */
export interface CommandFrame<N extends CommandName = CommandName> {
  t: N;
  id: string;
  d?: Commands[N]["fields"];
  deadline_ms?: number;
}

export interface AnswerFrame<N extends CommandName = CommandName> {
  re: string;
  ok: Commands[N]["answer"];
  replayed?: true;
  pos?: Record<string, number>;
}

export interface RefusalFrame {
  re: string | null;
  error: {
    code: ErrorCode;
    message: string;
    retryable: boolean;
    retry_after_ms?: number;
    fields?: { path: string; code: string; message: string }[];
    trace_id: string;
    [more: string]: unknown;
  };
}

/** Durable: numbered 1, 2, 3, ... without gaps per stream. Ignore names you do not know. */
export interface EventFrame<N extends EventName = EventName> {
  t: N;
  st: string;
  s: number;
  at: number;
  d: Events[N];
}

/** Neither stored nor numbered. Ignore names you do not know. */
export interface SignalFrame<N extends SignalName = SignalName> {
  t: N;
  at: number;
  d: Signals[N];
}
"""


def typescript() -> str:
    """The whole `.d.ts`."""
    told = [*events(durable=True), *events(durable=False)]
    kinds: list[type[Struct]] = [kind for spec in commands() for kind in (spec.type, spec.answer)] + [spec.type for spec in told]
    kinds += [kind for route in ROUTES for kind in (route.takes, route.gives) if kind is not None]
    parts = [f"// Callisto, protocol {protocol.VERSION}. Generated from protocol/; `./callisto check --write` renews it."]
    parts += [_declared(name, schema) for name, schema in schemas(kinds).items()]
    everywhere = " | ".join(json.dumps(kind.code) for kind in general())
    parts.append(f"/** Any command may be refused with these. */\nexport type GeneralErrorCode = {everywhere};")
    own = [json.dumps(code) for code, kind in sorted(REGISTRY.refusals.items()) if kind not in general()]
    parts.append(f"export type ErrorCode = GeneralErrorCode | {' | '.join(own)};")
    rows = []
    for spec in commands():
        codes = " | ".join(json.dumps(code) for code in sorted({each.code for each in spec.refusals} - {each.code for each in general()}))
        rows.append(
            f'  {_doc(spec.doc, "  ")}"{spec.name}": {{ fields: {schema_name(spec.type)}; answer: {schema_name(spec.answer)}; '
            f"refusals: GeneralErrorCode{' | ' + codes if codes else ''}; query: {json.dumps(spec.query)} }};"
        )
    parts.append("export interface Commands {\n" + "\n".join(rows) + "\n}\n\nexport type CommandName = keyof Commands;")
    for title, durable in (("Events", True), ("Signals", False)):
        lines = [f'  {_doc(spec.doc, "  ")}"{spec.name}": {schema_name(spec.type)};' for spec in events(durable=durable)]
        name = title.removesuffix("s") + "Name"
        parts.append(f"export interface {title} {{\n" + "\n".join(lines) + f"\n}}\n\nexport type {name} = keyof {title};")
    parts.append(_FRAMES.rstrip())
    codes = "\n".join(f"  {each.value[1].upper()}: {each.code};" for each in sorted(Close, key=lambda each: each.code))
    parts.append(f"export interface CloseCodes {{\n{codes}\n}}")
    parts.append(f"export type Subprotocol = {' | '.join(json.dumps(each) for each in codec.SUBPROTOCOLS)};")
    return "\n\n".join(parts) + "\n"


def _declared(name: str, schema: dict[str, Any]) -> str:
    doc = _doc(schema.get("description", ""))
    if "properties" not in schema:
        return f"{doc}export type {name} = {_type(schema)};"
    return f"{doc}export interface {name} {{{_fields(schema)}}}"


def _fields(schema: dict[str, Any]) -> str:
    required = set(schema.get("required", ()))
    lines = [f"  {field}{'' if field in required else '?'}: {_type(each)};" for field, each in schema["properties"].items()]
    return "\n" + "\n".join(lines) + "\n" if lines else ""


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(each) for each in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(json.dumps(each) for each in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    match schema.get("type"):
        case "integer" | "number":
            return "number"
        case "array":
            inner = _type(schema.get("items", {}))
            return f"({inner})[]" if "|" in inner else f"{inner}[]"
        case "object":
            more = schema.get("additionalProperties")
            return f"Record<string, {_type(more) if isinstance(more, dict) else 'unknown'}>"
        case "string" | "boolean" | "null" as plain:
            return str(plain)
        case _:
            return "unknown"


def _doc(text: str, indent: str = "") -> str:
    flat = " ".join(text.split()).replace("*/", "*\\/")
    return f"/** {flat} */\n{indent}" if flat else ""
