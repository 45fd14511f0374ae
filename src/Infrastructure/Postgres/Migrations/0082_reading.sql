-- owner: chat
-- How far each member has read, and whether the others may see it.
alter table room_member
  add column last_read_seq bigint,
  add column read_at timestamptz,
  add column receipts text not null default 'public',
  add constraint room_member_receipts_check check (receipts in ('public', 'private'));
update room_member m set last_read_seq = r.last_seq from room r where r.id = m.room_id;
alter table room_member alter column last_read_seq set not null;

-- Who comes in has nothing unread: what was said before is history. However they come in.
create function read_from_here() returns trigger language plpgsql as $$
begin
  if new.last_read_seq is null then
    new.last_read_seq := coalesce((select last_seq from room where id = new.room_id), 0);
  end if;
  return new;
end $$;
create trigger room_member_reads before insert on room_member for each row execute function read_from_here();
