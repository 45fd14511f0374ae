-- A device that is signed in, or was.
create table session (
  id uuid not null,
  account_id uuid not null,

  -- Counts the refreshes. The refresh token of any other count is spent; it has no row of its own.
  rotation int not null default 0,
  rotated_at timestamptz not null default now(),
  rotated_ip inet,
  rotated_device text not null default '',
  -- The newest rotation whose access token was used: its answer has arrived.
  seen_rotation int not null default -1,
  -- Retries of a lost answer that came from another network and were believed.
  moves int not null default 0,

  -- Goes up when what its access tokens say is no longer so: older ones are refused, and the client refreshes.
  epoch int not null default 0,
  -- When a factor was last proven, and which: the age of a step-up.
  authenticated_at timestamptz not null default now(),
  methods text[] not null default '{}',

  ip inet,
  device text not null default '',
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  end_reason text,
  -- Who presented the spent token that ended it.
  reuse_ip inet,
  reuse_device text,
  constraint session_pkey primary key (id),
  constraint session_account_fkey foreign key (account_id) references account (id) on delete cascade
);
create index session_account_idx on session (account_id, created_at desc) where ended_at is null;
create index session_ended_idx on session (account_id, ended_at desc) where ended_at is not null;
create index session_expiry_idx on session (expires_at);
-- From which networks somebody signed in, also in sessions that are over.
create index session_network_idx on session
  (account_id, (network(set_masklen(ip, case family(ip) when 4 then 24 else 48 end))), created_at);

-- What every node must refuse before it expires by itself: tokens, sockets and URLs of these subjects (sessions and API
-- keys) below this epoch.
create table revocation (
  subject uuid not null,
  epoch_min int not null,
  expires_at timestamptz not null,
  constraint revocation_pkey primary key (subject)
);
create index revocation_expiry_idx on revocation (expires_at);
