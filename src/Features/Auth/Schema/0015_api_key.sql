-- A key by which a program acts for an account, within its scopes.
create table api_key (
  id uuid not null,
  account_id uuid not null,
  name text not null,
  -- The first characters, by which people know their keys. Of the rest there is a hash.
  prefix text not null,
  secret_hash bytea not null,
  scopes text[] not null,
  -- As a session's: below it nothing that the key was given is good any more.
  epoch int not null default 0,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  expires_at timestamptz,
  constraint api_key_pkey primary key (id),
  constraint api_key_secret_key unique (secret_hash),
  constraint api_key_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index api_key_account_idx on api_key (account_id, created_at desc);
