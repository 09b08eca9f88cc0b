"""The code as data: parsed modules, names resolved through their imports, and what tests say with them."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOUSE = Path(__file__).parent


@cache
def tree(path: Path) -> ast.Module:
    """A file, parsed."""
    return ast.parse(path.read_text("utf-8"), str(path))


def python_files(*folders: str) -> list[Path]:
    """The Python files under these folders of the checkout, tracked or about to be."""
    listed = subprocess.run(
        [
            "git",
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "--",
            *(f"{folder}/*.py" if folder else "*.py" for folder in folders),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file())


def module_name(path: Path) -> str:
    """The import name of a file of the checkout."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> dict[str, Any]:
    """What the imports of a file (at its top) bind from our own packages. Nothing of the file itself is run."""
    found: dict[str, Any] = {}
    for node in tree(path).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in ("protocol", "server", "persistence"):
            source = importlib.import_module(node.module)
            for alias in node.names:
                value = getattr(source, alias.name, None)
                if value is None:
                    value = importlib.import_module(f"{node.module}.{alias.name}")
                found[alias.asname or alias.name] = value
    return found


def resolve(node: ast.AST | None, names: dict[str, Any]) -> Any:
    """The object a name or dotted name stands for, or None."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(resolve(node.value, names), node.attr, None)
    return None


def called(node: ast.AST) -> str:
    """The last part of what a call calls, or nothing."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""


def text_of(node: ast.AST | None) -> str:
    """A text literal's value; of an f-string what is fixed in it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return " ".join(text_of(part) for part in node.values)
    return ""


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Every text literal of a file with its line; the parts of an f-string as one."""
    inside = {id(part) for node in ast.walk(tree(path)) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in inside and (text := text_of(node)):
            yield node.lineno, text


def where(path: Path, line: int) -> str:
    """A place, as an editor takes it."""
    return f"{path.relative_to(ROOT)}:{line}"


def listed(name: str) -> set[str]:
    """The lines of a checked-in list of what is still open, without comments."""
    lines = (HOUSE / name).read_text("utf-8").splitlines()
    return {line.strip() for line in lines if line.strip() and not line.startswith("#")}


def check_open(name: str, missing: Iterable[str]) -> None:
    """What is missing must be on the list, and nothing else: a list may only shrink."""
    missing, known = set(missing), listed(name)
    if new := sorted(missing - known):
        pytest.fail("no test for:\n" + "\n".join(new), pytrace=False)
    if done := sorted(known - missing):
        pytest.fail(f"settled or gone; take them off tests/house/{name}:\n" + "\n".join(done), pytrace=False)


@cache
def function_tree(function: FunctionType) -> ast.AST:
    """The definition of a function, parsed."""
    path, line = Path(inspect.getsourcefile(function) or ""), function.__code__.co_firstlineno
    for node in ast.walk(tree(path)):
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and min([node.lineno, *(each.lineno for each in node.decorator_list)]) == line
        ):
            return node
    raise LookupError(function.__qualname__)


def is_ours(value: object) -> bool:
    """Whether this is a function of ours whose source may be followed."""
    return isinstance(value, FunctionType) and value.__module__.partition(".")[0] in ("server", "persistence", "protocol")


def globals_of(function: FunctionType) -> dict[str, Any]:
    """The names a function sees in its module."""
    module: ModuleType = importlib.import_module(function.__module__)
    return vars(module)
