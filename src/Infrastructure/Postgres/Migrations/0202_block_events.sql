-- owner: users
create or replace function account_blocked_event() returns trigger language plpgsql as $$
begin
  perform record_event('users_parted', new.blocker_id, jsonb_build_object('account_id', new.blocker_id, 'other_id', new.blocked_id));
  return null;
end $$;
