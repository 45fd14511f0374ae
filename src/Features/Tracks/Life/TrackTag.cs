using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace Veza.Features.Tracks;

/// <summary>
/// The ETag of a track, in two halves: what its owner edits, and all of it. A copy is stale when anything has changed, a like too; an edit is
/// refused only when somebody else's edit came between.
/// </summary>
internal static class TrackTag
{
    private const int HalfBytes = 8;

    internal static string Of(Track track) => $"\"{Edited(track)}-{Short(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(track, TrackJson.Default.Track)))}\"";

    /// <summary>Whether an If-Match, if there is one, names another edit than this. Weak forms count too: proxies that compress make them.</summary>
    internal static bool IsStale(HttpRequest request, Track track)
    {
        if (request.Headers.IfMatch.Count == 0) return false;
        var edited = $"\"{Edited(track)}-";
        return !request.GetTypedHeaders().IfMatch.Any(tag => tag == EntityTagHeaderValue.Any || tag.Tag.StartsWith(edited, StringComparison.Ordinal));
    }

    private static string Edited(Track track) =>
        Short(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', [track.Title, track.Artist, track.Album, track.Genre, track.Description, track.Visibility, .. track.Tags]))));

    private static string Short(byte[] hash) => Convert.ToHexStringLower(hash.AsSpan(0, HalfBytes));
}
