"""Delivery functions: claiming an id, holding heads, the batched lane's one call."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# VOLATILE on purpose, all of them: at READ COMMITTED every inner statement gets a fresh snapshot, and their order is fixed.

CLAIM = """
create function claim_receipt(p_account uuid, p_id text, p_session uuid, p_fence bigint)
returns table (hash bytea, answer bytea, signed_in boolean, at timestamptz)
language plpgsql volatile as $$
#variable_conflict use_column
begin
  perform pg_advisory_xact_lock(hashtextextended(p_account::text || p_id, 0));
  -- A later statement than the lock: whoever waited sees what the first one stored.
  return query select r.hash, r.answer, p_session is null or exists (
      select from sessions s join users u on u.id = s.user_id
      where s.session_id = p_session and s.fence = p_fence and s.revoked_at is null and u.is_active and not u.deleted),
    clock_timestamp()
  from (select) one left join receipts r on r.account = p_account and r.id = p_id;
end $$
"""

SETTLE = """
create function settle_receipt(p_account uuid, p_id text, p_tombstone bytea) returns table (state text, answer bytea)
language plpgsql volatile as $$
#variable_conflict use_column
declare found bytea;
begin
  if not pg_try_advisory_xact_lock(hashtextextended(p_account::text || p_id, 0)) then
    return query select 'running'::text, null::bytea;
    return;
  end if;
  select r.answer into found from receipts r where r.account = p_account and r.id = p_id;
  if found is null then
    insert into receipts (account, id, hash, answer) values (p_account, p_id, ''::bytea, p_tombstone);
    return query select 'never'::text, null::bytea;
  elsif found = p_tombstone then
    return query select 'never'::text, null::bytea;
  else
    return query select 'done'::text, found;
  end if;
end $$
"""

HOLD = """
create function hold_heads(p_names text[]) returns table (name text, epoch text, head bigint, at timestamptz)
language plpgsql volatile as $$
#variable_conflict use_column
declare r record;
begin
  -- Heads in name order, the same everywhere: the wait is short and nobody deadlocks.
  for r in select s.name, s.epoch, s.head, s.last_at from streams s where s.name = any (p_names)
           order by s.name collate "C" for no key update
  loop
    name := r.name; epoch := r.epoch; head := r.head;
    -- After the lock, and never older than the number before.
    at := greatest(clock_timestamp(), r.last_at);
    return next;
  end loop;
