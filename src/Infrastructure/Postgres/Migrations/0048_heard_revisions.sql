-- owner: tracks
-- What is heard in a track belongs to its audio: it goes and comes back with the revision.
alter table track_revision add column waveform_levels int[] not null default '{}';
alter table track_fingerprint add column revision bigint not null default 0;
update track_fingerprint f set revision = t.revision from track t where t.id = f.track_id;
alter table track_fingerprint drop constraint track_fingerprint_pkey;
alter table track_fingerprint add constraint track_fingerprint_pkey primary key (track_id, revision);

-- Two of the same: this one holds what an album's loudness is made of.
drop index track_album_idx;
