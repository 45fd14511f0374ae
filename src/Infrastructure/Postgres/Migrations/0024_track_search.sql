-- owner: tracks
-- What is searched: one narrow row for each listed track, kept by triggers in the transaction that changes the track. What is not listed has no row,
-- so no search, facet or count can tell of it.
alter table track add column release_year int;
drop index track_words_idx;

-- Case, accents and compatibility forms do not matter to a searcher. Not the parser of PostgreSQL: its words depend on the locale and on what looks like an address.
create function track_fold(said text) returns text language sql stable parallel safe as $$
  select btrim(regexp_replace(lower(unaccent(normalize(said, nfkc))), '\s+', ' ', 'g'))
$$;

-- Words are what stands between blanks and punctuation. Han and kana have no blanks: each character is a word.
create function track_words(said text) returns text[] language sql stable parallel safe as $$
  select coalesce(array_agg(left(word, 60) order by place), '{}')
    from regexp_split_to_table(
           regexp_replace(replace(replace(track_fold(said), '''', ''), '’', ''), '([\u2e80-\u2fdf\u3040-\u318f\u31f0-\u9fff\uf900-\ufaff])', ' \1 ', 'g'),
           '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u00d7\u00f7\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f\u3000-\u303f\ufe10-\ufe6f\ufffd]+')
         with ordinality as split(word, place)
   where word <> ''
$$;

create function track_words_of(said text, weight text) returns tsvector language sql stable parallel safe as $$
  select coalesce(string_agg('''' || replace(word, '\', '\\') || ''':' || place || weight, ' '), '')::tsvector
    from unnest(track_words(said)) with ordinality as w(word, place)
$$;

-- Counted in eighths of a power of e, so that a track moves in the index when it becomes an eighth more popular and not with every play.
create function track_popularity(play_count bigint, like_count bigint) returns int language sql immutable parallel safe as $$
  select round(8 * ln(1 + greatest(play_count, 0) + 8 * greatest(like_count, 0)))::int
$$;

-- A year of age weighs as much as e times the listeners. Because both are added up, time alone changes no order, and the number can stand in an index.
create function track_standing(play_count bigint, like_count bigint, created_at timestamptz) returns int language sql immutable parallel safe as $$
  select least(65535, greatest(0, 32 * track_popularity(play_count, like_count) + round(256 * extract(epoch from created_at - timestamptz '2000-01-01 00:00:00+00') / 31557600)))::int
$$;

-- The steps in which facets count; the filters know them too: TrackQuery.
create function track_bpm_bucket(bpm real) returns int language sql immutable parallel safe as $$ select case when bpm is not null then least(30, floor(bpm / 10)) end::int $$;
create function track_duration_bucket(duration_ms bigint) returns int language sql immutable parallel safe as $$
  select width_bucket(coalesce(duration_ms, 0), array[60000, 120000, 180000, 240000, 300000, 420000, 600000, 1200000, 3600000]::bigint[])
$$;
create function track_year(release_year int, created_at timestamptz) returns int language sql immutable parallel safe as $$
  select coalesce(release_year, extract(year from created_at at time zone 'UTC')::int)
$$;

create table track_search (
  id uuid not null,
  account_id uuid not null,
  -- For ranking: where the words stand.
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
);
-- A search is a matter of milliseconds: to start helpers for it would take longer.
alter table track_search set (parallel_workers = 0);
alter table track_search alter column words set storage main, alter column words set statistics 0;
create index track_search_created_idx on track_search (created_at desc, id);
create index track_search_title_idx on track_search (title_key, id);
create index track_search_duration_idx on track_search (duration_ms, id);
create index track_search_bpm_idx on track_search (bpm, id);
create index track_plays_idx on track (play_count desc, id) where is_listed;
create index track_likes_idx on track (like_count desc, id) where is_listed;

-- Everything in one index: words, the first one to four characters of each (a search for a whole range of words would read all their entries), one key for
-- each facet value, '~1' to '~9' for a fourth, a sixteenth ... of all tracks, chosen by their ids, and the standing by its first one to four hexadecimal digits,
-- so that "at least this standing" is a few keys. Words hold no punctuation, so none can pass for another kind of key.
create function track_keys(id uuid, account_id uuid, words tsvector, genre text, tags text[], bpm_bucket int, musical_key text, duration_bucket int, year int, standing int)
returns tsvector language sql immutable parallel safe cost 400 as $$
  select array_to_tsvector(array_remove(
    array['*', 'u=' || account_id, 'y=' || year, 'd=' || duration_bucket, 'b=' || bpm_bucket, 'g=' || nullif(genre, ''), 'k=' || nullif(lower(musical_key), '')]
    || tsvector_to_array(words)
    || array(select distinct '^' || left(word, n) from unnest(tsvector_to_array(words)) word, generate_series(1, 4) n where length(word) >= n)
    || array(select 't=' || tag from unnest(tags) tag)
    || array(select '~' || n from generate_series(1, 9) n where uuid_hash_extended(id, 0) & ((1 << (2 * n)) - 1) = 0)
    || array(select '+' || left(lpad(to_hex(standing), 4, '0'), n) from generate_series(1, 4) n), null))
$$;

-- No pending list: it makes writing cheaper by making reading slow now and then. No statistics: without them every search has the same plan.
create index track_search_keys_idx on track_search
  using gin (track_keys(id, account_id, words, genre, tags, bpm_bucket, musical_key, duration_bucket, year, standing)) with (fastupdate = off);
alter index track_search_keys_idx alter column 1 set statistics 0;

-- The words that occur in listed tracks, for finding the one that was meant. It has no owner and no count: two uploads never wait for each other here.
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

-- Each listed track as it is to be searched.
create view track_searched as
  select t.id, t.account_id,
         track_words_of(t.title, 'A') || track_words_of(t.artist, 'B') || track_words_of(t.album || ' ' || array_to_string(t.tags, ' ') || ' ' || t.genre, 'C')
           || track_words_of(a.display_name || ' ' || a.username, 'D') as words,
         track_fold(t.title) as title_key, lower(t.genre) as genre, array(select distinct lower(tag) from unnest(t.tags) tag order by 1) as tags,
         t.bpm, track_bpm_bucket(t.bpm) as bpm_bucket, coalesce(t.musical_key, '') as musical_key, coalesce(t.duration_ms, 0) as duration_ms,
         track_duration_bucket(t.duration_ms) as duration_bucket, track_year(t.release_year, t.created_at) as year,
         track_standing(t.play_count, t.like_count, t.created_at) as standing, t.created_at
    from track t join account a on a.id = t.account_id
   where t.is_listed;

create function track_search_write(of_track uuid) returns void language plpgsql as $$
begin
  insert into track_search (id, account_id, words, title_key, genre, tags, bpm, bpm_bucket, musical_key, duration_ms, duration_bucket, year, standing, created_at)
  select id, account_id, words, title_key, genre, tags, bpm, bpm_bucket, musical_key, duration_ms, duration_bucket, year, standing, created_at from track_searched where id = of_track
  on conflict (id) do update set (account_id, words, title_key, genre, tags, bpm, bpm_bucket, musical_key, duration_ms, duration_bucket, year, standing, created_at) =
    (excluded.account_id, excluded.words, excluded.title_key, excluded.genre, excluded.tags, excluded.bpm, excluded.bpm_bucket, excluded.musical_key,
     excluded.duration_ms, excluded.duration_bucket, excluded.year, excluded.standing, excluded.created_at);
  if not found then
    delete from track_search where id = of_track;
  else
    insert into track_word (word)
    select word from (select unnest(tsvector_to_array(words)) as word from track_search where id = of_track) w where length(word) between 4 and 40 order by word
    on conflict (word) do nothing;
  end if;
end
$$;

create function track_search_follow() returns trigger language plpgsql as $$
begin
  perform track_search_write(new.id);
  return null;
end
$$;
create trigger track_search_added after insert on track for each row when (new.is_listed) execute function track_search_follow();
create trigger track_search_changed after update on track for each row
  when ((old.is_listed or new.is_listed) and
        (old.is_listed, old.account_id, old.title, old.artist, old.album, old.genre, old.tags, old.bpm, old.musical_key, old.duration_ms, old.release_year, old.created_at,
         track_popularity(old.play_count, old.like_count))
        is distinct from
        (new.is_listed, new.account_id, new.title, new.artist, new.album, new.genre, new.tags, new.bpm, new.musical_key, new.duration_ms, new.release_year, new.created_at,
         track_popularity(new.play_count, new.like_count)))
  execute function track_search_follow();

create function track_search_doubt() returns trigger language plpgsql as $$
begin
  insert into track_word_doubt (word) select word from unnest(tsvector_to_array(old.words)) as word where length(word) between 4 and 40;
  return null;
end
$$;
create trigger track_search_removed after delete on track_search for each row execute function track_search_doubt();
create trigger track_search_reworded after update on track_search for each row when (old.words is distinct from new.words) execute function track_search_doubt();

-- A new name is a new word in each track of the account: a job's work, because there may be thousands.
create function track_search_follow_account() returns trigger language plpgsql as $$
begin
  if exists (select 1 from track where account_id = new.id and is_listed) then
    insert into job (id, kind, payload, attempts_max) values (gen_random_uuid(), 'index_uploader', jsonb_build_object('account_id', new.id), 5);
    perform pg_notify('veza_job', 'index_uploader');
  end if;
  return null;
end
$$;
create trigger track_search_account_changed after update on account for each row
  when ((old.display_name, old.username) is distinct from (new.display_name, new.username)) execute function track_search_follow_account();

-- What was there before the index was.
insert into track_search (id, account_id, words, title_key, genre, tags, bpm, bpm_bucket, musical_key, duration_ms, duration_bucket, year, standing, created_at)
select id, account_id, words, title_key, genre, tags, bpm, bpm_bucket, musical_key, duration_ms, duration_bucket, year, standing, created_at from track_searched;
insert into track_word (word) select word from (select distinct unnest(tsvector_to_array(words)) as word from track_search) w where length(word) between 4 and 40;
