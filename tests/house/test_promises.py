"""The page of promises: every promise and rule is there, and every test it names exists."""

from __future__ import annotations

import ast
import re

from tests.house.source import ROOT, tree

PAGE = (ROOT / "docs" / "promises.md").read_text("utf-8")
NAMED = re.compile(r"`((?:tests|clients)/[\w/]+\.py)::(test_\w+)`")
ROW = re.compile(r"^\| \*\*(P\d+|\d+)\*\* \|(.*)\|$", re.MULTILINE)


def test_every_promise_and_every_rule_has_its_row_and_its_tests() -> None:
    rows = ROW.findall(PAGE)
    assert [name for name, _ in rows] == [*(f"P{number}" for number in range(1, 21)), *(str(number) for number in range(1, 16))]
    for name, row in rows:
        assert NAMED.search(row), f"{name} names no test"
        if name.isdigit():
            obvious = row.split("|")[-1]
            assert NAMED.search(obvious), f"rule {name} names no test that fails on the obvious version"


def test_every_test_that_is_named_exists() -> None:
    named = NAMED.findall(PAGE)
    assert len(named) > 60
    for path, name in named:
        found = {each.name for each in tree(ROOT / path).body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in found, f"{path} has no {name}"
