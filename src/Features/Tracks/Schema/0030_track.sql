-- A key as a place on the circle of fifths: 1 to 12 for minor, 13 to 24 for major, neighbours beside each other,
-- relatives twelve apart (Camelot's wheel).
create function key_place(name text) returns smallint language sql immutable strict parallel safe as $$
  select (array_position(case split_part(name, ' ', 2)
    when 'minor' then array['G#', 'D#', 'A#', 'F', 'C', 'G', 'D', 'A', 'E', 'B', 'F#', 'C#']
    when 'major' then array['B', 'F#', 'C#', 'G#', 'D#', 'A#', 'F', 'C', 'G', 'D', 'A', 'E'] end,
    case split_part(name, ' ', 1)
      when 'Ab' then 'G#' when 'Eb' then 'D#' when 'Bb' then 'A#' when 'Gb' then 'F#' when 'Db' then 'C#'
      else split_part(name, ' ', 1) end)
    + case split_part(name, ' ', 2) when 'major' then 12 else 0 end)::smallint
$$;

create table track (
  id uuid not null,
  account_id uuid not null,
  title text not null,
  artist text not null default '',
  album text not null default '',
  genre text not null default '',
  tags text[] not null default '{}',
  description text not null default '',
  release_year int,

  -- Followers' and supporters' tracks are seen and listed like public ones; whoever is not one of them hears a preview.
  visibility text not null,
  withdrawn_at timestamptz,
  status text not null default 'queued',
  failure_code text,
  failure_message text,
  progress smallint not null default 0,
  -- Said once, so that no read can say it differently. Open: whoever has its address may see it. Listed: it is found
  -- without.
  is_open boolean not null
    generated always as (visibility <> 'private' and status = 'ready' and withdrawn_at is null) stored,
  is_listed boolean not null generated always as
    (visibility in ('public', 'followers', 'supporters') and status = 'ready' and withdrawn_at is null) stored,
  -- Goes up when every stream URL given so far must end: the track was withdrawn, or fewer people may hear it than
  -- before.
  stream_epoch int not null default 0,

  -- The original: where it and what was made of it stand in object storage, and what came in.
  storage_prefix text not null,
  original_name text not null default 'original',
  file_name text not null default '',
  sha256 bytea not null,
  size_bytes bigint not null,

  -- The audio that is heard, as a number; the highest number given so far; and since when. The others are in
  -- track_revision.
  audio_number int not null default 1,
  audio_last int not null default 1,
  audio_since timestamptz not null default now(),
  -- Names the renditions' folder under the prefix: the fence of the job that made them, so that two workers never write
  -- the same object.
  revision bigint not null default 0,
  variants jsonb not null default '[]',
  duration_ms bigint,
  sample_rate_hz int,
  channels int,
  codec text,
  bitrate_bps int,
  loudness_lufs real,
  true_peak_dbtp real,
  loudness_range_lu real,

  -- What the worker hears in it. Confidences are 0 to 1; silences are what a player may skip at both ends.
  bpm real,
  bpm_confidence real,
  musical_key text,
  musical_key_confidence real,
  silence_start_ms int,
  silence_end_ms int,
  -- Widths at which the waveform is kept, in samples for each pixel, the finest first.
  waveform_levels int[] not null default '{}',
  -- The key and the tempo by which similar tracks are found, where they are heard well enough.
  key_place smallint
    generated always as (case when coalesce(musical_key_confidence, 1) >= 0.3 then key_place(musical_key) end) stored,
  -- Half and double tempo feel the same: folded into 80 to 160 bpm.
  tempo real generated always as (
    case when bpm > 0 and coalesce(bpm_confidence, 1) >= 0.3
      then (bpm / power(2, floor(ln(bpm / 80) / ln(2::double precision))))::real end) stored,

  -- Where the part begins that people without access may hear; without a choice it is a third into the track.
  preview_start_ms int,

  -- The cover is the track's, not its audio's: it stays when the audio is replaced. The lengths stand in the order of
  -- the sizes that are kept.
  cover_id uuid,
  cover_bytes int[],
  cover_url text
    generated always as ('/api/v1/tracks/' || id::text || '/cover?v=' || replace(cover_id::text, '-', '')) stored,

  -- What is not counted here yet stands in track_count_change.
  play_count bigint not null default 0,
  like_count bigint not null default 0,
  comment_count bigint not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint track_pkey primary key (id),
  constraint track_account_fkey foreign key (account_id) references account (id) on delete cascade,
  constraint track_visibility_check
    check (visibility in ('public', 'unlisted', 'followers', 'supporters', 'private')),
  constraint track_status_check check (status in ('queued', 'processing', 'ready', 'failed')),
  constraint track_preview_start_check check (preview_start_ms >= 0),
  constraint track_cover_check check ((cover_id is null) = (cover_bytes is null))
);

create index track_account_idx on track (account_id, created_at desc, id);
create index track_waiting_idx on track (account_id) where status in ('queued', 'processing');
-- Whether one has this file already.
create index track_sha256_idx on track (account_id, sha256);
-- The loudness of an album is that of its tracks together.
create index track_album_loudness_idx on track (account_id, lower(album))
  include (duration_ms, loudness_lufs, true_peak_dbtp) where album <> '' and status = 'ready';

-- The orders of what is listed, and what sounds alike.
create index track_listed_idx on track (created_at desc, id) where is_listed;
create index track_plays_idx on track (play_count desc, id) where is_listed;
create index track_likes_idx on track (like_count desc, id) where is_listed;
create index track_genre_idx on track (lower(genre), play_count desc) where is_listed and genre <> '';
create index track_sound_idx on track (key_place, tempo) where is_listed;

-- Like revocation, for the stream URLs of a track: the least stream_epoch that is still good. It outlives the track,
-- because a deleted one's URLs must end too.
create table track_revocation (
  track_id uuid not null,
  epoch_min int not null,
  expires_at timestamptz not null,
  constraint track_revocation_pkey primary key (track_id)
);
create index track_revocation_expiry_idx on track_revocation (expires_at);
