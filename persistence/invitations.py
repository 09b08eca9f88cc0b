"""Invitations: open ones, and how they end. Of a code only its SHA-256 is stored."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from persistence.database import Db
from persistence.events import millis
from persistence.players import NAME
from protocol.invitation import End, Invitation, InvitationKind
from protocol.refusals import NotFound
from protocol.types import InvitationId, PlayerId, TeamId


class Way(NamedTuple):
    """One open invitation, as the rules see it."""

    invitation_id: InvitationId
    team_id: TeamId
    kind: InvitationKind
    uses: int
    max_uses: int
    player_id: PlayerId | None
    invited_by: PlayerId | None


_OPEN = "i.closed_at is null and i.kind in ('personal', 'open') and i.expires_at >"
_UNHEARD = "exists (select from player_blocks b where b.blocker_id = i.player_id and b.blocked_id = i.invited_by)"


async def find(
    db: Db, now: datetime, *, id: UUID | None = None, code_hash: bytes | None = None, team: UUID | None = None, player: UUID | None = None
) -> Way | None:
    """An open invitation by its id, its code's hash, or its team and captain; None when there is none (any more)."""
    row = await db.raw.fetchrow(
        f"""select i.* from team_invitations i join teams t on t.id = i.team_id and t.disbanded_at is null
            where {_OPEN} $1 and ($2::uuid is null or i.invitation_id = $2) and ($3::bytea is null or i.code_hash = $3)
              and ($4::uuid is null or i.team_id = $4 and i.kind = 'personal') and ($5::uuid is null or i.player_id = $5)""",
        now,
        id,
        code_hash,
        team,
        player,
    )
    return _way(row) if row else None


async def hold(db: Db, id: UUID, now: datetime) -> Way:
    """An invitation that is still open, its row held until commit. The team's row is held before. Raises NotFound."""
    row = await db.raw.fetchrow(f"select i.* from team_invitations i where i.invitation_id = $2 and {_OPEN} $1 for no key update", now, id)
    if row is None:
        raise NotFound
    return _way(row)


