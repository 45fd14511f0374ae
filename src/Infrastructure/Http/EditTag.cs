using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace Veza.Infrastructure.Http;

/// <summary>
/// An ETag in two halves: what can be edited of a thing, and all of it as it is shown. A copy is stale when anything
/// has changed, a like or a message too; an edit is refused only when somebody else's edit came between.
/// </summary>
internal static class EditTag
{
    private const int HalfBytes = 8;

    internal static string Of(string[] edited, byte[] shown) => $"\"{Edited(edited)}-{Short(SHA256.HashData(shown))}\"";

    /// <summary>
    /// Whether an If-Match, if there is one, names another edit than this. Weak forms count too: proxies that compress
    /// make them.
    /// </summary>
    internal static bool IsStale(HttpRequest request, string[] edited)
    {
        if (request.Headers.IfMatch.Count == 0)
            return false;
        var beginning = $"\"{Edited(edited)}-";
        return !request
            .GetTypedHeaders()
            .IfMatch.Any(tag =>
                tag == EntityTagHeaderValue.Any || tag.Tag.StartsWith(beginning, StringComparison.Ordinal)
            );
    }

    private static string Edited(string[] words) =>
        Short(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', words))));

    private static string Short(byte[] hash) => Convert.ToHexStringLower(hash.AsSpan(0, HalfBytes));
}
