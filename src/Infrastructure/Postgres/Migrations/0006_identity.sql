-- owner: auth
-- People who came by a link or another provider have no password.
alter table account
  alter column password_hash drop not null,
  add column email_verified_at timestamptz,
  add column password_changed_at timestamptz not null default now(),
  add column suspended_at timestamptz,
  -- Null while suspended: until somebody lifts it.
  add column suspended_until timestamptz,
  add column suspension_reason text;
create index account_suspension_idx on account (suspended_until) where suspended_at is not null;

alter table session
  -- Goes up when what its access tokens say is no longer so: older ones are refused and the client refreshes.
  add column epoch int not null default 0,
  -- When a factor was last proven: the age of a step-up.
  add column authenticated_at timestamptz not null default now(),
  add column methods text[] not null default '{}',
  add column last_seen_at timestamptz not null default now(),
  -- The newest rotation whose access token was used: its answer has arrived.
  add column seen_rotation int not null default -1,
  add column rotated_ip inet,
  add column rotated_device text not null default '',
  -- Retries of a lost answer that came from another network and were believed.
  add column moves int not null default 0,
  -- Who presented the spent token that ended the session.
  add column reuse_ip inet,
  add column reuse_device text;
create index session_ended_idx on session (account_id, ended_at desc) where ended_at is not null;
create index session_expiry_idx on session (expires_at);

-- What every node must refuse before it expires by itself: tokens, sockets and URLs of these subjects (sessions, API keys) below this epoch.
create table revocation (
  subject uuid not null,
  epoch_min int not null,
  expires_at timestamptz not null,
  constraint revocation_pkey primary key (subject)
);
create index revocation_expiry_idx on revocation (expires_at);

-- One-time secrets: links, codes, challenges. Only hashes are kept.
create table ticket (
  id uuid not null,
  purpose text not null,
  account_id uuid,
  email text,
  token_hash bytea not null,
  code_mac bytea,
  browser_hash bytea,
  tries int not null default 0,
  detail jsonb not null default '{}',
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  constraint ticket_pkey primary key (id),
  constraint ticket_token_key unique (token_hash),
  constraint ticket_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index ticket_email_idx on ticket (purpose, lower(email), created_at desc) where code_mac is not null and used_at is null;
create index ticket_account_idx on ticket (account_id, purpose, created_at desc);
create index ticket_expiry_idx on ticket (expires_at);

create table totp (
  account_id uuid not null,
  sealed bytea not null,
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
  sign_count bigint not null default 0,
  name text not null,
  transports text[] not null default '{}',
  backed_up boolean not null default false,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  constraint passkey_pkey primary key (id),
  constraint passkey_credential_key unique (credential_id),
  constraint passkey_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index passkey_account_idx on passkey (account_id, created_at);

-- An account elsewhere that signs in here.
create table identity (
  id uuid not null,
  account_id uuid not null,
  provider text not null,
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

create table api_key (
  id uuid not null,
  account_id uuid not null,
  name text not null,
  -- The first characters, by which people know their keys.
  prefix text not null,
  secret_hash bytea not null,
  scopes text[] not null,
  epoch int not null default 0,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  expires_at timestamptz,
  constraint api_key_pkey primary key (id),
  constraint api_key_secret_key unique (secret_hash),
  constraint api_key_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index api_key_account_idx on api_key (account_id, created_at desc);

-- What happened to accounts. Append-only, a partition a month; no foreign keys, because a trail outlives what it tells of.
create table audit_event (
  id uuid not null,
  at timestamptz not null default clock_timestamp(),
  action text not null,
  account_id uuid,
  -- Who did it; null for the account itself without signing in, and for automatic transitions.
  actor_id uuid,
  session_id uuid,
  ip inet,
  device text not null default '',
  detail jsonb not null default '{}',
  constraint audit_event_pkey primary key (at, id)
) partition by range (at);
create index audit_event_account_idx on audit_event (account_id, at desc, id desc);
create index audit_event_actor_idx on audit_event (actor_id, at desc, id desc);
create index audit_event_action_idx on audit_event (action, at desc, id desc);
-- Nothing is lost when nobody made the next partition in time.
create table audit_event_rest partition of audit_event default;

create function audit_event_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'audit_event is append-only' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_event_append_only before update or delete on audit_event for each row execute function audit_event_append_only();

create function make_audit_partitions(months int) returns void language plpgsql as $$
declare
  month date;
begin
  for month in select date_trunc('month', now() at time zone 'UTC')::date + make_interval(months => n) from generate_series(0, months) n loop
    execute format('create table if not exists audit_event_%s partition of audit_event for values from (%L) to (%L)',
      to_char(month, 'YYYY_MM'), to_char(month, 'YYYY-MM-DD 00:00:00+00'), to_char(month + interval '1 month', 'YYYY-MM-DD 00:00:00+00'));
  end loop;
end $$;
select make_audit_partitions(3);

alter table signing_key drop constraint signing_key_purpose_check;
alter table signing_key add constraint signing_key_purpose_check check (purpose in ('access_token', 'refresh_token', 'stream_url', 'data'));
