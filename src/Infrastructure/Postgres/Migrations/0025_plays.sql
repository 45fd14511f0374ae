-- owner: plays
-- Where a month begins among UUIDv7 ids: their first 48 bits are milliseconds.
create function play_id_at(at timestamptz) returns uuid language sql immutable strict parallel safe as $$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- The hundredths of a track that lie between two positions.
create function play_hundredths(from_ms bigint, to_ms bigint, duration_ms bigint) returns bit(100) language sql immutable strict parallel safe as $$
  select case when from_ms >= to_ms then B'0'::bit(100)
    else (repeat('0', least(99, from_ms * 100 / duration_ms)::int)
       || repeat('1', (least(99, (to_ms - 1) * 100 / duration_ms) - least(99, from_ms * 100 / duration_ms))::int + 1)
       || repeat('0', 99 - least(99, (to_ms - 1) * 100 / duration_ms)::int))::bit(100) end
$$;

create function play_add(one int[], other int[]) returns int[] language sql immutable strict parallel safe as $$
  select array_agg(a.n + b.n order by a.i) from unnest(one) with ordinality a(n, i) join unnest(other) with ordinality b(n, i) on b.i = a.i
$$;

-- One listening to one track. Parted by month by the time in the id, so that a heartbeat finds its row by the id alone. No foreign keys: a play outlives
-- its track, and says nothing of a person once it is closed.
create table play (
  id uuid not null,
  track_id uuid not null,
  -- A keyed hash: of the account, or of address, user agent and day.
  listener uuid not null,
  -- For the listener's history; forgotten when the play is closed.
  account_id uuid,
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
  heard bit(100) not null default B'0'::bit(100),
  verdict text,
  is_new_listener boolean not null default false,
  is_tallied boolean not null default false,
  is_closed boolean not null default false,
  constraint play_pkey primary key (id),
  constraint play_verdict_check check (verdict in ('counted', 'repeat', 'own', 'bot', 'too_short'))
) partition by range (id);
-- No column that a heartbeat changes is in an index: heartbeats stay on their page.
create index play_listener_idx on play (listener, id) where not is_closed;
create index play_due_idx on play (closes_at) where not is_closed;
create index play_tally_idx on play (id) where verdict = 'counted' and not is_tallied;
-- Nothing is lost when nobody made the next partition in time.
create table play_rest partition of play default;

create function make_play_partitions(months int) returns void language plpgsql as $$
declare
  month timestamptz;
  part text;
begin
  for month in select (date_trunc('month', now() at time zone 'UTC') + make_interval(months => n)) at time zone 'UTC' from generate_series(0, months) n loop
    part := 'play_' || to_char(month at time zone 'UTC', 'YYYY_MM');
    continue when to_regclass(part) is not null;
    execute format('create table %I partition of play for values from (%L) to (%L) with (fillfactor = 70)',
      part, play_id_at(month), play_id_at((month at time zone 'UTC' + interval '1 month') at time zone 'UTC'));
  end loop;
end $$;
select make_play_partitions(2);

create function drop_play_partitions(months int) returns void language plpgsql as $$
declare
  part text;
begin
  for part in select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
               where i.inhparent = 'play'::regclass and c.relname ~ '^play_\d{4}_\d{2}$'
                 and c.relname < 'play_' || to_char((now() at time zone 'UTC') - make_interval(months => months), 'YYYY_MM') loop
    execute format('drop table %I', part);
  end loop;
end $$;

-- Until when another play of the same listener is a repeat.
create table play_window (
  listener uuid not null,
  track_id uuid not null,
  counted_at timestamptz not null,
  counts_again_at timestamptz not null,
  constraint play_window_pkey primary key (listener, track_id)
);
create index play_window_expiry_idx on play_window (counts_again_at);

-- Who listened to what: a person's history, and what is listened to together.
create table track_listener (
  account_id uuid not null,
  track_id uuid not null,
  last_played_at timestamptz not null,
  -- Counted plays. Zero for one's own tracks.
  plays bigint not null,
  constraint track_listener_pkey primary key (account_id, track_id),
  constraint track_listener_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index track_listener_history_idx on track_listener (account_id, last_played_at desc, track_id desc);
create index track_listener_track_idx on track_listener (track_id, last_played_at desc, account_id) where plays > 0;

create table play_total (
  track_id uuid not null,
  plays bigint not null,
  constraint play_total_pkey primary key (track_id)
);

create table play_day (
  track_id uuid not null,
  day date not null,
  plays bigint not null default 0,
  listeners bigint not null default 0,
  -- Of closed plays: all of them, and those of people, which the rest tells of.
  begun bigint not null default 0,
  people bigint not null default 0,
  bots bigint not null default 0,
  repeats bigint not null default 0,
  too_short bigint not null default 0,
  own bigint not null default 0,
  completed bigint not null default 0,
  listened_ms bigint not null default 0,
  -- By hundredths of the track: how many heard it, and how many left there.
  heard int[] not null default array_fill(0, array[100]),
  left_at int[] not null default array_fill(0, array[100]),
  constraint play_day_pkey primary key (track_id, day)
);

create table play_day_part (
  track_id uuid not null,
  day date not null,
  part text not null,
  name text not null,
  plays bigint not null,
  constraint play_day_part_pkey primary key (track_id, day, part, name),
  constraint play_day_part_check check (part in ('source', 'country'))
);

-- Tracks that are gone: what was known of their plays is forgotten a batch at a time, however many listened.
create table play_orphan (
  track_id uuid not null,
  gone_at timestamptz not null default now(),
  constraint play_orphan_pkey primary key (track_id)
);
create index play_orphan_gone_idx on play_orphan (gone_at);
create function play_track_gone() returns trigger language plpgsql as $$
begin
  insert into play_orphan (track_id) select id from gone on conflict do nothing;
  return null;
end $$;
create trigger play_track_gone after delete on track referencing old table as gone for each statement execute function play_track_gone();
