"""The errands as data: what a handler may ask for. Who runs them is no concern of those who ask; `server.errands` knows."""

from __future__ import annotations

from protocol.guard import ShipType, TalkId
from server.context import Errand


class AskGuard(Errand, frozen=True):
    """An answer to be read, with what was said before it: (turn, words), oldest first; and what was `asked`: (turn, topic, words)."""

    session_id: TalkId
    ship: ShipType
    turn: int
    text: str
    earlier: list[tuple[int, str]]
    asked: list[tuple[int, str, str]] = []
