-- How track_search and the words follow the tracks.

-- Each listed track as it is to be searched.
create view track_searched as
  select t.id, t.account_id,
         track_words_of(t.title, 'A') || track_words_of(t.artist, 'B')
           || track_words_of(t.album || ' ' || array_to_string(t.tags, ' ') || ' ' || t.genre, 'C')
           || track_words_of(a.display_name || ' ' || a.username, 'D') as words,
         track_fold(t.title) as title_key, lower(t.genre) as genre,
         array(select distinct lower(tag) from unnest(t.tags) tag order by 1) as tags,
         t.bpm, track_bpm_bucket(t.bpm) as bpm_bucket, coalesce(t.musical_key, '') as musical_key,
         coalesce(t.duration_ms, 0) as duration_ms, track_duration_bucket(t.duration_ms) as duration_bucket,
         track_year(t.release_year, t.created_at) as year,
         track_standing(t.play_count, t.like_count, t.created_at) as standing, t.created_at
    from track t join account a on a.id = t.account_id
   where t.is_listed;

create function track_search_write(of_track uuid) returns void language plpgsql as $$
begin
  insert into track_search (id, account_id, words, title_key, genre, tags, bpm, bpm_bucket, musical_key, duration_ms,
    duration_bucket, year, standing, created_at)
  select id, account_id, words, title_key, genre, tags, bpm, bpm_bucket, musical_key, duration_ms,
         duration_bucket, year, standing, created_at from track_searched where id = of_track
  on conflict (id) do update
    set (account_id, words, title_key, genre, tags, bpm, bpm_bucket, musical_key, duration_ms, duration_bucket, year,
         standing, created_at) =
        (excluded.account_id, excluded.words, excluded.title_key, excluded.genre, excluded.tags, excluded.bpm,
         excluded.bpm_bucket, excluded.musical_key, excluded.duration_ms, excluded.duration_bucket, excluded.year,
         excluded.standing, excluded.created_at);
  if not found then
    delete from track_search where id = of_track;
  else
    insert into track_word (word)
    select word from (select unnest(tsvector_to_array(words)) as word from track_search where id = of_track) w
     where length(word) between 4 and 40 order by word
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
create trigger track_search_added after insert on track for each row
  when (new.is_listed) execute function track_search_follow();
create trigger track_search_changed after update on track for each row
  when ((old.is_listed or new.is_listed) and
        (old.is_listed, old.account_id, old.title, old.artist, old.album, old.genre, old.tags, old.bpm, old.musical_key,
         old.duration_ms, old.release_year, old.created_at, track_popularity(old.play_count, old.like_count))
        is distinct from
        (new.is_listed, new.account_id, new.title, new.artist, new.album, new.genre, new.tags, new.bpm, new.musical_key,
         new.duration_ms, new.release_year, new.created_at, track_popularity(new.play_count, new.like_count)))
  execute function track_search_follow();

create function track_search_doubt() returns trigger language plpgsql as $$
begin
  insert into track_word_doubt (word)
  select word from unnest(tsvector_to_array(old.words)) as word where length(word) between 4 and 40;
  return null;
end
$$;
create trigger track_search_removed after delete on track_search for each row execute function track_search_doubt();
create trigger track_search_reworded after update on track_search for each row
  when (old.words is distinct from new.words) execute function track_search_doubt();

-- A new name is a new word in each track of the account: a job's work, because there may be thousands.
create function track_search_follow_account() returns trigger language plpgsql as $$
begin
  if exists (select 1 from track where account_id = new.id and is_listed) then
    perform enqueue_job('index_uploader', jsonb_build_object('account_id', new.id));
  end if;
  return null;
end
$$;
create trigger track_search_account_changed after update on account for each row
  when ((old.display_name, old.username) is distinct from (new.display_name, new.username))
  execute function track_search_follow_account();
