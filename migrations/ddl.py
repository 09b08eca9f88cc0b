"""How a migration speaks SQL: plain statements, sent to the driver as they stand.

Migrations never import the table classes. They are history, and the classes are the present; a test proves that both agree.
"""

from alembic import op


def script(sql: str) -> None:
    """Run the statements of `sql`, which end with `;` at the end of a line. Not for bodies of functions."""
    for part in sql.split(";\n"):
        if part.strip():
            statement(part)


def statement(sql: str) -> None:
    """Run one statement, untouched: colons and percent signs are SQL, not parameters."""
    op.get_bind().exec_driver_sql(sql)


def drop(*, tables: str, types: str = "") -> None:
    """Drop these tables, and then these types; names separated by blanks. Keys that point at them go too."""
    statement(f"drop table {', '.join(tables.split())} cascade")
    if types:
        statement(f"drop type {', '.join(types.split())}")
