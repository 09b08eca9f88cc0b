"""Captains in teams, made by SQL: thousands in a second, where registering them would take minutes of hashing.

The rows are those of server/accounts.py, persistence/accounts.py, sessions.py and teams.py. For a fresh database only.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from hashlib import md5, sha256
from typing import NamedTuple
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid7

TOKEN_LIFE = timedelta(hours=2)
CREDITS = 1_000_000_000  # of each captain: whoever deposits one at a time never runs out


class Captain(NamedTuple):
    """Somebody who can sign in."""

    token: str
    player_id: UUID
    team_id: UUID

    @property
    def hash(self) -> bytes:
        """What a database keeps of the token."""
        return sha256(self.token.encode()).digest()


async def make(connection: asyncpg.Connection, teams: int, size: int = 4) -> list[Captain]:
    """`teams` teams of `size` captains, team by team. `connection` is the owner's."""
    until = datetime.now(UTC) + TOKEN_LIFE
    region, sector = await connection.fetchrow(
        """select r.id, min(s.sector_id) from regions r join sectors s on s.region_id = r.id
           where r.region_type = 'terran_space' group by r.id order by r.id limit 1"""
    )
    rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in COLUMNS}
    made = []
    for number in range(teams):
        team = uuid7()
        rows["teams"].append((team, f"Bench {number}", f"bench {number}", size))
        rows["team_reputations"].append((uuid7(), team, until))
        rows["streams"].append((f"team:{team}", secrets.token_hex(16)))
        for place in range(size):
            user, player, session, token = uuid7(), uuid7(), uuid7(), secrets.token_urlsafe(32)
            name = f"captain_{number}_{place}"
            rows["users"].append((user, name, name))
            rows["players"].append((player, user, name, name, sector, sector, region, region, team, CREDITS))
            rows["player_first_login_states"].append((uuid7(), player, True))
            rows["accounts_ledger"].append((_account(player), "player", player, "credits", CREDITS))
            rows["player_lifetime_stats"].append((player,))
            rows["streams"].append((f"player:{player}", secrets.token_hex(16)))
            rows["sessions"].append((session, user, session, secrets.token_bytes(32), until, "bench"))
            captain = Captain(token, player, team)
            rows["access_tokens"].append((captain.hash, session, until))
            rows["team_members"].append((uuid7(), team, player, "LEADER" if place == 0 else "MEMBER"))
            rows["team_memberships"].append((team, player, 1))
            made.append(captain)
    async with connection.transaction():
        for table, columns in COLUMNS.items():
            await connection.copy_records_to_table(table, records=rows[table], columns=columns)
        await connection.execute(
            "update teams t set leader_id = m.player_id from team_members m where m.team_id = t.id and m.role = 'LEADER'"
        )
    # Only what was filled: an analysed empty table would be planned as one that stays empty.
    await connection.execute(f"analyze {', '.join(COLUMNS)}")
    return made


async def make_service(connection: asyncpg.Connection) -> str:
    """The token of a service that may ask everything. `connection` is the owner's."""
    token = secrets.token_urlsafe(32)
    await connection.execute(
        "insert into service_accounts (name, account_id, token_hash, scopes) values ('bench', $1, $2, '{*}')",
        uuid7(),
        sha256(token.encode()).digest(),
    )
    return token


def _account(player: UUID) -> UUID:
    """The ledger's id for a captain's wallet, as move_money makes it."""
    return UUID(md5(f"player:{player}:credits".encode()).hexdigest())  # noqa: S324  # a name, no secret


# In the order their foreign keys ask for.
COLUMNS = {
    "users": ("id", "username", "username_skeleton"),
    "teams": ("id", "name", "name_skeleton", "max_members"),
    "team_reputations": ("id", "team_id", "next_recalculation"),
    "players": (
        *("id", "user_id", "nickname", "nickname_skeleton"),
        *("home_sector_id", "current_sector_id", "home_region_id", "current_region_id", "team_id", "credits"),
    ),
    "player_first_login_states": ("id", "player_id", "has_completed_first_login"),
    "accounts_ledger": ("account_id", "owner_kind", "owner_id", "resource", "balance"),
    "player_lifetime_stats": ("player_id",),
    "streams": ("name", "epoch"),
    "sessions": ("session_id", "user_id", "family_id", "refresh_hash", "refresh_expires_at", "device"),
    "access_tokens": ("hash", "session_id", "expires_at"),
    "team_members": ("id", "team_id", "player_id", "role"),
    "team_memberships": ("team_id", "player_id", "from_seq"),
}
