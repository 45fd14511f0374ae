-- owner: tracks
-- Goes up when every stream URL given so far must end: the track was withdrawn, or fewer people may hear it than before.
alter table track add column stream_epoch int not null default 0;
-- The audio that is heard, as a number; the highest number given so far; since when; and where its original stands under storage_prefix.
alter table track add column audio_number int not null default 1;
alter table track add column audio_last int not null default 1;
alter table track add column audio_since timestamptz not null default now();
alter table track add column original_name text not null default 'original';

-- Like revocation, for the stream URLs of a track. It outlives the track: a deleted one's URLs must end too.
create table track_revocation (
  track_id uuid not null,
  epoch_min int not null,
  expires_at timestamptz not null,
  constraint track_revocation_pkey primary key (track_id)
);
create index track_revocation_expiry_idx on track_revocation (expires_at);

create table track_like (
  track_id uuid not null,
  account_id uuid not null,
  created_at timestamptz not null default now(),
  constraint track_like_pkey primary key (track_id, account_id),
  constraint track_like_track_fkey foreign key (track_id) references track (id) on delete cascade,
  constraint track_like_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index track_like_account_idx on track_like (account_id, created_at desc, track_id desc);

-- Changes of a track's counts that are not in its row yet. Many may like a track at once, and nobody waits for its row.
create table track_count_change (
  id bigint generated always as identity,
  track_id uuid not null,
  likes int not null default 0,
  comments int not null default 0,
  constraint track_count_change_pkey primary key (id),
  constraint track_count_change_track_fkey foreign key (track_id) references track (id) on delete cascade
);
create index track_count_change_track_idx on track_count_change (track_id) include (likes, comments);

create table track_comment (
  id uuid not null,
  track_id uuid not null,
  author_id uuid not null,
  client_id text,
  content text not null,
  -- Null is about the track as a whole.
  position_ms bigint,
  reply_to uuid,
  created_at timestamptz not null default now(),
  edited_at timestamptz,
  constraint track_comment_pkey primary key (id),
  constraint track_comment_client_key unique (track_id, author_id, client_id),
  constraint track_comment_track_fkey foreign key (track_id) references track (id) on delete cascade,
  constraint track_comment_author_fkey foreign key (author_id) references account (id) on delete cascade,
  constraint track_comment_reply_fkey foreign key (reply_to) references track_comment (id) on delete set null
);
create index track_comment_newest_idx on track_comment (track_id, id desc);
create index track_comment_position_idx on track_comment (track_id, position_ms, id);
create index track_comment_author_idx on track_comment (author_id, created_at desc);
create index track_comment_reply_idx on track_comment (reply_to) where reply_to is not null;

-- Audio of a track that is not the one heard: one that is being made, one that failed, and those of before, with all that was measured of them.
create table track_revision (
  track_id uuid not null,
  number int not null,
  state text not null,
  failure_code text,
  failure_message text,
  original_name text not null,
  file_name text not null,
  sha256 bytea not null,
  size_bytes bigint not null,
  revision bigint not null default 0,
  duration_ms bigint,
  sample_rate_hz int,
  channels int,
  codec text,
  bitrate_bps int,
  loudness_lufs real,
  true_peak_dbtp real,
  loudness_range_lu real,
  bpm real,
  bpm_confidence real,
  musical_key text,
  musical_key_confidence real,
  silence_start_ms int,
  silence_end_ms int,
  variants jsonb not null default '[]',
  audio_since timestamptz not null default now(),
  constraint track_revision_pkey primary key (track_id, number),
  constraint track_revision_track_fkey foreign key (track_id) references track (id) on delete cascade,
  constraint track_revision_state_check check (state in ('queued', 'processing', 'failed', 'kept'))
);
-- One replacement of a track is under way at a time.
create unique index track_revision_pending_key on track_revision (track_id) where state in ('queued', 'processing');
