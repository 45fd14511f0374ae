-- Bytes of originals, by account: of tracks and revisions, and promised to uploads that are under way. Quotas are kept
-- by it in one statement.
create table storage_use (
  account_id uuid not null,
  used_bytes bigint not null default 0,
  reserved_bytes bigint not null default 0,
  constraint storage_use_pkey primary key (account_id),
  constraint storage_use_account_fkey foreign key (account_id) references account (id) on delete cascade,
  constraint storage_use_check check (used_bytes >= 0 and reserved_bytes >= 0)
);

-- A file that was refused takes no room: its objects are gone.
create function track_stored_bytes(status text, failure_code text, size_bytes bigint) returns bigint
language sql immutable as $$
  select case when status = 'failed' and failure_code <> 'PROCESSING_FAILED' then 0 else size_bytes end
$$;

-- By statement, not by row: a million tracks that come at once are one line for each account.
create function storage_use_of_added() returns trigger language plpgsql as $$
begin
  insert into storage_use as s (account_id, used_bytes)
  select account_id, sum(track_stored_bytes(t.status, t.failure_code, t.size_bytes))
    from added t group by account_id order by account_id
  on conflict (account_id) do update set used_bytes = s.used_bytes + excluded.used_bytes;
  return null;
end $$;
create trigger track_added after insert on track referencing new table as added
  for each statement execute function storage_use_of_added();

create function storage_use_of_removed() returns trigger language plpgsql as $$
begin
  update storage_use s set used_bytes = s.used_bytes - r.bytes
    from (select account_id, sum(track_stored_bytes(t.status, t.failure_code, t.size_bytes)) as bytes
            from removed t group by account_id order by account_id) r
   where s.account_id = r.account_id;
  return null;
end $$;
create trigger track_removed after delete on track referencing old table as removed
  for each statement execute function storage_use_of_removed();

create function storage_use_of_changed() returns trigger language plpgsql as $$
begin
  update storage_use
     set used_bytes = used_bytes + track_stored_bytes(new.status, new.failure_code, new.size_bytes)
           - track_stored_bytes(old.status, old.failure_code, old.size_bytes)
   where account_id = new.account_id;
  return null;
end $$;
create trigger track_changed after update on track for each row
  when (old.size_bytes <> new.size_bytes or (old.status = 'failed') <> (new.status = 'failed'))
  execute function storage_use_of_changed();

-- Originals that are kept beside the one that is heard take room as well.
create function storage_use_of_revision() returns trigger language plpgsql as $$
declare
  bytes bigint := 0;
  owner uuid;
begin
  if tg_op <> 'INSERT' then
    bytes := -track_stored_bytes(old.state, old.failure_code, old.size_bytes);
    owner := old.account_id;
  end if;
  if tg_op <> 'DELETE' then
    bytes := bytes + track_stored_bytes(new.state, new.failure_code, new.size_bytes);
    owner := new.account_id;
  end if;
  if bytes <> 0 then
    insert into storage_use as s (account_id, used_bytes)
    select owner, greatest(bytes, 0) where exists (select 1 from account where id = owner)
    on conflict (account_id) do update set used_bytes = s.used_bytes + bytes;
  end if;
  return null;
end $$;
create trigger track_revision_room after insert or delete or update of state, failure_code, size_bytes on track_revision
  for each row execute function storage_use_of_revision();
