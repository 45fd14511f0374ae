-- Rooms that are gone, whose messages are removed a batch at a time: no transaction has to be as long as a room is old.
create table room_gone (
  room_id uuid not null,
  gone_at timestamptz not null default now(),
  constraint room_gone_pkey primary key (room_id)
);
create index room_gone_at_idx on room_gone (gone_at);

-- Who has left a room, or that all have because it is gone (no account). Nodes tell each other at once; this is for
-- those that did not hear it.
create table room_departure (
  id bigint not null generated always as identity,
  room_id uuid not null,
  account_id uuid,
  at timestamptz not null default now(),
  constraint room_departure_pkey primary key (id)
);
create index room_departure_at_idx on room_departure (at, id);

create function room_goes() returns trigger language plpgsql as $$
begin
  insert into room_gone (room_id) values (old.id) on conflict do nothing;
  insert into room_departure (room_id) values (old.id);
  return null;
end $$;
create trigger room_goes after delete on room for each row execute function room_goes();

create function room_member_goes() returns trigger language plpgsql as $$
begin
  -- With the room itself all go: that is told once.
  insert into room_departure (room_id, account_id)
  select old.room_id, old.account_id from room where id = old.room_id;
  return null;
end $$;
create trigger room_member_goes after delete on room_member for each row execute function room_member_goes();
