using System.Text.Json.Serialization;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using UserCard = Veza.Features.Users.UsersReads.UserCard;

namespace Veza.Features.Tracks.Comments;

/// <summary>
/// What somebody said of a track, or of one moment in it. A reply whose comment is gone stands alone.
/// </summary>
internal sealed record Comment(
    Guid Id,
    Guid TrackId,
    UserCard Author,
    string? ClientId,
    string Content,
    long? PositionMs,
    Guid? ReplyTo,
    DateTime CreatedAt,
    DateTime? EditedAt
)
{
    internal static readonly Comment Example = new(
        Guid.Parse("019b0c64-5d10-7a44-8c01-3e5f7a9b1c2d"),
        Track.Example.Id,
        new UserCard(Guid.Parse("019b0c5e-9b41-7f20-8e11-6a1b2c3d4e5f"), "davor", "Davor", null),
        "c1",
        "The bass comes in here",
        74_000,
        null,
        new DateTime(2026, 3, 2, 8, 15, 0, DateTimeKind.Utc),
        null
    );
}

/// <summary>A comment as the table has it, joined with its author.</summary>
internal sealed record CommentRow(
    Guid Id,
    Guid TrackId,
    Guid AuthorId,
    string Username,
    string DisplayName,
    string? AvatarUrl,
    string? ClientId,
    string Content,
    long? PositionMs,
    Guid? ReplyTo,
    DateTime CreatedAt,
    DateTime? EditedAt
)
{
    /// <summary>For <c>from track_comment c join account a on a.id = c.author_id</c>.</summary>
    internal const string Columns =
        "c.id, c.track_id, c.author_id, a.username, a.display_name, a.avatar_url, c.client_id, c.content, "
        + "c.position_ms, c.reply_to, c.created_at, c.edited_at";

    internal Comment ToComment() =>
        new(
            Id,
            TrackId,
            new UserCard(AuthorId, Username, DisplayName, AvatarUrl),
            ClientId,
            Content,
            PositionMs,
            ReplyTo,
            CreatedAt,
            EditedAt
        );
}

[JsonSerializable(typeof(Envelope<Comment>))]
[JsonSerializable(typeof(Envelope<Comment[]>))]
internal sealed partial class CommentJson : JsonSerializerContext;
