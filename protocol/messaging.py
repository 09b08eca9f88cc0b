"""Letters between captains, and from the game: sending, reading, throwing away, and not hearing somebody."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from protocol.message import (
    Answer,
    Command,
    Event,
    Query,
    Rate,
    Refusal,
    command,
    event,
    example,
)
from protocol.refusals import BadRequest, LimitExceeded, NotFound, RateLimited
from protocol.team import Muted
from protocol.types import (
    Count,
    Cursor,
    MessageId,
    Millis,
    Needle,
    PageSize,
    PlayerId,
    ThreadId,
)

DIRECT = Rate("direct", limit=5, per_s=60.0)
MAIL = Rate("mail", limit=20, per_s=5.0, cost=2)

Content = Annotated[str, Meta(min_length=1, max_length=4000, description="May hold newlines.")]
Subject = Annotated[str, Meta(max_length=255, pattern="^[^\n]*$")]
Ids = Annotated[list[MessageId], Meta(min_length=1, max_length=100)]


class ToSelf(Refusal):
    """Nobody writes to themselves."""

    code, says = "message.self", "You cannot write to yourself."


class RefusedByRecipient(Refusal):
    """This captain takes no messages from the caller."""

    code, says = "message.refused_by_recipient", "This captain takes no messages from you."


class ThreadFull(Refusal):
    """The thread has 50 messages; begin another."""

    code, says = "thread_limit_exceeded", "This thread is full. Begin another."


class Priority(StrEnum):
    """How much a message asks for notice. Captains cannot send urgent ones."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Chosen(StrEnum):
    """The priorities a captain may choose."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class Surface(StrEnum):
    """Where a message shows up."""

    INBOX = "inbox"
    TOAST = "toast"
    PUSH = "push"
    MODAL = "modal"


class Folder(StrEnum):
    """A stack of letters."""

    INBOX = "inbox"
    SENT = "sent"
    UNREAD = "unread"


class LetterType(StrEnum):
    """From a captain, or from the game."""

    PLAYER = "player"
    SYSTEM = "system"


class Letter(msgspec.Struct, frozen=True, omit_defaults=True):
    """One letter as the caller may see it. `read_at` of one's own letters is there when the reader lets others know."""

    message_id: MessageId
    thread_id: ThreadId
    type: LetterType
    sender_name: str
    content: str
    priority: Priority
    sent_at: Millis
    sender_id: PlayerId | None = None
    recipient_id: PlayerId | None = None
    recipient_name: str | None = None
    subject: str | None = None
    reply_to: MessageId | None = None
    read_at: Millis | None = None


class Party(msgspec.Struct, frozen=True):
    """Somebody in a thread."""

    player_id: PlayerId
    name: str


class Thread(msgspec.Struct, frozen=True):
    """A thread as the caller sees it: the last letter, who is in it, how many letters there are and how many are unread."""

    thread_id: ThreadId
    last: Letter
    participants: list[Party]
    count: Count
    unread_count: Count


class Blocked(msgspec.Struct, frozen=True):
    """Somebody the caller does not hear."""

    player_id: PlayerId
    name: str
    since_at: Millis


class SentAnswer(Answer, frozen=True):
    """The letter is stored."""

    message_id: MessageId
    thread_id: ThreadId
    at: Millis


class Letters(Answer, frozen=True, omit_defaults=False):
    """A page of letters, newest first."""

    items: list[Letter]
    next_cursor: str | None = None


class ThreadsPage(Answer, frozen=True, omit_defaults=False):
    """A page of threads, by their last letter, newest first."""

    items: list[Thread]
    next_cursor: str | None = None


class ReadAnswer(Answer, frozen=True):
    """The letters are read; `unread` are left."""

    read_at: Millis
    unread: Count


class DeletedAnswer(Answer, frozen=True):
    """The letters are gone from the caller's side; `unread` are left."""

    message_ids: list[MessageId]
    unread: Count


class BlockAnswer(Answer, frozen=True):
    """Whether the caller hears this captain now."""

    player_id: PlayerId
    blocked: bool


class BlocksPage(Answer, frozen=True, omit_defaults=False):
    """A page of those the caller does not hear, newest first."""

    items: list[Blocked]
    next_cursor: str | None = None


