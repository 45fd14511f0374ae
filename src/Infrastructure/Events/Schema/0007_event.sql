-- What happened that may concern other rooms, written in the transaction of its cause. Nobody changes a row; days are
-- dropped as a whole.
create table event (
  id bigint not null generated always as identity,
  -- The transaction that wrote it. An id is given before the commit, so a smaller one may come to light after a larger
  -- one: what a listener has not been given yet is told by this and a snapshot.
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null default clock_timestamp(),
  kind text not null,
  -- What it is about; null where it is about many.
  subject_id uuid,
  payload jsonb not null,
  constraint event_pkey primary key (id, at)
) partition by range (at);
create index event_xid_idx on event (xid);
-- Nothing is lost when nobody made the next day in time.
create table event_rest partition of event default;

-- Attached, not created in place: writers wait for neither. A day of which something lies in the rest already stays
-- there. With the rights of the owner of the table, who need not be the role that serves.
create function make_event_days(ahead int) returns void language plpgsql
security definer set search_path = public, pg_temp set lock_timeout = '500ms' as $$
declare
  day timestamptz;
  part text;
begin
  for day in
    select (date_trunc('day', now() at time zone 'UTC') + make_interval(days => n)) at time zone 'UTC'
      from generate_series(0, ahead) n
  loop
    part := 'event_' || to_char(day at time zone 'UTC', 'YYYY_MM_DD');
    continue when to_regclass(part) is not null
      or exists (select 1 from event_rest where at >= day and at < day + interval '24 hours');
    execute format('create table %I (like event including defaults including constraints including indexes)', part);
    execute format('alter table event attach partition %I for values from (%L) to (%L)',
      part, day, day + interval '24 hours');
  end loop;
end $$;
revoke execute on function make_event_days(int) from public;
select make_event_days(2);

-- Wants the whole feed for a moment: it gives up rather than have writers wait behind it.
create function drop_event_days(kept int) returns void language plpgsql
security definer set search_path = public, pg_temp set lock_timeout = '500ms' as $$
declare
  part text;
  day timestamp := date_trunc('day', now() at time zone 'UTC') - make_interval(days => kept);
begin
  for part in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'event'::regclass and c.relname ~ '^event_\d{4}_\d{2}_\d{2}$'
       and c.relname < 'event_' || to_char(day, 'YYYY_MM_DD')
  loop
    execute format('drop table %I', part);
  end loop;
  delete from event_rest where at < day at time zone 'UTC';
end $$;
revoke execute on function drop_event_days(int) from public;

-- For triggers, and for whoever has a transaction.
create function record_event(kind text, subject_id uuid, payload jsonb) returns void language plpgsql volatile as $$
begin
  insert into event (kind, subject_id, payload)
  values (record_event.kind, record_event.subject_id, record_event.payload);
  perform pg_notify('veza_event', '');
end $$;

-- How far each listener has been given the feed. An event has been given when `seen` sees its transaction; while a part
-- of what `reading` sees beyond that has been given, what is up to `given_id` has been given too.
create table event_subscription (
  name text not null,
  kinds text[] not null,
  is_in_order boolean not null,
  seen pg_snapshot not null,
  reading pg_snapshot,
  given_id bigint not null default 0,
  -- The last id that `seen` may see, and `reading`.
  seen_id bigint not null default 0,
  reading_id bigint not null default 0,
  -- Up to here everything has been given, whatever the transactions say: they were those of another server (see
  -- dispatch_events).
  base_id bigint not null default 0,
  -- When a worker said last that it has this listener.
  renewed_at timestamptz not null default now(),
  constraint event_subscription_pkey primary key (name)
);

-- What each listener has still to be given.
create view event_lag as
  select s.name, count(e.id) as events, min(e.at) as oldest_at, s.renewed_at
    from event_subscription s
    left join event e on e.kind = any (s.kinds) and e.id > s.base_id and e.xid >= pg_snapshot_xmin(s.seen)
     and not pg_visible_in_snapshot(e.xid, s.seen)
     and (s.reading is null or e.id > s.given_id or not pg_visible_in_snapshot(e.xid, s.reading))
   group by s.name, s.renewed_at;

-- One event for one listener: a job, so that tries, dead letters and what operators do with them are those of jobs.
create function event_job(s event_subscription, e event) returns uuid language sql volatile as $$
  select enqueue_job(s.name,
    jsonb_build_object('id', e.id, 'kind', e.kind, 'subject_id', e.subject_id, 'at', e.at, 'event', e.payload),
    subject_id => e.subject_id,
    sequence => case when s.is_in_order and e.subject_id is not null then e.id end)
$$;

-- Makes jobs of what a listener has not been given yet, in the order of ids; what is written under one lock has ids in
-- the order of its commits. Returns whether the listener has as many jobs that are due as it may have: then the rest
-- waits in the feed. Volatile, so each statement sees what was committed before it: also what another dispatcher wrote
-- of this listener before it let go of the row.
create function dispatch_events(subscription text, due_max int) returns boolean language plpgsql volatile as $$
declare
  s event_subscription;
  wanted int;
  any_id bigint;
  first_id bigint;
  given int;
  last_id bigint;
begin
  select * into s from event_subscription e where e.name = subscription for update skip locked;
  if s.name is null then
    return false;
  end if;
  select due_max - count(*) into wanted
    from (select 1 from job
           where kind = subscription and state = 'queued' and (owner_id is null or losses > 0) and run_at <= now()
           limit due_max) due;
  if wanted <= 0 then
    return true;
  end if;

  if s.reading is null then
    select pg_current_snapshot(), coalesce((select max(id) from event), 0) into s.reading, s.reading_id;
    -- Never so on one server. The tables came to a younger one by a dump, and its transactions have smaller numbers
    -- than those that were seen. Ids go on as they were: what is later than the last that was seen has not been given,
    -- nor what the old server had not shown yet.
    if pg_snapshot_xmax(s.seen) > pg_snapshot_xmax(s.reading) then
      select count(event_job(s, e)) into given from event e
       where e.kind = any (s.kinds)
         and (e.id > s.seen_id
              or e.xid >= pg_snapshot_xmin(s.seen) and not pg_visible_in_snapshot(e.xid, s.seen));
      update event_subscription
         set seen = s.reading, reading = null, given_id = 0, base_id = s.seen_id, seen_id = s.reading_id
       where name = subscription;
      return false;
    end if;
    select min(e.id), min(e.id) filter (where e.kind = any (s.kinds)) into any_id, first_id from event e
     where e.id > s.base_id and e.xid >= pg_snapshot_xmin(s.seen)
       and not pg_visible_in_snapshot(e.xid, s.seen) and pg_visible_in_snapshot(e.xid, s.reading);
    if any_id is null then
      return false;
    end if;
    s.given_id := coalesce(first_id - 1, s.reading_id);
  end if;

  with batch as materialized (
    select e from event e
     where e.id > s.given_id and e.kind = any (s.kinds) and e.xid >= pg_snapshot_xmin(s.seen)
       and not pg_visible_in_snapshot(e.xid, s.seen) and pg_visible_in_snapshot(e.xid, s.reading)
     order by e.id limit wanted
  )
  select count(event_job(s, b.e)), max((b.e).id) into given, last_id from batch b;
  if given < wanted then
    update event_subscription set seen = s.reading, seen_id = s.reading_id, reading = null, given_id = 0
     where name = subscription;
  else
    update event_subscription set reading = s.reading, reading_id = s.reading_id, given_id = last_id
     where name = subscription;
  end if;
  return given = wanted;
end $$;
