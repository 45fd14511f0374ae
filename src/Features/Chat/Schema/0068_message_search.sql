-- Search inside a room. Words are PostgreSQL's own, without regard to case and accents; Han and kana have no blanks, so
-- each character is a word.
create text search configuration chat_words (copy = simple);
alter text search configuration chat_words alter mapping for hword, hword_part, word with unaccent, simple;

create function message_fold(said text) returns text language sql immutable parallel safe as $$
  select regexp_replace(normalize(said, nfkc), '([\u2e80-\u2fdf\u3040-\u318f\u31f0-\u9fff\uf900-\ufaff])', ' \1 ', 'g')
$$;
create function message_words(said text) returns tsvector language sql immutable parallel safe as $$
  select to_tsvector('public.chat_words'::regconfig, message_fold(said))
$$;
-- All of the words that were asked for; the last one may be the beginning of a word.
create function message_query(asked text, is_open boolean) returns tsquery language sql immutable parallel safe as $$
  select case when is_open and numnode(q) > 0 then (q::text || ':*')::tsquery else q end
    from plainto_tsquery('public.chat_words'::regconfig, message_fold(asked)) q
$$;

-- The room is one of the words, behind a blank, which no word of a text has: so a search is answered by this index
-- alone, however large its room is. Of a condition on room_id the planner thinks that it finds few messages, because
-- most rooms are small, and would take the words of a million apart.
create function message_keys(room_id uuid, said text) returns tsvector language sql immutable parallel safe as $$
  select message_words(said) || array_to_tsvector(array[' ' || room_id::text])
$$;
create function message_query_in(room_id uuid, asked text, is_open boolean) returns tsquery
language sql immutable parallel safe as $$
  select case when numnode(q) > 0 then (''' ' || room_id::text || '''')::tsquery && q else q end
    from message_query(asked, is_open) q
$$;
-- A small list of what is not sorted in yet: whoever fills it up sorts it in while a room waits.
create index message_words_idx on message using gin (message_keys(room_id, content))
  with (gin_pending_list_limit = 256) where deleted_at is null;
