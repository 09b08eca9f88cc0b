"""What a database holds, read from its catalogue as plain sets that can be compared."""

import asyncpg

OURS = "c.relnamespace = 'public'::regnamespace and not c.relispartition and c.relname <> 'alembic_version'"

QUERIES = {
    "columns": f"""
        select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), l.collname
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum left join pg_collation l on l.oid = a.attcollation
        where {OURS} and c.relkind in ('r', 'p')""",
    "constraints": f"""
        select c.relname, k.conname, pg_get_constraintdef(k.oid) from pg_constraint k join pg_class c on c.oid = k.conrelid
        where {OURS} and k.contype <> 'n' and k.contype <> 't'""",
    "indexes": f"""
        select c.relname, i.relname, pg_get_indexdef(x.indexrelid) from pg_index x join pg_class c on c.oid = x.indrelid
        join pg_class i on i.oid = x.indexrelid where {OURS}""",
    "enums": """
        select t.typname, string_agg(e.enumlabel, ' ' order by e.enumsortorder) from pg_type t join pg_enum e on e.enumtypid = t.oid
        where t.typnamespace = 'public'::regnamespace group by 1""",
    "tables": f"""
        select c.relname, c.relkind::text, c.reloptions, pg_get_partkeydef(c.oid) from pg_class c
        where {OURS} and c.relkind in ('r', 'p')""",
}


async def read(connection: asyncpg.Connection) -> dict[str, set[tuple[object, ...]]]:
    """Everything the tables declare, by kind: columns, constraints, indexes, enums, tables. Partitions are left out."""
    return {kind: {_plain(row) for row in await connection.fetch(query)} for kind, query in QUERIES.items()}


def _plain(row: asyncpg.Record) -> tuple[object, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)
