-- What happens to a message once it is posted. Tables about messages have no foreign key to them nor to rooms: a month,
-- or a room, goes in one move, and what belonged to it follows a batch at a time.

-- What was said before an edit.
create table message_revision (
  message_id uuid not null,
  number int not null,
  room_id uuid not null,
  content text not null,
  written_at timestamptz not null,
  constraint message_revision_pkey primary key (message_id, number)
);
create index message_revision_room_idx on message_revision (room_id);

create table message_reaction (
  message_id uuid not null,
  -- No foreign key: a count stays when an account is gone.
  account_id uuid not null,
  emoji text not null,
  room_id uuid not null,
  created_at timestamptz not null default now(),
  constraint message_reaction_pkey primary key (message_id, account_id, emoji)
);
create index message_reaction_people_idx on message_reaction (message_id, emoji, created_at desc, account_id desc);
create index message_reaction_room_idx on message_reaction (room_id);

-- The counts with one more, or one less, of an emoji.
create function reactions_with(counts jsonb, emoji text, by int) returns jsonb
language sql immutable parallel safe as $$
  select coalesce(
           jsonb_agg(jsonb_build_object('emoji', counted.emoji, 'count', counted.count) order by counted.place)
             filter (where counted.count > 0), '[]')
    from (select r.value ->> 'emoji' as emoji,
                 (r.value ->> 'count')::int + case when r.value ->> 'emoji' = $2 then by else 0 end as count,
                 r.ordinality as place
            from jsonb_array_elements(counts) with ordinality r
           union all
          select $2, by, 1000000 where not counts @> jsonb_build_array(jsonb_build_object('emoji', $2))) counted
$$;

-- Who was mentioned where, to count what is unread of it. The account of all zeros is everybody in the room.
create table message_mention (
  account_id uuid not null,
  room_id uuid not null,
  seq bigint not null,
  message_id uuid not null,
  author_id uuid not null,
  constraint message_mention_pkey primary key (account_id, room_id, seq)
);
create index message_mention_message_idx on message_mention (message_id);
create index message_mention_room_idx on message_mention (room_id);

-- The seq of the first message of a room at or after a moment; of the next one to come when there is none. Within the
-- moment's month by halves: ids and seqs grow together, so it needs no index of its own.
create function message_seq_at(of_room uuid, moment timestamptz) returns bigint language plpgsql stable as $$
declare
  sought uuid := uuid_at(moment);
  begins uuid := uuid_at(date_trunc('month', moment at time zone 'UTC') at time zone 'UTC');
  ends uuid := uuid_at((date_trunc('month', moment at time zone 'UTC') + interval '1 month') at time zone 'UTC');
  low bigint;
  high bigint;
  middle bigint;
  found uuid;
begin
  select min(m.seq), max(m.seq) + 1 into low, high
    from message m where m.room_id = of_room and m.id >= begins and m.id < ends;
  if low is null then
    return coalesce(
      (select min(m.seq) from message m where m.room_id = of_room and m.id >= ends),
      (select last_seq + 1 from room r where r.id = of_room));
  end if;
  while low < high loop
    middle := (low + high) / 2;
    select m.id into found
      from message m where m.room_id = of_room and m.seq = middle and m.id >= begins and m.id < ends;
    if found is null or found < sought then
      low := middle + 1;
    else
      high := middle;
    end if;
  end loop;
  return low;
end $$;
