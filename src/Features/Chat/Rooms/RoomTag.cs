using System.Globalization;
using System.Text.Json;
using Veza.Infrastructure.Http;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// The <see cref="EditTag"/> of a room: what its moderators edit, and all of it as the caller sees it.
/// </summary>
internal static class RoomTag
{
    internal static string Of(Room room) =>
        EditTag.Of(Edited(room), JsonSerializer.SerializeToUtf8Bytes(room, RoomJson.Default.Room));

    internal static bool IsStale(HttpRequest request, Room room) => EditTag.IsStale(request, Edited(room));

    private static string[] Edited(Room room) =>
        [room.Name ?? "", room.Topic ?? "", room.Visibility, room.SlowModeS.ToString(CultureInfo.InvariantCulture)];
}
