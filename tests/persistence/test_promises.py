"""What the database itself refuses: money from nothing, debts, impossible rows; and what must not stand in anybody's way."""

from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.persistence.conftest import APP, Database

NIL = UUID(int=0)
USER = "insert into users (id, username, username_skeleton) values ($1, $2, lower($2::varchar))"
PLAYER = "insert into players (id, user_id, nickname, nickname_skeleton, home_region_id) values ($1, $2, $3, lower($3::varchar), $4)"
LETTER = "insert into messages (id, sender_id, recipient_id, content) values ($1, $2, $3, 'hail')"
TERRAN_SPACE = UUID("ca115700-0001-4000-8000-000000000001")


async def _captain(db: asyncpg.Connection, name: str) -> UUID:
    user, player = uuid4(), uuid4()
    await db.execute(USER, user, name)
    await db.execute(PLAYER, player, user, name, TERRAN_SPACE)
    return player


async def _account(db: asyncpg.Connection, kind: str, owner: UUID, resource: str = "credits") -> UUID:
    account = uuid4()
    await db.execute(
        "insert into accounts_ledger (account_id, owner_kind, owner_id, resource) values ($1, $2, $3, $4)", account, kind, owner, resource
    )
    return account


async def _transfer(db: asyncpg.Connection, sides: dict[UUID, int]) -> None:
    async with db.transaction():
        transfer = uuid4()
        await db.execute(
            "insert into transfers (transfer_id, account_id, command_id, kind) values ($1, $2, $3, 'deposit')", transfer, NIL, str(transfer)
        )
        for account, amount in sides.items():
            balance = await db.fetchval(
                "update accounts_ledger set balance = balance + $2 where account_id = $1 returning balance", account, amount
            )
            await db.execute("insert into entries values ($1, $2, $3, $4)", transfer, account, amount, balance)


async def test_a_balanced_transfer_commits(migrated: Database) -> None:
    db = await migrated.connect(APP)
    bank, purse = await _account(db, "system", NIL), await _account(db, "player", uuid4())
    await _transfer(db, {bank: -100, purse: 100})
    assert await db.fetchval("select balance from accounts_ledger where account_id = $1", purse) == 100
    await db.close()


async def test_money_from_nothing_fails_at_commit(migrated: Database) -> None:
    db = await migrated.connect(APP)
    bank, purse = await _account(db, "system", NIL), await _account(db, "player", uuid4())
    with pytest.raises(asyncpg.CheckViolationError, match="does not balance in credits"):
        await _transfer(db, {bank: -100, purse: 101})
    assert await db.fetchval("select count(*) from transfers") == 0
    await db.close()


async def test_one_resource_does_not_pay_for_another(migrated: Database) -> None:
    db = await migrated.connect(APP)
    bank, hold = await _account(db, "system", NIL), await _account(db, "ship", uuid4(), "fuel")
    with pytest.raises(asyncpg.CheckViolationError, match="does not balance"):
        await _transfer(db, {bank: -100, hold: 100})
    await db.close()


async def test_nobody_but_the_system_may_owe(migrated: Database) -> None:
    db = await migrated.connect(APP)
    bank, purse = await _account(db, "system", NIL), await _account(db, "player", uuid4())
    with pytest.raises(asyncpg.CheckViolationError, match="ck_accounts_ledger_balance"):
        await _transfer(db, {purse: -1, bank: 1})
    await db.close()


@pytest.mark.parametrize(
    "change",
    [
        *("credits = -1", "turns = -1", "personal_reputation = 1001", "rank_points = -1", "aria_bonus_multiplier = 1.6"),
        *("aria_consciousness_level = 6", "aria_relationship_score = 101", "mines = -1", "is_docked = true", "is_landed = true"),
        "aria_trust_score = 1.5",
    ],
)
async def test_an_impossible_captain_is_refused(migrated: Database, change: str) -> None:
    db = await migrated.connect(APP)
    await _captain(db, "Ada")
    with pytest.raises(asyncpg.CheckViolationError):
        await db.execute(f"update players set {change}")
    await db.close()


@pytest.mark.parametrize("taken", ["Ada", "ADA", "ada"])
async def test_a_name_is_taken_in_any_case(migrated: Database, taken: str) -> None:
    db = await migrated.connect(APP)
    await _captain(db, "Ada")
    with pytest.raises(asyncpg.UniqueViolationError):
        await db.execute(USER, uuid4(), taken)
    other = uuid4()
    await db.execute(USER, other, "Bo")
    with pytest.raises(asyncpg.UniqueViolationError):
        await db.execute(PLAYER, uuid4(), other, taken, TERRAN_SPACE)
    await db.close()


async def test_a_disbanded_team_frees_its_name(migrated: Database) -> None:
    db = await migrated.connect(APP)
    insert = "insert into teams (id, name, name_skeleton, tag, tag_skeleton) values ($1, 'Lamps', 'lamps', 'LMP', 'lmp')"
    await db.execute(insert, uuid4())
    with pytest.raises(asyncpg.UniqueViolationError):
        await db.execute(insert, uuid4())
    await db.execute("update teams set disbanded_at = now()")
    await db.execute(insert, uuid4())
    await db.close()


async def test_letters_outlive_their_captains(migrated: Database) -> None:
    db = await migrated.connect(APP)
    ada, bo = await _captain(db, "Ada"), await _captain(db, "Bo")
    await db.execute(LETTER, uuid4(), ada, bo)
    await db.execute("delete from users where username = 'Ada'")
    await db.execute("delete from users where username = 'Bo'")
    row = await db.fetchrow("select sender_id, recipient_id, orphaned_at is not null from messages")
    assert tuple(row) == (None, None, True)
    await db.close()


