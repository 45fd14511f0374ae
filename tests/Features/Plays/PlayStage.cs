using System.Text.Json;
using Veza.Features.Plays;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Plays;

/// <summary>
/// Tracks to be listened to, made by SQL because only their length matters, and time that goes by for one play alone.
/// </summary>
internal static class PlayStage
{
    internal const string Browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

    internal static async Task<Guid> Track(
        TestDatabase database,
        Guid owner,
        long durationMs,
        string visibility = "public",
        string title = "Night Bus"
    )
    {
        var id = Guid.CreateVersion7();
        await database.Execute(
            """
            insert into track (id, account_id, title, visibility, status, storage_prefix, sha256, size_bytes,
              duration_ms) values ($1, $2, $3, $4, 'ready', 'tracks/' || $1 || '/', '', 1, $5)
            """,
            id,
            owner,
            title,
            visibility,
            durationMs
        );
        return id;
    }

    internal static async Task<Guid> BeginPlay(
        this Visitor who,
        Guid track,
        string userAgent = Browser,
        object? body = null
    ) =>
        (await who.Post($"/api/v1/tracks/{track}/plays", body, ("User-Agent", userAgent)))
            .Is(201)
            .Data.GetProperty("play_id")
            .GetGuid();

    internal static Task<Reply> Beat(
        this Visitor who,
        Guid play,
        long positionMs,
        long listenedMs,
        bool ended = false
    ) =>
        who.Post(
            $"/api/v1/plays/{play}/heartbeats",
            new
            {
                position_ms = positionMs,
                listened_ms = listenedMs,
                ended,
            }
        );

    /// <summary>Time goes by for this play.</summary>
    internal static Task Pass(this VezaServer server, Guid play, int seconds) =>
        server.Database.Execute(
            """
            update play set begun_at = begun_at - $2 * interval '1 s', heard_at = heard_at - $2 * interval '1 s',
              credited_until = credited_until - $2 * interval '1 s',
                   closes_at = closes_at - $2 * interval '1 s' where id = $1
            """,
            play,
            seconds
        );

    /// <summary>
    /// An honest listener, from the beginning, with a heartbeat every ten seconds; what the last one was answered.
    /// </summary>
    internal static async Task<JsonElement> Listen(this Visitor who, Guid play, int seconds, bool ended = false)
    {
        JsonElement? last = null;
        for (var at = 10; at < seconds + 10; at += 10)
        {
            var reached = Math.Min(at, seconds);
            await who.Server.Pass(play, reached - (at - 10));
            last = (await who.Beat(play, reached * 1000, reached * 1000, ended && reached == seconds)).Is(200).Data;
        }

        return last!.Value;
    }

    /// <summary>What upkeep does every minute, now.</summary>
    internal static async Task Tally(this VezaServer server, DateTime? now = null)
    {
        await using var db = await server.Premises.Source.OpenConnectionAsync();
        await PlayTally.CountNew(db);
        await PlayTally.CloseDue(db, now ?? DateTime.UtcNow);
    }
}
