using System.Text.Json.Serialization;
using Veza.Features.Chat.Messages;
using Veza.Infrastructure.Http;
using UserCard = Veza.Features.Users.UsersReads.UserCard;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Who may not come into a room, and why. <c>until</c> is null for who is banned until somebody lifts it.
/// </summary>
internal sealed record Ban(UserCard User, string Reason, DateTime? Until, Guid BannedBy, DateTime CreatedAt)
{
    internal static readonly Ban Example = new(
        Message.Example.Author!,
        "Advertising",
        null,
        Room.Example.OwnerId!.Value,
        Room.Example.CreatedAt
    );
}

/// <summary>A ban as the table has it.</summary>
internal sealed record BanRow(
    Guid Id,
    string Username,
    string DisplayName,
    string? AvatarUrl,
    string Reason,
    DateTime? Until,
    Guid BannedBy,
    DateTime CreatedAt
)
{
    /// <summary>For <c>from room_ban b join account a on a.id = b.account_id</c>.</summary>
    internal const string Columns =
        "a.id, a.username, a.display_name, a.avatar_url, b.reason, nullif(b.until, 'infinity') as until, "
        + "b.banned_by, b.created_at";

    internal Ban ToBan() => new(new UserCard(Id, Username, DisplayName, AvatarUrl), Reason, Until, BannedBy, CreatedAt);
}

[JsonSerializable(typeof(Envelope<Ban>))]
[JsonSerializable(typeof(Envelope<Ban[]>))]
internal sealed partial class BanJson : JsonSerializerContext;
