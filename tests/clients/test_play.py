"""The terminal client: driven through a pipe as a script would, and key by key as a terminal would."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import cast

from rich.console import Console

from protocol.closes import Close
from protocol.guard import ShipType
from protocol.onboarding import Claim, Complete, Restart
from server.play_line import Typed
from server.play_screen import Screen
from tests.play import Game, Someone

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 20.0  # a Python starts first, on a machine that has other things to do


class Player:
    """Somebody at `callisto play`, whose lines go in through a pipe."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.read = ""
        self.rest = ""

    async def sees(self, text: str) -> str:
        """Reads on until this was printed. What was read on the way."""
        assert self.process.stdout is not None
        try:
            async with asyncio.timeout(PATIENCE_S):
                while text not in self.rest:
                    data = await self.process.stdout.read(65_536)
                    assert data, f"it ended before {text!r}; it printed:\n{self.read}"
                    self.rest += data.decode()
                    self.read += data.decode()
        except TimeoutError:
            raise AssertionError(f"it does not print {text!r}; it printed:\n{self.read}") from None
        found, _, self.rest = self.rest.partition(text)
        return found

    async def types(self, *lines: str) -> None:
        """Types lines."""
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{each}\n" for each in lines).encode())
        await self.process.stdin.drain()

    async def is_done(self, code: int = 0) -> None:
        """The program ends with this code."""
        async with asyncio.timeout(PATIENCE_S):
            assert await self.process.wait() == code, self.read


