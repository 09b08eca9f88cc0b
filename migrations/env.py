"""What Alembic runs for every command: the connection it is handed, the tables it compares with, nothing of its own."""

from alembic import context

from migrations import is_ours
from persistence.tables import Base

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("migrations run through migrations.upgrade(), which hands over a connection")

context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    include_name=is_ours,
    compare_type=True,
    compare_server_default=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
