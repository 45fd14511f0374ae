-- What happened to accounts. Append-only, a partition a month; no foreign keys, because a trail outlives what it tells
-- of.
create table audit_event (
  id uuid not null,
  at timestamptz not null default clock_timestamp(),
  action text not null,
  account_id uuid,
  -- Who did it; null for the account itself without signing in, and for what happens by itself.
  actor_id uuid,
  session_id uuid,
  ip inet,
  device text not null default '',
  detail jsonb not null default '{}',
  constraint audit_event_pkey primary key (at, id)
) partition by range (at);
create index audit_event_account_idx on audit_event (account_id, at desc, id desc);
create index audit_event_actor_idx on audit_event (actor_id, at desc, id desc);
create index audit_event_action_idx on audit_event (action, at desc, id desc);
-- Nothing is lost when nobody made the next partition in time.
create table audit_event_rest partition of audit_event default;

create function audit_event_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'audit_event is append-only' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_event_append_only before update or delete on audit_event
  for each row execute function audit_event_append_only();

-- The partitions of this month and so many after it. With the rights of the owner of the table, who need not be the
-- role that serves; names mean what they mean here, and not what a caller put before them.
create function make_audit_partitions(months int) returns void language plpgsql
security definer set search_path = public, pg_temp as $$
declare
  month date;
begin
  for month in
    select date_trunc('month', now() at time zone 'UTC')::date + make_interval(months => n)
      from generate_series(0, months) n
  loop
    execute format(
      'create table if not exists audit_event_%s partition of audit_event for values from (%L) to (%L)',
      to_char(month, 'YYYY_MM'),
      to_char(month, 'YYYY-MM-DD 00:00:00+00'), to_char(month + interval '1 month', 'YYYY-MM-DD 00:00:00+00'));
  end loop;
end $$;
revoke execute on function make_audit_partitions(int) from public;
select make_audit_partitions(3);
