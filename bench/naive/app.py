"""A naive `team.say`: `uvicorn bench.naive.app:app`, everything stock.

A WebSocketEndpoint, msgpack, an ORM session per message (membership, sequence, line, outbox, commit), a redis-py publish per
message, and a listener that hands what comes back to every member's socket. It is durable, answers after the commit and keeps
numbers in order, so that it may be compared; it has no receipts with answers, no resume, no limits and no fences.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import msgpack
from redis.asyncio import Redis
from sqlalchemy import BigInteger, ForeignKey, LargeBinary, UniqueConstraint, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

engine = create_async_engine(os.environ.get("NAIVE_DATABASE_URL", "postgresql+asyncpg://"), pool_size=10)
Session = async_sessionmaker(engine, expire_on_commit=False)
redis: Redis = Redis.from_url(os.environ.get("REDIS_URL", "redis://"))
members: dict[str, set[WebSocket]] = defaultdict(set)


class Base(DeclarativeBase):
    """All tables of this application."""


class Team(Base):
    """A team and the number its last line has."""

    __tablename__ = "teams"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, default=0)


class Player(Base):
    """Somebody who is in a team."""

    __tablename__ = "players"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"))


class Line(Base):
    """Something said."""

    __tablename__ = "lines"
    __table_args__ = (UniqueConstraint("sender_id", "client_id"), UniqueConstraint("team_id", "seq"))
    id: Mapped[UUID] = mapped_column(primary_key=True)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"))
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("players.id"))
    client_id: Mapped[str]
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str]


class Outbox(Base):
    """An event to tell, for whoever missed it."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    stream: Mapped[str]
    seq: Mapped[int] = mapped_column(BigInteger)
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class Talk(WebSocketEndpoint):
    """One player's socket."""

    player: Player | None = None

    async def on_connect(self, websocket: WebSocket) -> None:
        """Anybody may come in; the first command says who it is."""
        await websocket.accept(websocket.scope["subprotocols"][0] if websocket.scope["subprotocols"] else None)

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        """One command."""
        command = msgpack.unpackb(data)
        if command["t"] == "session.start":
            answer = await self.start(websocket, command["d"]["token"])
        elif command["t"] == "team.say" and self.player is not None:
            answer = await self.say(self.player, command["id"], command["d"]["text"])
        else:
            await websocket.send_bytes(msgpack.packb({"re": command["id"], "error": {"code": "bad_request"}}))
            return
        await websocket.send_bytes(msgpack.packb({"re": command["id"], "ok": answer}))

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        """Gone."""
        if self.player is not None:
            members[f"team:{self.player.team_id}"].discard(websocket)

    async def start(self, websocket: WebSocket, token: str) -> dict[str, Any]:
        """Finds the player of a token, and listens to the team."""
        async with Session() as session:
            self.player = (await session.scalars(select(Player).where(Player.token_hash == sha256(token.encode()).digest()))).one()
            team = await session.get_one(Team, self.player.team_id)
        members[f"team:{team.id}"].add(websocket)
        return {"player_id": str(self.player.id), "streams": {f"team:{team.id}": {"epoch": "1", "head": team.seq}}}

    async def say(self, player: Player, client_id: str, text: str) -> dict[str, Any]:
        """Stores one line, then tells everybody."""
        async with Session() as session:
            player = await session.get_one(Player, player.id)
            team = await session.get_one(Team, player.team_id, with_for_update=True)
            team.seq += 1
            line = Line(
                id=uuid4(), team_id=team.id, sender_id=player.id, client_id=client_id, seq=team.seq, at=int(time.time() * 1000), text=text
            )
            fields = {"message_id": str(line.id), "sender_id": str(player.id), "sender_name": player.name, "text": text}
            event = msgpack.packb({"t": "team.said", "st": f"team:{team.id}", "s": line.seq, "at": line.at, "d": fields})
            session.add(line)
            session.add(Outbox(stream=f"team:{team.id}", seq=line.seq, payload=event))
            await session.commit()
        await redis.publish(f"team:{line.team_id}", event)
        return {"message_id": str(line.id), "at": line.at}


async def listen() -> None:
    """Hands what is published to every member's socket."""
    pubsub = redis.pubsub()
    await pubsub.psubscribe("team:*")
    async for message in pubsub.listen():
        if message["type"] == "pmessage":
            for websocket in list(members[message["channel"].decode()]):
                with contextlib.suppress(RuntimeError):
                    await websocket.send_bytes(message["data"])


@contextlib.asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """Makes the tables, listens for as long as the process lives."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    task = asyncio.create_task(listen())
    yield
    task.cancel()
    await engine.dispose()
    await redis.aclose()


app = Starlette(routes=[WebSocketRoute("/v1/ws", Talk)], lifespan=lifespan)
