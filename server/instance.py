"""Where the data of an instance is: outside servers when their addresses are set, embedded ones otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

import migrations
from persistence.advice import Advice, amiss
from persistence.database import Database, normal_url, revision
from server import embedded
from server.settings import Settings


@dataclass(frozen=True)
class Instance:
    """Addresses of one instance's servers. `own` holds the embedded ones when this process started or joined them."""

    database_url: str
    owner_url: str
    redis_url: str
    base: Path | None = None
    own: embedded.Embedded | None = None
    joined: bool = False

    @property
    def app_role(self) -> str | None:
        """The application's role, when it is not the owner itself."""
        app, owner = make_url(normal_url(self.database_url)).username, make_url(normal_url(self.owner_url)).username
        return app if app != owner else None

    async def migrate(self) -> bool:
        """Brings the schema to this version. Whether anything changed."""
        return await migrations.upgrade(self.owner_url, self.app_role)

    async def schema(self) -> tuple[str | None, str]:
        """The revision the database stands at, and the one this version needs."""
        return await revision(self.owner_url), migrations.head()

    async def amiss(self, connections: int) -> list[Advice]:
        """Settings of an outside database server that are not as they should be, for so many connections of ours."""
        database = Database(self.database_url, pool_size=1, prepared=False)
        try:
            async with database.transaction() as db:
                return await amiss(db.raw, connections)
        finally:
            await database.close()

    def close(self) -> None:
        """Stops what this process started."""
        if self.own is not None:
            self.own.stop()


def open_instance(settings: Settings, data: Path | None) -> Instance:
    """The instance these settings name, its embedded servers running. Raises embedded.EmbeddedError."""
    database = settings.database_url.get_secret_value() if settings.database_url else None
    redis = settings.redis_url.get_secret_value() if settings.redis_url else None
    owner = settings.db.owner_url.get_secret_value() if settings.db.owner_url else database
    if database and redis:
        return Instance(database, owner or database, redis)
    base = data or embedded.default_base()
    own = embedded.Embedded(base, quiet=False)
    found = own.start()
    return Instance(
        database or found.database_url,
        (owner or database) if database else found.owner_url,
        redis or found.redis_url,
        base,
        own,
        not found.owner,
    )


def find_instance(settings: Settings, data: Path | None) -> Instance | None:
    """The instance these settings name, if it is there to be joined; starts nothing."""
    database = settings.database_url.get_secret_value() if settings.database_url else None
    redis = settings.redis_url.get_secret_value() if settings.redis_url else None
    owner = settings.db.owner_url.get_secret_value() if settings.db.owner_url else database
    if database:
        return Instance(database, owner or database, redis or "")
    found = embedded.running(data or embedded.default_base())
    return Instance(found.database_url, found.owner_url, redis or found.redis_url, data) if found else None
