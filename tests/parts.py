"""Another part of the game, for tests: it has a token and asks through the real service door."""

from __future__ import annotations

from typing import Any, TypeVar, cast
from uuid import UUID

import httpx2
import msgspec
from uuid_utils.compat import uuid7

from protocol.message import REGISTRY, Answer, Command, Refusal, name_of
from server import service_accounts
from tests.play import Game, Refused

R = TypeVar("R", bound=Answer)


class Part:
    """A service with scopes. It does and is refused, as a captain is."""

    def __init__(self, game: Game, name: str, token: str) -> None:
        self.game = game
        self.name = name
        self.token = token

    @classmethod
    async def hired(cls, game: Game, *scopes: str, name: str = "combat") -> Part:
        """A new service of this game."""
        return cls(game, name, await service_accounts.add(game.world.database_url, name, scopes or ("*",)))

    async def post(self, path: str, body: Any, *, id: str | None = None, **headers: str) -> httpx2.Response:
        """One request to the door as it is."""
        bearer = {"authorization": f"Bearer {self.token}"} if self.token else {}
        sent = {**bearer, **({"idempotency-key": id} if id is not None else {}), **headers}
        async with httpx2.AsyncClient(base_url=self.game.http, timeout=30) as http:
            return await http.post(f"/v1/service/{path}", json=body, headers=sent)

    async def ask(self, name: str, fields: dict[str, Any], *, id: str | None = None) -> dict[str, Any]:
        """The body of a command that succeeds. Raises Refused."""
        response = await self.post(name, fields, id=id or str(uuid7()))
        found: dict[str, Any] = response.json()
        if response.status_code != 200:
            assert response.headers["content-type"] == "application/problem+json"
            assert response.status_code == found["status"] == REGISTRY.refusals[found["code"]].status
            raise Refused(found)
        return found

    async def does(self, command: Command[R], *, id: str | None = None) -> R:
        """Performs a command and gives its answer. Raises Refused."""
        found = await self.ask(name_of(command), msgspec.to_builtins(command), id=id)
        return cast(R, msgspec.convert(found["ok"], REGISTRY.commands[name_of(command)].answer))

    async def is_refused(self, refusal: type[Refusal], command: Command[Any], *, id: str | None = None) -> Refused:
        """The command is refused just so."""
        try:
            answer = await self.does(command, id=id)
        except Refused as no:
            if no.code != refusal.code:
                raise AssertionError(f"refused with {no}, not {refusal.code}") from no
            return no
        raise AssertionError(f"{name_of(command)} was not refused but answered {answer}")


async def value_of(game: Game, player: UUID, faction: str) -> int:
    """What a faction thinks of a captain, as the database has it."""
    found = await game.world.owner.fetchval(
        "select current_value from reputations r join factions f on f.id = r.faction_id where r.player_id = $1 and f.code = $2",
        player,
        faction,
    )
    return int(found or 0)
