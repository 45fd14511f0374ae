-- The directory: one narrow row for each public room, kept by triggers in the transaction that changes the room. It
-- stands apart from the room, whose row every message writes and which therefore has no index over what changes.
create table public_room (
  room_id uuid not null,
  words tsvector not null,
  member_count int not null,
  -- When somebody spoke last, to the minute: upkeep brings it up to date.
  active_at timestamptz not null,
  created_at timestamptz not null,
  constraint public_room_pkey primary key (room_id),
  constraint public_room_room_fkey foreign key (room_id) references room (id) on delete cascade
);
-- Without statistics of the words every search has the same plan.
alter table public_room alter column words set statistics 0;
create index public_room_words_idx on public_room using gin (words) with (fastupdate = off);
create index public_room_created_idx on public_room (created_at desc, room_id);
create index public_room_members_idx on public_room (member_count desc, room_id);
create index public_room_active_idx on public_room (active_at desc, room_id);

-- What was typed as a search: every word, the last one perhaps unfinished. Nothing but punctuation finds nothing.
create function room_query(said text) returns tsquery language sql stable parallel safe as $$
  select string_agg(
           '''' || replace(word, '\', '\\') || '''' || case when place = words then ':*' else '' end, ' & ')::tsquery
    from (select word, place, count(*) over () as words
            from unnest((track_words(said))[1:8]) with ordinality as w(word, place)) w
$$;

create function public_room_follow() returns trigger language plpgsql as $$
begin
  if new.visibility <> 'public' then
    delete from public_room where room_id = new.id;
  elsif tg_op = 'UPDATE'
    and (old.name, old.topic, old.visibility) is not distinct from (new.name, new.topic, new.visibility)
  then
    update public_room set member_count = new.member_count where room_id = new.id;
  else
    insert into public_room (room_id, words, member_count, active_at, created_at)
    values (new.id, track_words_of(new.name, 'A') || track_words_of(new.topic, 'B'), new.member_count, new.created_at,
      new.created_at)
    on conflict (room_id) do update set (words, member_count) = (excluded.words, excluded.member_count);
  end if;
  return null;
end $$;
create trigger public_room_added after insert on room for each row
  when (new.visibility = 'public') execute function public_room_follow();
-- Not of last_seq and last_change: a message does not come by here.
create trigger public_room_changed after update of name, topic, visibility, member_count on room for each row
  when (old.visibility = 'public' or new.visibility = 'public') execute function public_room_follow();
