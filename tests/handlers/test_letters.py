"""Letters in the game's own name."""

from __future__ import annotations

from datetime import UTC, datetime

from protocol.messaging import Inbox, LetterType, Priority, Read, Send
from protocol.refusals import NotFound
from server.actions import letters
from server.caller import SYSTEM
from server.context import SystemCtx
from tests.play import Game


async def test_the_game_writes_to_a_captain_and_nobody_answers_it(game: Game) -> None:
    ada, bo = await game.captain(), await game.captain()
    async with game.app.database.transaction() as db:
        ctx = SystemCtx(caller=SYSTEM, db=db, now=datetime.now(UTC), identity="", command_id="x")
        id = await letters.system(ctx, ada.player, "Welcome", "Mind the gate.", priority=Priority.URGENT)
    (told,) = ctx.emitted
    assert told.stream == f"player:{ada.player}"
    (letter,) = (await ada.does(Inbox(type=LetterType.SYSTEM))).items
    assert (letter.message_id, letter.sender_id, letter.sender_name, letter.subject) == (id, None, "System", "Welcome")
    await ada.is_refused(NotFound, Send(to=bo.name, content="thanks", reply_to=id))
    assert (await ada.does(Read(message_ids=[id]))).unread == 0
    assert (await ada.does(Inbox())).items[0].read_at is not None
    ada.state = None
