-- owner: tracks
create extension if not exists pg_trgm;
create extension if not exists unaccent;

create table track (
  id uuid not null,
  account_id uuid not null,
  title text not null,
  artist text not null default '',
  album text not null default '',
  genre text not null default '',
  tags text[] not null default '{}',
  description text not null default '',
  visibility text not null,
  status text not null default 'queued',
  failure_code text,
  failure_message text,
  progress smallint not null default 0,
  -- Where the original and what was made of it stand in object storage.
  storage_prefix text not null,
  -- Names the renditions' folder under the prefix: the fence of the job that made them, so that two workers never write the same object.
  revision bigint not null default 0,
  sha256 bytea not null,
  size_bytes bigint not null,
  file_name text not null default '',
  duration_ms bigint,
  sample_rate_hz int,
  channels int,
  codec text,
  bitrate_bps int,
  loudness_lufs real,
  true_peak_dbtp real,
  loudness_range_lu real,
  variants jsonb not null default '[]',
  play_count bigint not null default 0,
  like_count bigint not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint track_pkey primary key (id),
  constraint track_account_fkey foreign key (account_id) references account (id) on delete cascade,
  constraint track_visibility_check check (visibility in ('public', 'unlisted', 'private')),
  constraint track_status_check check (status in ('queued', 'processing', 'ready', 'failed'))
);
create index track_account_idx on track (account_id, created_at desc, id);
create index track_waiting_idx on track (account_id) where status in ('queued', 'processing');
create index track_listed_idx on track (created_at desc, id) where visibility = 'public' and status = 'ready';
create index track_words_idx on track using gin ((lower(title || ' ' || artist || ' ' || album)) gin_trgm_ops);
