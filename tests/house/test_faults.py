"""Nothing that is installed knows of the fault harness: its planted bugs cannot be reached in production."""

from __future__ import annotations

import tomllib

import pytest

from tests.house.source import ROOT, python_files

SHIPPED = ("server", "persistence", "protocol", "migrations", "clients")
WORDS = ("tests.faults", "tests/faults", "from tests", "import tests", "planted", "CALLISTO_FAULTS")


@pytest.mark.parametrize("package", SHIPPED)
def test_nothing_shipped_mentions_the_fault_harness(package: str) -> None:
    files = list(python_files(package))
    assert files
    found = {str(path.relative_to(ROOT)): word for path in files for word in WORDS if word in path.read_text("utf-8")}
    assert found == {}


def test_the_wheel_holds_no_tests() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert not [each for each in packages if each.split("/")[0] in ("tests", "bench")]


def test_the_command_line_has_no_way_to_plant_a_bug() -> None:
    script = (ROOT / "callisto").read_text("utf-8")
    assert "--plant" not in script and "planted" not in script
