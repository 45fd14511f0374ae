-- The hundredths of a track that lie between two positions.
create function play_hundredths(from_ms bigint, to_ms bigint, duration_ms bigint) returns bit(100)
language sql immutable strict parallel safe as $$
  select case when from_ms >= to_ms then B'0'::bit(100)
    else (repeat('0', least(99, from_ms * 100 / duration_ms)::int)
       || repeat('1', (least(99, (to_ms - 1) * 100 / duration_ms) - least(99, from_ms * 100 / duration_ms))::int + 1)
       || repeat('0', 99 - least(99, (to_ms - 1) * 100 / duration_ms)::int))::bit(100) end
$$;

-- One listening to one track. Parted by month by the time in the id, so that a heartbeat finds its row by the id alone.
-- No foreign keys: a play outlives its track, and says nothing of a person once it is closed.
create table play (
  id uuid not null,
  track_id uuid not null,
  -- A keyed hash: of the account, or of address, user agent and day.
  listener uuid not null,
  -- For the listener's history; forgotten when the play is closed.
  account_id uuid,
  -- Where somebody listens who has no account: keyed hashes of address and day, and of network and day. Forgotten when
  -- the play is closed, too.
  address uuid,
  network uuid,

  -- Where it was begun from: a list, a room, ...
  source text not null,
  source_id uuid,
  country text,
  duration_ms bigint not null,
  counts_after_ms bigint not null,
  is_own boolean not null,
  is_bot boolean not null,

  begun_at timestamptz not null,
  -- Fixed when it begins; then it takes no more heartbeats and is added to its day. An ended play closes at once.
  closes_at timestamptz not null,
  heard_at timestamptz not null,
  -- Listening is credited against time that has passed: up to here it is spent.
  credited_until timestamptz not null,
  listened_ms bigint not null default 0,
  position_ms bigint not null default 0,
  beats int not null default 0,
  -- Which hundredths of the track were heard.
  heard bit(100) not null default B'0'::bit(100),

  -- Null while it is not known yet whether it counts.
  verdict text,
  is_new_listener boolean not null default false,
  is_tallied boolean not null default false,
  is_closed boolean not null default false,
  constraint play_pkey primary key (id),
  constraint play_verdict_check check (verdict in ('counted', 'repeat', 'own', 'bot', 'too_short'))
) partition by range (id);
-- No column that a heartbeat changes is in an index: heartbeats stay on their page.
create index play_listener_idx on play (listener, id) where not is_closed;
create index play_address_idx on play (address, id) where not is_closed and address is not null;
create index play_due_idx on play (closes_at) where not is_closed;
create index play_tally_idx on play (id) where verdict = 'counted' and not is_tallied;
-- Nothing is lost when nobody made the next partition in time.
create table play_rest partition of play default;

-- The partitions of this month and so many after it. With the rights of the owner of the table, who need not be the
-- role that serves; names mean what they mean here, and not what a caller put before them.
create function make_play_partitions(months int) returns void language plpgsql
security definer set search_path = public, pg_temp as $$
declare
  month timestamptz;
  part text;
begin
  for month in
    select (date_trunc('month', now() at time zone 'UTC') + make_interval(months => n)) at time zone 'UTC'
      from generate_series(0, months) n
  loop
    part := 'play_' || to_char(month at time zone 'UTC', 'YYYY_MM');
    continue when to_regclass(part) is not null;
    execute format('create table %I partition of play for values from (%L) to (%L) with (fillfactor = 70)',
      part, uuid_at(month), uuid_at((month at time zone 'UTC' + interval '1 month') at time zone 'UTC'));
  end loop;
end $$;
revoke execute on function make_play_partitions(int) from public;
select make_play_partitions(2);

-- Drops the months that are more than so many ago.
create function drop_play_partitions(months int) returns void language plpgsql
security definer set search_path = public, pg_temp as $$
declare
  part text;
begin
  for part in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'play'::regclass and c.relname ~ '^play_\d{4}_\d{2}$'
       and c.relname < 'play_' || to_char((now() at time zone 'UTC') - make_interval(months => months), 'YYYY_MM')
  loop
    execute format('drop table %I', part);
  end loop;
end $$;
revoke execute on function drop_play_partitions(int) from public;
