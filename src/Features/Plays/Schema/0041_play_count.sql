-- Until when another play of the same listener is a repeat.
create table play_window (
  listener uuid not null,
  track_id uuid not null,
  counted_at timestamptz not null,
  counts_again_at timestamptz not null,
  constraint play_window_pkey primary key (listener, track_id)
);
create index play_window_expiry_idx on play_window (counts_again_at);

-- What counted of a track at an address or in a network: within the window that ends at counts_again_at, and in its
-- day.
create table play_place (
  place uuid not null,
  track_id uuid not null,
  counted int not null default 0,
  counts_again_at timestamptz not null,
  counted_today int not null default 0,
  constraint play_place_pkey primary key (place, track_id)
);
create index play_place_again_idx on play_place (counts_again_at);

-- Whether a play that is due counts, and then it does. The rows of its network, its address and its listener are held
-- in this order until the transaction ends: each statement sees what those who held them before have left.
create function count_play(for_listener uuid, for_track uuid, from_address uuid, from_network uuid, begun timestamptz,
  moment timestamptz, window_ms bigint, address_max int, address_day_max int, network_max int, network_day_max int)
returns boolean language plpgsql as $$
declare
  ends timestamptz := moment + window_ms * interval '1 millisecond';
  has_room boolean;
begin
  if from_address is not null then
    insert into play_place as p (place, track_id, counts_again_at) values (from_network, for_track, ends)
      on conflict (place, track_id) do update
         set counted = case when p.counts_again_at <= moment then 0 else p.counted end,
             counts_again_at = case when p.counts_again_at <= moment then ends else p.counts_again_at end
      returning counted < network_max and counted_today < network_day_max into has_room;
    if not has_room then return false; end if;
    insert into play_place as p (place, track_id, counts_again_at) values (from_address, for_track, ends)
      on conflict (place, track_id) do update
         set counted = case when p.counts_again_at <= moment then 0 else p.counted end,
             counts_again_at = case when p.counts_again_at <= moment then ends else p.counts_again_at end
      returning counted < address_max and counted_today < address_day_max into has_room;
    if not has_room then return false; end if;
  end if;

  insert into play_window as w (listener, track_id, counted_at, counts_again_at)
  values (for_listener, for_track, begun, ends)
    on conflict (listener, track_id) do update
       set counted_at = excluded.counted_at, counts_again_at = excluded.counts_again_at
     where w.counts_again_at <= moment;
  if not found then return false; end if;
  update play_place set counted = counted + 1, counted_today = counted_today + 1
   where place in (from_network, from_address) and track_id = for_track;
  return true;
end $$;
