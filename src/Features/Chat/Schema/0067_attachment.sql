-- Files that people bring into rooms. One stands apart until a message takes it; nobody but its uploader sees it, and
-- it is forgotten within the hour.
create table attachment (
  id uuid not null,
  room_id uuid not null,
  -- No foreign key: what was said stays when its author is gone.
  account_id uuid not null,
  message_id uuid,
  name text not null,
  content_type text not null,
  size_bytes bigint not null,
  created_at timestamptz not null default now(),
  constraint attachment_pkey primary key (id)
);
create index attachment_room_idx on attachment (room_id);
create index attachment_message_idx on attachment (message_id) where message_id is not null;
create index attachment_loose_idx on attachment (created_at) where message_id is null;
create index attachment_own_loose_idx on attachment (account_id) where message_id is null;

-- Bytes of attachments by account; the quota is kept by it in the statement that adds one.
create table attachment_use (
  account_id uuid not null,
  used_bytes bigint not null default 0,
  constraint attachment_use_pkey primary key (account_id),
  constraint attachment_use_account_fkey foreign key (account_id) references account (id) on delete cascade,
  constraint attachment_use_check check (used_bytes >= 0)
);

-- However an attachment goes, with its message, its room or its month: its object is put up for sweeping and its bytes
-- are given back in the same transaction.
create function attachment_forsaken() returns trigger language plpgsql as $$
begin
  perform forsake_objects('attachments/' || old.room_id || '/' || old.id || '/');
  update attachment_use set used_bytes = used_bytes - old.size_bytes where account_id = old.account_id;
  return null;
end $$;
create trigger attachment_removed after delete on attachment for each row execute function attachment_forsaken();
