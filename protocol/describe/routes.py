"""The HTTP routes as OpenAPI 3.1."""

from __future__ import annotations

import protocol
from protocol import refusals
from protocol.describe.schemas import Json, error_schema, example_fields, ref, schemas
from protocol.message import REGISTRY, Message, Refusal
from protocol.routes import ROUTES


def openapi() -> Json:
    """The HTTP routes as OpenAPI 3.1."""
    paths: Json = {}
    kinds: list[type[Message]] = []
    for route in ROUTES:
        no: list[type[Refusal]] = [*route.refusals]
        if route.bearer and refusals.Unauthenticated not in no:
            no.append(refusals.Unauthenticated)
        by_status: dict[int, list[type[Refusal]]] = {}
        for kind in no:
            by_status.setdefault(kind.status, []).append(kind)
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
        if route.takes is not None:
            body = {"schema": ref(route.takes), **_sample(route.takes)}
            operation["requestBody"] = {"required": True, "content": {"application/json": body}}
        if route.bearer:
            operation["security"] = [{"bearer": []}]
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
        "info": {"title": "Callisto, accounts and health", "version": protocol.VERSION},
        "servers": [{"url": "http://127.0.0.1:8102"}],
        "paths": paths,
        "components": {
            "schemas": {**schemas(kinds), "Problem": _problem_schema()},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "description": "An access token."}},
        },
    }


def _operation(method: str, path: str) -> str:
    return "_".join([method.lower(), *(part.strip("{}") for part in path.split("/") if part not in ("", "v1"))])


def _sample(kind: type[Message]) -> Json:
    return {"example": example_fields(REGISTRY.examples[kind])} if kind in REGISTRY.examples else {}


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
