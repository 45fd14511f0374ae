using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using UserCard = Veza.Features.Users.UsersReads.UserCard;

namespace Veza.Features.Playlists;

/// <summary>
/// A playlist as whoever may see it sees it. <c>role</c> is the caller's: owner, collaborator, invited or null.
/// <c>item_count</c> counts all items,
/// <c>duration_ms</c> those that the caller may hear.
/// </summary>
internal sealed record Playlist(
    Guid Id,
    UserCard Owner,
    string Name,
    string Description,
    string Visibility,
    long ItemCount,
    long DurationMs,
    long FollowerCount,
    string? Role,
    bool Following,
    DateTime CreatedAt,
    DateTime UpdatedAt
)
{
    internal static readonly Playlist Example = new(
        Guid.Parse("019b0c70-1a2b-7c3d-9e4f-5a6b7c8d9e0f"),
        new UserCard(Guid.Parse("019b0c5e-8a30-7c11-9d3e-5f0d4c1a2b3c"), "mira", "Mira", null),
        "Last bus home",
        "For after midnight",
        "public",
        12,
        2_760_000,
        4,
        "owner",
        false,
        new DateTime(2026, 3, 5, 22, 0, 0, DateTimeKind.Utc),
        new DateTime(2026, 3, 6, 0, 12, 0, DateTimeKind.Utc)
    );
}

/// <summary>A playlist as the tables have it, for one viewer.</summary>
internal sealed record PlaylistRow(
    Guid Id,
    Guid OwnerId,
    string Username,
    string DisplayName,
    string? AvatarUrl,
    string Name,
    string Description,
    string Visibility,
    long ItemCount,
    long DurationMs,
    long FollowerCount,
    string? Role,
    bool IsFollowing,
    DateTime CreatedAt,
    DateTime UpdatedAt
)
{
    /// <summary>Where <see cref="Columns"/> come from; the viewer is <c>@callerId</c>.</summary>
    internal const string From =
        "playlist p join account a on a.id = p.owner_id left join playlist_collaborator m on m.playlist_id = "
        + "p.id and m.account_id = @callerId";

    /// <summary>Items are few by limit, so they are counted rather than kept in step.</summary>
    internal const string Columns = """
        p.id, p.owner_id, a.username, a.display_name, a.avatar_url, p.name, p.description, p.visibility,
        (select count(*) from playlist_item i where i.playlist_id = p.id) as item_count,
        (select coalesce(sum(t.duration_ms), 0)::bigint from playlist_item i join track t on t.id = i.track_id
          where i.playlist_id = p.id and (t.account_id = @callerId or t.is_open)) as duration_ms,
        p.follower_count,
        case when p.owner_id = @callerId then 'owner' when m.accepted_at is not null then 'collaborator'
          when m.account_id is not null then 'invited' end as role,
        exists (select 1 from playlist_follow f where f.playlist_id = p.id
          and f.account_id = @callerId) as is_following,
        p.created_at, p.updated_at
        """;

    /// <summary>
    /// Who may know of a playlist: everybody who has its address; of a private one its owner and those who were
    /// invited.
    /// </summary>
    internal const string Seen = "(p.visibility <> 'private' or p.owner_id = @callerId or m.account_id is not null)";

    internal Playlist ToPlaylist() =>
        new(
            Id,
            new UserCard(OwnerId, Username, DisplayName, AvatarUrl),
            Name,
            Description,
            Visibility,
            ItemCount,
            DurationMs,
            FollowerCount,
            Role,
            IsFollowing,
            CreatedAt,
            UpdatedAt
        );
}

[JsonSerializable(typeof(Envelope<Playlist>))]
[JsonSerializable(typeof(Envelope<Playlist[]>))]
internal sealed partial class PlaylistJson : JsonSerializerContext;
