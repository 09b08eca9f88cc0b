"""Names of streams: `player:<player_id>`, `team:<team_id>` and `system`."""

from __future__ import annotations

from uuid import UUID


class Stream(str):
    """The name of one stream. Plain text everywhere; this class only spells it."""

    __slots__ = ()

    @classmethod
    def player(cls, player_id: UUID) -> Stream:
        """One captain's own: inbox, onboarding, standing, wallet, memberships."""
        return cls(f"player:{player_id}")

    @classmethod
    def team(cls, team_id: UUID) -> Stream:
        """What all members of a team hear."""
        return cls(f"team:{team_id}")

    @property
    def kind(self) -> str:
        """`player`, `team` or `system`."""
        return self.partition(":")[0]

    @property
    def owner(self) -> UUID:
        """The id behind the colon. Raises ValueError for `system`."""
        return UUID(self.partition(":")[2])


SYSTEM = Stream("system")
