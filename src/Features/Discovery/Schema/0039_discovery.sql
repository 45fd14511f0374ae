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
    insert into track_tag (tag, track_id)
    select distinct lower(tag), new.id from unnest(new.tags) tag on conflict do nothing;
  end if;
  return null;
end $$;
create trigger track_tag_added after insert on track for each row
  when (new.is_listed) execute function track_tag_keep();
create trigger track_tag_changed after update on track for each row
  when (old.tags is distinct from new.tags or old.is_listed is distinct from new.is_listed)
  execute function track_tag_keep();

-- How much a track is played these days. Plays lose half of their weight in each half-life; heat is the logarithm of
-- their sum at a fixed moment, so that time alone changes neither the value nor the order.
create table track_trend (
  track_id uuid not null,
  heat double precision not null,
  constraint track_trend_pkey primary key (track_id),
  constraint track_trend_track_fkey foreign key (track_id) references track (id) on delete cascade
);
create index track_trend_heat_idx on track_trend (heat desc);
