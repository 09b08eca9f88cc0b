"""The batched lane of deposits: many gifts of credits to treasuries in one call."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# As the other lanes: VOLATILE, so that every inner statement gets a fresh snapshot in a fixed order, and one plan for good, by
# look-ups (see 0003).
PLANS = """set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set enable_bitmapscan = off set enable_material = off"""

# What a treasury holds beside credits, in the order of the answer.
OTHERS = (
    "fuel", "organics", "equipment", "technology", "luxury_items", "precious_metals", "raw_materials", "plasma", "bio_samples",
    "dark_matter", "quantum_crystals",
)  # fmt: skip


def _key(name: str) -> str:
    """A short text as msgpack spells it."""
    return f"'\\x{160 + len(name):02x}{name.encode().hex()}'::bytea"


def _count(column: str) -> str:
    """A number as msgpack spells it: small ones in one byte, as most of them are nought."""
    return f"case when {column} < 128 then set_byte('\\x00', 0, {column}::int) else '\\xcf'::bytea || int8send({column}) end"


REST = " || ".join(f"{_key(each)} || {_count(f't.treasury_{each}')}" for each in OTHERS)

DEPOSIT = f"""
create function deposit_many(
  a_account uuid[], a_session uuid[], a_fence text[], a_id text[], a_hash bytea[], a_transfer uuid[], a_amount text[],
  a_ans bytea[], a_mine bytea[], a_ours bytea[], p_mine bytea, p_ours bytea, p_most bigint
) returns table (o bigint, state text, answer bytea, team text, sq bigint, ts bigint, said bytea, epoch text,
  own_sq bigint, own_ts bigint, own_said bytea, own_epoch text)
