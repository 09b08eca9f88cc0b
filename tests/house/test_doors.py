"""Who may send what: every command at every door, generated from the registry. A new command is in here by being declared."""

from __future__ import annotations

import time
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest

import server.app  # noqa: F401  # registers every handler
from protocol import codec
from protocol.codec import Incoming
from protocol.message import REGISTRY, Door
from protocol.refusals import Forbidden, Unauthenticated
from server.caller import Caller
from server.context import Ctx
from server.dispatch import DOORS, ROUTES, Dispatch
from tests.play import Game, Refused

COMMANDS = sorted(REGISTRY.commands)
SOMEBODY = UUID("01920000-0000-7000-8000-000000000001")


def fields_of(name: str) -> dict[str, Any]:
    """The fields of a command's example."""
    fields: dict[str, Any] = msgspec.to_builtins(REGISTRY.examples[REGISTRY.commands[name].type])
    return fields


@pytest.mark.parametrize("door", Door)
@pytest.mark.parametrize("name", COMMANDS)
async def test_a_foreign_door_is_forbidden(name: str, door: Door) -> None:
    spec = REGISTRY.commands[name]
    # Neither database nor handler: whoever came through the wrong door is sent away before either is asked.
    dispatch = Dispatch(cast(Any, None), lambda rows, epochs: None)
    incoming = Incoming("c-1", name, cast(Any, REGISTRY.examples[spec.type]), 1_000)
    if door is spec.door:
        assert spec.type not in ROUTES or ROUTES[spec.type].context is DOORS[door]
        return
    done = await dispatch(Caller(door, SOMEBODY), incoming, time.monotonic() + 1)
    assert codec.as_map(done.outcome)["error"]["code"] == Forbidden.code


def test_every_door_has_a_context_of_its_own() -> None:
    assert set(DOORS) == set(Door)
    assert len(set(DOORS.values())) == len(Door)
    assert Ctx not in DOORS.values()


async def test_nothing_may_be_asked_before_the_start(game: Game) -> None:
    someone = await game.captain(online=False)
    for name in COMMANDS:
        if name == "session.start":
            continue
        await someone.dial()
        with pytest.raises(Refused) as no:
            await someone.ask(name, fields_of(name))
        assert no.value.code == Unauthenticated.code, name


async def test_a_captain_cannot_use_the_doors_of_others(game: Game) -> None:
    ada = await game.captain()
    foreign = [name for name in COMMANDS if REGISTRY.commands[name].door is not Door.PLAYER]
    assert foreign
    for name in foreign:
        with pytest.raises(Refused) as no:
            await ada.ask(name, fields_of(name))
        assert no.value.code == Forbidden.code, name
