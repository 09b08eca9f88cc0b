"""Every declared refusal is provoked and every event is heard by some test, or stands on a list that only shrinks.

A test provokes a refusal by `someone.is_refused(Refusal, Command(...))`, directly, through a local name or a loop over literals,
through `parametrize`, or by `pytest.raises(Refused, match="code")` around an `ask("name", ...)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from protocol.message import REGISTRY, Command, Refusal
from tests.house.source import ROOT, called, check_open, imported, python_files, resolve, text_of, tree

TESTS = [path for path in python_files("tests") if path.name.startswith("test_") and "house" not in path.parts]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _classes(node: ast.AST, names: dict[str, Any], base: type) -> Iterator[Any]:
    """The classes under `base` that are named anywhere in an expression."""
    for each in ast.walk(node):
        found = resolve(each, names) if isinstance(each, ast.Name | ast.Attribute) else None
        if isinstance(found, type) and issubclass(found, base):
            yield found


def _local(function: Function) -> dict[str, list[ast.AST]]:
    """What the local names of a test may stand for: assignments, loops over literals, parameters."""
    found: dict[str, list[ast.AST]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for name in (each.id for each in ast.walk(target) if isinstance(each, ast.Name)):
                    found.setdefault(name, []).append(node.value)
        elif isinstance(node, ast.For | ast.comprehension):
            for name in (each.id for each in ast.walk(node.target) if isinstance(each, ast.Name)):
                found.setdefault(name, []).append(node.iter)
    return found


def _meant(parts: list[ast.stmt], local: dict[str, list[ast.AST]]) -> list[ast.AST]:
    """Some code, and what its local names stand for, however often renamed."""
    found: list[ast.AST] = list(parts)
    seen = set[str]()
    for part in found:
        for name in [each.id for each in ast.walk(part) if isinstance(each, ast.Name) and each.id not in seen]:
            seen.add(name)
            found += local.get(name, [])
    return found


def _pairs(expressions: list[ast.AST], names: dict[str, Any]) -> set[tuple[str, str]]:
    refusals = {kind for each in expressions for kind in _classes(each, names, Refusal)}
    commands = {kind for each in expressions for kind in _classes(each, names, Command)}
    return {(REGISTRY.names[command], refusal.code) for command in commands if command in REGISTRY.names for refusal in refusals}


def _rows(function: Function) -> Iterator[ast.AST]:
    for mark in function.decorator_list:
        if (
            called(mark) == "parametrize"
            and isinstance(mark, ast.Call)
            and len(mark.args) > 1
            and isinstance(mark.args[1], ast.List | ast.Tuple)
        ):
            yield from mark.args[1].elts


def _provoked(path: Path) -> set[tuple[str, str]]:
    names, found = imported(path), set[tuple[str, str]]()
    for function in (node for node in ast.walk(tree(path)) if isinstance(node, Function)):
        local = _local(function)
        for node in ast.walk(function):
            if called(node) == "is_refused" and isinstance(node, ast.Call):
                arguments = list(node.args[:2])
                if not arguments:
                    continue
                if any(isinstance(each, ast.Name) for each in arguments):
                    for row in _rows(function):
                        found |= _pairs([row, *arguments], names)
                wide = [meant for each in arguments for meant in (local.get(each.id, [each]) if isinstance(each, ast.Name) else [each])]
                found |= _pairs(wide, names)
            elif isinstance(node, ast.With | ast.AsyncWith):
                raising = [item.context_expr for item in node.items if called(item.context_expr) == "raises"]
                codes = {
                    text_of(word.value).replace("\\", "")
                    for each in raising
                    if isinstance(each, ast.Call)
                    for word in each.keywords
                    if word.arg == "match"
                }
                said = {
                    text for part in _meant(node.body, local) for each in ast.walk(part) if (text := text_of(each)) in REGISTRY.commands
                }
                found |= {(name, code) for name in said for code in codes & set(REGISTRY.refusals)}
    return found


def test_every_declared_refusal_is_provoked_by_some_test() -> None:
    provoked = {pair for path in TESTS for pair in _provoked(path)}
    declared = {(name, refusal.code) for name, spec in REGISTRY.commands.items() for refusal in spec.refusals}
    check_open("open_refusals.txt", (f"{name} {code}" for name, code in declared - provoked))


def _hearing() -> dict[str, str]:
    """The methods of the test language that hear one certain event, by name."""
    found = {}
    for function in (node for node in ast.walk(tree(ROOT / "tests/play.py")) if isinstance(node, Function)):
        for node in ast.walk(function):
            if called(node) == "hears" and isinstance(node, ast.Call) and node.args and (name := text_of(node.args[0])):
                found[function.name] = name
    return found


def _heard(path: Path) -> set[str]:
    shorthands, found = _hearing(), set[str]()
    for node in ast.walk(tree(path)):
        if called(node) in shorthands:
            found.add(shorthands[called(node)])
        elif called(node).startswith("hears") and isinstance(node, ast.Call):
            found |= {text_of(each) for part in node.args for each in ast.walk(part)}
        elif isinstance(node, ast.Assert) and not any(isinstance(each, ast.NotIn | ast.NotEq | ast.Not) for each in ast.walk(node.test)):
            found |= {text_of(each) for each in ast.walk(node.test)}
    return found & set(REGISTRY.events)


def test_every_event_is_heard_in_some_test() -> None:
    heard = {name for path in TESTS for name in _heard(path)}
    check_open("open_events.txt", set(REGISTRY.events) - heard)
