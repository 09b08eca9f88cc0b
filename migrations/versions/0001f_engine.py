"""Streams, receipts, errands and secrets."""

from migrations import ddl

revision = "0001f"
down_revision = "0001e"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE errands (
    errand_id UUID NOT NULL,
    kind TEXT NOT NULL,
    payload BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    run_at TIMESTAMP WITH TIME ZONE NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    claimed_by UUID,
    claimed_until TIMESTAMP WITH TIME ZONE,
    last_error TEXT,
    CONSTRAINT pk_errands PRIMARY KEY (errand_id),
    CONSTRAINT ck_errands_attempts CHECK (attempts >= 0)
);
CREATE INDEX ix_errands_run_at ON errands (run_at);

CREATE TABLE event_retention (
    one_row BOOLEAN DEFAULT 'true' NOT NULL,
    removed_on DATE,
    removed TEXT,
    CONSTRAINT pk_event_retention PRIMARY KEY (one_row),
    CONSTRAINT ck_event_retention_one_row CHECK (one_row)
);

CREATE TABLE gateways (
    gateway_id UUID NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_gateways PRIMARY KEY (gateway_id)
);

CREATE TABLE instance_secrets (
    name TEXT COLLATE "C" NOT NULL,
    value BYTEA NOT NULL,
    CONSTRAINT pk_instance_secrets PRIMARY KEY (name)
);

CREATE TABLE receipts (
    account UUID NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    hash BYTEA NOT NULL,
    answer BYTEA NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_receipts PRIMARY KEY (account, id)
);
CREATE INDEX ix_receipts_at ON receipts USING brin (at);

CREATE TABLE schedules (
    name TEXT COLLATE "C" NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_run_at TIMESTAMP WITH TIME ZONE,
    claimed_until TIMESTAMP WITH TIME ZONE,
    cursor JSONB,
    CONSTRAINT pk_schedules PRIMARY KEY (name)
);

CREATE TABLE service_accounts (
    name TEXT COLLATE "C" NOT NULL,
    account_id UUID NOT NULL,
    token_hash BYTEA NOT NULL,
    scopes VARCHAR[] DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_service_accounts PRIMARY KEY (name),
    CONSTRAINT uq_service_accounts_account_id UNIQUE (account_id)
);
CREATE UNIQUE INDEX uq_service_accounts_token_hash ON service_accounts (token_hash) WHERE revoked_at is null;

CREATE TABLE stream_events (
    stream TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    name TEXT NOT NULL,
    payload BYTEA NOT NULL,
    drops TEXT,
    CONSTRAINT pk_stream_events PRIMARY KEY (stream, seq, at)
) PARTITION BY RANGE (at);

CREATE TABLE streams (
    name TEXT COLLATE "C" NOT NULL,
    epoch TEXT NOT NULL,
    head BIGINT DEFAULT '0' NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE DEFAULT '1970-01-01 00:00:00+00' NOT NULL,
    CONSTRAINT pk_streams PRIMARY KEY (name),
    CONSTRAINT ck_streams_head CHECK (head >= 0)
) WITH (fillfactor = 50);
"""

ROWS = """
INSERT INTO streams (name, epoch) VALUES ('system', replace(gen_random_uuid()::text, '-', ''));
INSERT INTO instance_secrets (name, value)
SELECT name, sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')) FROM unnest(ARRAY['bus', 'tokens']) name;
INSERT INTO event_retention DEFAULT VALUES;
"""

# Made beside the parent and then attached: CREATE ... PARTITION OF would lock every insert out, ATTACH does not.
MAKE = """
create function make_event_partitions(days integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, public set timezone = 'UTC' as $$
declare
  today date := (clock_timestamp() at time zone 'UTC')::date;
  last date := today + least(greatest(days, 0), 60);
  day date;
  part text;
begin
  perform pg_advisory_xact_lock(hashtextextended('stream_events partitions', 0));
  for day in select d::date from generate_series(today - 1, last, interval '1 day') d loop
    part := 'stream_events_' || to_char(day, 'YYYYMMDD');
    if to_regclass('public.' || part) is null then
      execute format('create table public.%I (like public.stream_events including all)', part);
      execute format('alter table public.stream_events attach partition public.%I for values from (%L) to (%L)',
        part, day::timestamptz, (day + 1)::timestamptz);
    end if;
  end loop;
  return (
    select coalesce(min(d.n) - 1, 60) from generate_series(1, 61) d(n)
    where not exists (
      select from pg_inherits i
      where i.inhparent = 'public.stream_events'::regclass
        and i.inhrelid = to_regclass('public.stream_events_' || to_char(today + d.n, 'YYYYMMDD')) and not i.inhdetachpending));
end $$
"""

# Dropping a partition detaches it. It needs its parent for itself, so it waits 50 ms and rather comes again later.
RETIRE = """
create function retire_event_partitions(keep_days integer) returns text
language plpgsql volatile security definer set search_path = pg_catalog, public set timezone = 'UTC' set lock_timeout = '50ms' as $$
declare
  today date := (clock_timestamp() at time zone 'UTC')::date;
  oldest text;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('stream_events partitions', 0)) then
    return null;
  end if;
  select c.relname into oldest from pg_inherits i join pg_class c on c.oid = i.inhrelid
  where i.inhparent = 'public.stream_events'::regclass and c.relname ~ '^stream_events_[0-9]{8}$'
    and to_date(right(c.relname, 8), 'YYYYMMDD') < today - greatest(keep_days, 1)
    and not exists (select from public.event_retention where removed_on >= today)
  order by c.relname limit 1;
  if oldest is null then
    return null;
  end if;
  execute format('drop table public.%I', oldest);
  update public.event_retention set removed_on = today, removed = oldest;
  return oldest;
exception when lock_not_available or deadlock_detected then
  return null;
end $$
"""

REDACT = """
create function redact_event(p_stream text, p_seq bigint, p_payload bytea) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, public as $$
begin
  update public.stream_events set payload = p_payload where stream = p_stream and seq = p_seq;
  return found;
end $$
"""

# The timeline of the log being written, and not of the last checkpoint, which lags behind a promotion.
IDENTITY = """
create function database_identity() returns text
language sql volatile security definer set search_path = pg_catalog, public as $$
  select system_identifier::text || ':' || case when pg_is_in_recovery() then (select timeline_id::text from pg_control_checkpoint())
    else ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int::text end
  from pg_control_system()
$$
"""

FUNCTIONS = (
    "make_event_partitions(integer)",
    "retire_event_partitions(integer)",
    "redact_event(text, bigint, bytea)",
    "database_identity()",
)
DAYS_AHEAD = 14


def upgrade() -> None:
    """Streams, receipts, errands and secrets."""
    ddl.script(TABLES)
    ddl.script(ROWS)
    for function in (MAKE, RETIRE, REDACT, IDENTITY):
        ddl.statement(function)
    # Open to everybody by default, and these run with the owner's rights.
    ddl.statement(f"revoke all on function {', '.join(FUNCTIONS)} from public")
    ddl.statement(f"select make_event_partitions({DAYS_AHEAD})")


def downgrade() -> None:
    """As it was before."""
    ddl.drop(
        tables="""
    errands event_retention gateways instance_secrets receipts schedules service_accounts stream_events streams
    """,
    )
    ddl.statement(f"drop function {', '.join(FUNCTIONS)}")
