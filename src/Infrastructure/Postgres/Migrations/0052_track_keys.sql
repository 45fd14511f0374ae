-- owner: tracks
-- Two things that a catalogue of a million showed. Beginnings of words are keys up to eight characters: to gather all words that begin with a common longer
-- one costs more than all the rest of a search. And "at least this standing" is a few keys instead of forty, because each key of a search is asked about for each
-- track that the others leave: the standing stands by the first two, four ... twelve of its sixteen bits.
create or replace function track_keys(id uuid, account_id uuid, words tsvector, genre text, tags text[], bpm_bucket int, musical_key text, duration_bucket int, year int, standing int)
returns tsvector language sql immutable parallel safe cost 400 as $$
  select array_to_tsvector(array_remove(
    array['*', 'u=' || account_id, 'y=' || year, 'd=' || duration_bucket, 'b=' || bpm_bucket, 'g=' || nullif(genre, ''), 'k=' || nullif(lower(musical_key), '')]
    || tsvector_to_array(words)
    || array(select distinct '^' || left(word, n) from unnest(tsvector_to_array(words)) word, generate_series(1, 8) n where length(word) >= n)
    || array(select 't=' || tag from unnest(tags) tag)
    || array(select '~' || n from generate_series(1, 9) n where uuid_hash_extended(id, 0) & ((1 << (2 * n)) - 1) = 0)
    || array(select '+' || n || '.' || (standing >> (16 - 2 * n)) from generate_series(1, 6) n), null))
$$;
reindex index track_search_keys_idx;
