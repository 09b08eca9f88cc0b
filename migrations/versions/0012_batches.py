"""Fewer round trips: announcements in batches, a command's end in one call, the way into a treasury in one call."""

from importlib import import_module

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# VOLATILE on purpose, all of them: at READ COMMITTED every inner statement gets a fresh snapshot, and their order is fixed.
# One plan for good, by look-ups: see 0003.
PLANS = "set plan_cache_mode = force_generic_plan set enable_seqscan = off"

ANNOUNCE = f"""
create function announce_many(a_account uuid[], a_id text[], a_hash bytea[], a_pay bytea[], p_answer bytea)
returns table (o bigint, state text, sq bigint, ts bigint, answer bytea, epoch text)
language plpgsql volatile {PLANS} set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
declare free bigint[]; h record; t timestamptz;
begin
  -- The ids before the head, as in both other lanes.
  select array_agg(i.ord) into free from (
    select i.ord, pg_try_advisory_xact_lock(hashtextextended(i.a::text || i.c, 0)) k
    from unnest(a_account, a_id) with ordinality i(a, c, ord)) i where i.k;
  select s.epoch, s.head, s.last_at into h from streams s where s.name = 'system' for no key update skip locked;
  if h is null then
    return query select i.ord, 'held'::text, null::bigint, null::bigint, null::bytea, null::text from unnest(a_id) with ordinality i(c, ord);
    return;
  end if;
  t := greatest(clock_timestamp(), h.last_at);
  return query
  with said as materialized (
    select i.*, r.answer as old_answer,
      case when r.id is not null then case when r.hash = i.hash then 'stored' else 'mismatch' end
        when i.ord <> all (coalesce(free, '{{}}')) then 'busy' else 'ok' end as st
    from unnest(a_account, a_id, a_hash, a_pay) with ordinality i(account, id, hash, pay, ord)
    left join receipts r on r.account = i.account and r.id = i.id
  ), numbered as materialized (
    select *, h.head + row_number() over (partition by st order by ord) as q from said
  ), kept as (
    insert into receipts (account, id, hash, answer) select account, id, hash, p_answer from numbered where st = 'ok'
  ), moved as (
    update streams x set head = l.q, last_at = t from (select max(q) q from numbered where st = 'ok') l where x.name = 'system' and l.q is not null
  ), told as (
    insert into stream_events (stream, seq, at, name, payload) select 'system', q, t, 'system.announced', pay from numbered where st = 'ok'
  )
  select n.ord, n.st, case n.st when 'ok' then n.q end, floor(extract(epoch from t) * 1000)::bigint, n.old_answer, h.epoch
  from numbered n order by n.ord;
end $$
"""

CONCLUDE = f"""
create function conclude(
  p_account uuid, p_id text, p_hash bytea, p_ok bytea, a_stream text[], a_name text[], a_pay bytea[], a_drops text[], p_pos text[]
) returns table (epoch text, seq bigint, at timestamptz, answer bytea)
language plpgsql volatile {PLANS} as $$
#variable_conflict use_column
declare names text[]; epochs text[]; heads bigint[]; ats timestamptz[]; r record;
begin
  -- Heads in name order, the same everywhere: the wait is short and nobody deadlocks.
  for r in select s.name, s.epoch, s.head, s.last_at from streams s where s.name = any (a_stream)
           order by s.name collate "C" for no key update
  loop
    names := names || r.name; epochs := epochs || r.epoch; heads := heads || r.head;
    -- After the lock, and never older than the number before.
    ats := ats || greatest(clock_timestamp(), r.last_at);
  end loop;
  if exists (select from unnest(a_stream) i(stream) where i.stream <> all (coalesce(names, '{{}}'))) then
    raise exception 'missing stream';
  end if;
  return query
  with e as materialized (
    select i.ord, i.stream, h.epoch, h.head + row_number() over (partition by i.stream order by i.ord) as seq, h.at, i.name, i.pay, i.drops
    from unnest(a_stream, a_name, a_pay, a_drops) with ordinality i(stream, name, pay, drops, ord)
    join unnest(names, epochs, heads, ats) h(stream, epoch, head, at) on h.stream = i.stream
  ), told as (
    insert into stream_events (stream, seq, at, name, payload, drops) select stream, seq, at, name, pay, drops from e
  ), moved as (
    update streams s set head = l.seq, last_at = l.at from (select stream, max(seq) seq, max(at) at from e group by 1) l where s.name = l.stream
  ), kept as (
    -- The outcome as codec.answer spells it: {{ok, pos?}}.
    insert into receipts as k (account, id, hash, answer) select p_account, p_id, p_hash,
      case when cardinality(p_pos) = 0 then '\\x81a26f6b'::bytea || p_ok
      else '\\x82a26f6b'::bytea || p_ok || '\\xa3706f73'::bytea || set_byte('\\x80', 0, 128 + cardinality(p_pos)) || (
        select string_agg(set_byte('\\xd900', 1, octet_length(l.stream)) || convert_to(l.stream, 'UTF8') || '\\xcf'::bytea || int8send(l.seq), ''::bytea)
        from (select stream, max(seq) seq from e where e.stream = any (p_pos) group by 1) l) end
    returning k.answer
  )
  select e.epoch, e.seq, e.at, kept.answer from e cross join kept order by e.ord;
end $$
"""

