using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using UserCard = Veza.Features.Users.UsersReads.UserCard;

namespace Veza.Features.Playlists;

/// <summary>What a playlist shows of a track.</summary>
internal sealed record PlaylistTrack(
    Guid Id,
    string Title,
    string Artist,
    long? DurationMs,
    UserCard User,
    string? CoverUrl,
    string Visibility
);

/// <summary>
/// A place on a playlist. Of a track that the caller may not see, nothing is told: <c>available</c> is false and
/// <c>track</c> null.
/// </summary>
internal sealed record PlaylistItem(Guid Id, bool Available, PlaylistTrack? Track, UserCard? AddedBy, DateTime AddedAt)
{
    internal static readonly PlaylistItem Example = new(
        Guid.Parse("019b0c71-2b3c-7d4e-8f50-6b7c8d9e0f1a"),
        true,
        new PlaylistTrack(
            Guid.Parse("019b0c61-2f4e-7a02-b1c8-7f3e9d5a6b10"),
            "Night Bus",
            "Mira",
            214_000,
            Playlist.Example.Owner,
            null,
            "public"
        ),
        Playlist.Example.Owner,
        Playlist.Example.UpdatedAt
    );
}

/// <summary>
/// An item as the tables have it, for one viewer: the track's columns are null when it is not theirs to see.
/// </summary>
internal sealed record ItemRow(
    Guid Id,
    long Position,
    DateTime AddedAt,
    Guid? AddedBy,
    string? AdderName,
    string? AdderDisplayName,
    string? AdderAvatarUrl,
    Guid? TrackId,
    string? Title,
    string? Artist,
    long? DurationMs,
    string? CoverUrl,
    string? Visibility,
    Guid? UserId,
    string? Username,
    string? DisplayName,
    string? AvatarUrl
)
{
    /// <summary>From <c>playlist_item i</c> and <see cref="Seen"/>.</summary>
    internal const string Columns = """
        i.id, i.position, i.added_at, b.id as added_by, b.username as adder_name, b.display_name as adder_display_name,
          b.avatar_url as adder_avatar_url,
        t.id as track_id, coalesce(nullif(t.title, ''), t.file_name) as title, t.artist, t.duration_ms,
        t.cover_url, t.visibility, u.id as user_id, u.username, u.display_name, u.avatar_url
        """;

    /// <summary>The viewer is <c>@callerId</c>.</summary>
    internal const string Seen = """
        left join track t on t.id = i.track_id and (t.account_id = @callerId or t.is_open) left
          join account u on u.id = t.account_id left join account b on b.id = i.added_by
        """;

    internal PlaylistItem ToItem() =>
        new(
            Id,
            TrackId is not null,
            TrackId is { } track
                ? new PlaylistTrack(
                    track,
                    Title!,
                    Artist!,
                    DurationMs,
                    new UserCard(UserId!.Value, Username!, DisplayName!, AvatarUrl),
                    CoverUrl,
                    Visibility!
                )
                : null,
            AddedBy is { } adder ? new UserCard(adder, AdderName!, AdderDisplayName!, AdderAvatarUrl) : null,
            AddedAt
        );
}

[JsonSerializable(typeof(Envelope<PlaylistItem>))]
[JsonSerializable(typeof(Envelope<PlaylistItem[]>))]
internal sealed partial class PlaylistItemJson : JsonSerializerContext;
