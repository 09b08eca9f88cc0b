"""What is generated is fresh, whole, and true of what the server serves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from protocol import describe
from protocol.describe.schemas import commands, general
from protocol.message import REGISTRY
from protocol.routes import ROUTES
from server import service
from server.__main__ import app
from server.checks import DOCUMENTS, addresses, settings_table, stale
from server.gateway.porter import Porter
from server.http import routes
from server.settings import names
from tests.house.source import ROOT


def test_generated_documents_are_fresh() -> None:
    assert stale(ROOT) == [], "type: ./callisto check --write"


def test_the_same_declarations_give_the_same_bytes() -> None:
    assert all(made() == made() for made in DOCUMENTS.values())


def test_no_lock_file_names_an_address() -> None:
    assert addresses(ROOT) == []


def test_every_setting_is_documented() -> None:
    assert [name for name, (text, _) in names().items() if not text.strip()] == []
    assert CliRunner().invoke(app, ["config", "doc"]).stdout == settings_table()


def test_the_documented_routes_are_the_served_ones() -> None:
    async def ready() -> tuple[bool, dict[str, Any]]:
        await asyncio.sleep(0)
        return True, {}

    all_routes = [*routes(cast(Any, None), Porter(None), ready), *service.routes(cast(Any, None))]
    served = {(method, route.path) for route in all_routes for method in (route.methods or ()) if method != "HEAD"}
    documented = {(route.method, route.path) for route in ROUTES}
    assert documented == served, "protocol/routes.py says what is served"


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "$ref":
                yield each
            else:
                yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _at(document: Any, reference: str) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        document = document[part]
    return document


@pytest.mark.parametrize("make", [describe.asyncapi, describe.openapi])
def test_every_reference_leads_somewhere(make: Any) -> None:
    document = json.loads(json.dumps(make()))
    for reference in _references(document):
        assert isinstance(_at(document, reference), dict), reference


def test_asyncapi_tells_of_everything_and_of_nothing_inside() -> None:
    document = describe.asyncapi()
    received = {name for name, each in document["operations"].items() if each["action"] == "receive"}
    assert received == {spec.name for spec in commands()}
    assert {f"tell.{name}" for name in REGISTRY.events} == set(document["operations"]) - received
    assert not [name for name in document["components"]["messages"] if name.startswith("upkeep.")]
    for operation in document["operations"].values():
        channel = operation["channel"]["$ref"]
        messages = [*operation["messages"], *operation.get("reply", {}).get("messages", [])]
        assert all(each["$ref"].startswith(f"{channel}/messages/") for each in messages)


def test_examples_fit_their_schemas() -> None:
    """Not a validator: the fields are those of the schema, and the required ones are there."""
    document = describe.asyncapi()
    for name, message in document["components"]["messages"].items():
        for each in message.get("examples", ()):
            frame, payload = each["payload"], each["payload"].get("d", each["payload"].get("ok", {}))
            assert set(message["payload"]["required"]) <= set(frame), name
            inner = message["payload"]["properties"].get("d") or message["payload"]["properties"]["ok"]
            schema = _at(document, inner["$ref"])
            assert set(schema.get("required", ())) <= set(payload) <= set(schema.get("properties", {})), name


def test_typescript_declares_every_message_and_code() -> None:
    text = describe.typescript()
    for name in (*REGISTRY.events, *(spec.name for spec in commands())):
        assert f'  "{name}": ' in text
    for code in REGISTRY.refusals:
        assert f'"{code}"' in text
    assert text.count("{") == text.count("}")


def test_the_catalogue_has_every_code_once() -> None:
    lines = describe.errors().splitlines()
    for code in REGISTRY.refusals:
        assert sum(line.startswith(f"| `{code}` ") for line in lines) == 1
    assert {kind.code for kind in general()} <= set(REGISTRY.refusals)