language plpgsql volatile {PLANS} as $$
#variable_conflict use_column
declare free bigint[]; who uuid[]; crews uuid[]; got text[]; moment timestamptz;
begin
  -- 1. The ids, before anything else: both lanes take them first.
  select array_agg(i.ord) into free from (
    select i.ord, pg_try_advisory_xact_lock(hashtextextended(i.a::text || i.c, 0)) k
    from unnest(a_account, a_id) with ordinality i(a, c, ord)) i where i.k;

  -- 2. Every row that will be written: membership, team, captain, both accounts. Nothing is waited for, here or later, so that
  -- nobody can make a cycle with us: what somebody else holds is left for the next call. Of whom all rows are held stays a member.
  select array_agg(x.player_id), array_agg(x.team_id) into who, crews from (
    select m.player_id, m.team_id from unnest(a_account) with ordinality i(account, ord)
    join team_members m on m.player_id = i.account
    join teams t on t.id = m.team_id
    join players p on p.id = m.player_id
    join accounts_ledger w on w.account_id = md5('player:' || m.player_id || ':credits')::uuid
    join accounts_ledger c on c.account_id = md5('team:' || m.team_id || ':credits')::uuid
    where i.ord = any (free)
    order by t.id, p.id
    for no key update of m, t, p, w, c skip locked) x;

  -- 3. The heads of those, last and in name order.
  select array_agg(x.name) into got from (
    select s.name from streams s
    where s.name in (select 'player:' || l.id from unnest(who) l(id) union all select 'team:' || l.id from unnest(crews) l(id))
    order by s.name collate "C" for no key update skip locked) x;
  moment := clock_timestamp();

  -- 4. Only then, in a later statement with a fresh snapshot: one verdict a row. What is no plain gift (no receipt, and something in
  -- the way) is for the ordinary lane, which says what.
  return query
  with inp as (
    select i.ord, i.account, i.id, i.hash, i.transfer, i.amount::bigint as n, i.ans, i.mine, i.ours, r.answer as old_answer,
      m.team_id as team, w.account_id as wallet, w.balance as had, c.account_id as chest, c.balance as held,
      h.name as own, h.epoch as own_epoch, h.head as own_head, greatest(moment, h.last_at) as own_at,
      g.name as crew, g.epoch, g.head, greatest(moment, g.last_at) as at,
      {REST} as rest,
      case
        when r.id is not null then case when r.hash = i.hash then 'stored' else 'mismatch' end
        when i.ord <> all (coalesce(free, '{{}}')) then 'busy'
        when q.session_id is null or f.has_completed_first_login is not true or c.account_id is null or w.account_id is null
          or w.balance < i.amount::bigint or x.transfer_id is not null then 'plain'
        when h.name is null or g.name is null then 'again'
        else 'ok'
      end as st
    from unnest(a_account, a_session, a_fence, a_id, a_hash, a_transfer, a_amount, a_ans, a_mine, a_ours)
      with ordinality i(account, ses, fence, id, hash, transfer, amount, ans, mine, ours, ord)
    left join receipts r on r.account = i.account and r.id = i.id
    -- Joined, not asked for by EXISTS: that would be hashed, all the transfers there ever were.
    left join transfers x on x.account_id = i.account and x.command_id = i.id
    left join players p on p.id = i.account
    left join users u on u.id = p.user_id and u.is_active and not u.deleted
    left join sessions q on q.session_id = i.ses and q.revoked_at is null and q.fence = i.fence::bigint and q.user_id = u.id
    left join player_first_login_states f on f.player_id = i.account
    left join team_members m on m.player_id = i.account
    left join teams t on t.id = m.team_id
    left join accounts_ledger w on w.account_id = md5('player:' || i.account || ':credits')::uuid
    left join accounts_ledger c on c.account_id = md5('team:' || m.team_id || ':credits')::uuid
    left join streams h on h.name = 'player:' || i.account and h.name = any (got)
    left join streams g on g.name = 'team:' || m.team_id and g.name = any (got)
  ), gifts as (
    -- One gift of each captain; another one of theirs is for the next call.
    select *, st = 'ok' and row_number() over (partition by account, st order by ord) = 1 as gift from inp
  ), summed as (
    -- Several gifts to one team follow each other: each has the balance and the number after the one before.
    select *, held + (sum(n) over a)::bigint as owns, head + row_number() over a as q
    from gifts window a as (partition by team, gift order by ord rows unbounded preceding)
  ), given as materialized (
    -- Over the brim: that one and every later one to that team, so that the numbers of the others stand.
    select *, case when st <> 'ok' then st when not gift then 'later' when owns > p_most then 'plain' else 'ok' end as fate,
      p_mine || int8send(had - n) || mine as own_said, p_ours || int8send(owns) || ours as said,
      -- The outcome as codec.answer spells it: {{ok, pos}}.
      ans || {_key("credits")} || '\\xcf'::bytea || int8send(owns) || rest
        || '\\xa3706f7382d92b'::bytea || convert_to(own, 'UTF8') || '\\xcf'::bytea || int8send(own_head + 1)
        || '\\xd929'::bytea || convert_to(crew, 'UTF8') || '\\xcf'::bytea || int8send(q) as outcome
    from summed
  ), kept as (
    insert into receipts (account, id, hash, answer, at) select account, id, hash, outcome, moment from given where fate = 'ok'
  ), transfer as (
    -- A time of its own for each, so that the times of an account's transfers are in its order.
    insert into transfers (transfer_id, account_id, command_id, kind, actor_player_id, team_id, at)
    select transfer, account, id, 'deposit', account, team, moment + ord * interval '1 microsecond' from given where fate = 'ok'
  ), sides as (
    insert into entries (transfer_id, account_id, amount, balance_after)
    select transfer, wallet, -n, had - n from given where fate = 'ok' union all select transfer, chest, n, owns from given where fate = 'ok'
  ), moved as (
    update accounts_ledger a set balance = l.balance from (
      select wallet as id, had - n as balance from given where fate = 'ok'
      union all select chest, max(owns) from given where fate = 'ok' group by 1) l where a.account_id = l.id
  ), purses as (
    update players p set credits = l.had - l.n from given l where l.fate = 'ok' and p.id = l.account
  ), chests as (
    update teams x set treasury_credits = l.owns from (select team, max(owns) as owns from given where fate = 'ok' group by 1) l where x.id = l.team
  ), contributed as (
    update team_members m set contribution_credits = jsonb_set(
        m.contribution_credits, '{{credits}}', to_jsonb(coalesce((m.contribution_credits->>'credits')::numeric, 0) + l.n))
      from given l where l.fate = 'ok' and m.player_id = l.account
  ), numbered as (
    update streams x set head = l.q, last_at = l.at from (
      select own as name, own_head + 1 as q, own_at as at from given where fate = 'ok'
      union all select crew, max(q), max(at) from given where fate = 'ok' group by 1) l where x.name = l.name
  ), told as (
    insert into stream_events (stream, seq, at, name, payload)
    select own, own_head + 1, own_at, 'player.credits_changed', own_said from given where fate = 'ok'
    union all select crew, q, at, 'treasury.changed', said from given where fate = 'ok'
  )
  select d.ord, d.fate, case d.fate when 'ok' then d.outcome else d.old_answer end, d.crew, d.q, floor(extract(epoch from d.at) * 1000)::bigint, d.said, d.epoch,
    d.own_head + 1, floor(extract(epoch from d.own_at) * 1000)::bigint, d.own_said, d.own_epoch
  from given d order by d.ord;
end $$
"""

SIGNATURE = (
    "deposit_many(uuid[],uuid[],text[],text[],bytea[],uuid[],text[],bytea[],bytea[],bytea[],bytea,bytea,bigint)"  # what a drop names
)


# The proof at commit that a transfer sums to zero, of each side. Left to itself the planner scanned all accounts for it (20 µs more).
BALANCES = "check_transfer_balances()"


def upgrade() -> None:
    """The function, and look-ups for the proof at commit."""
    op.get_bind().exec_driver_sql(DEPOSIT)
    op.execute(f"alter function {BALANCES} {PLANS}")


def downgrade() -> None:
    """As it was before."""
    op.execute(f"alter function {BALANCES} {' '.join(f'reset {name}' for name in PLANS.split()[1::4])}")
    op.execute(f"drop function {SIGNATURE}")
