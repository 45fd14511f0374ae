using System.Reflection;
using System.Text.RegularExpressions;
using Npgsql;
using Veza.Features.Tracks;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>The reads that every page makes use an index, in the plan that PostgreSQL keeps for any value. The SQL is the slices' own text.</summary>
public sealed partial class HotReadsTests : IAsyncLifetime
{
    private TestDatabase database = null!;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.Create();
        await database.Execute("""
            insert into account (id, username, email, display_name, password_hash)
            select gen_random_uuid(), 'user' || n, 'user' || n || '@example.org', 'User', '' from generate_series(1, 5000) n
            """);
        await database.Execute("""
            insert into track (id, account_id, title, visibility, status, storage_prefix, sha256, size_bytes, created_at)
            select gen_random_uuid(), id, 'Song of ' || username, 'public', 'ready', 'tracks/' || id || '/', '', 1, now() - random() * interval '1 year' from account
            """);
        await database.Execute("insert into session (id, account_id, expires_at) select gen_random_uuid(), id, now() + interval '1 day' from account");
        await database.Execute("""
            insert into room (id, name, visibility, owner_id, last_seq, member_count) select gen_random_uuid(), 'Room ' || n, 'public', id, 10, 5
              from (select id, row_number() over () n from account limit 3000) a
            """);
        await database.Execute("insert into room_member (room_id, account_id) select r.id, a.id from room r, (select id from account limit 5) a");
        await database.Execute("insert into room_invite (room_id, account_id, invited_by) select r.id, a.id, r.owner_id from room r, (select id from account limit 2) a");
        await database.Execute("""
            insert into message (id, room_id, seq, client_id, author_id, content) select gen_random_uuid(), r.id, n, 'c' || n, r.owner_id, 'Hello' from room r, generate_series(1, 10) n
            """);
        await database.Execute("""
            insert into job (id, kind, payload, state, attempts_max, finished_at)
            select gen_random_uuid(), 'transcode_track', '{}', 'done', 5, now() from generate_series(1, 5000)
            """);
        await database.Execute("insert into job (id, kind, payload, attempts_max, owner_id) select gen_random_uuid(), 'transcode_track', '{}', 5, id from account");
        await database.Execute("""
            insert into trusted_device (id, account_id, token_hash, expires_at) select gen_random_uuid(), id, sha256(username::bytea), now() + interval '1 day' from account
            """);
        await database.Execute("insert into totp (account_id, sealed, confirmed_at) select id, '', now() from account");
        await database.Execute("insert into recovery_code (account_id, code_mac) select id, sha256((username || n)::bytea) from account, generate_series(1, 10) n");
        await database.Execute("insert into passkey (id, account_id, credential_id, public_key, algorithm, name) select gen_random_uuid(), id, sha256(username::bytea), '', -7, 'Phone' from account");
        await SeedLife();
        await database.Execute("insert into upload (id, account_id, kind, length_bytes, expires_at) select gen_random_uuid(), id, 'whole', 10, now() + interval '1 day' from account");
        await database.Execute("""
            insert into track_fingerprint (track_id, keys, items)
            select t.id, array(select (hashtextextended(t.id::text, n) % 2147483647)::int from generate_series(1, 128) n), '{}' from track t
            """);
        await database.Execute("""
            insert into blocked_recording (id, track_id, title, artist, reason, keys, items)
            select gen_random_uuid(), f.track_id, 'Song', '', 'Notice', f.keys, '{}' from track_fingerprint f limit 3000
            """);
        await database.Execute("""
            insert into follow (account_id, follower_id)
            select a.id, f.id from (select id from account order by id limit 300) a, (select id from account order by id desc limit 300) f where a.id <> f.id
            """);
        await database.Execute("insert into audience (account_id) select id from account");
        await database.Execute("insert into supporter (account_id, supporter_id) select account_id, follower_id from follow limit 20000");
        await database.Execute("update track set bpm = 80 + random() * 80, musical_key = case when random() < 0.5 then 'A minor' else 'C major' end, genre = 'dub', tags = '{night,city}', duration_ms = 60000");
        await database.Execute("""
            insert into track_listener (account_id, track_id, last_played_at, plays)
            select a.id, t.id, now() - n * interval '1 hour', 1 from (select id, row_number() over () n from account) a join (select id, row_number() over () n from track) t using (n)
            """);
        await database.Execute("insert into track_trend (track_id, heat) select id, random() from track");
        await database.Execute("insert into play_day (track_id, day, plays) select id, date '2026-01-01' + n, 1 from (select id from track limit 500) t, generate_series(1, 10) n");
        await database.Execute("insert into play_day_part (track_id, day, part, name, plays) select track_id, day, 'source', 'search', 1 from play_day");
        await database.Execute("insert into play_window (listener, track_id, counted_at, counts_again_at) select account_id, track_id, now(), now() from track_listener");
        await database.Execute("""
            insert into play (id, track_id, listener, source, duration_ms, counts_after_ms, is_own, is_bot, begun_at, closes_at, heard_at, credited_until)
            select play_id_at(now() + n * interval '20 days' / 5000), id, id, 'other', 60000, 30000, false, false, now(), now() + interval '1 hour', now(), now()
              from (select id, row_number() over () n from track) t
            """);
        await database.Execute("vacuum analyze");
    }

    /// <summary>Likes, comments, revisions, playlists and albums: a few for every track.</summary>
    private async Task SeedLife()
    {
        await database.Execute("create table pair as select t.id as track_id, t.account_id, lead(t.account_id) over (order by t.id) as other_id from track t");
        await database.Execute("insert into track_like (track_id, account_id) select track_id, other_id from pair where other_id is not null");
        await database.Execute("insert into track_count_change (track_id, likes) select track_id, 1 from pair");
        await database.Execute("insert into track_comment (id, track_id, author_id, content, position_ms) select gen_random_uuid(), track_id, account_id, 'Nice', n from pair, generate_series(1, 4) n");
        await database.Execute("""
            insert into track_revision (track_id, number, state, original_name, file_name, sha256, size_bytes) select track_id, n, 'kept', '', '', '', 1 from pair, generate_series(2, 3) n
            """);
        await database.Execute("insert into playlist (id, owner_id, name, visibility) select track_id, account_id, 'Mine', 'public' from pair");
        await database.Execute("insert into playlist_item (id, playlist_id, track_id, position) select gen_random_uuid(), track_id, track_id, n from pair, generate_series(1, 4) n");
        await database.Execute("insert into playlist_collaborator (playlist_id, account_id) select track_id, other_id from pair where other_id is not null");
        await database.Execute("insert into playlist_follow (playlist_id, account_id) select track_id, other_id from pair where other_id is not null");
        await database.Execute("insert into album (id, account_id, title, visibility) select track_id, account_id, 'Lines', 'public' from pair");
        await database.Execute("insert into album_track (track_id, album_id, place) select track_id, track_id, 1 from pair");
        await database.Execute("drop table pair");
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Theory]
    [InlineData("Features/Auth/ShowMe.cs")]
    [InlineData("Features/Auth/Login.cs")]
    [InlineData("Features/Auth/SecretTries.cs")]
    [InlineData("Features/Auth/Sessions.cs")]
    [InlineData("Features/Auth/SignIn.cs")]
    [InlineData("Features/Auth/SecondFactor/ShowSecondFactor.cs")]
    [InlineData("Features/Auth/SecondFactor/SecondFactor.cs")]
    [InlineData("Features/Auth/SecondFactor/TrustedDevices.cs")]
    [InlineData("Features/Auth/Passkeys/PasskeyProof.cs")]
    [InlineData("Features/Users/ShowUser.cs")]
    [InlineData("Features/Users/ListFollowers.cs")]
    [InlineData("Features/Users/ListFollowing.cs")]
    [InlineData("Features/Users/ListSupporters.cs")]
    [InlineData("Features/Tracks/ShowTrack.cs")]
    [InlineData("Features/Tracks/DownloadOriginal.cs")]
    [InlineData("Features/Tracks/ShowTrackStatus.cs")]
    [InlineData("Features/Tracks/Likes/ListLikes.cs")]
    [InlineData("Features/Tracks/Comments/ListComments.cs")]
    [InlineData("Features/Tracks/Comments/CommentPace.cs")]
    [InlineData("Features/Tracks/Comments/PostComment.cs")]
    [InlineData("Features/Tracks/Revisions/ListRevisions.cs")]
    [InlineData("Features/Playlists/PlaylistAccess.cs")]
    [InlineData("Features/Playlists/PlaylistOrder.cs")]
    [InlineData("Features/Playlists/ListItems.cs")]
    [InlineData("Features/Playlists/ListOwnPlaylists.cs")]
    [InlineData("Features/Playlists/ListUserPlaylists.cs")]
    [InlineData("Features/Albums/Album.cs")]
    [InlineData("Features/Albums/ListUserAlbums.cs")]
    [InlineData("Features/Tracks/Uploads/JudgeUpload.cs")]
    [InlineData("Features/Tracks/Uploads/StorageQuota.cs")]
    [InlineData("Features/Tracks/Uploads/UploadHold.cs")]
    [InlineData("Features/Tracks/Uploads/UploadRow.cs")]
    [InlineData("Features/Tracks/Processing/TrackWatches.cs")]
    [InlineData("Features/Tracks/StoredWaveform.cs")]
    [InlineData("Features/Tracks/KnownRecordings.cs")]
    [InlineData("Features/Tracks/ListBlockedRecordings.cs")]
    [InlineData("Features/Streaming/ShowStream.cs")]
    [InlineData("Features/Chat/RoomAccess.cs")]
    [InlineData("Features/Chat/MessageLog.cs")]
    [InlineData("Infrastructure/Jobs/JobClaims.cs")]
    [InlineData("Infrastructure/Jobs/JobWorker.cs")]
    [InlineData("Features/Plays/ShowTrackStats.cs")]
    [InlineData("Features/Plays/ListHistory.cs")]
    [InlineData("Features/Tracks/Discovery/SuggestedTracks.cs")]
    public async Task A_hot_read_uses_an_index(string path)
    {
        var file = await File.ReadAllTextAsync(Surroundings.PathOf(["src", .. path.Split('/')]));
        var statements = RawTextPattern().Matches(file).Select(m => m.Groups[1].Value)
            .Where(sql => StatementPattern().IsMatch(sql) && !sql.Contains("insert into", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(statements);
        foreach (var sql in statements)
        {
            var plan = await GenericPlan(InterpolationPattern().Replace(sql, m => ConstantOf(m.Groups[1].Value, m.Groups[2].Value)));
            Assert.True(plan.Contains("Index", StringComparison.Ordinal) && !plan.Contains("Seq Scan", StringComparison.Ordinal), $"{path}:\n{sql}\n{plan}");
        }
    }

    [Theory]
    [InlineData("relevance", "")]
    [InlineData("created_at", "track_search_created_idx")]
    [InlineData("play_count", "track_plays_idx")]
    [InlineData("like_count", "track_likes_idx")]
    [InlineData("title", "track_search_title_idx")]
    [InlineData("duration_ms", "track_search_duration_idx")]
    [InlineData("bpm", "track_search_bpm_idx")]
    public async Task Each_order_of_tracks_has_its_own_index(string name, string index)
    {
        foreach (var direction in new[] { "asc", "desc" })
        {
            var order = TrackOrder.Of(name, direction, hasWords: false);
            var gathered = await GenericPlan(TrackPages.GatheredBy(order));
            Assert.True(gathered.Contains("track_search_keys_idx", StringComparison.Ordinal) && !gathered.Contains("Seq Scan on track", StringComparison.Ordinal), gathered);
            if (order.IsRelevance) continue;
            var walked = await GenericPlan(TrackPages.WalkedBy(order), TrackPages.AlongTheIndex);
            Assert.True(walked.Contains(index, StringComparison.Ordinal) && !walked.Contains("Sort", StringComparison.Ordinal), walked);
        }
    }

    /// <summary>Behind the function, where a statement's own plan does not show it.</summary>
    [Fact]
    public async Task Whether_somebody_hears_all_is_looked_up_by_index()
    {
        var body = await database.Scalar<string>("select prosrc from pg_proc where proname = 'hears_all'");
        foreach (var (name, type) in new[] { ("visibility", "text"), ("owner_id", "uuid"), ("listener_id", "uuid") }) body = Regex.Replace(body, $@"\b{name}\b", $"@{name}::{type}");
        var plan = await GenericPlan(body);
        Assert.True(plan.Contains("using follow_", StringComparison.Ordinal) && plan.Contains("using supporter_", StringComparison.Ordinal) && !plan.Contains("Seq Scan", StringComparison.Ordinal), plan);
    }

    [Fact]
    public async Task Facets_and_extents_of_a_search_are_read_from_its_index()
    {
        foreach (var sql in new[] { TrackFacets.Counting + TrackIndex.Hits + TrackFacets.CountingEach, TrackIndex.Counted })
        {
            var plan = await GenericPlan(sql);
            Assert.True(plan.Contains("track_search_keys_idx", StringComparison.Ordinal) && !plan.Contains("Seq Scan", StringComparison.Ordinal), plan);
        }
    }

    [Fact]
    public async Task Words_that_were_perhaps_meant_are_found_by_their_trigrams()
    {
        var plan = await GenericPlan(WordsMeant.Alike);
        Assert.True(plan.Contains("track_word_similar_idx", StringComparison.Ordinal) && !plan.Contains("Seq Scan", StringComparison.Ordinal), plan);
    }

    private async Task<string> GenericPlan(string sql, string? settings = null)
    [Theory]
    [InlineData("PlayBook", "BeginSql")]
    [InlineData("PlayBook", "BeatSql")]
    [InlineData("Suggestions", "CandidatesSql")]
    public async Task A_statement_of_many_steps_has_an_index_for_each(string type, string name)
    {
        var plan = await GenericPlan(ConstantOf(type, name));
        Assert.Contains("Index", plan, StringComparison.Ordinal);
        // Months without plays may be looked at as they are.
        Assert.False(ScannedPattern().IsMatch(plan) || plan.Contains($"Seq Scan on play_{DateTime.UtcNow:yyyy_MM}", StringComparison.Ordinal), plan);
    }

    private async Task<string> GenericPlan(string sql)
    {
        await using var db = await database.Source.OpenConnectionAsync();
        var names = ParameterPattern().Matches(sql).Select(m => m.Groups[1].Value).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        var positional = ParameterPattern().Replace(sql, m => $"${names.FindIndex(n => n.Equals(m.Groups[1].Value, StringComparison.OrdinalIgnoreCase)) + 1}");
        await Run(db, "set plan_cache_mode = force_generic_plan");
        if (settings is not null) await Run(db, settings.Replace("set local", "set", StringComparison.Ordinal));
        await Run(db, $"prepare hot as {positional}");
        await using var explain = new NpgsqlCommand($"explain execute hot{(names.Count == 0 ? "" : $"({string.Join(", ", names.Select(_ => "null"))})")}", db);
        await using var reader = await explain.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync()) lines.Add(reader.GetString(0));
        await reader.CloseAsync();
        await Run(db, "deallocate hot");
        return string.Join('\n', lines);
    }

    /// <summary>What the compiler would put in the place of <c>{Type.Constant}</c>.</summary>
    private static string ConstantOf(string type, string constant) =>
        (string)typeof(ListTracks).Assembly.GetTypes().Single(t => t.Name == type && t.Namespace!.StartsWith("Veza.Features", StringComparison.Ordinal))
            .GetField(constant, BindingFlags.Static | BindingFlags.NonPublic)!.GetRawConstantValue()!;

    private static async Task Run(NpgsqlConnection db, string sql)
    {
        await using var command = new NpgsqlCommand(sql, db);
        await command.ExecuteNonQueryAsync();
    }

    [GeneratedRegex(@"Seq Scan on (play_[a-qs-z]|track|account)")]
    private static partial Regex ScannedPattern();

    [GeneratedRegex("\\$?\"\"\"\\n(.*?)\"\"\"", RegexOptions.Singleline)]
    private static partial Regex RawTextPattern();

    [GeneratedRegex(@"\{(\w+)\.(\w+)\}")]
    private static partial Regex InterpolationPattern();

    [GeneratedRegex(@"^\s*(select|update|with)\b")]
    private static partial Regex StatementPattern();

    [GeneratedRegex(@"(?<!@)@(?![>])(\w+)")]
    private static partial Regex ParameterPattern();
}
