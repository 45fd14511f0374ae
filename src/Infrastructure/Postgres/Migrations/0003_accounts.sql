-- owner: auth
-- A user on the wire is an account here: "user" is a reserved word of SQL.
create table account (
  id uuid not null,
  username text not null,
  email text not null,
  display_name text not null,
  bio text not null default '',
  avatar_url text,
  password_hash text not null,
  roles text[] not null default '{user}',
  plan text not null default 'free',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint account_pkey primary key (id)
);
create unique index account_email_key on account (lower(email));
create unique index account_username_key on account (lower(username));

create table session (
  id uuid not null,
  account_id uuid not null,
  -- Counts the rotations: the refresh token of any other count is spent.
  rotation int not null default 0,
  rotated_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  ip inet,
  device text not null default '',
  ended_at timestamptz,
  end_reason text,
  constraint session_pkey primary key (id),
  constraint session_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index session_account_idx on session (account_id, created_at desc) where ended_at is null;
