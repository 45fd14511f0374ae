-- Who wants nothing to do with whom. It hides both from each other everywhere, so it is asked in both directions.
create table account_block (
  blocker_id uuid not null,
  blocked_id uuid not null,
  created_at timestamptz not null default now(),
  constraint account_block_pkey primary key (blocker_id, blocked_id),
  constraint account_block_blocker_fkey foreign key (blocker_id) references account (id) on delete cascade,
  constraint account_block_blocked_fkey foreign key (blocked_id) references account (id) on delete cascade,
  constraint account_block_self_check check (blocker_id <> blocked_id)
);
create index account_block_blocked_idx on account_block (blocked_id, blocker_id);
create index account_block_listed_idx on account_block (blocker_id, created_at desc, blocked_id desc);
-- Nodes with open sockets ask who blocked whom a moment ago.
create index account_block_created_idx on account_block (created_at);

-- Both directions in one place: whom a person sees nothing of, and is not seen by.
create view block_pair as
  select blocker_id as account_id, blocked_id as other_id from account_block
  union all
  select blocked_id, blocker_id from account_block;

-- Whoever blocks somebody wants to see nothing of them any more, also of what is there: an event, in the statement of
-- the block.
create function account_blocked_event() returns trigger language plpgsql as $$
begin
  perform record_event('users_parted', new.blocker_id,
    jsonb_build_object('account_id', new.blocker_id, 'other_id', new.blocked_id));
  return null;
end $$;
create trigger account_blocked_event after insert on account_block
  for each row execute function account_blocked_event();
