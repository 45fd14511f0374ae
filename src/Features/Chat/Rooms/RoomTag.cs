using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace Veza.Features.Chat;

/// <summary>
/// The ETag of a room, in two halves: what its moderators edit, and all of it as the caller sees it. A copy is stale when anything has changed, a message too;
/// an edit is refused only when somebody else's edit came between.
/// </summary>
internal static class RoomTag
{
    private const int HalfBytes = 8;

    internal static string Of(Room room) => $"\"{Edited(room)}-{Short(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(room, RoomJson.Default.Room)))}\"";

    /// <summary>Whether an If-Match, if there is one, names another edit than this. Weak forms count too: proxies that compress make them.</summary>
    internal static bool IsStale(HttpRequest request, Room room)
    {
        if (request.Headers.IfMatch.Count == 0) return false;
        var edited = $"\"{Edited(room)}-";
        return !request.GetTypedHeaders().IfMatch.Any(tag => tag == EntityTagHeaderValue.Any || tag.Tag.StartsWith(edited, StringComparison.Ordinal));
    }

    private static string Edited(Room room) => Short(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', room.Name, room.Topic, room.Visibility, room.SlowModeS))));

    private static string Short(byte[] hash) => Convert.ToHexStringLower(hash.AsSpan(0, HalfBytes));
}
