-- Work that outlives its request. A job is written in the transaction of its cause. How often it is tried stands with
-- its kind, in the program.
create table job (
  id uuid not null,
  kind text not null,
  payload jsonb not null,
  state text not null default 'queued',

  -- Who waits for it, and what it is about.
  owner_id uuid,
  subject_id uuid,
  -- Its number in the order of its subject: it is not begun while one of the same kind and subject with a smaller
  -- number waits or runs. Null where the order does not matter.
  sequence bigint,

  -- Which of the waiting jobs is next: not before run_at, then the higher priority, then who would be ready first. A
  -- short job overtakes a long one, but not for ever: ready_by is when it was made plus the work it is thought to be.
  priority int not null default 0,
  run_at timestamptz not null default now(),
  work_ms bigint not null default 0,
  ready_by timestamptz not null default now(),

  attempts int not null default 0,
  -- How many workers died over it. From the first on it is a suspect and runs apart from others.
  losses int not null default 0,
  -- Goes up at each claim: whoever holds an older one can write nothing more.
  fence bigint not null default 0,
  lease_until timestamptz,
  last_error text,
  -- An operator wants it buried: whoever claims it next does so.
  is_cancelled boolean not null default false,

  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  constraint job_pkey primary key (id),
  -- dead: it failed for the last time, and an operator may retry it. cancelled: its subject wants it no more.
  constraint job_state_check check (state in ('queued', 'running', 'done', 'dead', 'cancelled'))
);

-- For claims: what stands apart (nobody's jobs and suspects), and the next of one owner.
create index job_apart_idx on job (kind, priority desc, run_at, id)
  where state = 'queued' and (owner_id is null or losses > 0);
create index job_next_idx on job (kind, owner_id, priority desc, ready_by, id)
  where state = 'queued' and owner_id is not null and losses = 0;
create index job_due_idx on job (kind, owner_id, run_at)
  where state = 'queued' and owner_id is not null and losses = 0;
create index job_lease_idx on job (lease_until) where state = 'running';
create index job_subject_idx on job (subject_id, kind) where state in ('queued', 'running');
create index job_sequence_idx on job (kind, subject_id, sequence)
  where sequence is not null and state in ('queued', 'running');

-- For operators and upkeep.
create index job_state_idx on job (state, id);
create index job_dead_idx on job (finished_at desc) where state = 'dead';
create index job_over_idx on job (finished_at) where state in ('done', 'cancelled');
create index job_speed_idx on job (kind, finished_at desc) where state = 'done';

-- A job whose cause is a statement: for triggers, and for statements that make many. As JobQueue.Enqueue makes one.
-- NOTIFY is delivered at commit: the worker wakes when the row can be seen.
create function enqueue_job(
  kind text, payload jsonb, run_at timestamptz default now(), owner_id uuid default null,
  subject_id uuid default null, sequence bigint default null
) returns uuid language plpgsql volatile as $$
declare
  made uuid := uuid_now();
begin
  insert into job (id, kind, payload, run_at, ready_by, owner_id, subject_id, sequence)
  values (made, enqueue_job.kind, enqueue_job.payload, enqueue_job.run_at, enqueue_job.run_at, enqueue_job.owner_id,
    enqueue_job.subject_id, enqueue_job.sequence);
  perform pg_notify('veza_job', enqueue_job.kind);
  return made;
end $$;
