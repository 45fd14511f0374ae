-- The devices that people are told on.
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

-- What people were told.
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

-- A job for each of these pushes that a device may show: it takes it back when the notification holds no more.
create function take_back(notifications uuid[]) returns bigint language sql volatile as $$
  select count(enqueue_job('send_push',
           jsonb_build_object('notification_id', p.notification_id, 'device_id', p.device_id), now(), n.account_id))
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
                   where n.account_id = person and n.room_id = room and n.seq <= to_seq
                     and n.read_at is null and n.withdrawn_at is null order by n.id for update)
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
