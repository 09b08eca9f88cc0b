"""What the house does not do, read from its code."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

from sqlalchemy import Column, UniqueConstraint

import persistence
import protocol
import server
from persistence.tables import Base
from tests.house.source import ROOT, called, python_files, texts, tree, where

LONGEST = 450  # lines; architecture.md 3

# Waiting and skipping in tests, each with its reason.
MAY_SLEEP = {
    "tests/persistence/conftest.py": "waits for a foreign process that sends no signal",
    "tests/embedded/owners.py": "waits for a foreign process that sends no signal",
    "tests/gateway/fleet.py": "synchronous start that waits for a real Redis, which sends no signal",
    "tests/gateway/pooler.py": "synchronous start that waits for a real PgBouncer, which sends no signal",
    "tests/gateway/redis_cluster.py": "synchronous start that waits for a real Redis, which sends no signal",
    "tests/journeys/test_kill.py": "synchronous start that waits for a real server process, which sends no signal",
}
MAY_SKIP = {
    "tests/server/test_huge_pages.py": "whether there are huge pages is up to the kernel and its administrator",
    "tests/journeys/test_disk_full.py": "only root may mount a disk of the test's own, and not in every container",
    "tests/gateway/test_socket_conformance.py": "its client is locked for Linux only",
    "tests/gateway/test_pooler.py": "PgBouncer is no package of Python; .ci/run installs it where it may",
    "tests/embedded/test_crashes.py": "root and ordinary users see different things",
    "tests/embedded/test_refusals.py": "root and ordinary users see different things",
}
BELOW_DISPATCH = ("persistence", "server/rules", "server/handlers", "server/actions", "server/errands")
REFERENCED = ("players", "teams", "users")  # delivery.md, rule 4


def test_no_file_is_too_long() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in python_files("")}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}


def test_every_module_says_why_it_exists() -> None:
    silent = [str(path.relative_to(ROOT)) for path in python_files("") if tree(path).body and not ast.get_docstring(tree(path))]
    assert silent == []


def test_the_packages_are_those_of_this_checkout() -> None:
    for package in (server, persistence, protocol):
        assert package.__file__ is not None
        assert Path(package.__file__).is_relative_to(ROOT), f"{package.__name__} comes from {package.__file__}"


def test_the_protocol_needs_two_libraries() -> None:
    for path in python_files("protocol"):
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            for module in [node.module or "protocol"] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]:
                top = module.partition(".")[0]
                assert top in sys.stdlib_module_names | {"protocol", "msgspec", "msgpack"}, f"{where(path, node.lineno)} imports {module}"


def _catches_all(node: ast.AST) -> bool:
    if isinstance(node, ast.ExceptHandler):
        kinds = [node.type] if not isinstance(node.type, ast.Tuple) else list(node.type.elts)
        return any(kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException")) for kind in kinds)
    if called(node) == "suppress" and isinstance(node, ast.Call):
        return any(isinstance(each, ast.Name) and each.id in ("Exception", "BaseException") for each in node.args)
    return False


def test_nobody_below_dispatch_catches_everything() -> None:
    found = [
        where(path, getattr(node, "lineno", 0))
        for path in python_files(*BELOW_DISPATCH)
        for node in ast.walk(tree(path))
        if _catches_all(node)
    ]
    assert found == []


PLAIN_LOCK = re.compile(r"\bfor\s+update\b(?:\s+of\s+(?P<of>\w+))?", re.IGNORECASE)
TABLE = re.compile(
    rf"\b(?:from|join|update|,)\s+(?:only\s+)?(?P<table>{'|'.join(REFERENCED)})\b(?:\s+(?:as\s+)?(?P<alias>\w+))?", re.IGNORECASE
)


def locks_too_hard(statement: str) -> bool:
    """Whether a statement takes FOR UPDATE on a row that foreign keys point to: it would wait for inserts that hold a head."""
    tables = {name.lower() for found in TABLE.finditer(statement) for name in (found["table"], found["alias"] or "") if name}
    return any((not found["of"] and tables) or (found["of"] or "").lower() in tables for found in PLAIN_LOCK.finditer(statement))


def test_referenced_rows_are_locked_without_their_key() -> None:
    found = [
        where(path, line)
        for path in python_files("persistence", "server", "migrations")
        for line, text in texts(path)
        if locks_too_hard(text)
    ]
    assert found == []
    assert locks_too_hard("select * from teams where id = $1 for update")
    assert locks_too_hard("select 1 from team_members m join players as p on true for update of p")
    assert not locks_too_hard("select 1 from team_members m join players p on true for update of m")
    assert not locks_too_hard("select * from teams where id = $1 for no key update")


def test_orm_locks_keep_the_key_too() -> None:
    for path in python_files("persistence", "server"):
        for node in ast.walk(tree(path)):
            if called(node) == "with_for_update" and isinstance(node, ast.Call):
                assert any(word.arg in ("key_share", "read") for word in node.keywords), where(path, node.lineno)


NEVER_UPDATED = {"players.user_id"}


def test_uniqueness_of_referenced_rows_can_be_updated_without_their_key() -> None:
    """A plain unique index makes PostgreSQL lock the row as if its key changed; one on an expression or a part does not."""
    plain = {
        f"{table.name}.{','.join(column.name for column in columns)}"
        for table in (Base.metadata.tables[name] for name in REFERENCED)
        for columns in (
            *(list(each.columns) for each in table.constraints if isinstance(each, UniqueConstraint)),
            *(
                [each for each in index.expressions if isinstance(each, Column)]
                for index in table.indexes
                if index.unique and index.dialect_options["postgresql"]["where"] is None
            ),
        )
        if columns
    }
    assert plain <= NEVER_UPDATED


def _calls(names: tuple[str, ...], path: Path) -> bool:
    marks = {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
    return bool(marks & set(names))


def test_tests_neither_sleep_nor_skip_without_a_reason() -> None:
    files = [path for path in python_files("tests") if path != Path(__file__)]
    skipping = {str(path.relative_to(ROOT)) for path in files if _calls(("skip", "skipif", "xfail", "importorskip"), path)}
    sleeping = {
        str(path.relative_to(ROOT))
        for path in files
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "sleep" and isinstance(node.value, ast.Name) and node.value.id == "time"
    }
    assert skipping <= set(MAY_SKIP)
    assert sleeping <= set(MAY_SLEEP)


def test_commands_import_inside_functions_only_in_the_command_line() -> None:
    """Help must be quick, so the command line imports late; elsewhere it hides who knows whom."""
    late = [
        where(path, inner.lineno)
        for path in python_files("server", "persistence", "protocol")
        if path != ROOT / "server/__main__.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert late == []
