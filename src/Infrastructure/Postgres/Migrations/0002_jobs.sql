-- owner: infrastructure
create table job (
  id uuid not null,
  kind text not null,
  payload jsonb not null,
  state text not null default 'queued',
  priority int not null default 0,
  run_at timestamptz not null default now(),
  attempts int not null default 0,
  attempts_max int not null,
  -- The fence goes up at each claim: whoever holds an older one can no longer write.
  fence bigint not null default 0,
  lease_until timestamptz,
  last_error text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  constraint job_pkey primary key (id),
  constraint job_state_check check (state in ('queued', 'running', 'done', 'dead'))
);
create index job_due_idx on job (kind, priority desc, run_at, id) where state = 'queued';
create index job_lease_idx on job (lease_until) where state = 'running';
create index job_dead_idx on job (finished_at desc) where state = 'dead';
create index job_done_idx on job (finished_at) where state = 'done';

-- Objects that are being written and that no row names yet. When the claim runs out, whoever wrote them is gone and they are swept.
create table storage_claim (
  prefix text not null,
  claimed_until timestamptz not null,
  -- Set by the sweeper before it removes anything: from then on the writer cannot come back.
  sweeping boolean not null default false,
  constraint storage_claim_pkey primary key (prefix)
);
create index storage_claim_until_idx on storage_claim (claimed_until);
