-- owner: tracks
-- Followers' and supporters' tracks are seen and listed like public ones; whoever is not one of them hears a preview.
alter table track drop constraint track_visibility_check;
alter table track add constraint track_visibility_check check (visibility in ('public', 'unlisted', 'followers', 'supporters', 'private'));
alter table track add column withdrawn_at timestamptz;

-- Said once, so that no read can say it differently. Open: whoever has its address may see it. Listed: it is found without.
alter table track add column is_open boolean not null generated always as (visibility <> 'private' and status = 'ready' and withdrawn_at is null) stored;
alter table track add column is_listed boolean not null
  generated always as (visibility in ('public', 'followers', 'supporters') and status = 'ready' and withdrawn_at is null) stored;
drop index track_listed_idx;
create index track_listed_idx on track (created_at desc, id) where is_listed;

-- What the worker hears in it. Confidences are 0 to 1; silences are what a player may skip at both ends.
alter table track add column bpm real;
alter table track add column bpm_confidence real;
alter table track add column musical_key text;
alter table track add column musical_key_confidence real;
alter table track add column silence_start_ms int;
alter table track add column silence_end_ms int;
alter table track add column comment_count bigint not null default 0;
