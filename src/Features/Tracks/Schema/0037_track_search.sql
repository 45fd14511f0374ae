-- Counted in eighths of a power of e, so that a track moves in the index when it becomes an eighth more popular and not
-- with every play.
create function track_popularity(play_count bigint, like_count bigint) returns int
language sql immutable parallel safe as $$
  select round(8 * ln(1 + greatest(play_count, 0) + 8 * greatest(like_count, 0)))::int
$$;

-- A year of age weighs as much as e times the listeners. Because both are added up, time alone changes no order, and
-- the number can stand in an index.
create function track_standing(play_count bigint, like_count bigint, created_at timestamptz) returns int
language sql immutable parallel safe as $$
  select least(65535, greatest(0, 32 * track_popularity(play_count, like_count)
           + round(256 * extract(epoch from created_at - timestamptz '2000-01-01 00:00:00+00') / 31557600)))::int
$$;

-- The steps in which facets count. The filters know them too (TrackQuery), and a test compares.
create function track_bpm_bucket(bpm real) returns int language sql immutable parallel safe as $$
  select case when bpm is not null then least(30, floor(bpm / 10)) end::int
$$;
create function track_duration_bucket(duration_ms bigint) returns int language sql immutable parallel safe as $$
  select width_bucket(coalesce(duration_ms, 0),
    array[60000, 120000, 180000, 240000, 300000, 420000, 600000, 1200000, 3600000]::bigint[])
$$;
create function track_year(release_year int, created_at timestamptz) returns int
language sql immutable parallel safe as $$
  select coalesce(release_year, extract(year from created_at at time zone 'UTC')::int)
$$;

-- What is searched: one narrow row for each listed track, kept by triggers in the transaction that changes the track.
-- What is not listed has no row, so no search, facet or count can tell of it.
create table track_search (
  id uuid not null,
  account_id uuid not null,
  -- For ranking: where the words stand. Ranking reads them of each hit, so they stay in the row.
  words tsvector not null,
  title_key text not null,
  genre text not null,
  tags text[] not null,
  bpm real,
  bpm_bucket int,
  musical_key text not null,
  duration_ms bigint not null,
  duration_bucket int not null,
  year int not null,
  standing int not null,
  created_at timestamptz not null,
  constraint track_search_pkey primary key (id),
  constraint track_search_track_fkey foreign key (id) references track (id) on delete cascade
) with (parallel_workers = 0); -- A search is a matter of milliseconds: to start helpers for it would take longer.
alter table track_search alter column words set storage main, alter column words set statistics 0;
create index track_search_created_idx on track_search (created_at desc, id);
create index track_search_title_idx on track_search (title_key, id);
create index track_search_duration_idx on track_search (duration_ms, id);
create index track_search_bpm_idx on track_search (bpm, id);

-- Everything in one index: words; their beginnings up to eight characters, because a search for a whole range of words
-- would read all their entries; one key for each facet value; '~1' to '~9' for a fourth, a sixteenth ... of all tracks,
-- chosen by their ids; and the standing by the first two, four ... twelve of its sixteen bits, so that "at least this
-- standing" is a few keys: each key of a search is asked about for each track that the others leave. Words hold no
-- punctuation, so none can pass for another kind of key.
create function track_keys(id uuid, account_id uuid, words tsvector, genre text, tags text[], bpm_bucket int,
  musical_key text, duration_bucket int, year int, standing int)
returns tsvector language sql immutable parallel safe cost 400 as $$
  select array_to_tsvector(array_remove(
    array['*', 'u=' || account_id, 'y=' || year, 'd=' || duration_bucket, 'b=' || bpm_bucket,
      'g=' || nullif(genre, ''), 'k=' || nullif(lower(musical_key), '')]
    || tsvector_to_array(words)
    || array(select distinct '^' || left(word, n)
               from unnest(tsvector_to_array(words)) word, generate_series(1, 8) n where length(word) >= n)
    || array(select 't=' || tag from unnest(tags) tag)
    || array(select '~' || n from generate_series(1, 9) n where uuid_hash_extended(id, 0) & ((1 << (2 * n)) - 1) = 0)
    || array(select '+' || n || '.' || (standing >> (16 - 2 * n)) from generate_series(1, 6) n), null))
$$;
-- No pending list: it makes writing cheaper by making reading slow now and then. No statistics: without them every
-- search has the same plan.
create index track_search_keys_idx on track_search using gin
  (track_keys(id, account_id, words, genre, tags, bpm_bucket, musical_key, duration_bucket, year, standing))
  with (fastupdate = off);
alter index track_search_keys_idx alter column 1 set statistics 0;

-- The words that occur in listed tracks, for finding the one that was meant. They have no owner and no count: two
-- uploads never wait for each other here.
create table track_word (
  word text not null,
  constraint track_word_pkey primary key (word)
);
create index track_word_similar_idx on track_word using gin (word gin_trgm_ops);

-- Words of tracks that are no longer listed: upkeep forgets those that no other track has.
create table track_word_doubt (
  id bigint not null generated always as identity,
  word text not null,
  constraint track_word_doubt_pkey primary key (id)
);
