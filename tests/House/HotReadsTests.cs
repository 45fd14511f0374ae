using System.Reflection;
using System.Text.RegularExpressions;
using Veza.Features.Auth.Passkeys;
using Veza.Features.Chat.Direct;
using Veza.Features.Chat.Messages;
using Veza.Features.Chat.Rooms;
using Veza.Features.Tracks.Comments;
using Veza.Features.Tracks.Covers;
using Veza.Features.Tracks.Discovery;
using Veza.Features.Tracks.Likes;
using Veza.Features.Tracks.Processing;
using Veza.Features.Tracks.Revisions;
using Veza.Features.Tracks.Search;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>
/// The reads that every page makes use an index, in the plan that PostgreSQL keeps for any value. The SQL is the
/// slices' own text.
/// </summary>
public sealed partial class HotReadsTests(BusyDatabase database) : IClassFixture<BusyDatabase>
{
    [Theory]
    [InlineData("Features/Auth/ShowMe.cs")]
    [InlineData("Features/Auth/Login.cs")]
    [InlineData("Features/Auth/Keys/ApiKey.cs")]
    [InlineData("Features/Auth/SecretTries.cs")]
    [InlineData("Features/Auth/Sessions.cs")]
    [InlineData("Features/Auth/SessionRotation.cs")]
    [InlineData("Features/Auth/Factors/ShowSecondFactor.cs")]
    [InlineData("Features/Auth/Factors/SecondFactor.cs")]
    [InlineData("Features/Auth/Factors/TrustedDevices.cs")]
    [InlineData("Features/Auth/Passkeys/PasskeyProof.cs")]
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
    [InlineData("Features/Tracks/Covers/ShowCover.cs")]
    [InlineData("Features/Auth/Avatars/ShowAvatar.cs")]
    [InlineData("Features/Tracks/KnownRecordings.cs")]
    [InlineData("Features/Tracks/ListBlockedRecordings.cs")]
    [InlineData("Features/Streaming/ShowStream.cs")]
    [InlineData("Features/Chat/Rooms/RoomAccess.cs")]
    [InlineData("Features/Chat/Rooms/ListMembers.cs")]
    [InlineData("Features/Chat/Rooms/ListBans.cs")]
    [InlineData("Features/Chat/Rooms/ListInvites.cs")]
    [InlineData("Features/Chat/Rooms/ListOwnInvites.cs")]
    [InlineData("Features/Chat/Direct/Conversations.cs")]
    [InlineData("Features/Chat/Messages/MessageLog.cs")]
    [InlineData("Features/Chat/Messages/LockedMessage.cs")]
    [InlineData("Features/Chat/Messages/MentionedPeople.cs")]
    [InlineData("Features/Chat/Messages/ListMessageRevisions.cs")]
    [InlineData("Features/Chat/Messages/MessageDeletion.cs")]
    [InlineData("Features/Chat/Messages/Pins.cs")]
    [InlineData("Features/Chat/Messages/ListPins.cs")]
    [InlineData("Features/Chat/Messages/Reactions.cs")]
    [InlineData("Features/Chat/Messages/ListReactions.cs")]
    [InlineData("Features/Chat/Messages/DownloadAttachment.cs")]
    [InlineData("Features/Chat/Messages/ReadMarks.cs")]
    [InlineData("Features/Chat/Messages/ListUnread.cs")]
    [InlineData("Features/Chat/Messages/ListReceipts.cs")]
    [InlineData("Features/Chat/Messages/SearchMessages.cs")]
    [InlineData("Features/Notifications/ListNotifications.cs")]
    [InlineData("Features/Notifications/CountUnread.cs")]
    [InlineData("Features/Notifications/ListRoomNotificationSettings.cs")]
    [InlineData("Features/Notifications/Pushes/PushState.cs")]
    [InlineData("Features/Chat/Presence/HiddenFrom.cs")]
    [InlineData("Features/Chat/Presence/PresencePeople.cs")]
    [InlineData("Features/Chat/Presence/Typing.cs")]
    [InlineData("Infrastructure/Jobs/JobClaims.cs")]
    [InlineData("Features/Plays/ShowTrackStats.cs")]
    [InlineData("Features/Plays/ListHistory.cs")]
    [InlineData("Features/Tracks/Discovery/SuggestedTracks.cs")]
    [MemberData(nameof(Marked))]
    public async Task A_hot_read_uses_an_index(string path)
    {
        var file = await File.ReadAllTextAsync(Surroundings.PathOf(["src", .. path.Split('/')]));
        var statements = RawTextPattern()
            .Matches(file)
            .Select(m => m.Groups[1].Value)
            .Where(sql => StatementPattern().IsMatch(sql) && !sql.Contains("insert into", StringComparison.Ordinal))
            .ToArray();
        Assert.NotEmpty(statements);
        foreach (var sql in statements)
        {
            var plan = await GenericPlan(
                InterpolationPattern().Replace(sql, m => ConstantOf(m.Groups[1].Value, m.Groups[2].Value))
            );
            Assert.True(
                plan.Contains("Index", StringComparison.Ordinal)
                    && !plan.Contains("Seq Scan", StringComparison.Ordinal),
                $"{path}:\n{sql}\n{plan}"
            );
        }
    }

