"""Money: one call that locks, checks, and writes a transfer with its mirrors."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

RESOURCES = (
    "credits", "fuel", "organics", "equipment", "technology", "luxury_items", "precious_metals", "raw_materials", "plasma",
    "bio_samples", "dark_matter", "quantum_crystals",
)  # fmt: skip

NEW_BALANCES = ", ".join(f"max(a.balance) filter (where l.resource = '{each}') as {each}" for each in RESOURCES)
TREASURY = ", ".join(f"treasury_{each} = coalesce(m.{each}, t.treasury_{each})" for each in RESOURCES)

# VOLATILE on purpose, as the delivery functions are: every inner statement sees what was committed before its locks were got.
# The tables of legs are arrays, not a temporary table: nothing here may write to the catalogue.
MOVE = f"""
create function move_money(
  p_transfer uuid, p_account uuid, p_command text, p_kind text, p_reason text, p_actor uuid, p_counterparty uuid, p_team uuid,
  p_kinds text[], p_owners uuid[], p_resources text[], p_amounts bigint[], p_most bigint
) returns table (verdict text, owner_kind text, owner_id uuid, resource text, amount bigint, balance bigint, told uuid, cargo jsonb)
language plpgsql volatile as $$
#variable_conflict use_column
declare ids uuid[]; bad text;
begin
  -- 1. The owners: teams, players, ships, each by ascending id. Whoever holds one of these rows already has come this way, too.
  perform from teams x where x.id in (select i.o from unnest(p_kinds, p_owners) i(k, o) where i.k = 'team') order by x.id for no key update;
  perform from players x where x.id in (select i.o from unnest(p_kinds, p_owners) i(k, o) where i.k = 'player') order by x.id for no key update;
  perform from ships x where x.id in (select i.o from unnest(p_kinds, p_owners) i(k, o) where i.k = 'ship') order by x.id for no key update;
  if exists (select from unnest(p_kinds, p_owners) i(k, o) where case i.k
      when 'team' then not exists (select from teams x where x.id = i.o)
      when 'player' then not exists (select from players x where x.id = i.o)
      when 'ship' then not exists (select from ships x where x.id = i.o) else false end) then
    verdict := 'not_found';
    return next;
    return;
  end if;

  -- 2. The accounts: those that are missing are opened, then all are held, both by ascending account_id.
  select array_agg(md5(i.k || ':' || i.o || ':' || i.r)::uuid) into ids from unnest(p_kinds, p_owners, p_resources) i(k, o, r);
  insert into accounts_ledger (account_id, owner_kind, owner_id, resource)
    select i.id, i.k, i.o, i.r from unnest(ids, p_kinds, p_owners, p_resources) i(id, k, o, r)
    where not exists (select from accounts_ledger a where a.account_id = i.id) order by i.id
    on conflict do nothing;
  perform from accounts_ledger a where a.account_id = any (ids) order by a.account_id for no key update;

  -- 3. The rules, on what the locks show.
  select case
      when bool_or(i.k <> 'system' and a.balance + i.n < 0) then 'insufficient'
      when bool_or(i.k <> 'system' and a.balance + i.n > p_most or abs(a.balance) > (1::bigint << 61)) then 'limit' end into bad
    from unnest(ids, p_kinds, p_amounts) i(id, k, n) join accounts_ledger a on a.account_id = i.id;
  if bad is null and exists (
      select from ships s join (select i.o, sum(i.n) n from unnest(p_kinds, p_owners, p_amounts) i(k, o, n) where i.k = 'ship' group by 1) i on i.o = s.id
      where i.n > 0 and coalesce((s.cargo->>'used')::numeric, 0) + i.n > coalesce((s.cargo->>'capacity')::numeric, 0)) then
    bad := 'space';
  end if;
  if bad is not null then
    verdict := bad;
    return next;
    return;
  end if;

  -- 4. The transfer and its sides. The time is taken under the locks, so that the times of an account's transfers are in its order.
  insert into transfers (transfer_id, account_id, command_id, kind, reason, actor_player_id, counterparty_player_id, team_id, at)
    values (p_transfer, p_account, p_command, p_kind, p_reason, p_actor, p_counterparty, p_team, clock_timestamp());
  update accounts_ledger a set balance = a.balance + i.n from unnest(ids, p_amounts) i(id, n) where a.account_id = i.id;
  insert into entries (transfer_id, account_id, amount, balance_after)
    select p_transfer, i.id, i.n, a.balance from unnest(ids, p_amounts) i(id, n) join accounts_ledger a on a.account_id = i.id;

  -- 5. The mirrors.
  update players p set credits = a.balance from unnest(ids, p_kinds, p_owners) i(id, k, o) join accounts_ledger a on a.account_id = i.id
    where i.k = 'player' and p.id = i.o;
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


def upgrade() -> None:
    op.execute(MOVE)


def downgrade() -> None:
    op.execute("drop function move_money(uuid,uuid,text,text,text,uuid,uuid,uuid,text[],uuid[],text[],bigint[],bigint)")
