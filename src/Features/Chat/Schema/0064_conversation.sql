-- The conversation of two people, a row for each of them; with oneself one row. It is made by the first message.
create table conversation (
  account_id uuid not null,
  -- No foreign key: what somebody wrote stays with the other when their account is gone.
  other_id uuid not null,
  room_id uuid not null,
  -- When something was said last.
  active_at timestamptz not null default now(),
  constraint conversation_pkey primary key (account_id, other_id),
  constraint conversation_account_fkey foreign key (account_id) references account (id) on delete cascade,
  constraint conversation_room_fkey foreign key (room_id) references room (id) on delete cascade
);
create index conversation_active_idx on conversation (account_id, active_at, room_id);
create index conversation_room_idx on conversation (room_id);

create function conversation_goes_on() returns trigger language plpgsql as $$
begin
  update conversation set active_at = now() where room_id = new.id;
  return null;
end $$;
create trigger conversation_goes_on after update of last_seq on room for each row
  when (new.visibility = 'direct') execute function conversation_goes_on();
