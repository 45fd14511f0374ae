-- What proves somebody beside, or instead of, a password.

-- A shared secret for time-based codes.
create table totp (
  account_id uuid not null,
  sealed bytea not null,
  -- Null until the first code was right: before, it protects nothing.
  confirmed_at timestamptz,
  -- The newest time step that was used: a code is good once.
  last_step bigint not null default -1,
  created_at timestamptz not null default now(),
  constraint totp_pkey primary key (account_id),
  constraint totp_account_fkey foreign key (account_id) references account (id) on delete cascade
);

create table recovery_code (
  account_id uuid not null,
  code_mac bytea not null,
  used_at timestamptz,
  constraint recovery_code_pkey primary key (account_id, code_mac),
  constraint recovery_code_account_fkey foreign key (account_id) references account (id) on delete cascade
);

-- A device that is asked for no second factor until it expires.
create table trusted_device (
  id uuid not null,
  account_id uuid not null,
  token_hash bytea not null,
  device text not null default '',
  ip inet,
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  expires_at timestamptz not null,
  constraint trusted_device_pkey primary key (id),
  constraint trusted_device_token_key unique (token_hash),
  constraint trusted_device_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index trusted_device_account_idx on trusted_device (account_id, created_at desc);
create index trusted_device_expiry_idx on trusted_device (expires_at);

create table passkey (
  id uuid not null,
  account_id uuid not null,
  credential_id bytea not null,
  -- COSE, as the authenticator gave it.
  public_key bytea not null,
  algorithm int not null,
  -- Goes up with each use where the authenticator counts; one that goes back is a copy.
  sign_count bigint not null default 0,
  name text not null,
  transports text[] not null default '{}',
  -- Whether it can be copied to other devices is fixed when it is made: an answer that says otherwise is another
  -- authenticator's. Whether it has been copied may change.
  backup_eligible boolean not null default false,
  backed_up boolean not null default false,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  constraint passkey_pkey primary key (id),
  constraint passkey_credential_key unique (credential_id),
  constraint passkey_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index passkey_account_idx on passkey (account_id, created_at);
