"""Teams and who is in them: `team_members` for now, `team_memberships` for what may be heard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

import msgspec
from asyncpg import Record

from persistence.database import Db
from persistence.events import millis
from persistence.players import NAME, ONLINE, SHOWS_ONLINE
from protocol.refusals import NotFound
from protocol.team import Member, NoTeam, Requirements, Rights, Sharing, Team
from protocol.types import Left, PlayerId, Recruitment, Role, TeamId

S = TypeVar("S", bound=msgspec.Struct)
RIGHTS = ("can_invite", "can_kick", "can_manage_treasury", "can_manage_missions", "can_manage_alliances")
_TEAM = "t.*, (select count(*) from team_members m where m.team_id = t.id) as member_count"


class Place(NamedTuple):
    """One captain's place in a team."""

    team_id: TeamId
    player_id: PlayerId
    role: Role
    rights: Rights
    joined_at: datetime
    muted_until: datetime | None = None


async def find_place(db: Db, player: UUID) -> Place | None:
    """The captain's one membership, or None."""
    connection = db.raw
    row = await connection.fetchrow("select * from team_members where player_id = $1", player)
    return _place(row) if row else None


async def place(db: Db, player: UUID) -> Place:
    """The captain's one membership. Raises NoTeam."""
    found = await find_place(db, player)
    if found is None:
        raise NoTeam
    return found


async def enter_treasury(db: Db, player: UUID) -> tuple[bool, Place | None]:
    """Whether the captain is onboarded, and their membership, its team's row held: nobody comes, goes or moves what the team owns."""
    row = await db.raw.fetchrow("select onboarded, (member).* from enter_treasury($1)", player)
    return row["onboarded"], _place(row) if row["team_id"] is not None else None


async def share(db: Db, player: UUID) -> Place:
    """The captain's one membership, shared until commit: nobody puts them out meanwhile. Raises NoTeam."""
    row = await db.raw.fetchrow("select * from team_members where player_id = $1 for share", player)
    if row is None:
        raise NoTeam
    return _place(row)


async def pair(db: Db, player: UUID, other: UUID) -> tuple[Place, Place]:
    """Both memberships of one team, the team and both rows held. Raises NoTeam, or NotFound when the other is not in it."""
    mine = await place(db, player)
    await lock(db, mine.team_id)
    connection = db.raw
    rows = await connection.fetch(
        "select * from team_members where team_id = $1 and player_id = any($2::uuid[]) order by player_id for update",
        mine.team_id,
        [player, other],
    )
    held = {row["player_id"]: _place(row) for row in rows}
    if player not in held:
        raise NoTeam
    if other not in held:
        raise NotFound
    return held[player], held[other]


async def lock(db: Db, team: UUID) -> Team:
    """The team, its row held until commit. Raises NotFound, also for one that has been disbanded."""
    if not await hold(db, team):
        raise NotFound
    return await get(db, team)


async def hold(db: Db, team: UUID) -> bool:
    """Holds the team's row until commit; false when it has been disbanded."""
    # No key update: lines said meanwhile hold a key share on this row, and a head; waiting for them would be a cycle.
    return bool(await db.raw.fetchval("select true from teams where id = $1 and disbanded_at is null for no key update", team))


async def hold_own(db: Db, player: UUID) -> tuple[Team, Place]:
    """The captain's team, its row held until commit, and their place in it as it is under that lock. Raises NoTeam."""
    before = await place(db, player)
    if not await hold(db, before.team_id):
        raise NoTeam
    # Again, under the lock: a kick may have been first, or a role may have changed.
    now = await place(db, player)
    if now.team_id != before.team_id:
        raise NoTeam
    return await get(db, now.team_id), now


async def get(db: Db, team: UUID) -> Team:
    """The team. Raises NotFound, also for one that has been disbanded."""
    connection = db.raw
    row = await connection.fetchrow(f"select {_TEAM} from teams t where t.id = $1 and t.disbanded_at is null", team)
    if row is None:
        raise NotFound
    return _team(row)


async def members(db: Db, team: UUID, *, online: bool) -> list[Member]:
    """The members by joining; with `online`, who is connected, where privacy shows it."""
    connection = db.raw
    presence = f"case when {SHOWS_ONLINE} then {ONLINE} end" if online else "null::boolean"
    rows = await connection.fetch(
        f"""select m.*, {NAME} as name, {presence} as online from team_members m join players p on p.id = m.player_id join users u on u.id = p.user_id
            where m.team_id = $1 order by m.joined_at, m.player_id""",
        team,
    )
    return [
        Member(PlayerId(row["player_id"]), row["name"], Role(row["role"]), _rights(row), millis(row["joined_at"]), online=row["online"])
        for row in rows
    ]


