-- owner: tracks
-- Originals that are kept beside the one that is heard take room as well. The account stands in the row itself: when a track is deleted it goes before its revisions.
alter table track_revision add column account_id uuid;
update track_revision r set account_id = t.account_id from track t where t.id = r.track_id;
create index track_revision_waiting_idx on track_revision (account_id) where state in ('queued', 'processing');

create function track_revision_owner() returns trigger language plpgsql as $$
begin
  select account_id into new.account_id from track where id = new.track_id;
  return new;
end $$;
create trigger track_revision_owned before insert on track_revision for each row execute function track_revision_owner();

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
    insert into storage_use as s (account_id, used_bytes) select owner, greatest(bytes, 0) where exists (select 1 from account where id = owner)
    on conflict (account_id) do update set used_bytes = s.used_bytes + bytes;
  end if;
  return null;
end $$;
create trigger track_revision_room after insert or delete or update of state, failure_code, size_bytes on track_revision for each row execute function storage_use_of_revision();

insert into storage_use as s (account_id, used_bytes)
select account_id, sum(track_stored_bytes(state, failure_code, size_bytes)) from track_revision group by account_id
on conflict (account_id) do update set used_bytes = s.used_bytes + excluded.used_bytes;
