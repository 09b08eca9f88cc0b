"""The terminal: a prompt that stays at the bottom while news is printed above it. Without a terminal: lines in, lines out."""

from __future__ import annotations

import asyncio
import codecs
import os
import sys
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.text import Text

from server.play_line import Typed

NARROWEST = 20  # cells left for typing, however long the prompt


class Left(Exception):
    """The player has gone: end of input."""


class Screen:
    """Where the player reads and types, within `reading`."""

    def __init__(self) -> None:
        self.console = Console(highlight=False)
        self.is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
        self.typed = Typed()
        self.prompt = ""
        self._asking = False
        self._passing = False
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()

    @property
    def width(self) -> int:
        """Columns there are."""
        return self.console.width

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Reads keys or lines for as long as this lasts, and leaves the terminal as it was."""
        loop = asyncio.get_running_loop()
        if not self.is_terminal:
            threading.Thread(
                target=_read_lines, args=(lambda line: loop.call_soon_threadsafe(self._lines.put_nowait, line),), daemon=True
            ).start()
            yield
            return
        keyboard, decoder = sys.stdin.fileno(), codecs.getincrementaldecoder("utf-8")("replace")
        before = termios.tcgetattr(keyboard)
        tty.setcbreak(keyboard)

        def pressed() -> None:
            data = os.read(keyboard, 4096)
            for line in self.typed.feed(decoder.decode(data)) if data else [None]:
                self._lines.put_nowait(line)
            self._draw()

        loop.add_reader(keyboard, pressed)
        try:
            yield
        finally:
            loop.remove_reader(keyboard)
            termios.tcsetattr(keyboard, termios.TCSADRAIN, before)
            self._wipe()

    def say(self, *what: RenderableType) -> None:
        """Prints above the prompt."""
        self._wipe()
        for each in what:
            self.console.print(each)
        self.console.file.flush()
        self._draw()

    def passing(self, text: str) -> None:
        """Shows the end of what is being said, on a line that the next thing printed replaces. Nothing while the player types."""
        if not self.is_terminal or self._asking:
            return
        plain = "".join(each if each.isprintable() else " " for each in text)
        room = self.width - 1
        self._passing = True
        self.console.file.write(f"\r\x1b[2K\x1b[2m{plain if len(plain) <= room else '…' + plain[1 - room :]}\x1b[0m")
        self.console.file.flush()

    async def ask(self, prompt: str, *, secret: bool = False, echo: bool = True) -> str:
        """The next line, without spaces around it. With `echo` it stays on the screen; without, the prompt does. Raises Left."""
        self._wipe()
        self.prompt, self.typed.secret, self._asking = prompt, secret, True
        if not self.is_terminal and echo:
            self.console.print(Text(prompt, "dim"))
        self._draw()
        line = await self._lines.get()
        self._wipe()
        # Without echo the prompt stays: what was typed may take its time, and the player types on.
        self._asking, self.typed.secret = not echo and line is not None, False
        if line is None:
            raise Left
        if echo and self.is_terminal:
            self.console.print(Text(prompt, "cyan") + Text("•" * 8 if secret and line else line, "bold"))
        return line.strip()

    def _wipe(self) -> None:
        if self.is_terminal and (self._asking or self._passing):
            self.console.file.write("\r\x1b[2K")
            self._passing = False

    def _draw(self) -> None:
        if not (self.is_terminal and self._asking):
            return
        room = max(NARROWEST, self.width - cell_len(self.prompt) - 1)
        shown, before = self.typed.view(room)
        at = cell_len(self.prompt) + before
        self.console.file.write(f"\r\x1b[2K\x1b[36m{self.prompt}\x1b[0m{shown}\r" + (f"\x1b[{at}C" if at else ""))
        self.console.file.flush()


def _read_lines(put: Callable[[str | None], object]) -> None:
    try:
        for line in sys.stdin:
            put(line.rstrip("\n"))
        put(None)
    except RuntimeError:
        pass  # the game has ended before its input
