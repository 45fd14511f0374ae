-- owner: infrastructure
-- Where a moment begins among UUIDv7 ids: their first 48 bits are milliseconds.
create function uuid_at(at timestamptz) returns uuid language sql immutable strict parallel safe as $$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;
