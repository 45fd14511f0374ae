-- owner: tracks
-- Where the part begins that people without access may hear; without a choice it is a third into the track.
alter table track add column preview_start_ms int;
alter table track add constraint track_preview_start_check check (preview_start_ms >= 0);

-- The loudness of an album is that of its tracks together.
create index track_album_loudness_idx on track (account_id, lower(album)) include (duration_ms, loudness_lufs, true_peak_dbtp) where album <> '' and status = 'ready';
