"""The tour: at a gateway of the test's, and once as somebody types it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from rich.console import Console

from server import tour
from tests.play import Game

ROOT = Path(__file__).resolve().parents[2]


def paper(width: int = 80) -> Console:
    """A console whose text can be read back."""
    return Console(file=io.StringIO(), width=width, highlight=False)


def text_of(console: Console) -> str:
    """What was printed."""
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


async def test_the_tour_can_be_taken_again_and_again(game: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tour, "SILENCE_S", 0.2)
    for width in (80, 200):
        console = paper(width)
        assert await tour.walk(game.http, console) is None
        said = text_of(console)
        assert said.count("✓") == len(tour.STEPS) + 1
        assert "✗" not in said
        assert max(map(len, said.splitlines())) <= width


async def test_it_says_plainly_when_it_is_rate_limited(make_game: Callable[..., Awaitable[Game]]) -> None:
    game = await make_game(limits={"scale": 1, "registrations": 2})
    console = paper()
    assert await tour.walk(game.http, console) == "Three captains register"
    assert "rate limiting" in text_of(console)


async def test_it_names_the_step_that_was_not_observed(game: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tour, "SILENCE_S", 0.2)
    monkeypatch.setattr(tour, "PATIENCE_S", 0.5)

    async def deaf(one: object, kind: object, count: int = 1) -> list[object]:
        raise tour.NotObserved("Bo heard 0 of 1 LineSaid")

    monkeypatch.setattr(tour.Captain, "hears", deaf)
    console = paper()
    assert await tour.walk(game.http, console) == "Two join"
    assert "Bo heard 0 of 1" in text_of(console)


async def test_nobody_there_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    console = paper()
    assert await tour.walk("http://127.0.0.1:9", console) == "Three captains register"
    assert "does not answer" in text_of(console)


@pytest.mark.timeout(90)
def test_typed_without_an_address_it_brings_its_own_server_and_leaves_nothing() -> None:
    # Not tmp_path: as root the servers run as another user, who must get through.
    with tempfile.TemporaryDirectory(prefix="callisto-tour-test-") as name:
        base = Path(name)
        base.chmod(0o711)
        environment = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
        environment |= {"TMPDIR": name, "COLUMNS": "80"}
        done = subprocess.run(
            [sys.executable, "-P", "-m", "server", "tour"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"{len(tour.STEPS)} of {len(tour.STEPS)} steps observed" in done.stdout
        assert list(base.iterdir()) == []
