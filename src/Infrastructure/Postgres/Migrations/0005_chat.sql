-- owner: chat
create table room (
  id uuid not null,
  name text not null,
  topic text not null default '',
  visibility text not null,
  owner_id uuid not null,
  -- The seq of the newest message. Whoever posts locks this row, so that seq has no gaps and commit order is seq order.
  last_seq bigint not null default 0,
  member_count int not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint room_pkey primary key (id),
  constraint room_owner_fkey foreign key (owner_id) references account (id) on delete cascade,
  constraint room_visibility_check check (visibility in ('public', 'private'))
);
create unique index room_public_name_key on room (lower(name)) where visibility = 'public';
create index room_public_idx on room (created_at desc, id) where visibility = 'public';

create table room_member (
  room_id uuid not null,
  account_id uuid not null,
  role text not null default 'member',
  joined_at timestamptz not null default now(),
  constraint room_member_pkey primary key (room_id, account_id),
  constraint room_member_room_fkey foreign key (room_id) references room (id) on delete cascade,
  constraint room_member_account_fkey foreign key (account_id) references account (id) on delete cascade,
  constraint room_member_role_check check (role in ('owner', 'moderator', 'member'))
);
create index room_member_joined_idx on room_member (room_id, joined_at, account_id);
create index room_member_account_idx on room_member (account_id, room_id);

create table room_invite (
  room_id uuid not null,
  account_id uuid not null,
  invited_by uuid not null,
  created_at timestamptz not null default now(),
  constraint room_invite_pkey primary key (room_id, account_id),
  constraint room_invite_room_fkey foreign key (room_id) references room (id) on delete cascade,
  constraint room_invite_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index room_invite_account_idx on room_invite (account_id, room_id);

create table message (
  id uuid not null,
  room_id uuid not null,
  seq bigint not null,
  client_id text not null,
  author_id uuid not null,
  content text not null,
  reply_to uuid,
  track_id uuid,
  track_position_ms bigint,
  created_at timestamptz not null default now(),
  edited_at timestamptz,
  deleted_at timestamptz,
  constraint message_pkey primary key (id),
  constraint message_room_seq_key unique (room_id, seq),
  constraint message_client_key unique (room_id, author_id, client_id),
  constraint message_room_fkey foreign key (room_id) references room (id) on delete cascade,
  constraint message_author_fkey foreign key (author_id) references account (id) on delete cascade
);