RESOURCES = (
    "credits", "fuel", "organics", "equipment", "technology", "luxury_items", "precious_metals", "raw_materials", "plasma",
    "bio_samples", "dark_matter", "quantum_crystals",
)  # fmt: skip

NEW_BALANCES = ", ".join(f"max(a.balance) filter (where l.resource = '{each}') as {each}" for each in RESOURCES)
TREASURY = ", ".join(f"treasury_{each} = coalesce(m.{each}, t.treasury_{each})" for each in RESOURCES)

ENTER = f"""
create function enter_treasury(p_player uuid) returns table (onboarded boolean, member team_members)
language plpgsql volatile {PLANS} as $$
declare theirs uuid;
begin
  select m.team_id into theirs from team_members m where m.player_id = p_player;
  -- Held until commit: nobody comes, goes, or moves what the team owns.
  perform from teams t where t.id = theirs for no key update;
  -- Again, under the lock: a kick may have been first, or a right taken away.
  return query select
    coalesce((select f.has_completed_first_login from player_first_login_states f where f.player_id = p_player), false), m
  from (select) one left join team_members m on m.player_id = p_player and m.team_id = theirs;
end $$
"""

# 0004's, with fewer inner statements: each starts an executor, and most transfers have two legs and no ship.
MONEY = f"""
create or replace function move_money(
  p_transfer uuid, p_account uuid, p_command text, p_kind text, p_reason text, p_actor uuid, p_counterparty uuid, p_team uuid,
  p_kinds text[], p_owners uuid[], p_resources text[], p_amounts bigint[], p_most bigint
) returns table (verdict text, owner_kind text, owner_id uuid, resource text, amount bigint, balance bigint, told uuid, cargo jsonb)
language plpgsql volatile {PLANS} as $$
#variable_conflict use_column
declare ids uuid[]; bad text; wanted bigint; held bigint := 0; n bigint;
begin
  select array_agg(md5(i.k || ':' || i.o || ':' || i.r)::uuid order by i.ord), count(distinct i.o) filter (where i.k <> 'system') into ids, wanted
    from unnest(p_kinds, p_owners, p_resources) with ordinality i(k, o, r, ord);

  -- 1. The owners: teams, players, ships, each by ascending id. Whoever holds one of these rows already has come this way, too.
  if 'team' = any (p_kinds) then
    perform from teams x where x.id in (select i.o from unnest(p_kinds, p_owners) i(k, o) where i.k = 'team') order by x.id for no key update;
    get diagnostics n = row_count; held := held + n;
  end if;
  if 'player' = any (p_kinds) then
    perform from players x where x.id in (select i.o from unnest(p_kinds, p_owners) i(k, o) where i.k = 'player') order by x.id for no key update;
    get diagnostics n = row_count; held := held + n;
  end if;
  if 'ship' = any (p_kinds) then
    perform from ships x where x.id in (select i.o from unnest(p_kinds, p_owners) i(k, o) where i.k = 'ship') order by x.id for no key update;
    get diagnostics n = row_count; held := held + n;
  end if;
  if held <> wanted then
    verdict := 'not_found';
    return next;
    return;
  end if;

  -- 2. The accounts: those that are missing are opened, then all are held, both by ascending account_id.
  if (select count(*) from accounts_ledger a where a.account_id = any (ids)) < cardinality(ids) then
    insert into accounts_ledger (account_id, owner_kind, owner_id, resource)
      select i.id, i.k, i.o, i.r from unnest(ids, p_kinds, p_owners, p_resources) i(id, k, o, r)
      where not exists (select from accounts_ledger a where a.account_id = i.id) order by i.id
      on conflict do nothing;
  end if;
  perform from accounts_ledger a where a.account_id = any (ids) order by a.account_id for no key update;

  -- 3. The rules, on what the locks show.
  select case
      when bool_or(i.k <> 'system' and a.balance + i.n < 0) then 'insufficient'
      when bool_or(i.k <> 'system' and a.balance + i.n > p_most or abs(a.balance) > (1::bigint << 61)) then 'limit' end into bad
    from unnest(ids, p_kinds, p_amounts) i(id, k, n) join accounts_ledger a on a.account_id = i.id;
  if bad is null and 'ship' = any (p_kinds) and exists (
      select from ships s join (select i.o, sum(i.n) n from unnest(p_kinds, p_owners, p_amounts) i(k, o, n) where i.k = 'ship' group by 1) i on i.o = s.id
      where i.n > 0 and coalesce((s.cargo->>'used')::numeric, 0) + i.n > coalesce((s.cargo->>'capacity')::numeric, 0)) then
    bad := 'space';
  end if;
  if bad is not null then
    verdict := bad;
    return next;
    return;
  end if;

  -- 4. The transfer and its sides, and the wallets' mirrors. The time is taken under the locks, so that the times of an account's
  -- transfers are in its order.
  with moved as (
    update accounts_ledger a set balance = a.balance + i.n from unnest(ids, p_amounts) i(id, n) where a.account_id = i.id
    returning a.account_id, a.balance, i.n
  ), transfer as (
    insert into transfers (transfer_id, account_id, command_id, kind, reason, actor_player_id, counterparty_player_id, team_id, at)
    values (p_transfer, p_account, p_command, p_kind, p_reason, p_actor, p_counterparty, p_team, clock_timestamp())
  ), sides as (
    insert into entries (transfer_id, account_id, amount, balance_after) select p_transfer, m.account_id, m.n, m.balance from moved m
  )
  update players p set credits = m.balance from unnest(ids, p_kinds, p_owners) i(id, k, o) join moved m on m.account_id = i.id
  where i.k = 'player' and p.id = i.o;

  -- 5. The other mirrors.
  if 'team' = any (p_kinds) then
    update teams t set {TREASURY}
      from (select l.o, {NEW_BALANCES} from unnest(ids, p_kinds, p_owners, p_resources) l(id, k, o, resource)
            join accounts_ledger a on a.account_id = l.id where l.k = 'team' group by l.o) m where t.id = m.o;
  end if;
  if 'ship' = any (p_kinds) then
    update ships s set last_updated = clock_timestamp(), cargo = s.cargo || jsonb_build_object(
        'used', coalesce((s.cargo->>'used')::numeric, 0) + m.more,
        'contents', (coalesce(s.cargo->'contents', '{{}}') || coalesce(m.kept, '{{}}')) - coalesce(m.gone, '{{}}'))
      from (select i.o, sum(i.n) as more, jsonb_object_agg(i.r, a.balance) filter (where a.balance > 0) as kept,
              array_agg(i.r) filter (where a.balance = 0) as gone
            from unnest(ids, p_kinds, p_owners, p_resources, p_amounts) i(id, k, o, r, n)
            join accounts_ledger a on a.account_id = i.id where i.k = 'ship' group by i.o) m where s.id = m.o;
  end if;

  return query select 'ok'::text, i.k, i.o, i.r, i.n, a.balance,
      case i.k when 'player' then i.o when 'ship' then s.owner_id end, s.cargo
    from unnest(ids, p_kinds, p_owners, p_resources, p_amounts) with ordinality i(id, k, o, r, n, ord)
    join accounts_ledger a on a.account_id = i.id left join ships s on i.k = 'ship' and s.id = i.o order by i.ord;
end $$
"""

MOVE = "move_money(uuid,uuid,text,text,text,uuid,uuid,uuid,text[],uuid[],text[],bigint[],bigint)"
CLAIM = "claim_receipt(uuid,text,uuid,bigint)"


def upgrade() -> None:
    """The functions."""
    for each in (ANNOUNCE, CONCLUDE, ENTER, MONEY):
        op.execute(each)
    for name in (CLAIM, "hold_heads(text[])"):
        op.execute(f"alter function {name} {PLANS}")


def downgrade() -> None:
    """As it was before."""
    op.execute(import_module("migrations.versions.0004_money").MOVE.replace("create function", "create or replace function"))
    for name in (MOVE, CLAIM, "hold_heads(text[])"):
        op.execute(f"alter function {name} reset all")
    op.execute("drop function enter_treasury(uuid)")
    op.execute("drop function conclude(uuid,text,bytea,bytea,text[],text[],bytea[],text[],text[])")
    op.execute("drop function announce_many(uuid[],text[],bytea[],bytea[],bytea)")
