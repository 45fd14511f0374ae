-- The two questions that other rooms answer, each in one place.
-- Whether a person wants to hear nothing of another, or may not.
create function hears_nothing_of(person uuid, other uuid) returns boolean language sql stable as $$
  select exists (select 1 from muted_pair s where s.account_id = person and s.other_id = other)
$$;
-- Whether a person has read a room to there, wherever they did.
create function has_read(person uuid, room uuid, seq bigint) returns boolean language sql stable as $$
  select exists (select 1 from room_member w
                  where w.room_id = room and w.account_id = person and w.last_read_seq >= seq)
$$;

-- What people want to be told of.
create table notification_setting (
  account_id uuid not null,
  rooms text not null default 'mentions',
  direct text not null default 'all',
  previews boolean not null default true,
  -- Pushes that fall between these, by the clocks of the time zone, wait for the end.
  quiet_from time,
  quiet_until time,
  time_zone text,
  constraint notification_setting_pkey primary key (account_id),
  constraint notification_setting_account_fkey foreign key (account_id) references account (id) on delete cascade,
  constraint notification_setting_rooms_check check (rooms in ('all', 'mentions', 'none')),
  constraint notification_setting_direct_check check (direct in ('all', 'mentions', 'none')),
  constraint notification_setting_quiet_check check (num_nonnulls(quiet_from, quiet_until, time_zone) in (0, 3))
);

-- When the quiet hours that hold at a moment end; null when none do. They may span midnight, and clocks that are put
-- forward or back.
create function quiet_end(quiet_from time, quiet_until time, time_zone text, moment timestamptz) returns timestamptz
language sql stable as $$
  select case
           when quiet_from < quiet_until and here::time >= quiet_from and here::time < quiet_until
             then (here::date + quiet_until) at time zone time_zone
           when quiet_from > quiet_until and here::time >= quiet_from
             then (here::date + 1 + quiet_until) at time zone time_zone
           when quiet_from > quiet_until and here::time < quiet_until
             then (here::date + quiet_until) at time zone time_zone
         end
    from (select moment at time zone time_zone as here) clock
$$;

-- Where one room is otherwise; a level of null is as everywhere.
create table notification_room (
  account_id uuid not null,
  room_id uuid not null,
  level text,
  muted_until timestamptz,
  updated_at timestamptz not null default now(),
  constraint notification_room_pkey primary key (account_id, room_id),
  constraint notification_room_account_fkey foreign key (account_id) references account (id) on delete cascade,
  constraint notification_room_room_fkey foreign key (room_id) references room (id) on delete cascade,
  constraint notification_room_level_check check (level in ('all', 'mentions', 'none'))
);
create index notification_room_list_idx on notification_room (account_id, updated_at desc, room_id desc);
create index notification_room_room_idx on notification_room (room_id);

-- Who wants to hear of every message of a room: few, so that a message asks for them and not for every member's wishes.
-- A membership that ends takes it along.
create table notification_subscription (
  room_id uuid not null,
  account_id uuid not null,
  constraint notification_subscription_pkey primary key (room_id, account_id),
  constraint notification_subscription_member_fkey
    foreign key (room_id, account_id) references room_member (room_id, account_id) on delete cascade
);
create index notification_subscription_account_idx on notification_subscription (account_id);

-- Brings a person's ears to what they wish, in one room or in all. Whoever joins while they change their mind waits for
-- it, and the other way round.
create function heed(person uuid, one_room uuid default null) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('notification_subscription'), hashtext(person::text));
  with wished as materialized (
    select w.room_id, coalesce(o.level, s.rooms, 'mentions') = 'all' and r.visibility <> 'direct' as hears
      from room_member w join room r on r.id = w.room_id
      left join notification_setting s on s.account_id = w.account_id
      left join notification_room o on o.account_id = w.account_id and o.room_id = w.room_id
     where w.account_id = person and (one_room is null or w.room_id = one_room)
  ), gone as (
    delete from notification_subscription e using wished w
     where e.room_id = w.room_id and e.account_id = person and not w.hears
  )
  insert into notification_subscription (room_id, account_id)
  select room_id, person from wished where hears on conflict do nothing;
end $$;

create function notification_member_joined() returns trigger language plpgsql as $$
begin
  perform heed(new.account_id, new.room_id);
  return null;
end $$;
create trigger notification_member_joined after insert on room_member
  for each row execute function notification_member_joined();
