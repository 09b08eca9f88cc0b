"""Who a command speaks for. A leaf: the gateway hands it to dispatch without knowing what it means."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from protocol.message import Door

SYSTEM_ACCOUNT = UUID(int=0)


@dataclass(slots=True)
class Caller:
    """An authenticated caller.

    `account` is the scope of command ids. `fence` is the session's: a newer start of the same session raises it, and this
    caller may do nothing any more. `name` is the captain's as last heard; whoever relies on it lets the database check it.
    `scopes` are what a service may ask: nouns, or `*` for everything. `locale` is what the client said of itself, a BCP 47 tag.
    """

    door: Door
    account: UUID
    session_id: UUID | None = None
    fence: int = 0
    name: str = ""
    scopes: frozenset[str] = frozenset()
    locale: str = ""
    account_text: str = ""
    session_text: str = ""
    fence_text: str = ""

    def __post_init__(self) -> None:
        # Spelled once for the hot statement, which takes texts.
        self.account_text, self.session_text, self.fence_text = str(self.account), str(self.session_id), str(self.fence)

    def may(self, command: str) -> bool:
        """Whether a service may ask this: its scope is the noun before the dot."""
        return self.door is not Door.SERVICE or "*" in self.scopes or command.partition(".")[0] in self.scopes


SYSTEM = Caller(Door.SYSTEM, SYSTEM_ACCOUNT, name="system")
