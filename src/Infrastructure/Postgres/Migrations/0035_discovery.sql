-- owner: tracks
-- A key as a place on the circle of fifths: 1 to 12 for minor, 13 to 24 for major, neighbours beside each other, relatives twelve apart (Camelot's wheel).
create function key_place(name text) returns smallint language sql immutable strict parallel safe as $$
  select (array_position(case split_part(name, ' ', 2)
    when 'minor' then array['G#', 'D#', 'A#', 'F', 'C', 'G', 'D', 'A', 'E', 'B', 'F#', 'C#']
    when 'major' then array['B', 'F#', 'C#', 'G#', 'D#', 'A#', 'F', 'C', 'G', 'D', 'A', 'E'] end,
    case split_part(name, ' ', 1) when 'Ab' then 'G#' when 'Eb' then 'D#' when 'Bb' then 'A#' when 'Gb' then 'F#' when 'Db' then 'C#' else split_part(name, ' ', 1) end)
    + case split_part(name, ' ', 2) when 'major' then 12 else 0 end)::smallint
$$;

alter table track add column key_place smallint generated always as (case when coalesce(musical_key_confidence, 1) >= 0.3 then key_place(musical_key) end) stored;
-- Half and double tempo feel the same: folded into 80 to 160 bpm.
alter table track add column tempo real
  generated always as (case when bpm > 0 and coalesce(bpm_confidence, 1) >= 0.3 then (bpm / power(2, floor(ln(bpm / 80) / ln(2::double precision))))::real end) stored;
create index track_sound_idx on track (key_place, tempo) where is_listed;
create index track_genre_idx on track (lower(genre), play_count desc) where is_listed and genre <> '';

-- The tags of listed tracks, the newest track first: an index over arrays would read all that share a common tag.
create table track_tag (
  tag text not null,
  track_id uuid not null,
  constraint track_tag_pkey primary key (tag, track_id),
  constraint track_tag_track_fkey foreign key (track_id) references track (id) on delete cascade
);
create index track_tag_track_idx on track_tag (track_id);
create function track_tag_keep() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    delete from track_tag where track_id = new.id;
  end if;
  if new.is_listed then
    insert into track_tag (tag, track_id) select distinct lower(tag), new.id from unnest(new.tags) tag on conflict do nothing;
  end if;
  return null;
end $$;
create trigger track_tag_added after insert on track for each row when (new.is_listed) execute function track_tag_keep();
create trigger track_tag_changed after update on track for each row
  when (old.tags is distinct from new.tags or old.is_listed is distinct from new.is_listed) execute function track_tag_keep();
insert into track_tag (tag, track_id) select distinct lower(tag), id from track, unnest(tags) tag where is_listed;

-- How much a track is played these days. Plays lose half of their weight in each half-life; heat is the logarithm of their sum at a fixed moment,
-- so that time alone changes neither the value nor the order.
create table track_trend (
  track_id uuid not null,
  heat double precision not null,
  constraint track_trend_pkey primary key (track_id),
  constraint track_trend_track_fkey foreign key (track_id) references track (id) on delete cascade
);
create index track_trend_heat_idx on track_trend (heat desc);
