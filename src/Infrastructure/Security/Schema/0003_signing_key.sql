-- Keys that Veza makes for itself, sealed with the master key: the database alone signs nothing.
create table signing_key (
  id text not null,
  -- web_push is the key by which push services know this server; data seals what is stored and must be read again.
  purpose text not null,
  sealed bytea not null,
  created_at timestamptz not null default now(),
  -- From here on it signs. Before, it is only published, so that every node knows it first.
  active_from timestamptz not null,
  -- From here on it verifies no more.
  retires_at timestamptz,
  constraint signing_key_pkey primary key (id),
  constraint signing_key_purpose_check
    check (purpose in ('access_token', 'refresh_token', 'stream_url', 'data', 'web_push'))
);
create index signing_key_purpose_idx on signing_key (purpose, active_from desc);
