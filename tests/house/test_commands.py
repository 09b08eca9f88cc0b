"""Every command has one place to go, and says what it is."""

from __future__ import annotations

import ast
from types import FunctionType
from typing import Any, cast

import msgspec
import pytest

import server.app  # registers every handler
from protocol.message import REGISTRY, Command, Message, Rate, Refusal, fields_hash
from protocol.preferences import NicknameTaken
from protocol.refusals import BadRequest
from protocol.reputation import Locked
from server.actions import naming, rewards, standing
from server.app import ELSEWHERE
from server.dispatch import ROUTES
from tests.house.declared import may_be_refused
from tests.house.source import called, function_tree, globals_of, is_ours, resolve

COMMANDS = sorted(REGISTRY.commands)
EVENTS = sorted(REGISTRY.events)
GENERAL = BadRequest.__module__
NO_NOUN = ("announce", "world")  # of the whole game, not of one noun; wire.md names them so


def test_every_command_is_handled_in_exactly_one_place() -> None:
    handled = {name for name, spec in REGISTRY.commands.items() if spec.type in ROUTES}
    assert handled | ELSEWHERE == set(COMMANDS)
    assert not handled & ELSEWHERE
    server.app.check_complete()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_declared_in_full(name: str) -> None:
    spec = REGISTRY.commands[name]
    assert "." in name or name in NO_NOUN
    assert spec.doc.endswith("."), "its docstring is a sentence of the documents"
    assert spec.type in REGISTRY.examples, "it has an example"
    assert spec.answer in REGISTRY.examples, "its answer has an example"
    assert (spec.answer.__doc__ or "").strip(), "its answer has a docstring"
    assert isinstance(spec.rate, Rate), "it has a rate class"
    assert len(set(spec.refusals)) == len(spec.refusals)
    assert spec.type.__struct_config__.forbid_unknown_fields, "unknown fields are refused"
    assert spec.type.__struct_config__.omit_defaults, "its hash leaves defaults out"


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_declared_in_full(name: str) -> None:
    spec = REGISTRY.events[name]
    assert spec.doc.endswith(".")
    assert spec.type in REGISTRY.examples, "it has an example"
    assert bool(spec.streams) is spec.durable, "an event goes to a stream, a signal to none"
    assert set(spec.streams) <= {"player", "team", "system"}


def test_a_rate_class_is_one_class() -> None:
    rates: dict[str, set[Rate]] = {}
    for spec in REGISTRY.commands.values():
        rates.setdefault(spec.rate.name, set()).add(spec.rate)
    assert [name for name, some in rates.items() if len(some) > 1] == []


def test_every_refusal_says_what_is_wrong() -> None:
    for code, kind in REGISTRY.refusals.items():
        assert (kind.__doc__ or "").strip(), f"{code} has no docstring"
        assert kind.says.endswith("."), f"{code} does not speak in sentences"
        assert 400 <= kind.status < 600, code
        if kind.retryable:
            assert not kind.kept, f"{code}: what may be tried again is not kept"


def _sent_defaults() -> list[tuple[str, str]]:
    receipted = [spec for name, spec in REGISTRY.commands.items() if not spec.query and name not in ELSEWHERE]
    # UNSET cannot be spelled: it is a field that was not sent.
    return [
        (spec.name, field.name)
        for spec in receipted
        for field in msgspec.structs.fields(spec.type)
        if not field.required and field.default is not msgspec.UNSET
    ]


@pytest.mark.parametrize(("name", "field"), _sent_defaults())
def test_a_default_that_is_spelled_out_hashes_alike(name: str, field: str) -> None:
    """msgspec leaves a default out by identity: a text or a large number that was decoded is another object."""
    spec = REGISTRY.commands[name]
    info = next(each for each in msgspec.structs.fields(spec.type) if each.name == field)
    default = info.default if info.default is not msgspec.NODEFAULT else info.default_factory()
    fields: dict[str, Any] = msgspec.to_builtins(REGISTRY.examples[spec.type])
    fields.pop(info.encode_name, None)
    silent = msgspec.convert(fields, spec.type)
    # Through bytes, so that nothing is the same object by accident.
    spelled = msgspec.convert(msgspec.msgpack.decode(msgspec.msgpack.encode({**fields, info.encode_name: default})), spec.type)
    assert fields_hash(spelled) == fields_hash(silent)


