-- The ids of rows are UUIDv7: their first 48 bits are milliseconds, so they sort by the time at which they were made.

-- The least id of a moment.
create function uuid_at(at timestamptz) returns uuid language sql immutable strict parallel safe as $$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- A new id, for what is made inside a statement.
create function uuid_now() returns uuid language sql volatile parallel safe as $$
  select (left(uuid_at(clock_timestamp())::text, 14) || '7' || substr(gen_random_uuid()::text, 16))::uuid
$$;
