using System.Text.Json;

namespace Veza.Tests.Harness;

/// <summary>
/// Tracks put into the database as the worker would leave them: a search needs many, and none of them has to sound.
/// </summary>
internal sealed record CatalogueTrack(string Title)
{
    internal string Artist { get; init; } = "";
    internal string Album { get; init; } = "";
    internal string Genre { get; init; } = "";
    internal string[] Tags { get; init; } = [];
    internal string Visibility { get; init; } = "public";
    internal string Status { get; init; } = "ready";
    internal bool IsWithdrawn { get; init; }
    internal float? Bpm { get; init; }
    internal string? Key { get; init; }
    internal long DurationMs { get; init; } = 200_000;
    internal int? Year { get; init; }
    internal long Plays { get; init; }
    internal long Likes { get; init; }
    internal DateTime CreatedAt { get; init; } = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    internal async Task<Guid> Of(Actor owner)
    {
        var id = Guid.CreateVersion7();
        await owner.Server.Database.Execute(
            """
            insert into track (id, account_id, title, artist, album, genre, tags, visibility, status, withdrawn_at,
              storage_prefix, sha256, size_bytes, bpm, musical_key, duration_ms, release_year,
                               play_count, like_count, created_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'tracks/none/', '', 1, $11, $12, $13, $14, $15, $16, $17)
            """,
            id,
            owner.Id,
            Title,
            Artist,
            Album,
            Genre,
            Tags,
            Visibility,
            Status,
            IsWithdrawn ? CreatedAt : DBNull.Value,
            (object?)Bpm ?? DBNull.Value,
            (object?)Key ?? DBNull.Value,
            DurationMs,
            (object?)Year ?? DBNull.Value,
            Plays,
            Likes,
            CreatedAt
        );
        return id;
    }
}

internal static class SearchAnswers
{
    internal static async Task<Reply> Search(this Visitor who, string query) =>
        (await who.Get($"/api/v1/tracks?{query}")).Is(200);

    internal static Task<Reply> SearchWords(this Visitor who, string q) => who.Search($"q={Uri.EscapeDataString(q)}");

    internal static Guid[] Ids(this Reply reply) =>
        [.. reply.Data.EnumerateArray().Select(t => t.GetProperty("id").GetGuid())];

    internal static string[] Titles(this Reply reply) => [.. reply.Data.EnumerateArray().Select(t => t.Text("title"))];

    internal static JsonElement Meta(this Reply reply) => reply.Json.GetProperty("meta");

    /// <summary>The values of a facet as <c>jazz 3</c>.</summary>
    internal static string[] Facet(this Reply reply, string name) =>
        [
            .. reply
                .Meta()
                .GetProperty("facets")
                .GetProperty(name)
                .EnumerateArray()
                .Select(v => $"{v.Text("value")} {v.Number("count")}"),
        ];
}
