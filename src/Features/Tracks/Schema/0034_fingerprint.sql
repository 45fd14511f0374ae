-- What a recording sounds like. A recording is looked for by its keys, which are some of its items, and then compared
-- item by item. It belongs to the audio: it goes and comes back with the revision.
create table track_fingerprint (
  track_id uuid not null,
  revision bigint not null default 0,
  keys int[] not null,
  items int[] not null,
  -- The same recording as it was found here when this one was processed: the owner's own, or one that everybody could
  -- find.
  duplicate_of uuid,
  constraint track_fingerprint_pkey primary key (track_id, revision),
  constraint track_fingerprint_track_fkey foreign key (track_id) references track (id) on delete cascade,
  constraint track_fingerprint_duplicate_fkey foreign key (duplicate_of) references track (id) on delete set null
);
-- Without the list of pending entries, which every search would have to read through.
create index track_fingerprint_keys_idx on track_fingerprint using gin (keys) with (fastupdate = off);
create index track_fingerprint_duplicate_idx on track_fingerprint (duplicate_of) where duplicate_of is not null;

-- Recordings that nobody may upload. They keep their own print, so that they outlive the track by which they were
-- named.
create table blocked_recording (
  id uuid not null,
  track_id uuid not null,
  title text not null,
  artist text not null,
  reason text not null,
  blocked_by uuid,
  keys int[] not null,
  items int[] not null,
  created_at timestamptz not null default now(),
  constraint blocked_recording_pkey primary key (id),
  constraint blocked_recording_track_key unique (track_id),
  constraint blocked_recording_account_fkey foreign key (blocked_by) references account (id) on delete set null
);
create index blocked_recording_keys_idx on blocked_recording using gin (keys) with (fastupdate = off);
create index blocked_recording_created_idx on blocked_recording (created_at desc, id);
create index blocked_recording_account_idx on blocked_recording (blocked_by);
