"""The HTTP routes as OpenAPI 3.1."""

from __future__ import annotations

from msgspec import Struct

import protocol
from protocol import refusals
from protocol.describe.schemas import Json, commands, error_schema, example_fields, ref, schemas
from protocol.message import REGISTRY, Door, Message, Refusal
from protocol.routes import ROUTES


def openapi() -> Json:
    """The HTTP routes as OpenAPI 3.1."""
    paths: Json = {}
    kinds: list[type[Struct]] = []
    for route in ROUTES:
        no: list[type[Refusal]] = [*route.refusals]
        if route.bearer and refusals.Unauthenticated not in no:
            no.append(refusals.Unauthenticated)
        good: Json = {"description": route.says}
        if route.gives is not None:
            good["content"] = {"application/json": {"schema": ref(route.gives), **_sample(route.gives)}}
        operation: Json = {
            "operationId": _operation(route.method, route.path),
            "summary": route.says,
            "responses": {str(route.status): good},
        }
        if "{id}" in route.path:
            operation["parameters"] = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}]
        if route.door is not None:
            operation |= _any_of(route.door, route.says)
            specs = commands(route.door)
            kinds += [kind for spec in specs for kind in (spec.type, spec.answer)]
            no += [kind for spec in specs for kind in spec.refusals]
        if route.takes is not None:
            body = {"schema": ref(route.takes), **_sample(route.takes)}
            operation["requestBody"] = {"required": True, "content": {"application/json": body}}
        if route.bearer:
            operation["security"] = [{"bearer": []}]
        by_status: dict[int, list[type[Refusal]]] = {}
        for kind in dict.fromkeys(no):
            by_status.setdefault(kind.status, []).append(kind)
        for status, some in sorted(by_status.items()):
            operation["responses"][str(status)] = _problem(some)
        if route.path.startswith("/v1/"):
            operation["responses"]["default"] = _problem([refusals.Unavailable, refusals.Internal])
        if route.path == "/readyz":
            operation["responses"]["503"] = {"description": "Commands are not served now."}
        paths.setdefault(route.path, {})[route.method.lower()] = operation
        kinds += [kind for kind in (route.takes, route.gives) if kind is not None]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Callisto, accounts, services and health", "version": protocol.VERSION},
        "servers": [{"url": "http://127.0.0.1:8102"}],
        "paths": paths,
        "components": {
            "schemas": {**schemas(kinds), "Problem": _problem_schema()},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "description": "An access token."}},
        },
    }


def _any_of(door: Door, says: str) -> Json:
    """Any command of a door as one operation: its name is in the path, and its key in a header."""
    specs = commands(door)
    ok: Json = {"anyOf": [ref(spec.answer) for spec in specs]}
    answer: Json = {"type": "object", "required": ["ok"], "properties": {"ok": ok, "replayed": {"type": "boolean"}}}
    names: Json = {"name": "command", "in": "path", "required": True, "schema": {"type": "string", "enum": [spec.name for spec in specs]}}
    key: Json = {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same for every try. A query needs none.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 64},
    }
    return {
        "parameters": [names, key],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"anyOf": [ref(spec.type) for spec in specs]}}}},
        "responses": {"200": {"description": says, "content": {"application/json": {"schema": answer}}}},
    }


def _operation(method: str, path: str) -> str:
    return "_".join([method.lower(), *(part.strip("{}") for part in path.split("/") if part not in ("", "v1"))])


def _sample(kind: type[Struct]) -> Json:
    message = REGISTRY.examples.get(kind) if issubclass(kind, Message) else None
    return {"example": example_fields(message)} if message is not None else {}


def _problem(some: list[type[Refusal]]) -> Json:
    told = "; ".join(f"`{each.code}`: {each.says}" for each in sorted(some, key=lambda each: each.code))
    return {"description": told, "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _problem_schema() -> Json:
    error = error_schema()
    extra = {"type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}}
    return {
        **error,
        "description": "RFC 9457, with the code of the socket.",
        "properties": {**extra, **error["properties"]},
        "required": [*extra, *error["required"]],
    }
