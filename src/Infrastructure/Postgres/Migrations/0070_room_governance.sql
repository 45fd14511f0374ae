-- owner: chat
-- Rooms are governed: slow mode, bans, mutes; and two people may have a conversation of their own.
alter table room
  add column slow_mode_s int not null default 0,
  add constraint room_slow_mode_check check (slow_mode_s between 0 and 21600),
  drop constraint room_visibility_check,
  add constraint room_visibility_check check (visibility in ('public', 'private', 'direct')),
  -- A conversation of two has no owner. A room whose owner's account is gone has none until upkeep finds an heir: it is not theirs alone.
  alter column owner_id drop not null,
  drop constraint room_owner_fkey,
  add constraint room_owner_fkey foreign key (owner_id) references account (id) on delete set null;
create index room_owner_idx on room (owner_id);
create index room_ownerless_idx on room (id) where owner_id is null and visibility <> 'direct';

-- A room goes at once, and what was said in it afterwards, a batch at a time: no transaction has to be as long as a room is old.
alter table message drop constraint message_room_fkey;
create table room_gone (
  room_id uuid not null,
  gone_at timestamptz not null default now(),
  constraint room_gone_pkey primary key (room_id)
);
create index room_gone_at_idx on room_gone (gone_at);

-- Who has left a room, or that all have because it is gone (no account). Nodes tell each other at once; this is for those that did not hear it.
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
  insert into room_departure (room_id, account_id) select old.room_id, old.account_id from room where id = old.room_id;
  return null;
end $$;
create trigger room_member_goes after delete on room_member for each row execute function room_member_goes();

-- Bans and mutes outlive membership: nobody leaves and comes back to be rid of them. Until infinity is until they are lifted.
create table room_ban (
  room_id uuid not null,
  account_id uuid not null,
  banned_by uuid not null,
  reason text not null default '',
  until timestamptz not null default 'infinity',
  created_at timestamptz not null default now(),
  constraint room_ban_pkey primary key (room_id, account_id),
  constraint room_ban_room_fkey foreign key (room_id) references room (id) on delete cascade,
  constraint room_ban_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index room_ban_listed_idx on room_ban (room_id, created_at, account_id);
create index room_ban_account_idx on room_ban (account_id);
create index room_ban_until_idx on room_ban (until) where until < 'infinity';

create table room_mute (
  room_id uuid not null,
  account_id uuid not null,
  muted_by uuid not null,
  until timestamptz not null default 'infinity',
  created_at timestamptz not null default now(),
  constraint room_mute_pkey primary key (room_id, account_id),
  constraint room_mute_room_fkey foreign key (room_id) references room (id) on delete cascade,
  constraint room_mute_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index room_mute_account_idx on room_mute (account_id);
create index room_mute_until_idx on room_mute (until) where until < 'infinity';

-- When somebody spoke last in a room with slow mode; written by the statement that posts.
create table room_pace (
  room_id uuid not null,
  account_id uuid not null,
  spoke_at timestamptz not null,
  constraint room_pace_pkey primary key (room_id, account_id),
  constraint room_pace_room_fkey foreign key (room_id) references room (id) on delete cascade,
  constraint room_pace_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index room_pace_account_idx on room_pace (account_id);
create index room_pace_spoke_idx on room_pace (spoke_at);

-- One's own invitations, and those of a room, newest first.
drop index room_invite_account_idx;
create index room_invite_own_idx on room_invite (account_id, created_at, room_id);
create index room_invite_listed_idx on room_invite (room_id, created_at, account_id);

-- The conversation of two people, a row for each of them; with oneself one row. It is made by the first message.
create table conversation (
  account_id uuid not null,
  -- No foreign key: what somebody wrote stays with the other when their account is gone.
  other_id uuid not null,
  room_id uuid not null,
  -- When something was said last.
  active_at timestamptz not null default now(),
  constraint conversation_pkey primary key (account_id, other_id),
  constraint conversation_account_fkey foreign key (account_id) references account (id) on delete cascade,
  constraint conversation_room_fkey foreign key (room_id) references room (id) on delete cascade
);
create index conversation_active_idx on conversation (account_id, active_at, room_id);
create index conversation_room_idx on conversation (room_id);

create function conversation_goes_on() returns trigger language plpgsql as $$
begin
  update conversation set active_at = now() where room_id = new.id;
  return null;
end $$;
create trigger conversation_goes_on after update of last_seq on room for each row when (new.visibility = 'direct') execute function conversation_goes_on();
