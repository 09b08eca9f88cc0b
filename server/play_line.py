"""A line being typed: what keys do to it, and which part of it fits on the screen. It knows no terminal."""

from __future__ import annotations

import re

from rich.cells import cell_len

_KEY = re.compile(r"\x1b\[[0-9;?]*[@-~]|\x1bO.|\x1b[^\[O]|[^\x1b]", re.DOTALL)
_LEFT, _RIGHT, _UP, _DOWN = (
    ("\x1b[D", "\x1bOD", "\x02"),
    ("\x1b[C", "\x1bOC", "\x06"),
    ("\x1b[A", "\x1bOA", "\x10"),
    ("\x1b[B", "\x1bOB", "\x0e"),
)
_HOME, _END, _DELETE = ("\x1b[H", "\x1bOH", "\x1b[1~", "\x01"), ("\x1b[F", "\x1bOF", "\x1b[4~", "\x05"), ("\x1b[3~",)
HISTORY = 200  # lines


class Typed:
    """The line and the cursor in it. `feed` gives the lines that Enter ended, and None for Ctrl-D on an empty one."""

    def __init__(self) -> None:
        self.text = ""
        self.at = 0
        self.history: list[str] = []
        self.secret = False
        self._back = 0
        self._rest = ""

    def feed(self, keys: str) -> list[str | None]:
        """Takes keys as the terminal sends them."""
        ended: list[str | None] = []
        keys = self._rest + keys
        while found := _KEY.match(keys):
            keys = keys[found.end() :]
            key = found.group()
            if key in "\r\n":
                ended.append(self._end())
            elif key == "\x04" and not self.text:
                ended.append(None)
            else:
                self._press(key)
        self._rest = keys
        return ended

    def view(self, width: int) -> tuple[str, int]:
        """The part of the line that is shown in so many cells, and the cells before the cursor."""
        shown = "•" * len(self.text) if self.secret else self.text
        start = 0
        while cell_len(shown[start : self.at]) > max(1, width - 1):
            start += 1
        end = len(shown)
        while cell_len(shown[start:end]) > width:
            end -= 1
        return shown[start:end], cell_len(shown[start : self.at])

    def _end(self) -> str:
        line, self.text, self.at, self._back = self.text, "", 0, 0
        if line.strip() and not self.secret and self.history[-1:] != [line]:
            self.history = [*self.history[1 - HISTORY :], line]
        return line

    def _press(self, key: str) -> None:
        if key in _LEFT:
            self.at = max(0, self.at - 1)
        elif key in _RIGHT:
            self.at = min(len(self.text), self.at + 1)
        elif key in _HOME:
            self.at = 0
        elif key in _END:
            self.at = len(self.text)
        elif key in _UP or key in _DOWN:
            self._look_back(1 if key in _UP else -1)
        elif key in ("\x7f", "\x08"):
            self._cut(self.at - 1, self.at)
        elif key in _DELETE or key == "\x04":
            self._cut(self.at, self.at + 1)
        elif key == "\x15":
            self._cut(0, self.at)
        elif key == "\x0b":
            self._cut(self.at, len(self.text))
        elif key == "\x17":
            self._cut(self.text[: self.at].rstrip().rfind(" ") + 1, self.at)
        elif key.isprintable():
            self.text, self.at = self.text[: self.at] + key + self.text[self.at :], self.at + 1

    def _cut(self, start: int, end: int) -> None:
        start = max(0, start)
        self.text, self.at = self.text[:start] + self.text[end:], start

    def _look_back(self, by: int) -> None:
        if self.secret:
            return
        self._back = min(len(self.history), max(0, self._back + by))
        self.text = self.history[-self._back] if self._back else ""
        self.at = len(self.text)
