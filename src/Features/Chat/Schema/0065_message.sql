-- Messages stand in partitions by month, by the time in their ids: a month that is no longer kept is dropped in one
-- move, and a message is found by its id in its month alone. What every reader is shown stands on the message's own
-- row, so that a page of history and a frame read one table; who did it, and what was said before, stand apart.
create table message (
  id uuid not null,
  -- No foreign key: a room goes at once, and what was said in it afterwards.
  room_id uuid not null,
  seq bigint not null,
  -- The sender's own id of it: the same thing again is the same message.
  client_id text not null,
  -- No foreign key: a message keeps its seq when its author is gone.
  author_id uuid not null,
  content text not null,
  reply_to uuid,
  track_id uuid,
  track_position_ms bigint,
  -- [{"id", "username"}], as the names stand in the content.
  mentions jsonb not null default '[]',
  -- Whom it calls besides: "room" is everybody in it, "here" is who is there.
  calls text,
  -- [{"id", "name", "content_type", "size_bytes"}]
  attachments jsonb not null default '[]',
  -- [{"emoji", "count"}], in the order of their first use. Counted by the statement that adds or removes one, which
  -- holds the message's row.
  reactions jsonb not null default '[]',
  edits int not null default 0,
  pinned_at timestamptz,
  pinned_by uuid,
  -- The room's change that touched it last; 0 while it is as it was posted.
  change bigint not null default 0,
  created_at timestamptz not null default now(),
  edited_at timestamptz,
  deleted_at timestamptz,
  constraint message_pkey primary key (id)
) partition by range (id);
create index message_change_idx on message (room_id, change) where change > 0;
create index message_pin_idx on message (room_id, pinned_at desc) where pinned_at is not null;

-- Nothing is lost when nobody made the next partition in time, or a node's clock is wrong.
create table message_rest partition of message default;
-- PostgreSQL has no uniqueness across partitions; the lock on the room's row keeps seqs and client_ids single, and
-- these hold it to that within a month.
create unique index message_rest_seq_key on message_rest (room_id, seq);
create unique index message_rest_client_key on message_rest (room_id, author_id, client_id);

-- Months are made, and dropped, with the rights of the owner of the table, who need not be the role that serves; names
-- mean what they mean here, and not what a caller put before them.
create function make_message_partition(month timestamptz) returns void language plpgsql
security definer set search_path = public, pg_temp as $$
declare
  part text := 'message_' || to_char(month at time zone 'UTC', 'YYYY_MM');
  begins uuid := uuid_at(month);
  ends uuid := uuid_at((month at time zone 'UTC' + interval '1 month') at time zone 'UTC');
begin
  perform pg_advisory_xact_lock(hashtext('message partitions'));
  if to_regclass(part) is not null then return; end if;
  -- Made apart and then attached: what the default partition has of this month moves in first.
  execute format(
    'create table %I (like message including defaults including constraints including indexes) with (fillfactor = 90)',
    part);
  execute format('create unique index %I on %I (room_id, seq)', part || '_seq_key', part);
  execute format('create unique index %I on %I (room_id, author_id, client_id)', part || '_client_key', part);
  execute format(
    'with moved as (delete from message_rest where id >= %L and id < %L returning *) '
      'insert into %I select * from moved', begins, ends, part);
  execute format('alter table message attach partition %I for values from (%L) to (%L)', part, begins, ends);
end $$;
revoke execute on function make_message_partition(timestamptz) from public;

-- The partitions of this month and so many after it.
create function make_message_partitions(months int) returns void language sql
security definer set search_path = public, pg_temp as $$
  select make_message_partition((date_trunc('month', now() at time zone 'UTC') + make_interval(months => n))
           at time zone 'UTC')
    from generate_series(0, months) n
$$;
revoke execute on function make_message_partitions(int) from public;
select make_message_partitions(2);

-- Drops the months that ended before a moment, and says how many.
create function drop_message_partitions(before timestamptz) returns int language plpgsql
security definer set search_path = public, pg_temp as $$
declare
  part text;
  dropped int := 0;
begin
  perform pg_advisory_xact_lock(hashtext('message partitions'));
  for part in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'message'::regclass and c.relname ~ '^message_\d{4}_\d{2}$'
       and c.relname < 'message_' || to_char(before at time zone 'UTC', 'YYYY_MM') order by c.relname
  loop
    execute format('drop table %I', part);
    dropped := dropped + 1;
  end loop;
  return dropped;
end $$;
revoke execute on function drop_message_partitions(timestamptz) from public;

-- Takes a room's row for the rest of the transaction. A statement's snapshot is older than the lock that it waits for:
-- so this goes before the statement that reads and writes messages, which then sees all that was committed by who had
-- the row before. A procedure, because it gives no rows. That statement is large and always wants the same plan:
-- planning it anew for each message took as long as carrying it out.
create procedure hold_room(which uuid) language plpgsql as $$
begin
  perform set_config('plan_cache_mode', 'force_generic_plan', true);
  perform 1 from room where id = which for no key update;
end $$;

-- Holds the room of a message, as hold_room does for who posts: sent in front of the statement that changes the
-- message, which then sees who was put out of the room, muted or made a member again by whoever had the room before.
create procedure hold_message(which uuid) language plpgsql as $$
begin
  perform 1 from room where id = (select room_id from message where id = which) for no key update;
end $$;
