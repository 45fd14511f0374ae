-- owner: auth
-- A magic link that was opened and confirmed in the browser that asked: whoever holds that browser's secret may fetch the session, once and soon.
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
