using System.Globalization;
using System.Text;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;

namespace Veza.Features.Uploads;

/// <summary>The words of tus 1.0 in requests and answers: https://tus.io/protocols/resumable-upload</summary>
internal static class Tus
{
    internal const string Version = "1.0.0",
        Extensions = "creation,creation-with-upload,expiration,checksum,termination,concatenation",
        ContentType = "application/offset+octet-stream",
        TrackHeader = "Veza-Track-Id",
        UploadsPath = "/api/v1/uploads";

    /// <summary>Says which version is spoken here, and refuses who speaks another.</summary>
    internal static Error? Greet(HttpContext http)
    {
        http.Response.Headers["Tus-Resumable"] = Version;
        if (http.Request.Headers["Tus-Resumable"] == Version)
            return null;
        http.Response.Headers["Tus-Version"] = Version;
        return UploadsErrors.TusVersionUnsupported;
    }

    /// <summary>A whole number of bytes; null when the header is not one.</summary>
    internal static long? Bytes(HttpRequest request, string header) =>
        long.TryParse(request.Headers[header], NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
            ? bytes
            : null;

    internal static bool HasBody(HttpRequest request) =>
        request.ContentType is { } type
        && type.Split(';')[0].Trim().Equals(ContentType, StringComparison.OrdinalIgnoreCase);

    internal static void Tell(HttpResponse response, long offsetBytes, DateTime expiresAt)
    {
        response.Headers["Upload-Offset"] = offsetBytes.ToString(CultureInfo.InvariantCulture);
        response.Headers["Upload-Expires"] = expiresAt.ToString("R", CultureInfo.InvariantCulture);
    }

    internal static void TellTrack(HttpResponse response, Guid trackId) =>
        response.Headers[TrackHeader] = trackId.ToString();

    /// <summary>
    /// The pairs of Upload-Metadata: a key in ASCII, and its value in Base64. Null when it is not that: HEAD tells the
    /// header again, and no header can hold anything else.
    /// </summary>
    internal static Dictionary<string, string>? Metadata(string header)
    {
        if (!IsHeader(header))
            return null;
        var pairs = new Dictionary<string, string>();
        foreach (var pair in header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, value) = pair.Split(' ', 2) is [var k, var v] ? (k, v.Trim()) : (pair, "");
            var bytes = new byte[value.Length];
            if (
                !Convert.TryFromBase64String(value, bytes, out var count)
                || !pairs.TryAdd(key, Encoding.UTF8.GetString(bytes, 0, count))
            )
                return null;
        }

        return pairs;
    }

    /// <summary>Whether a text can stand in an answer's header: printable ASCII.</summary>
    internal static bool IsHeader(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~');

    /// <summary>
    /// What the metadata say of the file and the track. Clients call the file's name <c>filename</c> or <c>name</c>.
    /// </summary>
    internal static (UploadDetails Details, string FileName) Read(Dictionary<string, string> metadata)
    {
        string? Text(string key) =>
            metadata.TryGetValue(key, out var value) && value.Trim() is { Length: > 0 } text ? text : null;
        return (
            UploadDetails.Of(Text, UploadDetails.TagsOf(Text("tags") is { } tags ? [tags] : [])),
            NewTrack.FileNameOf(Text("filename") ?? Text("name") ?? "")
        );
    }

    /// <summary>
    /// The ids that <c>Upload-Concat: final;URL URL</c> names, in order; null when it names none, or something else.
    /// </summary>
    internal static Guid[]? Parts(string concat)
    {
        if (!concat.StartsWith("final;", StringComparison.Ordinal))
            return null;
        var ids = new List<Guid>();
        foreach (var url in concat["final;".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var path = Uri.TryCreate(url, UriKind.Absolute, out var whole) && !whole.IsFile ? whole.AbsolutePath : url;
            if (
                !path.StartsWith(UploadsPath + "/", StringComparison.Ordinal)
                || !Guid.TryParse(path[(UploadsPath.Length + 1)..], out var id)
                || ids.Contains(id)
            )
                return null;
            ids.Add(id);
        }

        return ids.Count == 0 ? null : [.. ids];
    }
}
