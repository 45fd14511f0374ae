-- owner: users
-- Whoever blocks somebody wants to see nothing of them any more, also of what is there.
create function account_blocked_event() returns trigger language plpgsql as $$
begin
  perform enqueue_job('users_parted', 10, jsonb_build_object('account_id', new.blocker_id, 'other_id', new.blocked_id));
  return null;
end $$;
create trigger account_blocked_event after insert on account_block for each row execute function account_blocked_event();
