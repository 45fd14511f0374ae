-- What becomes of plays: histories, totals and days.

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
  -- Counted plays, and those that were their listener's first of the day.
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

-- Adds up two arrays, place by place.
create function play_add(one int[], other int[]) returns int[] language sql immutable strict parallel safe as $$
  select array_agg(a.n + b.n order by a.i)
    from unnest(one) with ordinality a(n, i) join unnest(other) with ordinality b(n, i) on b.i = a.i
$$;

-- The counted plays of a day by where they came from.
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
create trigger play_track_gone after delete on track referencing old table as gone
  for each statement execute function play_track_gone();