@pytest.mark.parametrize(
    "columns",
    [
        "sender_id, content",
        "recipient_id, content",
        "sender_id, recipient_id, team_id, content",
        "sender_id, recipient_id, content, message_type",
        "sender_id, team_id, content",
    ],
)
async def test_a_message_without_the_right_ends_is_refused(migrated: Database, columns: str) -> None:
    db = await migrated.connect(APP)
    ada, bo, team = await _captain(db, "Ada"), await _captain(db, "Bo"), uuid4()
    await db.execute("insert into teams (id, name, name_skeleton) values ($1, 'Lamps', 'lamps')", team)
    values = {"sender_id": ada, "recipient_id": bo, "team_id": team, "content": "hail", "message_type": "system"}
    names = columns.split(", ")
    marks = ", ".join(f"${n}" for n in range(2, len(names) + 2))
    with pytest.raises(asyncpg.CheckViolationError):
        await db.execute(f"insert into messages (id, {columns}) values ($1, {marks})", uuid4(), *(values[name] for name in names))
    await db.close()


async def test_a_captain_has_one_team_and_a_team_one_leader(migrated: Database) -> None:
    db = await migrated.connect(APP)
    ada, bo, team, other = await _captain(db, "Ada"), await _captain(db, "Bo"), uuid4(), uuid4()
    await db.execute("insert into teams (id, name, name_skeleton) values ($1, 'Lamps', 'lamps'), ($2, 'Wicks', 'wicks')", team, other)
    join = "insert into team_members (id, team_id, player_id, role) values ($1, $2, $3, 'LEADER')"
    await db.execute(join, uuid4(), team, ada)
    with pytest.raises(asyncpg.UniqueViolationError, match="uq_team_members_player_id"):
        await db.execute(join, uuid4(), other, ada)
    with pytest.raises(asyncpg.UniqueViolationError, match="uq_team_members_leader"):
        await db.execute(join, uuid4(), team, bo)
    await db.close()


async def test_a_leader_may_be_named_before_there_is_one(migrated: Database) -> None:
    db = await migrated.connect(APP)
    ada = uuid4()
    async with db.transaction():
        await db.execute("insert into teams (id, name, name_skeleton, leader_id) values ($1, 'Lamps', 'lamps', $2)", uuid4(), ada)
        user = uuid4()
        await db.execute(USER, user, "Ada")
        await db.execute(PLAYER, ada, user, "Ada", TERRAN_SPACE)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await db.execute("update teams set leader_id = $1", uuid4())
    await db.close()


async def test_the_second_factor_typed_is_never_kept(migrated: Database) -> None:
    db = await migrated.connect(APP)
    user = uuid4()
    await db.execute(USER, user, "Ada")
    with pytest.raises(asyncpg.CheckViolationError):
        await db.execute("insert into mfa_attempts (id, user_id, code_entered, success) values ($1, $2, '123456', true)", uuid4(), user)
    await db.close()


async def test_names_are_unique_only_by_expression_or_in_part(migrated: Database) -> None:
    """Delivery rule 4: updating a plainly unique column takes the lock that meets every insert that refers to the row."""
    db = await migrated.connect()
    plain = r"""
        select c.relname, a.attname from pg_index x join pg_class c on c.oid = x.indrelid
        join pg_attribute a on a.attrelid = c.oid and a.attnum = any (x.indkey::int2[])
        where x.indisunique and not x.indisprimary and x.indexprs is null and x.indpred is null
          and c.relnamespace = 'public'::regnamespace and a.attname ~ '(^|_)(nickname|tag|name|username|email|skeleton)$'"""
    assert await db.fetch(plain) == []
    await db.close()


async def test_the_machine_starts_with_its_stream_and_secrets(migrated: Database) -> None:
    db = await migrated.connect(APP)
    row = await db.fetchrow("select length(epoch), head, extract(epoch from last_at)::int from streams where name = 'system'")
    assert tuple(row) == (32, 0, 0)
    secrets = await db.fetch("select name, value from instance_secrets order by name")
    assert [(row["name"], len(row["value"])) for row in secrets] == [("bus", 32), ("tokens", 32)]
    assert secrets[0]["value"] != secrets[1]["value"]
    await db.close()


async def test_ordered_keys_sort_by_bytes(migrated: Database) -> None:
    db = await migrated.connect()
    keys = r"""
        select c.relname, a.attname from pg_index x join pg_class c on c.oid = x.indrelid and x.indisprimary
        join pg_attribute a on a.attrelid = c.oid and a.attnum = any (x.indkey::int2[]) join pg_collation l on l.oid = a.attcollation
        where c.relnamespace = 'public'::regnamespace and l.collname <> 'C' and c.relname <> 'alembic_version'"""
    assert await db.fetch(keys) == []
    await db.close()


async def test_a_rename_does_not_wait_for_a_letter_nor_a_refresh_for_its_tokens(migrated: Database) -> None:
    db, other = await migrated.connect(APP), await migrated.connect(APP)
    ada, bo, session = await _captain(db, "Ada"), await _captain(db, "Bo"), uuid4()
    user = await db.fetchval("select user_id from players where id = $1", ada)
    await db.execute("insert into sessions (session_id, user_id, family_id) values ($1, $2, $1)", session, user)
    async with db.transaction():
        await db.execute(LETTER, uuid4(), ada, bo)
        await db.execute("insert into access_tokens values ('x', $1, now())", session)
        await other.execute("set lock_timeout = '500ms'")
        await other.execute("update players set nickname = 'Eve', nickname_skeleton = 'eve' where id = $1", ada)
        await other.execute("update users set email = 'eve@example.org', username = 'Eve', username_skeleton = 'eve' where id = $1", user)
        await other.execute("update sessions set refresh_hash = 'y' where session_id = $1", session)
    await db.close()
    await other.close()
