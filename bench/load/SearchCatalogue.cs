using Npgsql;

namespace Veza.Bench.Load;

/// <summary>
/// A catalogue like a real one and the same in every run: words, tags, genres, keys and uploaders by Zipf, listeners by
/// Pareto, more uploads every year.
/// </summary>
internal static class SearchCatalogue
{
    private const int Writers = 2,
        TracksPerAccount = 20;

    /// <summary>Tracks are numbered from 1; this is the id of one.</summary>
    internal const string IdOf = "md5('track' || n)::uuid";

    internal static async Task Fill(NpgsqlDataSource postgres, int tracks)
    {
        await Run(postgres, Vocabulary);
        await Run(
            postgres,
            Accounts,
            ("accounts", tracks / TracksPerAccount),
            ("from", 1),
            ("to", tracks / TracksPerAccount)
        );
        await using (var define = postgres.CreateCommand("select pg_get_indexdef('track_search_keys_idx'::regclass)"))
        {
            // In one go afterwards, both are a matter of seconds.
            var index = (string)(await define.ExecuteScalarAsync())!;
            await Run(postgres, "alter table track disable trigger user; drop index track_search_keys_idx");
            foreach (var sql in new[] { Tracks, Searched })
            {
                var share = (tracks + Writers - 1) / Writers;
                await Task.WhenAll(
                    Enumerable
                        .Range(0, Writers)
                        .Select(writer =>
                            Run(
                                postgres,
                                sql,
                                ("accounts", tracks / TracksPerAccount),
                                ("from", writer * share + 1),
                                ("to", Math.Min(tracks, (writer + 1) * share))
                            )
                        )
                );
            }

            await Run(
                postgres,
                $"""
                alter table track enable trigger user;
                  set maintenance_work_mem = '512MB'; {index}; alter index track_search_keys_idx alter column 1
                  set statistics 0
                """
            );
        }

        await Run(postgres, Words);
        await Run(postgres, "vacuum analyze");
    }

    private static async Task Run(NpgsqlDataSource postgres, string sql, params (string Name, int Value)[] values)
    {
        await using var command = postgres.CreateCommand(sql);
        command.CommandTimeout = 0;
        foreach (var (name, value) in values)
            command.Parameters.AddWithValue(name, value);
        await command.ExecuteNonQueryAsync();
    }

    private const string Vocabulary = """
        create function bench_share(n bigint, salt bigint) returns float8 language sql immutable parallel safe as $$ select (hashint8extended(n, salt) & 1073741823) / 1073741824.0 $$;
        create function bench_rank(u float8, count int) returns int language sql immutable parallel safe as $$ select least(count, floor(exp(u * ln(count + 1)))::int) $$;
        create table bench_dictionary as
          select rank, case when rank <= 48 then (array['the','love','you','night','me','remix','of','in','my','a','to','live','dream','feat','blue','time','heart','light','no','on','world','city','fire',
            'sun','moon','day','rain','dance','mix','summer','home','sky','black','gold','river','dark','one','life','down','eyes','white','soul','street','wild','deep','stars','water','ocean'])[rank]
          else (select string_agg(substr('bcdfghklmnprstvz', 1 + ((rank * 7 + rank / 16) >> (4 * i)) % 16, 1) || substr('aeiou', 1 + ((rank * 13) >> (2 * i)) % 5, 1)
                  || case when (rank >> (i + 1)) % 3 = 0 then substr('nrslmt', 1 + (rank >> i) % 6, 1) else '' end, '' order by i)
                  from generate_series(0, 1 + case when rank > 500 then 1 else 0 end + case when rank > 8000 then 1 else 0 end) i) end as word
            from generate_series(1, 60000) rank;
        alter table bench_dictionary add primary key (rank);
        analyze bench_dictionary;
        create function bench_words(n bigint, salt bigint, least_count int, most int) returns text language sql stable parallel safe as $$
          select initcap(string_agg((select word from bench_dictionary where rank = bench_rank(bench_share(n, salt + i), 60000)), ' ' order by i))
            from generate_series(1, least_count + floor(bench_share(n, salt) * (most - least_count + 1))::int) i
        $$;
        """;

    private const string Accounts = """
        insert into account (id, username, email, display_name, password_hash)
        select md5('account' || n)::uuid, 'listener' || n, 'listener' || n || '@example.org',
          bench_words(n, 9000, 1, 2), '' from generate_series(@from, @to) n where n <= @accounts
        """;

    private const string Tracks = """
        insert into track (id, account_id, title, artist, album, genre, tags, visibility, status, storage_prefix,
          sha256, size_bytes, duration_ms, bpm, musical_key, play_count, like_count, release_year, created_at)
        select md5('track' || n)::uuid, md5('account' || bench_rank(bench_share(n, 1), @accounts))::uuid,
          bench_words(n, 100, 1, 4), bench_words(bench_rank(bench_share(n, 1), @accounts), 9000, 1, 2),
               case when bench_share(n, 2) < 0.6 then bench_words(n, 200, 1, 3) else '' end,
               (array['electronic','hip hop','rock','pop','house','ambient','techno','indie','jazz','drum & bass','folk','metal','classical','lo-fi','r&b','punk','soul','trance','dubstep','reggae',
                 'funk','country','blues','disco','experimental','soundtrack','synthwave','trap','garage','downtempo','gospel','latin','afrobeat','ska','grime','noise','chiptune','podcast',
                 'field recording','polka'])[bench_rank(bench_share(n, 3), 40)],
               array(select word from bench_dictionary d, generate_series(1, floor(bench_share(n, 4) * 6)::int) i
                 where d.rank = 20 + bench_rank(bench_share(n, 300 + i), 2000)),
               'public', 'ready', 'tracks/' || n || '/', '', 1000000,
               (60000 * exp(1.25 + 0.865 * (bench_share(n, 5) + bench_share(n, 6) + bench_share(n, 7) + bench_share(n,
                 8) - 2)))::bigint,
               case when bench_share(n, 10) < 0.95
                 then (array[85, 100, 120, 126, 128, 140,
                 174])[1 + floor(bench_share(n, 11) * 7)::int] + 12 * (bench_share(n, 12) + bench_share(n, 13) - 1) end,
               case when bench_share(n, 14) < 0.95
                 then (array['C','G','D','A','E','F','Bb','B','Eb','F#','C#','Ab'])[bench_rank(bench_share(n, 15), 12)]
                 || case when bench_share(n, 16) < 0.6 then ' major' else ' minor' end end,
               floor(20 / power(1 - bench_share(n, 17), 0.9) - 20)::bigint,
                 floor((20 / power(1 - bench_share(n, 17), 0.9) - 20) * 0.04 * bench_share(n, 18))::bigint,
               case when bench_share(n, 19) < 0.4
                 then 1970 + floor(57 * sqrt(bench_share(n, 20)))::int end,
                 timestamptz '2018-01-01' + sqrt(bench_share(n, 21)) * interval '3250 days'
          from generate_series(@from, @to) n
        """;

    private const string Searched = """
        insert into track_search (id, account_id, words, title_key, genre, tags, bpm, bpm_bucket, musical_key,
          duration_ms, duration_bucket, year, standing, created_at)
        select id, account_id, words, title_key, genre, tags, bpm, bpm_bucket, musical_key, duration_ms,
          duration_bucket, year, standing, created_at
          from track_searched where id in (select md5('track' || n)::uuid from generate_series(@from, @to) n)
        """;

    private const string Words = """
        insert into track_word (word) select word
          from (select distinct unnest(tsvector_to_array(words)) as word from track_search) w
          where length(word) between 4 and 40
        """;
}
