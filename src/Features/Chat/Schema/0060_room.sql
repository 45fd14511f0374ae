-- A place to talk: public, private, or the conversation of two people (direct).
create table room (
  id uuid not null,
  name text not null,
  topic text not null default '',
  visibility text not null,
  -- A conversation of two has no owner. A room whose owner's account is gone has none until upkeep finds an heir: it is
  -- not theirs alone.
  owner_id uuid,
  member_count int not null default 0,
  -- Seconds between two messages of a member; 0 is off.
  slow_mode_s int not null default 0,
  -- Kept with the pins themselves, so that their limit holds whoever pins at once.
  pin_count int not null default 0,

  -- The seq of the newest message. Whoever posts locks this row, so that seq has no gaps and commit order is seq order.
  last_seq bigint not null default 0,
  -- The newest change of a message that was posted before (an edit, a deletion, a reaction, a pin), counted as messages
  -- are, so that a client that was away learns of it too.
  last_change bigint not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint room_pkey primary key (id),
  constraint room_owner_fkey foreign key (owner_id) references account (id) on delete set null,
  constraint room_visibility_check check (visibility in ('public', 'private', 'direct')),
  constraint room_slow_mode_check check (slow_mode_s between 0 and 21600)
);
create unique index room_public_name_key on room (lower(name)) where visibility = 'public';
create index room_owner_idx on room (owner_id);
create index room_ownerless_idx on room (id) where owner_id is null and visibility <> 'direct';

create table room_member (
  room_id uuid not null,
  account_id uuid not null,
  role text not null default 'member',
  joined_at timestamptz not null default now(),
  -- How far they have read, and whether the others may see it. Filled in by a trigger where nobody says.
  last_read_seq bigint not null,
  read_at timestamptz,
  receipts text not null default 'public',
  constraint room_member_pkey primary key (room_id, account_id),
  constraint room_member_room_fkey foreign key (room_id) references room (id) on delete cascade,
  constraint room_member_account_fkey foreign key (account_id) references account (id) on delete cascade,
  constraint room_member_role_check check (role in ('owner', 'moderator', 'member')),
  constraint room_member_receipts_check check (receipts in ('public', 'private'))
);
create index room_member_joined_idx on room_member (room_id, joined_at, account_id);
create index room_member_account_idx on room_member (account_id, room_id);

-- Who comes in has nothing unread: what was said before is history. However they come in.
create function read_from_here() returns trigger language plpgsql as $$
begin
  if new.last_read_seq is null then
    new.last_read_seq := coalesce((select last_seq from room where id = new.room_id), 0);
  end if;
  return new;
end $$;
create trigger room_member_reads before insert on room_member for each row execute function read_from_here();

create table room_invite (
  room_id uuid not null,
  account_id uuid not null,
  invited_by uuid not null,
  created_at timestamptz not null default now(),
  constraint room_invite_pkey primary key (room_id, account_id),
  constraint room_invite_room_fkey foreign key (room_id) references room (id) on delete cascade,
  constraint room_invite_account_fkey foreign key (account_id) references account (id) on delete cascade
);
-- One's own invitations, and those of a room, newest first.
create index room_invite_own_idx on room_invite (account_id, created_at, room_id);
create index room_invite_listed_idx on room_invite (room_id, created_at, account_id);