async def directory(
    db: Db, query: str | None, skeleton: str | None, open_only: bool, after: tuple[str, UUID] | None, limit: int
) -> list[Team]:
    """Public teams by name. `query` may stand anywhere in a name or tag, or look like a part of the name."""
    connection = db.raw
    rows = await connection.fetch(
        f"""select {_TEAM} from teams t
            where t.is_public and t.disbanded_at is null and ($1::text is null or position(lower($1) in lower(t.name)) > 0
                or position(lower($1) in lower(coalesce(t.tag, ''))) > 0 or position($2::text in t.name_skeleton) > 0)
              and (not $3 or t.recruitment_status = 'OPEN') and ($4::text is null or (lower(t.name) collate "C", t.id) > ($4 collate "C", $5::uuid))
            order by lower(t.name) collate "C", t.id limit $6""",
        query,
        skeleton,
        open_only,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [_team(row) for row in rows]


async def is_name_taken(db: Db, skeleton: str, tag_skeleton: str | None) -> bool:
    """Whether a living team has this name or tag, or one that looks the same."""
    connection = db.raw
    return bool(
        await connection.fetchval(
            """select exists (select from teams where disbanded_at is null and (lower(name_skeleton) = lower($1)
                 or ($2::text is not null and lower(tag_skeleton) = lower($2))))""",
            skeleton,
            tag_skeleton,
        )
    )


async def create(
    db: Db,
    id: UUID,
    name: str,
    skeleton: str,
    tag: str | None,
    tag_skeleton: str | None,
    description: str | None,
    status: str,
    max_members: int,
) -> None:
    """Makes a team without members. Raises a unique violation when the name or tag was taken meanwhile."""
    connection = db.raw
    await connection.execute(
        """insert into teams (id, name, name_skeleton, tag, tag_skeleton, description, recruitment_status, max_members)
           values ($1, $2, $3, $4, $5, $6, $7, $8)""",
        id,
        name,
        skeleton,
        tag,
        tag_skeleton,
        description,
        status,
        max_members,
    )
    await connection.execute(
        "insert into team_reputations (id, team_id, next_recalculation) values (gen_random_uuid(), $1, clock_timestamp() + interval '1 day')",
        id,
    )


async def add_member(db: Db, id: UUID, team: UUID, player: UUID, role: Role, rights: Rights, now: datetime) -> None:
    """Makes a captain a member, with both mirrors. Raises a unique violation when they are in a team."""
    connection = db.raw
    await connection.execute(
        """insert into team_members (id, team_id, player_id, role, joined_at, last_active, can_invite, can_kick, can_manage_treasury,
             can_manage_missions, can_manage_alliances) values ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $10)""",
        id,
        team,
        player,
        role.value,
        now,
        *(getattr(rights, each) for each in RIGHTS),
    )
    await connection.execute("update players set team_id = $2 where id = $1", player, team)
    await _mirror(db, team, player if role is Role.LEADER else None)


async def remove_member(db: Db, team: UUID, player: UUID) -> None:
    """Takes a captain out of a team, with the mirror."""
    connection = db.raw
    await connection.execute("delete from team_members where team_id = $1 and player_id = $2", team, player)
    await connection.execute("update players set team_id = null where id = $1", player)
    await _mirror(db, team, None)


async def set_role(db: Db, team: UUID, player: UUID, role: Role, rights: Rights) -> None:
    """Gives a member a role with its rights; a leader is also the team's."""
    connection = db.raw
    await connection.execute(
        """update team_members set role = $3, can_invite = $4, can_kick = $5, can_manage_treasury = $6, can_manage_missions = $7,
             can_manage_alliances = $8 where team_id = $1 and player_id = $2""",
        team,
        player,
        role.value,
        *(getattr(rights, each) for each in RIGHTS),
    )
    await _mirror(db, team, player if role is Role.LEADER else None)


async def _mirror(db: Db, team: UUID, leader: UUID | None) -> None:
    """Writes who is what into the team's row, which is held; with a new leader, who leads."""
    await db.raw.execute(
        """update teams set leader_id = coalesce($2, leader_id), member_roles = coalesce((
             select jsonb_object_agg(m.player_id, m.role) from team_members m where m.team_id = $1), '{}') where id = $1""",
        team,
        leader,
    )


async def remaining(db: Db, team: UUID) -> list[tuple[UUID, Role, datetime]]:
    """The members, held: id, role, and since when."""
    connection = db.raw
    rows = await connection.fetch(
        "select player_id, role, joined_at from team_members where team_id = $1 order by player_id for update", team
    )
    return [(row[0], Role(row[1]), row[2]) for row in rows]


async def disband(db: Db, team: UUID) -> None:
    """Ends a team; its name and tag are free."""
    connection = db.raw
    await connection.execute("update teams set disbanded_at = clock_timestamp(), leader_id = null where id = $1", team)


async def together(db: Db, one: UUID, other: UUID) -> bool:
    """Whether two captains are in one team."""
    statement = "select exists (select from team_members a join team_members b using (team_id) where a.player_id = $1 and b.player_id = $2)"
    return bool(await db.raw.fetchval(statement, one, other))


async def fitness(db: Db, player: UUID) -> tuple[str, int, dict[str, int]]:
    """What teams may ask of a captain: rank, alignment, and standing by faction code."""
    row = await db.raw.fetchrow("select military_rank, personal_reputation from players where id = $1", player)
    if row is None:
        raise NotFound
    rows = await db.raw.fetch(
        "select f.code, r.current_value from reputations r join factions f on f.id = r.faction_id where r.player_id = $1", player
    )
    return row[0], row[1], {each[0]: each[1] for each in rows}


async def remove_everybody(db: Db, team: UUID, members: Sequence[UUID]) -> None:
    """Takes all members out of a team, with the mirrors."""
    await db.raw.execute("select from players where id = any($1::uuid[]) order by id for no key update", members)
    await db.raw.execute("delete from team_members where team_id = $1", team)
    await db.raw.execute("update players set team_id = null where team_id = $1", team)
    await _mirror(db, team, None)


async def change(db: Db, team: Team, tag_skeleton: str | None, now: datetime) -> None:
    """Writes what may change of a team. Raises a unique violation when the tag was taken meanwhile."""
    await db.raw.execute(
        """update teams set tag = $2, tag_skeleton = $3, description = $4, logo = $5, recruitment_status = $6, max_members = $7, is_public = $8,
             join_requirements = $9::text::jsonb, resource_sharing = $10::text::jsonb, updated_at = $11 where id = $1""",
        team.team_id,
        team.tag,
        tag_skeleton,
        team.description,
        team.logo,
        team.recruitment_status.value,
        team.max_members,
        team.is_public,
        _text(team.join_requirements),
        _text(team.resource_sharing),
        now,
    )


async def tag_taken(db: Db, team: UUID, tag_skeleton: str) -> bool:
    """Whether another living team has this tag, or one that looks the same."""
    statement = "select exists (select from teams where disbanded_at is null and id <> $1 and lower(tag_skeleton) = lower($2))"
    return bool(await db.raw.fetchval(statement, team, tag_skeleton))


async def begin_hearing(db: Db, team: UUID, player: UUID, from_seq: int, now: datetime, at: datetime) -> None:
    """From this number on a captain may hear the team's stream; what was said up to `at`, the time of that number, counts as read."""
    connection = db.raw
    await connection.execute(
        "insert into team_memberships (team_id, player_id, from_seq, joined_at) values ($1, $2, $3, $4)", team, player, from_seq, now
    )
    await connection.execute("update team_members set last_read_at = $3 where team_id = $1 and player_id = $2", team, player, at)


async def end_hearing(db: Db, team: UUID, player: UUID, to_seq: int, why: Left) -> None:
    """From this number on a captain hears nothing of the team's stream."""
    connection = db.raw
    await connection.execute(
        """update team_memberships set to_seq = $3, left_at = clock_timestamp(), left_why = $4
           where team_id = $1 and player_id = $2 and to_seq is null""",
        team,
        player,
        to_seq,
        why.value,
    )


async def end_everybodys_hearing(db: Db, team: UUID, to_seq: int) -> None:
    """From this number on nobody hears anything of the team's stream."""
    await db.raw.execute(
        "update team_memberships set to_seq = $2, left_at = clock_timestamp(), left_why = $3 where team_id = $1 and to_seq is null",
        team,
        to_seq,
        Left.DISBANDED.value,
    )


async def left_at(db: Db, player: UUID) -> datetime | None:
    """When a captain last left a team on their own feet."""
    connection = db.raw
    found: datetime | None = await connection.fetchval("select left_at from team_cooldowns where player_id = $1", player)
    return found


async def start_cooldown(db: Db, player: UUID, now: datetime) -> None:
    """Notes that a captain left a team."""
    connection = db.raw
    await connection.execute(
        "insert into team_cooldowns (player_id, left_at) values ($1, $2) on conflict (player_id) do update set left_at = excluded.left_at",
        player,
        now,
    )


def _team(row: Record) -> Team:
    return Team(
        team_id=TeamId(row["id"]),
        name=row["name"],
        recruitment_status=Recruitment(row["recruitment_status"]),
        is_public=row["is_public"],
        max_members=row["max_members"],
        member_count=row["member_count"],
        created_at=millis(row["created_at"]),
        leader_id=PlayerId(row["leader_id"]) if row["leader_id"] else None,
        tag=row["tag"],
        description=row["description"],
        logo=row["logo"],
        join_requirements=_of(row["join_requirements"], Requirements),
        resource_sharing=_of(row["resource_sharing"], Sharing),
    )


def _of(value: object, kind: type[S]) -> S | None:
    # asyncpg gives jsonb as text, unless SQLAlchemy taught this connection better.
    found = msgspec.json.decode(value) if isinstance(value, (str, bytes)) else value
    return msgspec.convert(found, kind) if found else None


def _text(value: Requirements | Sharing | None) -> str:
    return msgspec.json.encode(value).decode() if value is not None else "{}"


def _rights(row: Record) -> Rights:
    return Rights(**{each: row[each] for each in RIGHTS})


def _place(row: Record) -> Place:
    return Place(TeamId(row["team_id"]), PlayerId(row["player_id"]), Role(row["role"]), _rights(row), row["joined_at"], row["muted_until"])
