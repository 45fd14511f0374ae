-- owner: tracks
-- The cover is the track's, not its audio's: it stays when the audio is replaced. The lengths stand in the order of the sizes that are kept.
alter table track add column cover_id uuid;
alter table track add column cover_bytes int[];
alter table track add column cover_url text generated always as ('/api/v1/tracks/' || id::text || '/cover?v=' || replace(cover_id::text, '-', '')) stored;
alter table track add constraint track_cover_check check ((cover_id is null) = (cover_bytes is null));