    /// <summary>The slices that say so themselves.</summary>
    public static TheoryData<string> Marked() =>
        [.. Inventories.Files().Where(f => f.Text.Contains("[HotRead]", StringComparison.Ordinal)).Select(f => f.Path)];

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
            Assert.True(
                gathered.Contains("track_search_keys_idx", StringComparison.Ordinal)
                    && !gathered.Contains("Seq Scan on track", StringComparison.Ordinal),
                gathered
            );
            if (order.IsRelevance)
                continue;
            var walked = await GenericPlan(TrackPages.WalkedBy(order), TrackPages.AlongTheIndex);
            // The page itself is put in order again once its tracks are fetched; nothing else is sorted.
            Assert.True(
                walked.Contains(index, StringComparison.Ordinal)
                    && walked
                        .Split("Sort Key: ")
                        .Skip(1)
                        .All(key => key.StartsWith("p.place", StringComparison.Ordinal)),
                walked
            );
        }
    }

    [Theory]
    [InlineData("created_at", "public_room_created_idx")]
    [InlineData("member_count", "public_room_members_idx")]
    [InlineData("active_at", "public_room_active_idx")]
    public async Task Each_order_of_rooms_has_its_own_index(string order, string index)
    {
        foreach (var isDescending in new[] { true, false })
        {
            var walked = await GenericPlan(RoomDirectory.Walked(order, isDescending));
            Assert.True(
                walked.Contains(index, StringComparison.Ordinal)
                    && !walked.Contains("Seq Scan", StringComparison.Ordinal),
                walked
            );
            var found = await GenericPlan(RoomDirectory.Found(order, isDescending));
            Assert.True(
                found.Contains("public_room_words_idx", StringComparison.Ordinal)
                    && !found.Contains("Seq Scan", StringComparison.Ordinal),
                found
            );
        }

        Assert.Contains(
            "public_room_words_idx",
            await GenericPlan(RoomDirectory.CountedFound),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Who_left_lately_is_read_by_index()
    {
        var file = await File.ReadAllTextAsync(
            Surroundings.PathOf("src", "Features", "Chat", "Realtime", "Departures.cs")
        );
        var plan = await GenericPlan(
            RawTextPattern()
                .Matches(file)
                .Select(m => m.Groups[1].Value)
                .Single(sql => sql.TrimStart().StartsWith("select", StringComparison.Ordinal))
        );
        Assert.True(
            plan.Contains("room_departure_at_idx", StringComparison.Ordinal)
                && !plan.Contains("Seq Scan", StringComparison.Ordinal),
            plan
        );
    }

    /// <summary>Behind the function, where a statement's own plan does not show it.</summary>
    [Fact]
    public async Task Whether_somebody_hears_all_is_looked_up_by_index()
    {
        var body = await database.Tables.Scalar<string>("select prosrc from pg_proc where proname = 'hears_all'");
        foreach (var (name, type) in new[] { ("visibility", "text"), ("owner_id", "uuid"), ("listener_id", "uuid") })
            body = Regex.Replace(body, $@"\b{name}\b", $"@{name}::{type}");
        var plan = await GenericPlan(body);
        Assert.True(
            plan.Contains("using follow_", StringComparison.Ordinal)
                && plan.Contains("using supporter_", StringComparison.Ordinal)
                && !plan.Contains("Seq Scan", StringComparison.Ordinal),
            plan
        );
    }

    [Fact]
    public async Task Facets_and_extents_of_a_search_are_read_from_its_index()
    {
        foreach (
            var sql in new[] { TrackFacets.Counting + TrackIndex.Hits + TrackFacets.CountingEach, TrackIndex.Counted }
        )
        {
            var plan = await GenericPlan(sql);
            Assert.True(
                plan.Contains("track_search_keys_idx", StringComparison.Ordinal)
                    && !plan.Contains("Seq Scan", StringComparison.Ordinal),
                plan
            );
        }
    }

    [Fact]
    public async Task Words_that_were_perhaps_meant_are_found_by_their_trigrams()
    {
        var plan = await GenericPlan(WordsMeant.Alike);
        Assert.True(
            plan.Contains("track_word_similar_idx", StringComparison.Ordinal)
                && !plan.Contains("Seq Scan", StringComparison.Ordinal),
            plan
        );
    }

    [Theory]
    [InlineData("ProbeSql")]
    [InlineData("GatherSql")]
    public async Task Words_of_a_room_are_found_by_the_index_of_words_however_large_the_room_is(string name)
    {
        var plan = await GenericPlan(ConstantOf("SearchMessages", name));
        // One for each month; nothing is taken apart that the index did not find.
        Assert.True(
            !plan.Contains("Seq Scan", StringComparison.Ordinal)
                && BitmapPattern().Count(plan) >= 3
                && !plan.Contains("Filter: (to_tsvector", StringComparison.Ordinal),
            plan
        );
    }

    [Theory]
    [InlineData("PlayBook", "BeginSql")]
    [InlineData("PlayBook", "BeatSql")]
    [InlineData("Suggestions", "CandidatesSql")]
    public async Task A_statement_of_many_steps_has_an_index_for_each(string type, string name)
    {
        var plan = await GenericPlan(ConstantOf(type, name));
        Assert.Contains("Index", plan, StringComparison.Ordinal);
        // Months without plays may be looked at as they are.
        Assert.False(ScannedPattern().IsMatch(plan), plan);
        Assert.DoesNotContain($"Seq Scan on play_{DateTime.UtcNow:yyyy_MM}", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_of_messages_is_written_row_by_row_and_never_reads_the_room()
    {
        var plan = await GenericPlan(MessageWriter.Sql);
        Assert.True(
            plan.Contains("using room_member_", StringComparison.Ordinal)
                && plan.Contains("room_pkey", StringComparison.Ordinal),
            plan
        );
        Assert.False(MessageScanPattern().IsMatch(plan), plan);
    }

    private Task<string> GenericPlan(string sql, string? settings = null) => database.GenericPlan(sql, settings);

    /// <summary>What the compiler would put in the place of <c>{Type.Constant}</c>.</summary>
    private static string ConstantOf(string type, string constant) =>
        (string)
            typeof(ListTracks)
                .Assembly.GetTypes()
                .Single(t => t.Name == type && t.Namespace!.StartsWith("Veza.Features", StringComparison.Ordinal))
                .GetField(constant, BindingFlags.Static | BindingFlags.NonPublic)!
                .GetRawConstantValue()!;

    [GeneratedRegex(@"Bitmap Index Scan on message_\w+_idx")]
    private static partial Regex BitmapPattern();

    [GeneratedRegex(@"Seq Scan on (room|account|message)|Hash.*Join|hashed SubPlan|Join Filter")]
    private static partial Regex MessageScanPattern();

    [GeneratedRegex(@"Seq Scan on (play_[a-qs-z]|track|account)")]
    private static partial Regex ScannedPattern();

    [GeneratedRegex(
        "(?<=^ *\\$*|[=(,+] ?\\$*)\"\"\"\\n(.*?)^ *\"\"\"",
        RegexOptions.Singleline | RegexOptions.Multiline
    )]
    private static partial Regex RawTextPattern();

    [GeneratedRegex(@"\{(\w+)\.(\w+)\}")]
    private static partial Regex InterpolationPattern();

    [GeneratedRegex(@"^\s*(select|update|with)\b")]
    private static partial Regex StatementPattern();
}
