-- How texts are compared in searches: of tracks here, of rooms in Chat.

-- Case, accents and compatibility forms do not matter to a searcher. Not the parser of PostgreSQL: its words depend on
-- the locale and on what looks like an address.
create function track_fold(said text) returns text language sql stable parallel safe as $$
  select btrim(regexp_replace(lower(unaccent(normalize(said, nfkc))), '\s+', ' ', 'g'))
$$;

-- Words are what stands between blanks and punctuation. Han and kana have no blanks: each character is a word.
create function track_words(said text) returns text[] language sql stable parallel safe as $$
  select coalesce(array_agg(left(word, 60) order by place), '{}')
    from regexp_split_to_table(
           regexp_replace(replace(replace(track_fold(said), '''', ''), '’', ''),
             '([\u2e80-\u2fdf\u3040-\u318f\u31f0-\u9fff\uf900-\ufaff])', ' \1 ', 'g'),
           '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7'
             '\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f\u3000-\u303f\ufe10-\ufe6f\ufffd]+')
         with ordinality as split(word, place)
   where word <> ''
$$;

create function track_words_of(said text, weight text) returns tsvector language sql stable parallel safe as $$
  select coalesce(
           string_agg('''' || replace(word, '\', '\\') || ''':' || place || weight, ' '), '')::tsvector
    from unnest(track_words(said)) with ordinality as w(word, place)
$$;
