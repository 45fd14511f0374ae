using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using TracksReads = Veza.Features.Tracks.TracksReads;
using UserCard = Veza.Features.Users.UsersReads.UserCard;

namespace Veza.Features.Albums;

/// <summary>What an album shows of a track.</summary>
internal sealed record AlbumTrack(
    Guid Id,
    string Title,
    string Artist,
    long? DurationMs,
    float? LoudnessLufs,
    string? CoverUrl,
    string Visibility,
    string Status
);

/// <summary>
/// An album with the tracks that the caller may see; all figures are of those. Its loudness is that of its tracks one
/// after the other: the mean of their energies, weighted by duration; its peak is the highest of theirs.
/// </summary>
[HotRead]
internal sealed record Album(
    Guid Id,
    UserCard User,
    string Title,
    string Artist,
    string Description,
    DateOnly? ReleaseDate,
    string Visibility,
    long TrackCount,
    long DurationMs,
    float? LoudnessLufs,
    float? TruePeakDbtp,
    DateTime CreatedAt,
    DateTime UpdatedAt
)
{
    /// <summary>Only where one album is shown.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AlbumTrack[]? Tracks { get; init; }

    internal static readonly AlbumTrack ExampleTrack = new(
        Guid.Parse("019b0c61-2f4e-7a02-b1c8-7f3e9d5a6b10"),
        "Night Bus",
        "Mira",
        214_000,
        -14.2f,
        null,
        "public",
        "ready"
    );

    internal static readonly Album Example = new(
        Guid.Parse("019b0c80-3c4d-7e5f-8a60-7b8c9d0e1f2a"),
        new UserCard(Guid.Parse("019b0c5e-8a30-7c11-9d3e-5f0d4c1a2b3c"), "mira", "Mira", null),
        "Lines",
        "Mira",
        "",
        new DateOnly(2026, 4, 1),
        "public",
        1,
        214_000,
        -14.2f,
        -1.1f,
        new DateTime(2026, 3, 1, 19, 0, 0, DateTimeKind.Utc),
        new DateTime(2026, 3, 1, 19, 0, 0, DateTimeKind.Utc)
    )
    {
        Tracks = [ExampleTrack],
    };

    /// <summary>Tells other rooms, which keep what they show of albums in step; at commit.</summary>
    internal static Task Changed(NpgsqlConnection db, NpgsqlTransaction transaction, Guid id) =>
        AlbumsEvents.Changed.Write(db, transaction, id, new AlbumsEvents.AlbumChanged(id));

    internal static async Task<Album?> Find(NpgsqlConnection db, Guid id, Caller? caller)
    {
        var row = await db.QuerySingleOrDefaultAsync<AlbumRow>(
            $"""
            select {AlbumRow.Columns} from {AlbumRow.From} where b.id = @id
              and (b.visibility <> 'private' or b.account_id = @callerId)
            """,
            new { id, callerId = caller?.UserId }
        );
        if (row is null)
            return null;
        var tracks = await db.QueryAsync<AlbumTrack>(
            """
            select t.id, coalesce(nullif(t.title, ''), t.file_name) as title, t.artist, t.duration_ms, t.loudness_lufs,
              t.cover_url, t.visibility, t.status
              from album_track x join track t on t.id = x.track_id
             where x.album_id = @id and (t.account_id = @callerId or t.is_open) order by x.place
            """,
            new { id, callerId = caller?.UserId }
        );
        return row.ToAlbum() with { Tracks = [.. tracks] };
    }
}

/// <summary>An album as the tables have it, for one viewer.</summary>
internal sealed record AlbumRow(
    Guid Id,
    Guid AccountId,
    string Username,
    string DisplayName,
    string? AvatarUrl,
    string Title,
    string Artist,
    string Description,
    DateOnly? ReleaseDate,
    string Visibility,
    long TrackCount,
    long DurationMs,
    float? LoudnessLufs,
    float? TruePeakDbtp,
    DateTime CreatedAt,
    DateTime UpdatedAt
)
{
    /// <summary>Where <see cref="Columns"/> come from; the viewer is <c>@callerId</c>.</summary>
    internal const string From = $"""
        album b join account a on a.id = b.account_id
        cross join lateral (
          select count(*) as track_count, coalesce(sum(t.duration_ms), 0)::bigint as duration_ms,
            max(t.true_peak_dbtp) as true_peak_dbtp, {TracksReads.MeanLoudness} as loudness_lufs
            from album_track x join track t on t.id = x.track_id where x.album_id = b.id
              and (t.account_id = @callerId or t.is_open)
        ) sums
        """;

    internal const string Columns = """
        b.id, b.account_id, a.username, a.display_name, a.avatar_url, b.title, b.artist, b.description, b.release_date,
          b.visibility,
        sums.track_count, sums.duration_ms, sums.loudness_lufs, sums.true_peak_dbtp, b.created_at, b.updated_at
        """;

    internal Album ToAlbum() =>
        new(
            Id,
            new UserCard(AccountId, Username, DisplayName, AvatarUrl),
            Title,
            Artist,
            Description,
            ReleaseDate,
            Visibility,
            TrackCount,
            DurationMs,
            LoudnessLufs,
            TruePeakDbtp,
            CreatedAt,
            UpdatedAt
        );
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Envelope<Album>))]
[JsonSerializable(typeof(Envelope<Album[]>))]
internal sealed partial class AlbumJson : JsonSerializerContext;
