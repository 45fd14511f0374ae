-- A user on the wire is an account here: "user" is a reserved word of SQL. Rooms share the row: a line "-- owner: ROOM"
-- says who writes the columns below it. Auth makes the row; whoever changes a column of theirs also writes updated_at.
create table account (
  id uuid not null,
  username text not null,
  email text not null,
  email_verified_at timestamptz,
  -- Null for people who came by a link or from another provider.
  password_hash text,
  password_changed_at timestamptz not null default now(),
  roles text[] not null default '{user}',

  -- Suspended until a time; with no time, until somebody lifts it.
  suspended_at timestamptz,
  suspended_until timestamptz,
  suspension_reason text,

  -- owner: users
  -- avatar_url is what everybody reads; the id and the lengths, in the order of the sizes that are kept, are for who
  -- serves the picture.
  avatar_url text,
  avatar_id uuid,
  avatar_bytes int[],
  display_name text not null,
  bio text not null default '',

  -- owner: auth
  plan text not null default 'free',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint account_pkey primary key (id),
  constraint account_avatar_check
    check ((avatar_id is null) = (avatar_url is null) and (avatar_id is null) = (avatar_bytes is null))
);
create unique index account_email_key on account (lower(email));
create unique index account_username_key on account (lower(username));
create index account_suspension_idx on account (suspended_until) where suspended_at is not null;

-- Accounts that take no tries for now, so that the trail can tell when that ends. The tries themselves are counted
-- elsewhere; strangers' apart from those of known networks and devices.
create table account_lock (
  account_id uuid not null,
  is_known boolean not null,
  locked_until timestamptz not null,
  constraint account_lock_pkey primary key (account_id, is_known),
  constraint account_lock_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index account_lock_expiry_idx on account_lock (locked_until);
