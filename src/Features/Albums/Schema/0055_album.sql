create table album (
  id uuid not null,
  account_id uuid not null,
  title text not null,
  artist text not null default '',
  description text not null default '',
  release_date date,
  visibility text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint album_pkey primary key (id),
  constraint album_account_fkey foreign key (account_id) references account (id) on delete cascade,
  constraint album_visibility_check check (visibility in ('public', 'unlisted', 'private'))
);
create index album_account_idx on album (account_id, created_at desc, id);

-- A track stands on one album at most.
create table album_track (
  track_id uuid not null,
  album_id uuid not null,
  place int not null,
  constraint album_track_pkey primary key (track_id),
  constraint album_track_album_fkey foreign key (album_id) references album (id) on delete cascade,
  constraint album_track_track_fkey foreign key (track_id) references track (id) on delete cascade
);
create index album_track_album_idx on album_track (album_id, place);
