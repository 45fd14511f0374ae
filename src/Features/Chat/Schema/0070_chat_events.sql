-- What happens here that concerns others, as events in the statement of the cause: whatever posts, deletes or
-- removes, no code can forget it.

-- A message of a room where nobody might be told costs one look at an index and no row.
create function message_posted_event() returns trigger language plpgsql as $$
declare
  mentions uuid[] := array(select (named ->> 'id')::uuid from jsonb_array_elements(new.mentions) named);
  -- Whom "here" calls is there, and sees it.
  calls_all boolean := new.calls is not distinct from 'room';
begin
  if exists (select 1 from notification_subscription e where e.room_id = new.room_id and e.account_id <> new.author_id)
     or calls_all or cardinality(mentions) > 0
     or exists (select 1 from room r where r.id = new.room_id and r.visibility = 'direct') then
    perform record_event('chat_message_posted', new.id,
      jsonb_build_object('message_id', new.id, 'room_id', new.room_id, 'mentions', to_jsonb(mentions),
        'calls_all', calls_all));
  end if;
  return null;
end $$;
create trigger message_posted_event after insert on message for each row execute function message_posted_event();
-- Who is named only afterwards is told then; who was told is not told again.
create trigger message_named_event after update of mentions, calls on message for each row
  when (new.deleted_at is null
        and ((new.mentions <> old.mentions and new.mentions <> '[]')
             or (new.calls = 'room' and old.calls is distinct from 'room')))
  execute function message_posted_event();

create function message_deleted_event() returns trigger language plpgsql as $$
begin
  perform record_event('chat_message_deleted', new.id,
    jsonb_build_object('message_id', new.id, 'room_id', new.room_id));
  return null;
end $$;
create trigger message_deleted_event after update of deleted_at on message for each row
  when (old.deleted_at is null and new.deleted_at is not null) execute function message_deleted_event();

-- A room that goes takes thousands along in one statement: of those only whoever was told of something matters. Who
-- leaves alone is always told of, since something may be on its way to them.
create function members_gone_event() returns trigger language plpgsql as $$
begin
  perform record_event('chat_member_gone', o.account_id,
            jsonb_build_object('account_id', o.account_id, 'room_id', o.room_id))
     from gone o
    where (select count(*) from gone) = 1
       or exists (select 1 from notification n
                   where n.account_id = o.account_id and n.room_id = o.room_id and n.withdrawn_at is null);
  return null;
end $$;
create trigger members_gone_event after delete on room_member referencing old table as gone
  for each statement execute function members_gone_event();
