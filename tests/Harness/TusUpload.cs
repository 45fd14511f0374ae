using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace Veza.Tests.Harness;

/// <summary>An upload by tus, header by header.</summary>
internal sealed class TusUpload(Actor actor, string url)
{
    internal string Url => url;

    internal Guid Id => Guid.Parse(url[(url.LastIndexOf('/') + 1)..]);

    internal static async Task<TusUpload> Create(
        Actor actor,
        long lengthBytes,
        params (string Key, string Value)[] metadata
    ) => new(actor, (await TryCreate(actor, lengthBytes, null, metadata)).Is(201).Header("Location")!);

    internal static Task<Reply> TryCreate(
        Actor actor,
        long lengthBytes,
        string? concat = null,
        params (string Key, string Value)[] metadata
    ) =>
        Post(
            actor,
            [
                .. concat is not null && concat.StartsWith("final", StringComparison.Ordinal)
                    ? Array.Empty<(string, string)>()
                    : [("Upload-Length", Text(lengthBytes))],
                .. concat is null ? Array.Empty<(string, string)>() : [("Upload-Concat", concat)],
                .. metadata.Length == 0 ? Array.Empty<(string, string)>() : [("Upload-Metadata", Metadata(metadata))],
            ]
        );

    internal static Task<Reply> Post(Actor actor, params (string Name, string Value)[] headers) =>
        actor.Send(HttpMethod.Post, "/api/v1/uploads", null, [("Tus-Resumable", "1.0.0"), .. headers]);

    internal static string Metadata(params (string Key, string Value)[] pairs) =>
        string.Join(',', pairs.Select(p => $"{p.Key} {Convert.ToBase64String(Encoding.UTF8.GetBytes(p.Value))}"));

    internal Task<Reply> Patch(long offset, ReadOnlyMemory<byte> bytes, params (string Name, string Value)[] headers) =>
        actor.Send(
            HttpMethod.Patch,
            url,
            Bytes(new ReadOnlyMemoryContent(bytes)),
            [("Tus-Resumable", "1.0.0"), ("Upload-Offset", Text(offset)), .. headers]
        );

    /// <summary>As a browser on a line that breaks: the request says how much will come, and sends less.</summary>
    internal Task<RawRequest> BeginPatch(long offset, long saidBytes) =>
        RawRequest.Open(
            actor.Server,
            $"PATCH {url} HTTP/1.1\nHost: veza\nAuthorization: Bearer {actor.AccessToken}\nTus-Resumable: 1.0.0\n"
                + $"Upload-Offset: {offset}\nContent-Type: application/offset+octet-stream\nContent-Length: "
                + $"{saidBytes}\n\n"
        );

    internal Task<Reply> Head() => actor.Send(HttpMethod.Head, url, null, ("Tus-Resumable", "1.0.0"));

    internal Task<Reply> Delete() => actor.Send(HttpMethod.Delete, url, null, ("Tus-Resumable", "1.0.0"));

    /// <summary>What the server has kept.</summary>
    internal async Task<long> Offset() =>
        long.Parse((await Head()).Is(200).Header("Upload-Offset")!, CultureInfo.InvariantCulture);

    /// <summary>Sends the rest from where the server stands, in chunks; the id of the track.</summary>
    internal async Task<Guid> Finish(byte[] file, int chunkBytes = int.MaxValue)
    {
        var since = System.Diagnostics.Stopwatch.StartNew();
        for (var offset = await Offset(); since.Elapsed < Eventually.DeadlineMax; )
        {
            var reply = await Patch(
                offset,
                file.AsMemory((int)offset, (int)Math.Min(chunkBytes, file.Length - offset))
            );
            // The request that was cut may still be ending.
            if (reply.Status is 409 or 423)
            {
                offset = await Offset();
                continue;
            }

            offset = long.Parse(reply.Is(204).Header("Upload-Offset")!, CultureInfo.InvariantCulture);
            if (offset == file.Length)
                return Guid.Parse(reply.Header("Veza-Track-Id")!);
        }

        throw new TimeoutException($"The upload was not taken within {Eventually.DeadlineMax.TotalSeconds:0} s.");
    }

    private static HttpContent Bytes(HttpContent content)
    {
        content.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        return content;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
