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

from server import service_accounts, tour, tour_captain
from server.gateway.limits import Limiter
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
    monkeypatch.setattr(tour_captain, "SILENCE_S", 0.2)
    token = await service_accounts.add(game.world.database_url, "tour", tour.SCOPES)
    for width in (80, 200):
        console = paper(width)
        assert await tour.walk(game.http, console, token) is None
        said = text_of(console)
        assert said.count("✓") == len(tour.STEPS) + 1
        assert "✗" not in said
        assert max(map(len, said.splitlines())) <= width


async def test_without_a_token_it_says_which_steps_it_passes_over(game: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    console = paper()
    assert await tour.walk(game.http, console) == "The rest of the game pays"
    said = text_of(console)
    paid = sum(each.paid for each in tour.STEPS)
    assert said.count("passed over") == paid + 1
    assert f"{len(tour.STEPS) - paid} of {len(tour.STEPS)} steps observed" in said
    assert "--data FOLDER" in said
    assert "✗" not in said


async def test_it_says_plainly_when_it_is_rate_limited(make_game: Callable[..., Awaitable[Game]]) -> None:
    game = await make_game(limits={"scale": 1, "registrations": 2})
    console = paper()
    assert await tour.walk(game.http, console) == "Three captains register"
    assert "rate limiting" in text_of(console)


async def test_it_waits_as_long_as_the_server_says_for_leave_to_register(
    make_game: Callable[..., Awaitable[Game]], monkeypatch: pytest.MonkeyPatch
) -> None:
    game = await make_game(limits={"scale": 1})
    game.app.accounts.registrations = Limiter(rate=0.7, burst=1.0)
    monkeypatch.setattr(tour, "STEPS", tour.STEPS[:1])
    console = paper()
    assert await tour.walk(game.http, console) is None
    # Twice, unless hashing a password alone takes as long as leave does.
    assert text_of(console).count("Waiting") >= 1


async def test_it_names_the_step_that_was_not_observed(game: Game, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tour_captain, "SILENCE_S", 0.2)

    async def deaf(one: object, kind: object, count: int = 1) -> list[object]:
        raise tour_captain.NotObserved("Bo heard 0 of 1 LineSaid")

    monkeypatch.setattr(tour_captain.Captain, "hears", deaf)
    console = paper()
    assert await tour.walk(game.http, console) == "The guard asks, and decides"
    assert "Bo heard 0 of 1" in text_of(console)


async def test_nobody_there_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    console = paper()
    assert await tour.walk("http://127.0.0.1:9", console) == "Three captains register"
    assert "does not answer" in text_of(console)


@pytest.mark.timeout(120)
def test_typed_without_an_address_it_brings_its_own_server_and_leaves_nothing() -> None:
    # Not tmp_path: as root the servers run as another user, who must get through.
    with tempfile.TemporaryDirectory(prefix="callisto-tour-test-") as name:
        base = Path(name)
        base.chmod(0o711)
        environment = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "REDIS_URL")}
        # Nothing is hurried but the guard: the pace of answers has tests of its own.
        environment |= {"TMPDIR": name, "COLUMNS": "80", "CALLISTO_LIMITS__SCALE": "10"}
        done = subprocess.run(
            [sys.executable, "-P", "-m", "server", "tour"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"{len(tour.STEPS)} of {len(tour.STEPS)} steps observed" in done.stdout
        assert list(base.iterdir()) == []
