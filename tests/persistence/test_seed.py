"""Every column of the seed is there, under its name, as it was or as the declared deviations have it."""

import re
from pathlib import Path

from tests.persistence.conftest import Database
from tests.persistence.seed_columns import DEVIATIONS, ENUMS, NEEDED, TABLES, columns

OPEN = Path(__file__).parents[1] / "house" / "open_seed_columns.txt"

KINDS = {
    "timestamp with time zone": "timetz",
    "timestamp without time zone": "time",
    "double precision": "float",
    "character varying": "string",
    "character varying[]": "string[]",
}
QUERY = """
    select c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as kind, t.typtype = 'e' as enum,
        not a.attnotnull as nullable, pg_get_expr(d.adbin, d.adrelid) as default
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and c.relname = any ($1)"""


def _kind(kind: str, enum: bool) -> str:
    if enum:
        return f"enum:{kind}"
    return KINDS.get(kind, re.sub(r"^character varying\((\d+)\)$", r"string(\1)", kind))


def _default(expression: str) -> str:
    return re.sub(r"^'(.*)'::[a-z_ \[\]]+$", r"\1", expression)


async def test_every_seed_column_is_there_as_it_was_or_as_declared(migrated: Database) -> None:
    connection = await migrated.connect()
    rows = await connection.fetch(QUERY, list(TABLES))
    await connection.close()
    have = {(row["table"], row["column"]): row for row in rows}
    wrong = []
    for table in TABLES:
        for column, seed in columns(table).items():
            want = DEVIATIONS.get(f"{table}.{column}", seed)
            row = have.get((table, column))
            if row is None:
                wrong.append(f"{table}.{column} is missing")
                continue
            is_ = _kind(row["kind"], row["enum"]) + (" null" if row["nullable"] else "")
            # A default where the seed has none is no deviation: its application wrote the value itself.
            if row["default"] is not None and "=" in want:
                is_ += f" = {_default(row['default'])}"
            if is_ != want:
                wrong.append(f"{table}.{column}: {is_}, and not {want}")
    assert wrong == []


async def test_no_deviation_is_declared_that_is_none() -> None:
    for place, ours in DEVIATIONS.items():
        table, column = place.split(".")
        assert columns(table)[column] != ours, place


async def test_enums_are_spelled_as_in_the_seed(migrated: Database) -> None:
    connection = await migrated.connect()
    labels = "select string_agg(enumlabel, ' ' order by enumsortorder) from pg_enum where enumtypid = $1::text::regtype"
    for name, spelled in ENUMS.items():
        assert await connection.fetchval(labels, name) == spelled
    await connection.close()


async def test_what_the_rules_need_beyond_the_seed_is_there(migrated: Database) -> None:
    connection = await migrated.connect()
    have = {(row["table"], row["column"]) for row in await connection.fetch(QUERY, list(NEEDED))}
    await connection.close()
    assert {(table, column) for table, names in NEEDED.items() for column in names} - have == set()


async def test_the_list_of_columns_nothing_writes_yet_names_only_seed_columns() -> None:
    listed = OPEN.read_text().split()
    assert listed == sorted(set(listed))
    assert set(listed) <= {f"{table}.{column}" for table in TABLES for column in columns(table)}
