-- Who follows whom: anybody may, and the followed cannot refuse.
create table follow (
  account_id uuid not null,
  follower_id uuid not null,
  created_at timestamptz not null default now(),
  constraint follow_pkey primary key (account_id, follower_id),
  constraint follow_account_fkey foreign key (account_id) references account (id) on delete cascade,
  constraint follow_follower_fkey foreign key (follower_id) references account (id) on delete cascade,
  constraint follow_self_check check (account_id <> follower_id)
);
create index follow_account_idx on follow (account_id, created_at desc, follower_id desc);
create index follow_follower_idx on follow (follower_id, created_at desc, account_id desc);

-- Whom an artist lets hear everything, until a time or for good.
create table supporter (
  account_id uuid not null,
  supporter_id uuid not null,
  created_at timestamptz not null default now(),
  supports_until timestamptz,
  constraint supporter_pkey primary key (account_id, supporter_id),
  constraint supporter_account_fkey foreign key (account_id) references account (id) on delete cascade,
  constraint supporter_supporter_fkey foreign key (supporter_id) references account (id) on delete cascade,
  constraint supporter_self_check check (account_id <> supporter_id)
);
create index supporter_account_idx on supporter (account_id, created_at desc, supporter_id desc);
create index supporter_supporter_idx on supporter (supporter_id);

-- Counted by the statements that write the two tables, so that showing a user counts nothing. Whoever deletes an
-- account ends its follows first, by the same statement.
create table audience (
  account_id uuid not null,
  follower_count bigint not null default 0,
  following_count bigint not null default 0,
  supporter_count bigint not null default 0,
  constraint audience_pkey primary key (account_id),
  constraint audience_account_fkey foreign key (account_id) references account (id) on delete cascade
);

-- Whether somebody hears all of a track of that visibility, said once for every room. Everybody hears what is public or
-- unlisted; a supporter is more than a follower; private is its owner's alone.
create function hears_all(visibility text, owner_id uuid, listener_id uuid) returns boolean
language sql stable parallel safe as $$
  select case
    when owner_id = listener_id then true
    when visibility in ('public', 'unlisted') then true
    when visibility in ('followers', 'supporters') then
      exists (select 1 from supporter s
               where s.account_id = owner_id and s.supporter_id = listener_id
                 and (s.supports_until is null or s.supports_until > now()))
      or (visibility = 'followers'
          and exists (select 1 from follow f where f.account_id = owner_id and f.follower_id = listener_id))
    else false end
$$;