@command(
    "message.send",
    refusals=(ToSelf, NotFound, RefusedByRecipient, ThreadFull, LimitExceeded, Muted, RateLimited),
    rate=DIRECT,
)
class Send(Command[SentAnswer], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Writes to a captain, named by id or nickname. A reply goes into the thread of what it replies to."""

    to: Annotated[str, Meta(min_length=1, max_length=80)]
    content: Content
    subject: Subject | None = None
    priority: Chosen = Chosen.NORMAL
    reply_to: MessageId | None = None


@command("message.inbox", refusals=(NotFound, BadRequest), rate=MAIL)
class Inbox(Query[Letters], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Letters, newest first: those received, sent, or unread. With `thread_id` and no folder: that whole thread, both sides."""

    folder: Folder | None = None
    type: LetterType | None = None
    thread_id: ThreadId | None = None
    search: Needle | None = None
    limit: PageSize = 50
    cursor: Cursor | None = None


@command("message.threads", refusals=(BadRequest,), rate=MAIL)
class Threads(Query[ThreadsPage], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The caller's threads with their last letter, newest first."""

    limit: PageSize = 50
    cursor: Cursor | None = None


@command("message.read", refusals=(NotFound, BadRequest), essential=True)
class Read(Command[ReadAnswer], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Marks letters to the caller as read: those named, or all of a thread."""

    message_ids: Ids | None = None
    thread_id: ThreadId | None = None


@command("message.delete", refusals=(NotFound,), essential=True)
class Delete(Command[DeletedAnswer], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Throws letters away on the caller's own side; the other side keeps them."""

    message_ids: Ids


@command("message.block", refusals=(NotFound, BadRequest, LimitExceeded), essential=True)
class Block(Command[BlockAnswer], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Hears a captain no more: neither letters nor invitations. They are not told."""

    player_id: PlayerId


@command("message.unblock", refusals=(NotFound,), essential=True)
class Unblock(Command[BlockAnswer], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Hears a captain again. What they wrote meanwhile stays unheard."""

    player_id: PlayerId


@command("message.blocks", refusals=(BadRequest,))
class Blocks(Query[BlocksPage], frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Those the caller does not hear, newest first."""

    limit: PageSize = 50
    cursor: Cursor | None = None


@event("message.received", "player")
class Received(Event, frozen=True, omit_defaults=True):
    """A letter came. `preview` are the first 100 characters; without `sender_id` it is from the game."""

    message_id: MessageId
    thread_id: ThreadId
    sender_name: str
    preview: str
    content: str
    priority: Priority
    delivery: list[Surface]
    sender_id: PlayerId | None = None
    subject: str | None = None
    reply_to: MessageId | None = None


@event("message.sent", "player")
class Sent(Event, frozen=True, omit_defaults=True):
    """One wrote a letter; for one's other devices."""

    message_id: MessageId
    thread_id: ThreadId
    recipient_id: PlayerId
    recipient_name: str
    content: str
    priority: Priority
    subject: str | None = None
    reply_to: MessageId | None = None


@event("message.seen", "player")
class Seen(Event, frozen=True):
    """Somebody read letters of one's own."""

    message_ids: list[MessageId]
    player_id: PlayerId
    read_at: Millis


@event("message.marked_read", "player")
class WasRead(Event, frozen=True):
    """One read letters; `unread` are left."""

    message_ids: list[MessageId]
    unread: Count


@event("message.deleted", "player")
class Deleted(Event, frozen=True):
    """One threw letters away; `unread` are left."""

    message_ids: list[MessageId]
    unread: Count


_ADA = PlayerId(UUID("01920000-0000-7000-8000-000000000001"))
_BO = PlayerId(UUID("01920000-0000-7000-8000-000000000002"))
_ONE = MessageId(UUID("01920000-0000-7000-8000-0000000000f1"))
_THREAD = ThreadId(UUID("01920000-0000-7000-8000-0000000000e1"))
_AT = 1790000000000
_LETTER = Letter(_ONE, _THREAD, LetterType.PLAYER, "Ada", "Meet me at the gate.", Priority.NORMAL, _AT, _ADA, _BO, "Bo", "Tonight")

example(Send(to="Bo", content="Meet me at the gate.", subject="Tonight"))
example(SentAnswer(_ONE, _THREAD, _AT))
example(Inbox(folder=Folder.UNREAD))
example(Letters([_LETTER]))
example(Threads())
example(ThreadsPage([Thread(_THREAD, _LETTER, [Party(_ADA, "Ada"), Party(_BO, "Bo")], 1, 1)]))
example(Read(message_ids=[_ONE]))
example(ReadAnswer(_AT, unread=0))
example(Delete([_ONE]))
example(DeletedAnswer([_ONE], unread=0))
example(Block(_ADA))
example(Unblock(_ADA))
example(BlockAnswer(_ADA, blocked=True))
example(Blocks())
example(BlocksPage([Blocked(_ADA, "Ada", _AT)]))
example(
    Received(
        _ONE,
        _THREAD,
        "Ada",
        "Meet me at the gate.",
        "Meet me at the gate.",
        Priority.NORMAL,
        [Surface.INBOX, Surface.TOAST],
        _ADA,
        "Tonight",
    )
)
example(Sent(_ONE, _THREAD, _BO, "Bo", "Meet me at the gate.", Priority.NORMAL, "Tonight"))
example(Seen([_ONE], _BO, _AT))
example(WasRead([_ONE], unread=0))
example(Deleted([_ONE], unread=0))
