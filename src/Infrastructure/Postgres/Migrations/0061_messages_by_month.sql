-- owner: chat
-- Messages stand in partitions by month, by the time in their ids: a month that is no longer kept is dropped in one move, and a message is found by
-- its id in its month alone. What happens to messages once they are posted (an edit, a deletion, a reaction, a pin) is counted for each room as messages
-- are, so that a client that was away learns of it too.
alter table room add column last_change bigint not null default 0;

alter table message rename to message_unparted;
alter table message_unparted rename constraint message_pkey to message_unparted_pkey;

create table message (
  id uuid not null,
  room_id uuid not null,
  seq bigint not null,
  client_id text not null,
  -- No foreign key: a message keeps its seq when its author is gone.
  author_id uuid not null,
  content text not null,
  reply_to uuid,
  track_id uuid,
  track_position_ms bigint,
  -- The room's change that touched it last; 0 while it is as it was posted.
  change bigint not null default 0,
  created_at timestamptz not null default now(),
  edited_at timestamptz,
  deleted_at timestamptz,
  constraint message_pkey primary key (id),
  constraint message_room_fkey foreign key (room_id) references room (id) on delete cascade
) partition by range (id);
create index message_change_idx on message (room_id, change) where change > 0;
-- Nothing is lost when nobody made the next partition in time, or a node's clock is wrong.
create table message_rest partition of message default;
-- PostgreSQL has no uniqueness across partitions; the lock on the room's row keeps seqs and client_ids single, and these hold it to that within a month.
create unique index message_rest_seq_key on message_rest (room_id, seq);
create unique index message_rest_client_key on message_rest (room_id, author_id, client_id);

create function make_message_partition(month timestamptz) returns void language plpgsql as $$
declare
  part text := 'message_' || to_char(month at time zone 'UTC', 'YYYY_MM');
  begins uuid := uuid_at(month);
  ends uuid := uuid_at((month at time zone 'UTC' + interval '1 month') at time zone 'UTC');
begin
  perform pg_advisory_xact_lock(hashtext('message partitions'));
  if to_regclass(part) is not null then return; end if;
  -- Made apart and then attached: what the default partition has of this month moves in first.
  execute format('create table %I (like message including defaults including constraints including indexes) with (fillfactor = 90)', part);
  execute format('create unique index %I on %I (room_id, seq)', part || '_seq_key', part);
  execute format('create unique index %I on %I (room_id, author_id, client_id)', part || '_client_key', part);
  execute format('with moved as (delete from message_rest where id >= %L and id < %L returning *) insert into %I select * from moved', begins, ends, part);
  execute format('alter table message attach partition %I for values from (%L) to (%L)', part, begins, ends);
end $$;

create function make_message_partitions(months int) returns void language sql as $$
  select make_message_partition((date_trunc('month', now() at time zone 'UTC') + make_interval(months => n)) at time zone 'UTC') from generate_series(0, months) n
$$;

-- Drops the months that ended before a moment, and says how many.
create function drop_message_partitions(before timestamptz) returns int language plpgsql as $$
declare
  part text;
  dropped int := 0;
begin
  perform pg_advisory_xact_lock(hashtext('message partitions'));
  for part in select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
               where i.inhparent = 'message'::regclass and c.relname ~ '^message_\d{4}_\d{2}$'
                 and c.relname < 'message_' || to_char(before at time zone 'UTC', 'YYYY_MM') order by c.relname loop
    execute format('drop table %I', part);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $$;

-- What was posted before there were months.
select make_message_partition(month at time zone 'UTC') from (select distinct date_trunc('month', created_at at time zone 'UTC') as month from message_unparted) m;
select make_message_partitions(2);
insert into message (id, room_id, seq, client_id, author_id, content, reply_to, track_id, track_position_ms, created_at, edited_at, deleted_at)
select id, room_id, seq, client_id, author_id, content, reply_to, track_id, track_position_ms, created_at, edited_at, deleted_at from message_unparted;
drop table message_unparted;
