"""`./callisto check`: style, types, layers, generated documents, and the rules of the house. Changes nothing unless told to write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console

from protocol import describe
from server.settings import names

GOOD, FOUND_PROBLEMS = 0, 7  # wire.md 6
TYPED = ("protocol", "server", "persistence", "migrations", "clients/python", "tests", "bench")
AT_ONCE = 2  # the slow two, types and house, side by side
LONGEST_S = 600.0

Check = Callable[[Path], str]
"""Gives what is wrong; nothing wrong is nothing said."""


def settings_table() -> str:
    """Every setting with its meaning and default, as a Markdown table."""
    rows = [f"| `{name}` | {text} | `{default or 'unset'}` |" for name, (text, default) in names().items()]
    return "\n".join(["| variable | meaning | default |", "|---|---|---|", *rows]) + "\n"


def _as_json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


DOCUMENTS: dict[str, Callable[[], str]] = {
    "docs/protocol/README.md": describe.reference,
    "docs/protocol/asyncapi.json": lambda: _as_json(describe.asyncapi()),
    "docs/protocol/openapi.json": lambda: _as_json(describe.openapi()),
    "docs/protocol/callisto.d.ts": describe.typescript,
    "docs/protocol/errors.md": describe.errors,
    "docs/settings.md": settings_table,
}
"""Every generated file, by its path."""


def stale(root: Path) -> list[str]:
    """The generated files that are not what the declarations say, by path."""
    return [path for path, made in DOCUMENTS.items() if not (root / path).is_file() or (root / path).read_text("utf-8") != made()]


def write(root: Path) -> list[str]:
    """Renews the generated files, and gives the paths of those that changed."""
    changed = stale(root)
    for path in changed:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(DOCUMENTS[path](), "utf-8")
    return changed


def addresses(root: Path) -> list[str]:
    """The lines of lock files that name an address: a lock says what, never where from."""
    locks = [path for pattern in ("*.lock", "*lock*.txt", "pylock*.toml") for path in sorted(root.glob(pattern)) if path.is_file()]
    return [f"{path.name}:{at}" for path in locks for at, line in enumerate(path.read_text("utf-8").splitlines(), 1) if "://" in line]


def _command(*arguments: str) -> Check:
    def check(root: Path) -> str:
        environment = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
        try:
            done = subprocess.run(
                arguments,
                cwd=root,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=LONGEST_S,
                check=False,
            )
        except FileNotFoundError:
            return f"{arguments[0]} is not installed; ./callisto installs it"
        except subprocess.TimeoutExpired:
            return f"no end after {LONGEST_S:.0f} s"
        return "" if done.returncode == 0 else done.stdout.strip() or f"exit code {done.returncode}"

    return check


def _module(*arguments: str) -> Check:
    return _command(sys.executable, "-P", "-m", *arguments)


def _types(root: Path) -> str:
    return _module("mypy", "--no-error-summary", *(folder for folder in TYPED if any((root / folder).rglob("*.py"))))(root)


def _documents(root: Path) -> str:
    paths = stale(root)
    return "\n".join([*paths, "Type: ./callisto check --write"]) if paths else ""


def _locks(root: Path) -> str:
    return "\n".join(addresses(root))


CHECKS: dict[str, Check] = {
    "types": _types,
    "house": _module("pytest", "tests/house", "--no-header"),
    "style": _module("ruff", "check", "--quiet", "--output-format", "concise", "."),
    "format": _module("ruff", "format", "--check", "--quiet", "--output-format", "concise", "."),
    "layers": _command(str(Path(sys.executable).parent / "lint-imports"), "--no-cache"),
    "documents": _documents,
    "locks": _locks,
}
"""What is checked, by name; the slow ones first."""


def run(root: Path) -> int:
    """Checks everything, prints a line each and what failed, and gives the exit code."""
    console = Console(highlight=False, soft_wrap=True, emoji=False)

    def timed(check: Check) -> tuple[str, float]:
        began = time.monotonic()
        return check(root), time.monotonic() - began

    failed = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = {name: pool.submit(timed, check) for name, check in CHECKS.items()}
        for name, each in running.items():
            wrong, took_s = each.result()
            console.print(f"[{'red' if wrong else 'green'}]{'✗' if wrong else '✓'}[/] {name:<10} {took_s:5.1f} s")
            if wrong:
                failed[name] = wrong
    for name, wrong in failed.items():
        console.rule(f"✗ {name}", align="left")
        console.print(wrong, markup=False)
    return FOUND_PROBLEMS if failed else GOOD


if __name__ == "__main__":
    here = Path(__file__).resolve().parent.parent
    if sys.argv[1:] == ["--write"]:
        print("\n".join(write(here)) or "nothing to do")
    else:
        sys.exit(run(here))
