-- owner: infrastructure
-- The key by which push services know this server.
alter table signing_key drop constraint signing_key_purpose_check;
alter table signing_key add constraint signing_key_purpose_check check (purpose in ('access_token', 'refresh_token', 'stream_url', 'data', 'web_push'));

-- A UUIDv7 for what is made inside a statement.
create function uuid_now() returns uuid language sql volatile parallel safe as $$
  select (left(uuid_at(clock_timestamp())::text, 14) || '7' || substr(gen_random_uuid()::text, 16))::uuid
$$;

-- A job whose cause is a statement: for triggers, and for statements that make many. As JobQueue.Enqueue does it.
create function enqueue_job(kind text, attempts_max int, payload jsonb, run_at timestamptz default now(), owner_id uuid default null) returns uuid language plpgsql volatile as $$
declare
  made uuid := uuid_now();
begin
  insert into job (id, kind, payload, attempts_max, run_at, ready_by, owner_id)
  values (made, enqueue_job.kind, enqueue_job.payload, enqueue_job.attempts_max, enqueue_job.run_at, enqueue_job.run_at, enqueue_job.owner_id);
  perform pg_notify('veza_job', enqueue_job.kind);
  return made;
end $$;
