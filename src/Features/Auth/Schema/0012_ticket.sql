-- One-time secrets: links, codes, challenges. Only hashes are kept.
create table ticket (
  id uuid not null,
  -- Good for this alone.
  purpose text not null,
  account_id uuid,
  email text,
  token_hash bytea not null,
  -- Of a code to be typed on another device.
  code_mac bytea,
  -- Binds it to the browser that asked.
  browser_hash bytea,
  -- Wrong codes so far.
  tries int not null default 0,
  detail jsonb not null default '{}',
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz,
  constraint ticket_pkey primary key (id),
  constraint ticket_token_key unique (token_hash),
  constraint ticket_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index ticket_email_idx on ticket (purpose, lower(email), created_at desc)
  where code_mac is not null and used_at is null;
create index ticket_account_idx on ticket (account_id, purpose, created_at desc);
create index ticket_expiry_idx on ticket (expires_at);

-- A magic link that was opened and confirmed in the browser that asked: whoever holds that browser's secret may fetch
-- the session, once and soon.
create table link_confirmation (
  browser_hash bytea not null,
  account_id uuid not null,
  email text not null,
  expires_at timestamptz not null,
  constraint link_confirmation_pkey primary key (browser_hash),
  constraint link_confirmation_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index link_confirmation_account_idx on link_confirmation (account_id);
create index link_confirmation_expiry_idx on link_confirmation (expires_at);
