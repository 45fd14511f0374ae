-- An account elsewhere that signs in here.
create table identity (
  id uuid not null,
  account_id uuid not null,
  provider text not null,
  -- The provider's own id of the account: names and addresses may change hands.
  subject text not null,
  email text,
  email_verified boolean not null default false,
  username text,
  sealed_tokens bytea,
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  constraint identity_pkey primary key (id),
  constraint identity_subject_key unique (provider, subject),
  constraint identity_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index identity_account_idx on identity (account_id, created_at);
