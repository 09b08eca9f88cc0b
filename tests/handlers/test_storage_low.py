"""A disk that is nearly full: what must go on does, the rest waits, and what was done stays done (P17)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import uuid4

import asyncpg
import httpx2
import pytest

from protocol import messaging, team, treasury
from protocol.message import REGISTRY
from protocol.refusals import StorageLow
from protocol.types import Resource
from server.storage import MIB, Room
from tests.conftest import driver_args, of_database
from tests.parts import Part
from tests.play import Game

Make = Callable[..., Awaitable[Game]]


def fill(game: Game, *, free_mib: int) -> None:
    """The disk of the database has so much room."""
    game.app.storage.room = lambda _: Room(free_mib * MIB, 4_096 * MIB)
    game.app.storage.look()


async def test_when_storage_is_low_only_what_must_go_on_does(make_game: Make) -> None:
    game = await make_game(storage={"path": "/"})
    part = await Part.hired(game)
    fill(game, free_mib=4_000)
    ada, bo = await game.crew(2)
    await game.earn(ada, 10)
    gift = {"resource": "credits", "amount": 1}
    given = [await ada.ask("treasury.deposit", gift, id=id) for id in ("first", "second")][-1]
    said = await ada.ask("team.say", {"text": "before"}, id="before")
    letter = await bo.does(messaging.Send(to=str(ada.player), content="hello"))
    await ada.hears("message.received")
    fill(game, free_mib=400)
    # Writes that can wait, in both lanes, and newcomers.
    await ada.is_refused(StorageLow, team.Say("hello?"), id="later")
    await ada.is_refused(StorageLow, treasury.Deposit(Resource.CREDITS, 1))
    no = await bo.is_refused(StorageLow, messaging.Send(to=str(ada.player), content="again"))
    assert no.error["retryable"] is True
    assert no.error["retry_after_ms"] >= 5_000
    async with httpx2.AsyncClient(base_url=game.http, timeout=30) as http:
        refused = await http.post("/v1/auth/register", json={"username": "newcomer", "password": "correct horse"})
        assert (refused.status_code, refused.json()["code"]) == (503, "storage_low")
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]["storage_low"]) == (200, True)
    # What was done is answered again, the same.
    again = await ada.ask("team.say", {"text": "before"}, id="before")
    assert again.pop("replayed") is True
    assert again == said
    assert await ada.ask("treasury.deposit", gift, id="second") == {**given, "replayed": True}
    # Signing in, reading, acknowledging, giving back, deleting and leaving go on.
    await ada.hang_up()
    await ada.sign_in()
    await ada.start(resume=True)
    assert (await ada.ask("message.inbox"))["ok"]["items"]
    await ada.does(messaging.Read(message_ids=[letter.message_id]))
    await ada.does(messaging.Delete([letter.message_id]))
    await part.ask("credits.adjust", {"player_id": str(bo.player), "delta": 5, "reason": "refund"})
    await bo.does(team.Leave())
    # Nothing of it was kept: with room it is said under the same id.
    fill(game, free_mib=4_000)
    await ada.does(team.Say("hello?"), id="later")
    await ada.hears_line("hello?")


async def test_the_databases_own_word_of_a_full_disk_counts_too(make_game: Make) -> None:
    game = await make_game()
    ada, _ = await game.crew(2)
    # As an outside server says it, whose disk nobody here can see.
    admin = await asyncpg.connect(**driver_args(of_database(game.world.admin_url, game.world.prefix)))
    await admin.execute(
        """create function no_room() returns trigger language plpgsql as $$ begin raise exception 'no room' using errcode = '53100'; end $$;
           create trigger no_room before insert on messages for each row execute function no_room()"""
    )
    await ada.is_refused(StorageLow, team.Say("hello?"), id="later")
    assert game.app.storage.low
    await admin.execute("drop trigger no_room on messages")
    await admin.close()
    await ada.is_refused(StorageLow, team.Say("hello?"), id="later")
    game.app.storage._full_until = 0.0
    await ada.does(team.Say("hello?"), id="later")


async def test_a_login_goes_on(make_game: Make) -> None:
    game = await make_game(storage={"path": "/"})
    fill(game, free_mib=4_000)
    async with httpx2.AsyncClient(base_url=game.http, timeout=30) as http:
        who = {"username": "regular", "password": "correct horse"}
        assert (await http.post("/v1/auth/register", json=who)).status_code == 201
        fill(game, free_mib=400)
        tokens = (await http.post("/v1/auth/login", json=who)).json()
        renewed = await http.post("/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"], "request_id": str(uuid4())})
        assert renewed.status_code == 200
        bearer = {"authorization": f"Bearer {renewed.json()['access_token']}"}
        assert (await http.post("/v1/auth/logout", headers=bearer)).status_code == 204


def test_what_must_go_on_is_declared_and_little() -> None:
    essential = {name for name, spec in REGISTRY.commands.items() if spec.essential}
    assert essential >= {"message.read", "message.delete", "team.leave", "credits.adjust", "upkeep.receipts", "upkeep.retention"}
    assert not {name for name in essential if REGISTRY.commands[name].query}, "queries always go on"
    assert not essential & {"team.say", "message.send", "team.create"}


@pytest.mark.parametrize("name", sorted(name for name, spec in REGISTRY.commands.items() if spec.essential and spec.door == "player"))
def test_what_must_go_on_makes_nothing_new(name: str) -> None:
    assert name.partition(".")[2] in ("read", "delete", "block", "unblock", "leave", "disband", "decline", "revoke_invitation")
