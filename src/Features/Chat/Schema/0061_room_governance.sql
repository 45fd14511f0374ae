-- Bans and mutes outlive membership: nobody leaves and comes back to be rid of them. Until infinity is until they are
-- lifted.
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