@pytest.mark.parametrize("name", [name for name in COMMANDS if REGISTRY.commands[name].type in ROUTES])
def test_a_field_added_with_a_default_does_not_change_the_hash(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = REGISTRY.commands[name]
    old = REGISTRY.examples[spec.type]
    assert isinstance(old, Command)
    grown: type[Any] = msgspec.defstruct("Grown", [("added", int | None, None)], bases=(spec.type,), frozen=True, omit_defaults=True)
    monkeypatch.setitem(REGISTRY.names, grown, name)
    new = msgspec.convert(msgspec.to_builtins(old), grown)
    assert fields_hash(new) == fields_hash(old)
    assert fields_hash(msgspec.structs.replace(new, added=1)) != fields_hash(new)


def _caught(kind: ast.AST | None, names: dict[str, Any]) -> tuple[type[Refusal], ...]:
    some = [resolve(each, names) for each in (kind.elts if isinstance(kind, ast.Tuple) else [kind])]
    return tuple(each for each in some if isinstance(each, type) and issubclass(each, Refusal))


def _suppressed(node: ast.With | ast.AsyncWith, names: dict[str, Any]) -> tuple[type[Refusal], ...]:
    calls = [item.context_expr for item in node.items if called(item.context_expr) == "suppress"]
    return tuple(kind for call in calls if isinstance(call, ast.Call) for each in call.args for kind in _caught(each, names))


def _raised_in(node: ast.AST, names: dict[str, Any], callers: tuple[FunctionType, ...]) -> set[type[Refusal]]:
    """The refusals that get out of a piece of code: what it catches itself stays inside."""
    found = set[type[Refusal]]()
    inner: tuple[type[Refusal], ...] = ()
    parts = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Raise):
        kind = resolve(node.exc, names)
        if isinstance(kind, type) and issubclass(kind, Refusal):
            found.add(kind)
    elif called(node):
        target = resolve(node, names)
        if isinstance(target, FunctionType) and is_ours(target):
            found |= raised_by(target, callers)
    elif isinstance(node, ast.Try):
        inner = tuple(kind for handler in node.handlers for kind in _caught(handler.type, names))
        parts = [*node.handlers, *node.orelse, *node.finalbody]
        found |= {kind for part in node.body for kind in _raised_in(part, names, callers) if not issubclass(kind, inner)}
    elif isinstance(node, ast.With | ast.AsyncWith):
        inner = _suppressed(node, names)
        parts = [item.context_expr for item in node.items]
        found |= {kind for part in node.body for kind in _raised_in(part, names, callers) if not issubclass(kind, inner)}
    for part in parts:
        found |= _raised_in(part, names, callers)
    return found


def raised_by(function: FunctionType, callers: tuple[FunctionType, ...] = ()) -> set[type[Refusal]]:
    """The refusals that get out of a function: its own, and those of the functions of ours it calls by name."""
    if function in callers:
        return set()
    return _raised_in(function_tree(function), globals_of(function), (*callers, function))


def test_what_a_function_catches_is_not_what_it_raises() -> None:
    rename, change, grant = (cast(FunctionType, each) for each in (naming.rename, standing.change, rewards.grant))
    assert NicknameTaken in raised_by(rename)
    assert Locked in raised_by(change)
    assert not raised_by(grant) & {NicknameTaken, Locked}, "the captain gets the ship all the same"


@pytest.mark.parametrize("name", [name for name in COMMANDS if REGISTRY.commands[name].type in ROUTES])
def test_a_handler_raises_only_refusals_it_declares(name: str) -> None:
    """As far as reading can tell; tests/play.py checks the same of every refusal that is really sent."""
    spec = REGISTRY.commands[name]
    handler = ROUTES[spec.type].handler
    assert isinstance(handler, FunctionType)
    undeclared = {kind for kind in raised_by(handler) if kind.__module__ != GENERAL} - set(spec.refusals)
    assert {kind.code for kind in undeclared} == set()


def test_every_message_type_is_found_by_its_name() -> None:
    for kind, name in REGISTRY.names.items():
        assert issubclass(kind, Message)
        assert (REGISTRY.commands.get(name) or REGISTRY.events[name]).type is kind


def test_what_may_be_refused_is_what_is_declared_or_general() -> None:
    assert may_be_refused("team.say", "muted")
    assert may_be_refused("team.say", "unavailable")
    assert not may_be_refused("team.say", "team.full")
    assert may_be_refused("no.such", "unknown_command")
    assert not may_be_refused("no.such", "team.full")
