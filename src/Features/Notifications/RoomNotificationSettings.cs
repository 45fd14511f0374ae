using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;

namespace Veza.Features.Notifications;

/// <summary>
/// Where one room is otherwise than the settings: a level of its own, null as everywhere; and silence until a time.
/// </summary>
internal sealed record RoomNotificationSettings(Guid RoomId, string? Level, DateTime? MutedUntil, DateTime UpdatedAt)
{
    internal static readonly RoomNotificationSettings Example = new(
        Notification.Example.Room.Id,
        "all",
        new DateTime(2126, 3, 1, 18, 30, 0, DateTimeKind.Utc),
        Notification.Example.CreatedAt
    );
}

[JsonSerializable(typeof(SetRoomNotificationSettings.Request))]
[JsonSerializable(typeof(Envelope<RoomNotificationSettings>))]
[JsonSerializable(typeof(Envelope<RoomNotificationSettings[]>))]
internal sealed partial class RoomNotificationSettingsJson : JsonSerializerContext;
