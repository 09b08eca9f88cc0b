"""The switch that plants a bug cannot be reached in a server that serves: tried as somebody would who wants it."""

from __future__ import annotations

import subprocess
import sys

import httpx2
import pytest

from server.settings import BadConfiguration, load
from tests.faults.gateway import CLOCK
from tests.faults.planted import BUGS
from tests.faults.servers import CHECKOUT
from tests.play import Game

BUG = next(iter(BUGS))
VARIABLES = (CLOCK, "CALLISTO_PLANT", "CALLISTO_FAULTS", "CALLISTO_FAULTS__PLANT", "CALLISTO_LIMITS__PLANT")


@pytest.mark.parametrize("name", VARIABLES)
def test_no_variable_plants_a_bug_or_moves_the_clock(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, BUG)
    with pytest.raises(BadConfiguration, match=name):
        load()


def test_no_argument_of_serve_plants_a_bug() -> None:
    for words in (["serve", "--plant", BUG], ["--plant", BUG, "serve"]):
        done = subprocess.run([sys.executable, "-P", "-m", "server", *words], cwd=CHECKOUT, capture_output=True, text=True, check=False)
        assert done.returncode == 2 and "No such option" in done.stdout + done.stderr


def test_whoever_serves_has_no_test_loaded() -> None:
    said = subprocess.run(
        [sys.executable, "-P", "-c", "import sys, server.__main__, server.run, server.gateway_process, server.app\n"
         "print([name for name in sys.modules if name.split('.')[0] in ('tests', 'bench')])"],
        cwd=CHECKOUT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert said.strip() == "[]"


async def test_no_request_and_no_command_reaches_it(game: Game) -> None:
    async with httpx2.AsyncClient(base_url=game.http, timeout=30) as http:
        for path in ("/faults/resources", "/faults/plant", "/faults", "/v1/faults/resources"):
            for method in ("GET", "POST", "PUT"):
                assert (await http.request(method, path, json={"plant": BUG})).status_code == 404, (method, path)
    ada = await game.captain()
    for name in ("faults.plant", "session.plant", "service.plant"):
        answer = await (await ada.send(name, {"name": BUG}))
        assert answer["error"]["code"] == "unknown_command", answer
    # Fields nobody declared are refused, not looked at.
    answer = await (await ada.send("session.ping", {"plant": BUG}))
    assert "error" in answer
