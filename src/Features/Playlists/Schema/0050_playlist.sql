create table playlist (
  id uuid not null,
  owner_id uuid not null,
  name text not null,
  description text not null default '',
  visibility text not null,
  follower_count bigint not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint playlist_pkey primary key (id),
  constraint playlist_owner_fkey foreign key (owner_id) references account (id) on delete cascade,
  constraint playlist_visibility_check check (visibility in ('public', 'unlisted', 'private'))
);
create index playlist_owner_idx on playlist (owner_id, created_at desc, id);

create table playlist_item (
  id uuid not null,
  playlist_id uuid not null,
  track_id uuid not null,
  -- Far apart, so that a move writes one row. Whoever adds or moves holds the playlist's row.
  position bigint not null,
  added_by uuid,
  added_at timestamptz not null default now(),
  constraint playlist_item_pkey primary key (id),
  -- Checked at the end of a statement, which may space all of them anew.
  constraint playlist_item_position_key unique (playlist_id, position) deferrable initially immediate,
  constraint playlist_item_playlist_fkey foreign key (playlist_id) references playlist (id) on delete cascade,
  constraint playlist_item_track_fkey foreign key (track_id) references track (id) on delete cascade,
  constraint playlist_item_adder_fkey foreign key (added_by) references account (id) on delete set null
);
create index playlist_item_track_idx on playlist_item (track_id);
create index playlist_item_adder_idx on playlist_item (added_by);

create table playlist_collaborator (
  playlist_id uuid not null,
  account_id uuid not null,
  invited_at timestamptz not null default now(),
  -- Null is an invitation.
  accepted_at timestamptz,
  constraint playlist_collaborator_pkey primary key (playlist_id, account_id),
  constraint playlist_collaborator_playlist_fkey foreign key (playlist_id) references playlist (id) on delete cascade,
  constraint playlist_collaborator_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index playlist_collaborator_account_idx on playlist_collaborator (account_id, invited_at desc, playlist_id);

create table playlist_follow (
  playlist_id uuid not null,
  account_id uuid not null,
  created_at timestamptz not null default now(),
  constraint playlist_follow_pkey primary key (playlist_id, account_id),
  constraint playlist_follow_playlist_fkey foreign key (playlist_id) references playlist (id) on delete cascade,
  constraint playlist_follow_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index playlist_follow_account_idx on playlist_follow (account_id, created_at desc, playlist_id);
