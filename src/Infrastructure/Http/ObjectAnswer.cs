using Microsoft.Net.Http.Headers;
using Veza.Infrastructure.ObjectStorage;

namespace Veza.Infrastructure.Http;

/// <summary>Bytes of a file that a request asks for; the whole, unless it is a part.</summary>
internal readonly record struct AskedBytes(long Offset, long Length, bool IsPart)
{
    internal long End => Offset + Length;
}

/// <summary>
/// An object over HTTP, whole or one range of it: ETag, If-None-Match, If-Range, 416 and HEAD. Several ranges at once,
/// and units that are not bytes, give the whole.
/// </summary>
internal sealed record ObjectAnswer(string Key, long SizeBytes, EntityTagHeaderValue ETag, string ContentType)
{
    private const int CopyBytes = 64 * 1024;

    /// <summary>What the request asks for; null when that lies outside the object.</summary>
    internal AskedBytes? Asked(HttpRequest request)
    {
        var headers = request.GetTypedHeaders();
        var range =
            headers.IfRange is { } condition && condition.EntityTag?.Compare(ETag, useStrongComparison: true) != true
                ? null
                : headers.Range;
        if (range is not { Unit.Value: "bytes", Ranges.Count: 1 })
            return new AskedBytes(0, SizeBytes, IsPart: false);
        var asked = range.Ranges.First();
        var offset = asked.From ?? Math.Max(0, SizeBytes - (asked.To ?? 0));
        var last = asked.From is null ? SizeBytes - 1 : Math.Min(asked.To ?? SizeBytes - 1, SizeBytes - 1);
        var length = last - offset + 1;
        return length > 0 && offset < SizeBytes && (asked.From is not null || asked.To > 0)
            ? new AskedBytes(offset, length, IsPart: true)
            : null;
    }

    /// <summary>
    /// Answers. <paramref name="gone"/> is said when the object was deleted meanwhile. Headers that the caller has set
    /// stay.
    /// </summary>
    internal async Task Send(HttpContext http, IObjectStore store, Error gone, CancellationToken ct)
    {
        var response = http.Response;
        response.Headers.AcceptRanges = "bytes";
        response.Headers.ETag = ETag.ToString();
        var known = http.Request.GetTypedHeaders().IfNoneMatch;
        if (known.Any(tag => tag.Compare(ETag, useStrongComparison: false) || tag == EntityTagHeaderValue.Any))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        if (Asked(http.Request) is not { } asked)
        {
            response.Headers.ContentRange = $"bytes */{SizeBytes}";
            await ErrorWriter.Write(http, Errors.RangeUnsatisfiable);
            return;
        }

        if (asked.IsPart)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = $"bytes {asked.Offset}-{asked.End - 1}/{SizeBytes}";
        }

        response.ContentType = ContentType;
        response.ContentLength = asked.Length;
        if (HttpMethods.IsHead(http.Request.Method))
            return;
        Stream content;
        try
        {
            content = await store.Open(Key, asked.Offset, asked.Length, ct);
        }
        catch (FileNotFoundException)
        {
            await ErrorWriter.Write(http, gone);
            return;
        }

        await using var _ = content;
        await Copy(content, response, asked.Length, ct);
    }

    private static async Task Copy(Stream content, HttpResponse response, long length, CancellationToken ct)
    {
        var writer = response.BodyWriter;
        for (var left = length; left > 0; )
        {
            var buffer = writer.GetMemory((int)Math.Min(CopyBytes, left));
            var read = await content.ReadAsync(buffer.Length > left ? buffer[..(int)left] : buffer, ct);
            writer.Advance(read);
            left -= read;
            var flushed = await writer.FlushAsync(ct);
            if (flushed.IsCompleted)
                return;
        }
    }
}
