-- owner: notifications
-- What people want to be told of, the devices that they are told on, and what they were told.

-- The two questions that other modules answer, each in one place.
-- Whether a person wants to hear nothing of another, or may not.
create function hears_nothing_of(person uuid, other uuid) returns boolean language sql stable as $$
  select exists (select 1 from account_unheard s where s.account_id = person and s.other_id = other)
$$;
-- Whether a person has read a room to there, wherever they did.
create function has_read(person uuid, room uuid, seq bigint) returns boolean language sql stable as $$
  select exists (select 1 from room_member w where w.room_id = room and w.account_id = person and w.last_read_seq >= seq)
$$;

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

-- Who wants to hear of every message of a room: few, so that a message asks for them and not for every member's wishes. A membership that ends takes it along.
create table notification_ear (
  room_id uuid not null,
  account_id uuid not null,
  constraint notification_ear_pkey primary key (room_id, account_id),
  constraint notification_ear_member_fkey foreign key (room_id, account_id) references room_member (room_id, account_id) on delete cascade
);
create index notification_ear_account_idx on notification_ear (account_id);

-- Brings a person's ears to what they wish, in one room or in all. Whoever joins while they change their mind waits for it, and the other way round.
create function heed(person uuid, one_room uuid default null) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('notification_ear'), hashtext(person::text));
  with wished as materialized (
    select w.room_id, coalesce(o.level, s.rooms, 'mentions') = 'all' and r.visibility <> 'direct' as hears
      from room_member w join room r on r.id = w.room_id
      left join notification_setting s on s.account_id = w.account_id
      left join notification_room o on o.account_id = w.account_id and o.room_id = w.room_id
     where w.account_id = person and (one_room is null or w.room_id = one_room)
  ), gone as (
    delete from notification_ear e using wished w where e.room_id = w.room_id and e.account_id = person and not w.hears
  )
  insert into notification_ear (room_id, account_id) select room_id, person from wished where hears on conflict do nothing;
end $$;

create function notification_member_joined() returns trigger language plpgsql as $$
begin
  perform heed(new.account_id, new.room_id);
  return null;
end $$;
create trigger notification_member_joined after insert on room_member for each row execute function notification_member_joined();

create table push_device (
  id uuid not null,
  account_id uuid not null,
  -- The session, or API key, that registered it: when that ends, nothing is pushed here any more.
  session_id uuid not null,
  kind text not null,
  -- What the address is known by; the address itself and its keys are sealed.
  address_hash bytea not null,
  sealed bytea not null,
  host text not null,
  name text not null default '',
  created_at timestamptz not null default now(),
  last_sent_at timestamptz,
  -- A push to it failed for good: until then it is asked for nothing new.
  rests_until timestamptz,
  constraint push_device_pkey primary key (id),
  constraint push_device_account_fkey foreign key (account_id) references account (id) on delete cascade,
  constraint push_device_address_key unique (address_hash),
  constraint push_device_kind_check check (kind in ('web_push', 'gateway'))
);
create index push_device_account_idx on push_device (account_id, id);

create table notification (
  id uuid not null,
  account_id uuid not null,
  kind text not null,
  -- No foreign keys: it outlives its room and message until what was pushed is taken back.
  room_id uuid not null,
  message_id uuid not null,
  author_id uuid not null,
  seq bigint not null,
  -- When the message was posted: several workers may tell of several messages at once.
  created_at timestamptz not null,
  read_at timestamptz,
  withdrawn_at timestamptz,
  constraint notification_pkey primary key (id),
  constraint notification_once_key unique (message_id, account_id),
  constraint notification_account_fkey foreign key (account_id) references account (id) on delete cascade,
  constraint notification_kind_check check (kind in ('direct', 'mention', 'message'))
);
create index notification_list_idx on notification (account_id, created_at desc, id desc) where withdrawn_at is null;
create index notification_place_idx on notification (account_id, room_id, seq) where withdrawn_at is null;
create index notification_unread_idx on notification (account_id) where withdrawn_at is null and read_at is null;
create index notification_author_idx on notification (author_id, account_id) where withdrawn_at is null;
create index notification_old_idx on notification (created_at);

-- What a device was told: one row for each, brought by jobs to what holds.
create table push (
  notification_id uuid not null,
  device_id uuid not null,
  -- Written before it is sent: from here on the device may show it.
  tried_at timestamptz,
  sent_at timestamptz,
  -- The end of the quiet hours that it fell into.
  held_until timestamptz,
  -- The device was told that it is over.
  withdrawn_at timestamptz,
  constraint push_pkey primary key (notification_id, device_id),
  constraint push_notification_fkey foreign key (notification_id) references notification (id) on delete cascade,
  constraint push_device_fkey foreign key (device_id) references push_device (id) on delete cascade
);
create index push_device_idx on push (device_id);

-- When the quiet hours that hold at a moment end; null when none do. They may span midnight, and clocks that are put forward or back.
create function quiet_end(quiet_from time, quiet_until time, time_zone text, moment timestamptz) returns timestamptz language sql stable as $$
  select case
           when quiet_from < quiet_until and here::time >= quiet_from and here::time < quiet_until then (here::date + quiet_until) at time zone time_zone
           when quiet_from > quiet_until and here::time >= quiet_from then (here::date + 1 + quiet_until) at time zone time_zone
           when quiet_from > quiet_until and here::time < quiet_until then (here::date + quiet_until) at time zone time_zone
         end
    from (select moment at time zone time_zone as here) clock
$$;

-- A job for each of these pushes that a device may show: it takes it back when the notification holds no more.
create function take_back(notifications uuid[]) returns bigint language sql volatile as $$
  select count(enqueue_job('send_push', 12, jsonb_build_object('notification_id', p.notification_id, 'device_id', p.device_id), now(), n.account_id))
    from push p join notification n on n.id = p.notification_id
   where p.notification_id = any(notifications) and p.tried_at is not null and p.withdrawn_at is null
$$;

-- Somebody has read a room to there: what told them of it is read too, and goes from their devices.
create function notice_read(person uuid, room uuid, to_seq bigint) returns bigint language plpgsql volatile as $$
declare
  done uuid[];
begin
  with seen as (
    update notification set read_at = now()
     where id in (select n.id from notification n
                   where n.account_id = person and n.room_id = room and n.seq <= to_seq and n.read_at is null and n.withdrawn_at is null order by n.id for update)
    returning id
  )
  select array_agg(id) into done from seen;
  return case when done is null then 0 else take_back(done) end;
end $$;

create function notification_member_read() returns trigger language plpgsql as $$
begin
  perform notice_read(new.account_id, new.room_id, new.last_read_seq);
  return null;
end $$;
create trigger notification_member_read after update of last_read_seq on room_member for each row
  when (new.last_read_seq > old.last_read_seq) execute function notification_member_read();
