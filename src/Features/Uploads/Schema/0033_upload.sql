-- A file that is coming in.
create table upload (
  -- Also the id of the track that a whole or a final one becomes.
  id uuid not null,
  account_id uuid not null,
  -- form: a multipart request under way. whole, partial and final: tus.
  kind text not null,
  -- open: its bytes are reserved. joined: a partial one that a final one has taken.
  status text not null default 'open',
  length_bytes bigint not null,
  offset_bytes bigint not null default 0,
  metadata text not null default '',
  -- Of a final one: the parts it joins, as the client named them. Of a joined part: what joined it.
  concat text not null default '',
  joined_into uuid,
  -- What object storage and the hash need to go on from the offset, and the file's first bytes.
  draft text not null default '',
  sha256_state bytea,
  head bytea not null default '',
  -- Who writes holds it; the fence outdates earlier holders.
  fence bigint not null default 0,
  held_until timestamptz not null default to_timestamp(0),
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  constraint upload_pkey primary key (id),
  constraint upload_account_fkey foreign key (account_id) references account (id) on delete cascade,
  constraint upload_kind_check check (kind in ('form', 'whole', 'partial', 'final')),
  constraint upload_status_check check (status in ('open', 'done', 'joined', 'expired')),
  constraint upload_offset_check check (offset_bytes between 0 and length_bytes)
);
create index upload_open_idx on upload (account_id) where status = 'open';
create index upload_expires_idx on upload (expires_at);
