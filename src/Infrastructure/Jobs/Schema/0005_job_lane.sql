-- One row for each owner who has jobs of a kind: who is next is found here, however many jobs wait. A trigger keeps it
-- true, whatever changes a job.
create table job_lane (
  kind text not null,
  owner_id uuid not null,
  running int not null default 0,
  queued int not null default 0,
  queued_work_ms bigint not null default 0,
  -- When a job of theirs began last. For an owner who comes anew it is ten minutes ago at most, so that newcomers go
  -- first but nobody waits behind them for ever.
  turn_at timestamptz not null default now(),
  -- When the earliest of the queued may begin; null where none waits.
  due_at timestamptz,
  -- The turn, and the work of the job that is next.
  rank_at timestamptz not null default now(),
  constraint job_lane_pkey primary key (kind, owner_id)
);
create index job_lane_next_idx on job_lane (kind, running, rank_at, due_at) where due_at is not null;
create index job_lane_idle_idx on job_lane (turn_at) where due_at is null and running = 0;

create function job_lane_follow() returns trigger language plpgsql as $$
declare
  lane_kind text := coalesce(new.kind, old.kind);
  lane_owner uuid := coalesce(new.owner_id, old.owner_id);
  began int := coalesce((new.state = 'running')::int, 0) - coalesce((old.state = 'running')::int, 0);
  came int := coalesce((new.state = 'queued' and new.losses = 0)::int, 0)
    - coalesce((old.state = 'queued' and old.losses = 0)::int, 0);
  work bigint := coalesce(new.work_ms, old.work_ms) * came;
begin
  -- Takes the lane's lock, so that the next statement sees everything that others did to it.
  insert into job_lane as lane (kind, owner_id, running, queued, queued_work_ms, turn_at)
  values (lane_kind, lane_owner, began, came, work, now() - interval '10 minutes')
  on conflict on constraint job_lane_pkey do update
     set running = lane.running + began, queued = lane.queued + came, queued_work_ms = lane.queued_work_ms + work,
         turn_at = case
           when began > 0 then now()
           when lane.queued = 0 then greatest(lane.turn_at, now() - interval '10 minutes')
           else lane.turn_at
         end;
  update job_lane as lane
     set due_at = (select job.run_at from job
                    where job.kind = lane_kind and job.owner_id = lane_owner
                      and job.state = 'queued' and job.owner_id is not null and job.losses = 0
                    order by job.run_at limit 1),
         -- Work counts for five minutes at most: less than a newcomer's advantage.
         rank_at = lane.turn_at + interval '1 millisecond' * coalesce(
                   (select least(job.work_ms, 300000) from job
                     where job.kind = lane_kind and job.owner_id = lane_owner
                       and job.state = 'queued' and job.owner_id is not null and job.losses = 0
                     order by job.priority desc, job.ready_by, job.id limit 1), 0)
   where lane.kind = lane_kind and lane.owner_id = lane_owner;
  return null;
end
$$;

create trigger job_lane_insert after insert on job for each row
  when (new.owner_id is not null) execute function job_lane_follow();
create trigger job_lane_update after update on job for each row
  when (new.owner_id is not null
        and (old.state, old.run_at, old.ready_by, old.losses, old.priority)
          is distinct from (new.state, new.run_at, new.ready_by, new.losses, new.priority))
  execute function job_lane_follow();
create trigger job_lane_delete after delete on job for each row
  when (old.owner_id is not null and old.state in ('queued', 'running')) execute function job_lane_follow();