async def add(
    db: Db,
    id: UUID,
    team: UUID,
    kind: InvitationKind,
    player: UUID | None,
    code_hash: bytes | None,
    invited_by: UUID,
    max_uses: int,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Stores an invitation. Raises a unique violation when this captain has one to this team."""
    await db.raw.execute(
        """insert into team_invitations (invitation_id, team_id, kind, player_id, code_hash, invited_by, max_uses, created_at, expires_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        id,
        team,
        kind.value,
        player,
        code_hash,
        invited_by,
        max_uses,
        now,
        expires_at,
    )
    await _mirror(db, team)


async def use(db: Db, way: Way, now: datetime) -> None:
    """Counts one use; the last one closes it."""
    await db.raw.execute(
        """update team_invitations set uses = uses + 1, closed_at = case when uses + 1 = max_uses then $2::timestamptz end,
             closed_why = case when uses + 1 = max_uses then $3 end where invitation_id = $1""",
        way.invitation_id,
        now,
        (End.ACCEPTED if way.kind is InvitationKind.PERSONAL else End.USED_UP).value,
    )
    await _mirror(db, way.team_id)


async def close(db: Db, way: Way, why: End, now: datetime) -> bool:
    """Ends an invitation, and tells whether its captain knew of it."""
    known = await db.raw.fetchval(
        f"""update team_invitations i set closed_at = $2, closed_why = $3 where i.invitation_id = $1
            returning i.player_id is not null and not {_UNHEARD}""",
        way.invitation_id,
        now,
        why.value,
    )
    await _mirror(db, way.team_id)
    return bool(known)


async def close_all(db: Db, team: UUID, why: End, now: datetime) -> list[tuple[InvitationId, PlayerId]]:
    """Ends all invitations of a team. Gives the personal ones whose captains knew of them."""
    rows = await db.raw.fetch(
        f"""update team_invitations i set closed_at = $2, closed_why = $3 where i.team_id = $1 and i.closed_at is null
            returning i.invitation_id, i.player_id, i.kind = 'personal' and i.expires_at > $2 and not {_UNHEARD} as known""",
        team,
        now,
        why.value,
    )
    await _mirror(db, team)
    return [(InvitationId(row[0]), PlayerId(row[1])) for row in rows if row["known"]]


async def expire(db: Db, team: UUID, now: datetime) -> int:
    """Ends a team's invitations whose time is over, and tells how many are still open."""
    await db.raw.execute(
        "update team_invitations set closed_at = $2, closed_why = $3 where team_id = $1 and closed_at is null and expires_at <= $2",
        team,
        now,
        End.EXPIRED.value,
    )
    return int(
        await db.raw.fetchval("select count(*) from team_invitations where team_id = $1 and closed_at is null and kind <> 'request'", team)
    )


async def of_player(
    db: Db, player: UUID, now: datetime, before: tuple[datetime, UUID] | None, limit: int
) -> list[tuple[datetime, Invitation]]:
    """A captain's open invitations, the newest first, without those by somebody they block; each with when it was made."""
    return await _page(db, f"i.player_id = $1 and not {_UNHEARD}", player, now, before, limit)


async def of_team(db: Db, team: UUID, now: datetime, before: tuple[datetime, UUID] | None, limit: int) -> list[tuple[datetime, Invitation]]:
    """A team's open invitations, the newest first; each with when it was made."""
    return await _page(db, "i.team_id = $1", team, now, before, limit)


async def view(db: Db, id: UUID) -> Invitation:
    """The invitation as it is shown. Raises NotFound."""
    row = await db.raw.fetchrow(f"{_SHOWN} where i.invitation_id = $1", id)
    if row is None:
        raise NotFound
    return _shown(row)


async def _mirror(db: Db, team: UUID) -> None:
    """Writes the open invitations into the team's row, which is held, as the seed has them."""
    await db.raw.execute(
        """update teams set invitation_codes = coalesce((
             select jsonb_agg(jsonb_build_object('kind', i.kind, 'code_hash', encode(i.code_hash, 'hex'), 'player_id', i.player_id, 'invited_by', i.invited_by,
               'created_at', i.created_at, 'expires_at', i.expires_at, 'max_uses', i.max_uses, 'uses', i.uses) order by i.created_at, i.invitation_id)
             from team_invitations i where i.team_id = $1 and i.closed_at is null), '[]') where id = $1""",
        team,
    )


_SHOWN = f"""select i.*, t.name as team_name, (select {NAME} from players p join users u on u.id = p.user_id where p.id = i.player_id) as player_name,
  (select {NAME} from players p join users u on u.id = p.user_id where p.id = i.invited_by) as inviter_name
  from team_invitations i join teams t on t.id = i.team_id and t.disbanded_at is null"""


async def _page(
    db: Db, whose: str, id: UUID, now: datetime, before: tuple[datetime, UUID] | None, limit: int
) -> list[tuple[datetime, Invitation]]:
    rows = await db.raw.fetch(
        f"""{_SHOWN} where {whose} and {_OPEN} $2 and ($3::timestamptz is null or (i.created_at, i.invitation_id) < ($3, $4::uuid))
            order by i.created_at desc, i.invitation_id desc limit $5""",
        id,
        now,
        *(before or (None, None)),
        limit,
    )
    return [(row["created_at"], _shown(row)) for row in rows]


def _way(row: Record) -> Way:
    return Way(
        InvitationId(row["invitation_id"]),
        TeamId(row["team_id"]),
        InvitationKind(row["kind"]),
        row["uses"],
        row["max_uses"],
        PlayerId(row["player_id"]) if row["player_id"] else None,
        PlayerId(row["invited_by"]) if row["invited_by"] else None,
    )


def _shown(row: Record) -> Invitation:
    return Invitation(
        invitation_id=InvitationId(row["invitation_id"]),
        team_id=TeamId(row["team_id"]),
        team_name=row["team_name"],
        kind=InvitationKind(row["kind"]),
        created_at=millis(row["created_at"]),
        expires_at=millis(row["expires_at"]),
        inviter_id=PlayerId(row["invited_by"]) if row["invited_by"] else None,
        inviter_name=row["inviter_name"],
        player_id=PlayerId(row["player_id"]) if row["player_id"] else None,
        player_name=row["player_name"],
        max_uses=row["max_uses"],
        uses=row["uses"],
    )
