"""The errands as data: what a handler may ask for. Who runs them is no concern of those who ask; `server.errands` knows."""

from __future__ import annotations

from uuid import UUID

import msgspec

from protocol.guard import ShipType, TalkId
from protocol.types import PlayerId
from server.context import Errand
from server.rules.catalogue import ENGLISH
from server.rules.prompts import Prompt


class AskModel(msgspec.Struct, frozen=True):
    """What a model may be asked about the answer, with money set aside for one call. The talk before it: the guard's `suspicion`, and
    the number of `answers` with this one. `asked_at` is when the player answered, milliseconds. `provider`, `name` and `micro_usd` are whom
    the money was set aside for and how much it is; an errand from before that was kept holds none."""

    player_id: PlayerId
    reservation_id: UUID
    prompt: Prompt
    suspicion: float
    answers: int
    asked_at: int
    provider: str = ""
    name: str = ""
    micro_usd: int = 0


class AskGuard(Errand, frozen=True):
    """An answer to be read, with what was said before it: (turn, words), oldest first; and the `questions`: (turn, topic, words).
    What is made of it is told in `language`, the talk's; errands from before there was one were English."""

    session_id: TalkId
    ship: ShipType
    turn: int
    text: str
    earlier: list[tuple[int, str]]
    model: AskModel | None = None
    questions: list[tuple[int, str, str]] = []
    language: str = ENGLISH