@asynccontextmanager
async def playing(url: str, columns: int = 80, language: str = "C") -> AsyncIterator[Player]:
    """A player at a running server, at a terminal set to a language."""
    environment = {**os.environ, "COLUMNS": str(columns), "LC_ALL": language, "PYTHONUTF8": "1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "server", "play", "--url", url, cwd=ROOT, env=environment, stdin=PIPE, stdout=PIPE, stderr=STDOUT
    )
    try:
        yield Player(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_newcomer_talks_past_the_guard_and_comes_back_later(game: Game) -> None:
    async with playing(game.http) as ada:
        await ada.types("Ada_Lark", "")
        await ada.sees("Your password is ")
        password = (await ada.sees(" and is shown only now")).strip()
        await ada.sees("suspicion ")
        await ada.sees("which ship is yours?")
        await ada.types("9", "2")
        await ada.sees("Type the number of a ship")
        await ada.sees("what do you say?")
        await ada.types("She is mine, registration KX-2040, and I bought her. My name is Ada Lark.")
        await ada.sees("· registration KX-2040  noted")
        await ada.sees("you: ")
        await ada.types("Registration KX-2040, as I said.", "I inherited her.", "Maybe.", "The officer of this station has my number.")
        await ada.sees("✓ Registration KX-2040  as in turn 1")
        await ada.sees("⚠ inherited  ownership, contradicts turn 1")
        await ada.sees("your account")
        await ada.types("", "y")
        await ada.sees("Ada Lark's")
        await ada.sees("/tutorial shows the first steps")
        await ada.types("/tutorial")
        await ada.sees("a team takes you in")
        await ada.types("/me", "/quit")
        await ada.sees("Ada Lark")
        await ada.sees("Goodbye.")
        await ada.is_done()
        assert max(map(len, ada.read.splitlines())) <= 80
    async with playing(game.http, 200) as ada:
        await ada.types("Ada_Lark", "not her password", "Ada_Lark", password, "/standing", "/settings audio.music 0.2", "/nonsense")
        await ada.sees("somebody else")
        await ada.sees("Welcome back")
        await ada.sees("Terran Federation")
        await ada.sees("Settings changed")
        await ada.sees("There is no /nonsense")


async def test_a_german_terminal_meets_a_german_guard_and_bad_names_are_told_in_plain_words(game: Game) -> None:
    async with playing(game.http, language="de_DE.UTF-8") as ada:
        await ada.types("Ada_Lerch", "kurz")
        await ada.sees("A password has at least 8 characters.")
        await ada.types("A b", "")
        await ada.sees("A name has 3 to 30 of the letters A to Z, digits and _.")
        await ada.types("Ada_Lerch", "")
        await ada.sees("Stimmung: ")
        await ada.sees("Werft")
        await ada.sees("Rettungskapsel")
        await ada.sees("Welches Schiff ist Ihres?")
        await ada.types("2", "Das Schiff gehört mir, Kennung KX-204. Ich habe es gekauft.")
        await ada.sees("· Kennung KX-204  notiert")
        await ada.sees("Frage 1 von höchstens 4")
        await ada.types("x" * 501, "?", "Kennung KX-204, wie gesagt. Ich habe es geerbt.", "Nein.", "Weiß nicht.", "Keine Ahnung.")
        await ada.sees("Die Wache hört höchstens 500 Zeichen, und das sind 501.")
        await ada.sees("was Sie behauptet haben")
        await ada.sees("⚠ geerbt  Eigentum, widerspricht Runde 1")
        await ada.sees("NICHT GEGLAUBT")
        await ada.sees("Ihre Darstellung")
        await ada.types("")
        await ada.sees("Sie fliegen ")
        assert "right shape" not in ada.read
        assert max(map(len, ada.read.splitlines())) <= 80


async def test_a_talk_is_resumed_where_it_stands(game: Game) -> None:
    async with playing(game.http) as ada:
        await ada.types("Ada_Lark", "correct horse battery", "2", "She is mine.")
        await ada.sees("you: ")
    async with playing(game.http) as ada:
        await ada.types("Ada_Lark", "correct horse battery")
        await ada.sees("She is mine.")
        await ada.sees("you: ")
        await ada.types("um")
        await ada.sees("persuasive")
        await ada.types("/quit")
        await ada.sees("Goodbye.")
        await ada.is_done()


async def test_a_talk_that_goes_on_elsewhere_or_ends_there_is_looked_up_again(game: Game) -> None:
    async with playing(game.http) as ada:
        await ada.types("Ada_Lark", "correct horse battery", "2", "She is mine.")
        await ada.sees("question 1 of at most 4")
        # The guard goes home before the answer.
        game.forward(timedelta(hours=25))
        await ada.types("Registration KX-204.")
        await ada.sees("The guard waited a day and went.")
        await ada.types("2", "She is mine.")
        await ada.sees("question 1 of at most 4")
        row = await game.world.owner.fetchrow(
            "select p.id, p.user_id from players p join users u on u.id = p.user_id where u.username = 'Ada_Lark'"
        )
        other = Someone(game, "Ada_Lark", row["id"], row["user_id"])
        await other.sign_in()
        await other.start()
        game.everybody.append(other)
        await other.does(Restart())
        await ada.types("Registration KX-204.")
        await ada.sees("Another of your devices began again.")
        await ada.sees("which ship is yours?")
        await other.does(Claim(ShipType.ESCAPE_POD, "The pod."))
        await other.does(Complete())
        await ada.types("2", "She is mine.")
        await ada.sees("Type to talk to your team")
        await ada.types("/quit")
        await ada.is_done()


async def test_a_captain_without_money_hears_what_a_team_costs_and_joins_one(game: Game) -> None:
    leader, *_ = await game.crew(1)
    async with playing(game.http) as bo:
        await bo.types("Bo_Lark", "correct horse battery", "1", "I came in the pod.", "")
        await bo.sees("Welcome to Callisto")
        await bo.types("hello?", "/create Blue Lantern")
        await bo.sees("nobody hears you")
        await bo.sees("Founding costs 10,000 credits; you have 1,000")
        await bo.types("/teams", "/join 1")
        await bo.sees("You joined the team")
        await bo.types("Here I am!")
        await bo.sees("You  Here I am!")
        await leader.hears_line("Here I am!")
        await leader.ask("team.say", {"text": "Welcome."})
        await bo.sees(f"{leader.name}  Welcome.")
        await bo.types("/deposit 500", "/withdraw 100", f"/send {leader.name} Meet me at the gate", "/treasury", "/inbox", "/who")
        await bo.sees("the treasury has 500")
        await bo.sees("You may not do this.")
        await bo.sees("500 credits")
        await bo.sees("No letters.")
        await leader.hears("message.received")
        await leader.ask("message.send", {"to": "Bo_Lark", "content": "Coming."})
        await bo.sees(f"{leader.name}  Coming.")
        await bo.types("/leave")
        await bo.sees("You left the team")


async def test_a_lost_line_and_its_return_are_shown(game: Game) -> None:
    async with playing(game.http) as bo:
        await bo.types("Bo_Lark", "correct horse battery", "1", "I came in the pod.", "")
        await bo.sees("Type to talk to your team")
        for each in list(game.app.gate.live.values()):
            each.close(Close.SLOW_CONSUMER)
        await bo.sees("the line is lost")
        await bo.sees("back again")
        assert bo.process.stdin is not None
        bo.process.stdin.close()
        await bo.sees("Goodbye.")
        await bo.is_done()


async def test_nobody_there_is_said_plainly() -> None:
    async with playing("http://127.0.0.1:9") as ada:
        await ada.types("Ada_Lark", "correct horse battery")
        await ada.sees("does not answer")
        await ada.is_done(1)


def test_keys_edit_the_line() -> None:
    typed = Typed()
    assert typed.feed("hold the gaet\x7f\x7fte\x1b[D\x1b[Hx\x1b[3~") == []
    assert (typed.text, typed.at) == ("xold the gate", 1)
    assert typed.feed("\x1b") == []
    assert typed.feed("[F!\x17\x17\r") == ["xold "]
    assert typed.feed("\x1b[A") == []
    assert typed.text == "xold "
    assert typed.feed("\x1b[B\x04") == [None]


def test_a_long_line_scrolls_and_a_password_is_dots() -> None:
    typed = Typed()
    typed.feed("0123456789漢字")
    shown, at = typed.view(8)
    assert shown == "789漢字" and at == 7
    typed.secret = True
    assert typed.view(20)[0] == "•" * 12
    typed.feed("\r")
    assert typed.history == []


def test_a_line_being_said_gives_way_to_what_is_printed_and_to_typing() -> None:
    screen = Screen()
    screen.is_terminal, screen.console = True, Console(file=io.StringIO(), width=40, highlight=False)
    written = cast(io.StringIO, screen.console.file)
    screen.passing("  Sato  And who was on watch\x1b[31m at the lock when you came in?")
    shown = written.getvalue().removeprefix("\r\x1b[2K\x1b[2m").removesuffix("\x1b[0m")
    assert (len(shown), shown[0], shown[-22:]) == (39, "…", "lock when you came in?")
    assert "\x1b" not in shown
    screen.say("news")
    assert written.getvalue().endswith("\x1b[0m\r\x1b[2Knews\n")
    screen._asking = True
    before = written.getvalue()
    screen.passing("  Sato  Hm")
    assert written.getvalue() == before
