-- Audio of a track that is not the one heard: one that is being made, one that failed, and those of before, with all
-- that was measured of them. The columns mean what they mean in track.
create table track_revision (
  track_id uuid not null,
  number int not null,
  -- The track's, filled in by a trigger. It stands here because a deleted track goes before its revisions, whose bytes
  -- are then given back to the account.
  account_id uuid,
  state text not null,
  failure_code text,
  failure_message text,
  original_name text not null,
  file_name text not null,
  sha256 bytea not null,
  size_bytes bigint not null,
  audio_since timestamptz not null default now(),
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
  bpm real,
  bpm_confidence real,
  musical_key text,
  musical_key_confidence real,
  silence_start_ms int,
  silence_end_ms int,
  waveform_levels int[] not null default '{}',
  constraint track_revision_pkey primary key (track_id, number),
  constraint track_revision_track_fkey foreign key (track_id) references track (id) on delete cascade,
  constraint track_revision_state_check check (state in ('queued', 'processing', 'failed', 'kept'))
);
-- One replacement of a track is under way at a time.
create unique index track_revision_pending_key on track_revision (track_id) where state in ('queued', 'processing');
create index track_revision_waiting_idx on track_revision (account_id) where state in ('queued', 'processing');

create function track_revision_owner() returns trigger language plpgsql as $$
begin
  select account_id into new.account_id from track where id = new.track_id;
  return new;
end $$;
create trigger track_revision_owned before insert on track_revision
  for each row execute function track_revision_owner();
