"""Letters in the game's own name."""

from __future__ import annotations

from uuid_utils.compat import uuid7

from persistence import letters
from protocol.messaging import Priority, Received
from protocol.streams import Stream
from protocol.types import MessageId, PlayerId, ThreadId
from server.context import Ctx
from server.rules.letters import PREVIEW, surfaces


async def system(ctx: Ctx, player: PlayerId, title: str, content: str, *, priority: Priority = Priority.NORMAL) -> MessageId:
    """Writes to a captain in the game's own name. Privacy and full inboxes do not stop it. Raises a foreign-key violation for nobody.

    When heads are held already, the captain's own stream must be among them.
    """
    id = MessageId(uuid7())
    await letters.add(ctx.db, id, id, None, player, title, content, priority, None)
    received = Received(id, ThreadId(id), "System", content[:PREVIEW], content, priority, surfaces(priority), subject=title)
    ctx.emit(received, to=Stream.player(player))
    return id
