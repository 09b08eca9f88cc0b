"""What the application's role may do, in one place. Applied after every upgrade; what is not granted here is not allowed.

The role owns nothing. It adds to the ledger, the events and the trails, and cannot change what is written there. Partitions get
no rights of their own: events are reached through their parent only.
"""

from sqlalchemy import Connection, text

APPEND_ONLY = frozenset({"transfers", "entries", "stream_events", "reputation_log", "alignment_log", "team_reputation_log", "staff_audit"})
READ_ONLY = frozenset({"alembic_version", "ship_rarity_configs", "factions", "event_retention"})

_TABLES = text(
    "select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')"
    " and not c.relispartition and pg_has_role(c.relowner, 'usage') order by 1"
)
_FUNCTIONS = text(
    "select p.oid::regprocedure::text from pg_proc p where p.pronamespace = 'public'::regnamespace"
    " and p.prorettype <> 'trigger'::regtype and pg_has_role(p.proowner, 'usage')"
    " and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e') order by 1"
)


def rights(table: str) -> str:
    """The rights the application has on an ordinary table of this name."""
    if table in READ_ONLY:
        return "select"
    return "select, insert" if table in APPEND_ONLY else "select, insert, update, delete"


def apply(connection: Connection, app_role: str) -> None:
    """Give the application's role exactly its rights on everything in `public` that the owner owns. Safe to repeat."""
    role = connection.dialect.identifier_preparer.quote_identifier(app_role)
    quote = connection.dialect.identifier_preparer.quote_identifier
    kinds: dict[str, list[str]] = {}
    for (table,) in connection.execute(_TABLES):
        kinds.setdefault(rights(table), []).append(f"public.{quote(table)}")
    functions = ", ".join(name for (name,) in connection.execute(_FUNCTIONS))
    statements = [
        f"revoke create on schema public from public, {role}",
        f"revoke all on all tables in schema public from {role}",
        f"grant usage on schema public to {role}",
        *(f"grant {kind} on {', '.join(tables)} to {role}" for kind, tables in kinds.items()),
    ]
    if functions:
        statements += [f"revoke execute on function {functions} from public", f"grant execute on function {functions} to {role}"]
    for statement in statements:
        connection.exec_driver_sql(statement)
