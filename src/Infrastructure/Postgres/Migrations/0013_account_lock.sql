-- owner: auth
-- Accounts that take no tries for now, so that the trail can tell when that ends. The tries themselves are counted elsewhere; strangers' apart from those of known networks and devices.
create table account_lock (
  account_id uuid not null,
  is_known boolean not null,
  locked_until timestamptz not null,
  constraint account_lock_pkey primary key (account_id, is_known),
  constraint account_lock_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index account_lock_expiry_idx on account_lock (locked_until);

-- From which networks somebody signed in, also in sessions that are over.
create index session_network_idx on session (account_id, (network(set_masklen(ip, case family(ip) when 4 then 24 else 48 end))), created_at);
