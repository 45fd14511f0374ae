create table track_like (
  track_id uuid not null,
  account_id uuid not null,
  created_at timestamptz not null default now(),
  constraint track_like_pkey primary key (track_id, account_id),
  constraint track_like_track_fkey foreign key (track_id) references track (id) on delete cascade,
  constraint track_like_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index track_like_account_idx on track_like (account_id, created_at desc, track_id desc);

create table track_comment (
  id uuid not null,
  track_id uuid not null,
  author_id uuid not null,
  client_id text,
  content text not null,
  -- Null is about the track as a whole.
  position_ms bigint,
  reply_to uuid,
  created_at timestamptz not null default now(),
  edited_at timestamptz,
  constraint track_comment_pkey primary key (id),
  constraint track_comment_client_key unique (track_id, author_id, client_id),
  constraint track_comment_track_fkey foreign key (track_id) references track (id) on delete cascade,
  constraint track_comment_author_fkey foreign key (author_id) references account (id) on delete cascade,
  constraint track_comment_reply_fkey foreign key (reply_to) references track_comment (id) on delete set null
);
create index track_comment_newest_idx on track_comment (track_id, id desc);
create index track_comment_position_idx on track_comment (track_id, position_ms, id);
create index track_comment_author_idx on track_comment (author_id, created_at desc);
create index track_comment_reply_idx on track_comment (reply_to) where reply_to is not null;

-- Changes of a track's counts that are not in its row yet. Many may like a track at once, and nobody waits for its row.
create table track_count_change (
  id bigint generated always as identity,
  track_id uuid not null,
  likes int not null default 0,
  comments int not null default 0,
  constraint track_count_change_pkey primary key (id),
  constraint track_count_change_track_fkey foreign key (track_id) references track (id) on delete cascade
);
create index track_count_change_track_idx on track_count_change (track_id) include (likes, comments);
