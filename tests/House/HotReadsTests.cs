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
        await database.Execute("""
            insert into trusted_device (id, account_id, token_hash, expires_at) select gen_random_uuid(), id, sha256(username::bytea), now() + interval '1 day' from account
            """);
        await database.Execute("insert into totp (account_id, sealed, confirmed_at) select id, '', now() from account");
        await database.Execute("insert into recovery_code (account_id, code_mac) select id, sha256((username || n)::bytea) from account, generate_series(1, 10) n");
        await database.Execute("insert into passkey (id, account_id, credential_id, public_key, algorithm, name) select gen_random_uuid(), id, sha256(username::bytea), '', -7, 'Phone' from account");
        await database.Execute("vacuum analyze");
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
    [InlineData("Features/Tracks/ShowTrack.cs")]
    [InlineData("Features/Tracks/ShowTrackStatus.cs")]
    [InlineData("Features/Streaming/ShowStream.cs")]
    [InlineData("Features/Chat/RoomAccess.cs")]
    [InlineData("Features/Chat/MessageLog.cs")]
    [InlineData("Infrastructure/Jobs/JobWorker.cs")]
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
            // The page itself is put in order again once its tracks are fetched; nothing else is sorted.
            Assert.True(walked.Contains(index, StringComparison.Ordinal) && walked.Split("Sort Key: ").Skip(1).All(key => key.StartsWith("p.place", StringComparison.Ordinal)), walked);
        }
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

    [GeneratedRegex("\\$?\"\"\"\\n(.*?)\"\"\"", RegexOptions.Singleline)]
    private static partial Regex RawTextPattern();

    [GeneratedRegex(@"\{(\w+)\.(\w+)\}")]
    private static partial Regex InterpolationPattern();

    [GeneratedRegex(@"^\s*(select|update|with)\b")]
    private static partial Regex StatementPattern();

    [GeneratedRegex(@"(?<!@)@(?![>])(\w+)")]
    private static partial Regex ParameterPattern();
}
