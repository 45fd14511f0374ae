-- owner: operations
-- Whoever serves may be a role that owns no table. The months of partitioned tables are then made, and dropped, with the rights of the role that migrates.
do $$
declare
  maker regprocedure;
begin
  foreach maker in array array['make_audit_partitions(int)', 'make_play_partitions(int)', 'drop_play_partitions(int)', 'make_message_partition(timestamptz)',
    'make_message_partitions(int)', 'drop_message_partitions(timestamptz)']::regprocedure[]
  loop
    -- Names mean what they mean here, and not what a caller put before them.
    execute format('alter function %s security definer set search_path = %I, pg_temp', maker, current_schema());
    execute format('revoke execute on function %s from public', maker);
  end loop;
end $$;
