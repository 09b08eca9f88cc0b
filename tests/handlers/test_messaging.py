"""Letters, as captains live them: written, read, thrown away, refused, and never heard."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from persistence.database import Database
from protocol import messaging, preferences, team
from protocol.messaging import (
    Block,
    Blocks,
    Delete,
    Folder,
    Inbox,
    LetterType,
    Read,
    Send,
    Threads,
    Unblock,
)
from protocol.refusals import BadRequest, LimitExceeded, NotFound, RateLimited
from protocol.types import MessageId, PlayerId, ThreadId
from tests.play import Game, Refused, Someone


async def _letters(one: Someone, folder: Folder | None = None, **fields: object) -> list[str]:
    return [each.content for each in (await one.does(Inbox(folder=folder, **fields))).items]  # type: ignore[arg-type]


async def test_a_letter_is_heard_by_its_reader_and_its_writer_and_nobody_else(game: Game) -> None:
    ada, bo, cid = await game.captain(), await game.captain(), await game.captain()
    sent = await ada.does(
        Send(to=bo.name.lower(), content="Meet me at the gate.\n" + "x" * 200, subject="Tonight", priority=messaging.Chosen.HIGH)
    )
    heard = (await bo.hears("message.received"))["d"]
    assert heard == {
        "message_id": str(sent.message_id), "thread_id": str(sent.thread_id), "sender_id": str(ada.player), "sender_name": ada.name,
        "subject": "Tonight", "content": "Meet me at the gate.\n" + "x" * 200, "preview": "Meet me at the gate.\n" + "x" * 79,
        "priority": "high", "delivery": ["inbox", "toast", "push"],
    }  # fmt: skip
    mine = (await ada.hears("message.sent"))["d"]
    assert (mine["message_id"], mine["recipient_id"], mine["recipient_name"]) == (str(sent.message_id), str(bo.player), bo.name)
    await game.silence(cid)
    (letter,) = (await bo.does(Inbox())).items
    assert (letter.message_id, letter.sent_at, letter.sender_name, letter.read_at) == (sent.message_id, sent.at, ada.name, None)
    assert (await bo.ask("session.snapshot"))["ok"]["unread"]["direct"] == 1


async def test_a_letter_sent_twice_is_one(game: Game) -> None:
    ada, bo = await game.captain(), await game.captain()
    first = await ada.ask("message.send", {"to": str(bo.player), "content": "once"}, id="same")
    again = await ada.ask("message.send", {"to": str(bo.player), "content": "once"}, id="same")
    assert again.pop("replayed") is True
    assert first == again
    assert list(first["pos"]) == [f"player:{ada.player}"]
    assert await _letters(bo) == ["once"]


async def test_nobody_writes_to_themselves_or_to_nobody(game: Game) -> None:
    ada = await game.captain()
    await ada.is_refused(messaging.ToSelf, Send(to=str(ada.player), content="me"))
    await ada.is_refused(messaging.ToSelf, Send(to=ada.name, content="me"))
    await ada.is_refused(NotFound, Send(to="Nobody", content="hello?"))
    await ada.is_refused(NotFound, Send(to=str(uuid7()), content="hello?"))


@pytest.mark.parametrize(
    "fields",
    [
        {"content": ""},
        {"content": "x" * 4001},
        {"content": "x", "subject": "x" * 256},
        {"content": "x", "subject": "two\nlines"},
        {"content": "x", "priority": "urgent"},
        {"content": "x", "sender_id": "me"},
        {"content": "x", "type": "system"},
        {"content": "x\u202e"},
    ],
)
async def test_nonsense_is_no_letter(game: Game, fields: dict[str, object]) -> None:
    ada, bo = await game.captain(), await game.captain()
    with pytest.raises(Refused, match="bad_request"):
        await ada.ask("message.send", {"to": str(bo.player), **fields})
    assert await _letters(bo) == []


async def test_a_reply_goes_into_the_thread_of_what_it_replies_to(game: Game) -> None:
    ada, bo, cid = await game.captain(), await game.captain(), await game.captain()
    first = await ada.does(Send(to=bo.name, content="who goes there?"))
    reply = await bo.does(Send(to=ada.name, content="a friend", reply_to=first.message_id))
    assert reply.thread_id == first.thread_id
    assert (await ada.hears("message.received"))["d"]["reply_to"] == str(first.message_id)
    for one in (ada, bo):
        assert await _letters(one, thread_id=first.thread_id) == ["a friend", "who goes there?"]
    # A letter of others, one to somebody else, and one that never was.
    await cid.is_refused(NotFound, Send(to=ada.name, content="me too", reply_to=first.message_id))
    await bo.is_refused(NotFound, Send(to=cid.name, content="look", reply_to=first.message_id))
    await bo.is_refused(NotFound, Send(to=ada.name, content="what?", reply_to=MessageId(uuid7())))
    await cid.is_refused(NotFound, Inbox(thread_id=first.thread_id))
    await cid.is_refused(NotFound, Read(thread_id=first.thread_id))


async def test_the_51st_letter_of_a_thread_is_one_too_many(game: Game) -> None:
    ada, bo = await game.captain(), await game.captain()
    first = await ada.does(Send(to=bo.name, content="letter 0"))
    await _fill(game, 49, ada, bo, first.thread_id)
    await bo.is_refused(messaging.ThreadFull, Send(to=ada.name, content="one more", reply_to=first.message_id))
    assert len(await _letters(ada, thread_id=first.thread_id, limit=100)) == 50
    again = await bo.does(Send(to=ada.name, content="then another"))
    assert again.thread_id != first.thread_id
    ada.state = bo.state = None


async def test_two_replies_at_once_and_one_last_place_in_the_thread(make_game: Callable[..., Awaitable[Game]]) -> None:
    one, two = await make_game(node="g1"), await make_game(node="g2")
    ada, bo = await one.captain(), await two.captain()
    first = await ada.does(Send(to=bo.name, content="letter 0"))
    await _fill(one, 48, ada, bo, first.thread_id)
    answers = await asyncio.gather(
        ada.does(Send(to=bo.name, content="mine", reply_to=first.message_id)),
        bo.does(Send(to=ada.name, content="mine", reply_to=first.message_id)),
        return_exceptions=True,
    )
    assert [each.code for each in answers if isinstance(each, Refused)] == ["thread_limit_exceeded"]


async def test_the_sixth_letter_in_a_minute_must_wait(make_game: Callable[..., Awaitable[Game]]) -> None:
    game = await make_game(limits={"scale": 1})
    ada, bo = await game.captain(), await game.captain()
    for number in range(5):
        await ada.does(Send(to=bo.name, content=f"letter {number}"))
    no = await ada.is_refused(RateLimited, Send(to=bo.name, content="letter 5"), id="sixth")
    assert (no.error["bucket"], no.error["limit"]) == ("direct", 5)
    assert 0 < no.error["retry_after_ms"] <= 12_000
    assert len(await _letters(bo)) == 5
    await game.converges()


async def test_two_hundred_letters_are_a_days_work(make_game: Callable[..., Awaitable[Game]]) -> None:
    game = await make_game(limits={"scale": 1})
    ada, bo = await game.captain(), await game.captain()
    await _fill(game, 1, bo, ada, ThreadId(uuid7()), read=True)
    for _ in range(4):
        await _fill(game, 50, ada, bo, ThreadId(uuid7()), ago="23 hours", read=True)
    no = await ada.is_refused(RateLimited, Send(to=bo.name, content="one more"), id="later")
    assert (no.error["bucket"], no.error["limit"]) == ("direct_day", 200)
    assert 3_500_000 < no.error["retry_after_ms"] <= 3_600_001
    await game.world.owner.execute("update messages set sent_at = sent_at - interval '2 hours' where sender_id = $1", ada.player)
    # Not kept: the same letter goes when its time has come.
    await ada.does(Send(to=bo.name, content="one more"), id="later")


async def test_strangers_hear_of_one_twenty_times_an_hour_and_friends_always(make_game: Callable[..., Awaitable[Game]]) -> None:
    game = await make_game(limits={"scale": 1})
    ada, stranger, friend = await game.captain(), await game.captain(), await game.captain()
    await _fill(game, 20, ada, stranger, ThreadId(uuid7()), ago="50 minutes")
    await _fill(game, 1, friend, ada, ThreadId(uuid7()))
    no = await ada.is_refused(RateLimited, Send(to=stranger.name, content="buy my ore"))
    assert (no.error["bucket"], no.error["limit"]) == ("direct_strangers", 20)
    assert 0 < no.error["retry_after_ms"] <= 600_001
    await ada.does(Send(to=friend.name, content="hello"))
    await stranger.does(Send(to=ada.name, content="tell me more"))
    await ada.does(Send(to=stranger.name, content="gladly"))


async def test_a_full_inbox_takes_no_more(game: Game) -> None:
    ada, bo = await game.captain(), await game.captain()
    for _ in range(20):
        await _fill(game, 50, ada, bo, ThreadId(uuid7()))
    await ada.is_refused(LimitExceeded, Send(to=bo.name, content="one more"))
    await bo.look()
    (letter, *_) = (await bo.does(Inbox(folder=Folder.UNREAD))).items
    read = await bo.does(Read(message_ids=[letter.message_id]))
    assert read.unread == 999
    await ada.does(Send(to=bo.name, content="one more"))


async def test_a_read_letter_is_seen_by_its_writer_and_on_other_devices(game: Game) -> None:
    ada, bo, cid = await game.captain(), await game.captain(), await game.captain()
    sent = [(await ada.does(Send(to=bo.name, content=f"letter {number}"))).message_id for number in range(3)]
    await bo.hears("message.received", lambda frame: frame["d"]["content"] == "letter 2")
    read = await bo.does(Read(message_ids=sent[:2]))
    assert read.unread == 1
    assert (await bo.hears("message.marked_read"))["d"] == {"message_ids": [str(each) for each in sent[:2]], "unread": 1}
    seen = (await ada.hears("message.seen"))["d"]
    assert seen == {"message_ids": [str(each) for each in sent[:2]], "player_id": str(bo.player), "read_at": read.read_at}
    assert {each.content: each.read_at for each in (await ada.does(Inbox(folder=Folder.SENT))).items} == {
        "letter 0": read.read_at, "letter 1": read.read_at, "letter 2": None,
    }  # fmt: skip
    assert await _letters(bo, Folder.UNREAD) == ["letter 2"]
    # Read is read: nothing new, and the first time stands.
    again = await bo.does(Read(message_ids=sent[:2]))
    assert again == read
    await game.silence(ada, bo, cid)
    await cid.is_refused(NotFound, Read(message_ids=[sent[2]]))
    await ada.is_refused(NotFound, Read(message_ids=[sent[2]]))
    await bo.is_refused(NotFound, Read(message_ids=[sent[2], MessageId(uuid7())]))
    await bo.is_refused(BadRequest, Read())


async def test_a_whole_thread_is_read_at_once(game: Game) -> None:
    ada, bo = await game.captain(), await game.captain()
    first = await ada.does(Send(to=bo.name, content="one"))
    await ada.does(Send(to=bo.name, content="two", reply_to=first.message_id))
    await ada.does(Send(to=bo.name, content="elsewhere"))
    assert (await bo.does(Read(thread_id=first.thread_id))).unread == 1
    assert len((await ada.hears("message.seen"))["d"]["message_ids"]) == 2
    # One's own side of a thread has nothing to read.
    await ada.does(Read(thread_id=first.thread_id))


async def test_a_captain_may_read_in_secret(game: Game) -> None:
    ada, bo = await game.captain(), await game.captain()
    await bo.does(preferences.UpdateSettings({"privacy": {"send_read_receipts": False}}))
    sent = await ada.does(Send(to=bo.name, content="did you get this?"))
    await bo.does(Read(message_ids=[sent.message_id]))
    await game.silence(ada, of="message.seen")
    assert (await ada.does(Inbox(folder=Folder.SENT))).items[0].read_at is None
    assert (await bo.does(Inbox())).items[0].read_at is not None


async def test_a_letter_is_thrown_away_on_one_side_only(game: Game) -> None:
    ada, bo, cid = await game.captain(), await game.captain(), await game.captain()
    sent = await ada.does(Send(to=bo.name, content="burn this"))
    await bo.hears("message.received")
    await cid.is_refused(NotFound, Delete([sent.message_id]))
    gone = await bo.does(Delete([sent.message_id]))
    assert gone.unread == 0
    assert (await bo.hears("message.deleted"))["d"] == {"message_ids": [str(sent.message_id)], "unread": 0}
    await game.silence(ada, of="message.deleted")
    assert await _letters(bo) == []
    assert await _letters(ada, Folder.SENT) == ["burn this"]
    await bo.is_refused(NotFound, Delete([sent.message_id]))
    await bo.is_refused(NotFound, Read(message_ids=[sent.message_id]))
    await ada.does(Delete([sent.message_id]))
    assert await _letters(ada, Folder.SENT) == []
    await ada.is_refused(NotFound, Inbox(thread_id=sent.thread_id))


async def test_a_blocked_writer_sees_no_difference_and_nobody_is_bothered(game: Game) -> None:
    ada, bo, cid = await game.captain(), await game.captain(), await game.captain()
    assert (await bo.does(Block(ada.player))).blocked
    await bo.does(Block(ada.player))
    unheard = await ada.ask("message.send", {"to": bo.name, "content": "hello"})
    first = await ada.hears("message.sent")
    heard = await ada.ask("message.send", {"to": cid.name, "content": "hello"})
    second = await ada.hears("message.sent", lambda frame: frame["d"]["recipient_id"] == str(cid.player))
    assert unheard["ok"].keys() == heard["ok"].keys()
    assert unheard["pos"].keys() == heard["pos"].keys()
    assert first["d"].keys() == second["d"].keys()
    await cid.hears("message.received")
    await game.silence(bo, of="message.received")
    assert "message.received" not in [each["t"] for each in bo.heard]
    assert await _letters(bo) == []
    assert await _letters(ada, Folder.SENT) == ["hello", "hello"]
    id, thread = MessageId(UUID(unheard["ok"]["message_id"])), ThreadId(UUID(unheard["ok"]["thread_id"]))
    # Replies into one's own thread go on as ever, and the other side finds nothing.
    await ada.does(Send(to=bo.name, content="are you there?", reply_to=id))
    await bo.is_refused(NotFound, Read(message_ids=[id]))
    await bo.is_refused(NotFound, Inbox(thread_id=thread))
    assert (await bo.does(Threads())).items == []
    # Later peace brings nothing up.
    assert [each.player_id for each in (await bo.does(Blocks())).items] == [ada.player]
    assert not (await bo.does(Unblock(ada.player))).blocked
    assert await _letters(bo) == []
    await ada.does(Send(to=bo.name, content="hello again"))
    await bo.hears("message.received")


async def test_who_is_blocked_learns_not_what_was_read(game: Game) -> None:
    ada, bo = await game.captain(), await game.captain()
    sent = await ada.does(Send(to=bo.name, content="hello"))
    await bo.does(Block(ada.player))
    await bo.does(Read(message_ids=[sent.message_id]))
    await game.silence(ada, of="message.seen")
    assert (await ada.does(Inbox(folder=Folder.SENT))).items[0].read_at is None


async def test_blocking_names_a_captain_and_unblocking_a_block(game: Game) -> None:
    ada, bo = await game.captain(), await game.captain()
    await ada.is_refused(BadRequest, Block(ada.player))
    await ada.is_refused(NotFound, Block(PlayerId(uuid7())))
    await ada.is_refused(NotFound, Unblock(bo.player))
    for one in (bo, await game.captain(), await game.captain()):
        await ada.does(Block(one.player))
    page = await ada.does(Blocks(limit=2))
    rest = await ada.does(Blocks(limit=2, cursor=page.next_cursor))
    assert [each.name for each in rest.items] == [bo.name]
    assert rest.next_cursor is None
    await ada.is_refused(BadRequest, Blocks(cursor="forged"))


@pytest.mark.parametrize("blocked", [False, True])
async def test_a_captain_chooses_who_may_write(game: Game, blocked: bool) -> None:
    ada, bo = await game.crew(2)
    cid = await game.captain()
    if blocked:
        await bo.does(Block(ada.player))
        await bo.does(Block(cid.player))
    await bo.does(preferences.UpdateSettings({"privacy": {"accept_messages_from": "team"}}))
    await ada.does(Send(to=bo.name, content="crew talk"))
    await cid.is_refused(messaging.RefusedByRecipient, Send(to=bo.name, content="psst"))
    await bo.does(preferences.UpdateSettings({"privacy": {"accept_messages_from": "nobody"}}))
    await ada.is_refused(messaging.RefusedByRecipient, Send(to=bo.name, content="crew talk"))


async def test_a_muted_captain_writes_no_letters(game: Game) -> None:
    ada, bo = await game.captain(), await game.captain()
    statement = (
        "insert into sanctions (sanction_id, player_id, kind, until, reason) values ($1, $2, 'mute', now() + interval '1 hour', 'noise')"
    )
    await game.world.owner.execute(statement, uuid7(), ada.player)
    await ada.is_refused(team.Muted, Send(to=bo.name, content="mmh"))
    await game.silence(bo, of="message.received")


async def test_the_inbox_turns_pages_and_searches_plainly(game: Game) -> None:
    ada, bo = await game.captain(), await game.captain()
    for number in range(5):
        await ada.does(Send(to=bo.name, content=f"Letter {number} 100%_sure"))
    page = await bo.does(Inbox(limit=2))
    assert [each.content[7] for each in page.items] == ["4", "3"]
    rest = await bo.does(Inbox(limit=100, cursor=page.next_cursor))
    assert [each.content[7] for each in rest.items] == ["2", "1", "0"]
    assert rest.next_cursor is None
    assert len(await _letters(bo, search="LETTER 3 100%_")) == 1
    assert await _letters(bo, search="%") != []
    assert await _letters(bo, search="1_0") == []
    assert await _letters(bo, type=LetterType.SYSTEM) == []
    await bo.is_refused(BadRequest, Inbox(cursor="forged"))


async def test_threads_show_their_last_letter_and_what_is_unread(game: Game) -> None:
    ada, bo, cid = await game.captain(), await game.captain(), await game.captain()
    first = await ada.does(Send(to=bo.name, content="one"))
    await cid.does(Send(to=bo.name, content="between"))
    await ada.does(Send(to=bo.name, content="two", reply_to=first.message_id))
    page = await bo.does(Threads(limit=1))
    (thread,) = page.items
    assert (thread.thread_id, thread.last.content, thread.count, thread.unread_count) == (first.thread_id, "two", 2, 2)
    assert [each.name for each in thread.participants] == [ada.name, bo.name]
    rest = await bo.does(Threads(cursor=page.next_cursor))
    assert [each.last.content for each in rest.items] == ["between"]
    (mine,) = (await ada.does(Threads())).items
    assert (mine.count, mine.unread_count) == (2, 0)
    await bo.is_refused(BadRequest, Threads(cursor="forged"))


async def _fill(
    game: Game, count: int, sender: Someone, recipient: Someone, thread: ThreadId, *, ago: str = "1 minute", read: bool = False
) -> None:
    """Letters as if they had been sent a while ago."""
    database: Database = game.app.database
    async with database.transaction() as db:
        await db.raw.executemany(
            """insert into messages (id, thread_id, sender_id, recipient_id, content, sent_at, read_at)
               values ($1, $2, $3, $4, $5, clock_timestamp() - $6::text::interval, case when $7 then now() end)""",
            [(uuid7(), thread, sender.player, recipient.player, f"filler {number}", ago, read) for number in range(count)],
        )
    recipient.state = None