end $$
"""

SAY = """
create function say_many(
  a_account uuid[], a_session uuid[], a_fence text[], a_id text[], a_hash bytea[], a_mid uuid[], a_body text[],
  a_name text[], a_pay bytea[], a_ans bytea[], a_reply text[],
  p_no_team bytea, p_muted bytea, p_not_found bytea, p_wait boolean
) returns table (o bigint, state text, team uuid, sq bigint, ts bigint, answer bytea, epoch text)
language plpgsql volatile
-- One plan for good: an index look-up a row. Left to itself the planner, asked while the tables are small, takes full scans and
-- hash joins, keeps that plan for the connection's life, and the cost of a line grows with the tables (measured: 25 times in 10 s).
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set enable_material = off as $$
#variable_conflict use_column
declare free bigint[]; got text[]; t timestamptz;
begin
  -- 1. The ids, before any head: both lanes take them in this order, so nobody can make a cycle of them.
  select array_agg(i.ord) into free from (
    select i.ord, pg_try_advisory_xact_lock(hashtextextended(i.a::text || i.c, 0)) k
    from unnest(a_account, a_id) with ordinality i(a, c, ord)) i where i.k;

  -- 2. The heads of the accounts' teams, in name order.
  if p_wait then
    select array_agg(x.name) into got from (
      select s.name from streams s
      where s.name in (select 'team:' || m.team_id from team_members m where m.player_id = any (a_account))
      order by s.name collate "C" for no key update) x;
  else
    select array_agg(x.name) into got from (
      select s.name from streams s
      where s.name in (select 'team:' || m.team_id from team_members m where m.player_id = any (a_account))
      order by s.name collate "C" for no key update skip locked) x;
  end if;
  t := clock_timestamp();

  -- 3. Only then, in a later statement with a fresh snapshot: receipts, then session, membership and rights, one verdict a row.
  return query
  with inp as (
    select i.ord, i.account, i.id, i.hash, i.mid, i.body, i.pay, i.ans, nullif(i.reply, '')::uuid as reply, m.team_id as team,
      s.name, s.epoch, s.head, greatest(t, s.last_at) as at, r.answer as old_answer,
      coalesce(nullif(p.nickname, ''), u.username) as called,
      case
        when r.id is not null then case when r.hash = i.hash then 'stored' else 'mismatch' end
        when i.ord <> all (coalesce(free, '{}')) then 'busy'
        when q.session_id is null or u.id is null then 'signed_out'
        when m.team_id is null then 'team.none'
        when s.name is null then case when exists (select from streams x where x.name = 'team:' || m.team_id) then 'again' else 'lost' end
        when m.muted_until > t then 'muted'
        when i.reply <> '' and not exists (select from messages x where x.id = i.reply::uuid and x.team_id = m.team_id) then 'not_found'
        when i.called <> coalesce(nullif(p.nickname, ''), u.username) then 'renamed'
        else 'ok'
      end as st
    from unnest(a_account, a_session, a_fence, a_id, a_hash, a_mid, a_body, a_name, a_pay, a_ans, a_reply)
      with ordinality i(account, ses, fence, id, hash, mid, body, called, pay, ans, reply, ord)
    left join receipts r on r.account = i.account and r.id = i.id
    left join players p on p.id = i.account and p.is_active
    left join users u on u.id = p.user_id and u.is_active and not u.deleted
    left join sessions q on q.session_id = i.ses and q.revoked_at is null and q.fence = i.fence::bigint and q.user_id = u.id
    left join team_members m on m.player_id = i.account
    left join streams s on s.name = 'team:' || m.team_id and s.name = any (got)
  ), said as materialized (
    -- One pass over the rows for good: a join back to them would be quadratic in the batch.
    select inp.*, head + row_number() over (partition by name, st order by ord) as q, floor(extract(epoch from at) * 1000)::bigint as ms
    from inp
  ), kept as (
    insert into receipts (account, id, hash, answer, at)
    select account, id, hash,
      case st when 'ok' then ans || int8send(ms) || '\\xa3706f7381d929'::bytea || convert_to(name, 'UTF8') || '\\xcf'::bytea || int8send(q)
        when 'muted' then p_muted when 'not_found' then p_not_found else p_no_team end,
      t
    from said where st in ('ok', 'muted', 'team.none', 'not_found')
  ), moved as (
    update streams x set head = l.q, last_at = l.at from (select name, max(q) q, max(at) at from said where st = 'ok' group by 1) l where x.name = l.name
  ), spoken as (
    insert into messages (id, sender_id, team_id, content, sent_at, reply_to_id, message_type, priority)
    select mid, account, team, body, at, reply, 'team', 'normal' from said where st = 'ok'
  ), told as (
    insert into stream_events (stream, seq, at, name, payload) select name, q, at, 'team.said', pay from said where st = 'ok'
  )
  select s.ord, s.st, s.team, case s.st when 'ok' then s.q end, case s.st when 'ok' then s.ms end,
    case s.st when 'stored' then s.old_answer when 'mismatch' then s.old_answer when 'renamed' then convert_to(s.called, 'UTF8') end,
    s.epoch
  from said s order by s.ord;
end $$
"""


def upgrade() -> None:
    for each in (CLAIM, SETTLE, HOLD, SAY):
        op.execute(each)


def downgrade() -> None:
    op.execute(
        "drop function say_many(uuid[],uuid[],text[],text[],bytea[],uuid[],text[],text[],bytea[],bytea[],text[],bytea,bytea,bytea,boolean)"
    )
    op.execute("drop function hold_heads(text[])")
    op.execute("drop function settle_receipt(uuid,text,bytea)")
    op.execute("drop function claim_receipt(uuid,text,uuid,bigint)")
