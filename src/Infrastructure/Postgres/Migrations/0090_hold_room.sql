-- owner: chat
-- Takes a room's row for the rest of the transaction. A statement's snapshot is older than the lock that it waits for: so this goes before the statement
-- that reads and writes messages, which then sees all that was committed by who had the row before. A procedure, because it gives no rows. That statement is
-- large and always wants the same plan: planning it anew for each message took as long as carrying it out.
create procedure hold_room(which uuid) language plpgsql as $$
begin
  perform set_config('plan_cache_mode', 'force_generic_plan', true);
  perform 1 from room where id = which for no key update;
end $$;
