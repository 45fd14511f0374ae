-- owner: tracks
-- Bytes of originals, by account: of tracks, and promised to uploads that are under way. Quotas are kept by it in one statement.
create table storage_use (
  account_id uuid not null,
  used_bytes bigint not null default 0,
  reserved_bytes bigint not null default 0,
  constraint storage_use_pkey primary key (account_id),
  constraint storage_use_account_fkey foreign key (account_id) references account (id) on delete cascade,
  constraint storage_use_check check (used_bytes >= 0 and reserved_bytes >= 0)
);

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
  -- Of a final one: the parts it joins, as the client named them.
  concat text not null default '',
  -- What object storage and the hash need to go on from the offset.
  draft text not null default '',
  sha256_state bytea,
  head bytea not null default '',
  joined_into uuid,
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

-- A file that was refused takes no room: its objects are gone.
create function track_stored_bytes(status text, failure_code text, size_bytes bigint) returns bigint language sql immutable as $$
  select case when status = 'failed' and failure_code <> 'PROCESSING_FAILED' then 0 else size_bytes end
$$;

-- By statement, not by row: a million tracks that come at once are one line for each account.
create function storage_use_of_added() returns trigger language plpgsql as $$
begin
  insert into storage_use as s (account_id, used_bytes)
  select account_id, sum(track_stored_bytes(t.status, t.failure_code, t.size_bytes)) from added t group by account_id order by account_id
  on conflict (account_id) do update set used_bytes = s.used_bytes + excluded.used_bytes;
  return null;
end $$;
create function storage_use_of_removed() returns trigger language plpgsql as $$
begin
  update storage_use s set used_bytes = s.used_bytes - r.bytes
    from (select account_id, sum(track_stored_bytes(t.status, t.failure_code, t.size_bytes)) as bytes from removed t group by account_id order by account_id) r
   where s.account_id = r.account_id;
  return null;
end $$;
create function storage_use_of_changed() returns trigger language plpgsql as $$
begin
  update storage_use set used_bytes = used_bytes + track_stored_bytes(new.status, new.failure_code, new.size_bytes)
    - track_stored_bytes(old.status, old.failure_code, old.size_bytes) where account_id = new.account_id;
  return null;
end $$;
create trigger track_added after insert on track referencing new table as added for each statement execute function storage_use_of_added();
create trigger track_removed after delete on track referencing old table as removed for each statement execute function storage_use_of_removed();
create trigger track_changed after update on track for each row
  when (old.size_bytes <> new.size_bytes or (old.status = 'failed') <> (new.status = 'failed')) execute function storage_use_of_changed();

insert into storage_use (account_id, used_bytes) select account_id, sum(track_stored_bytes(t.status, t.failure_code, t.size_bytes)) from track t group by account_id;

-- Whether one has this file already.
create index track_sha256_idx on track (account_id, sha256);
