using System.Buffers;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Net.Http.Headers;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Security;

namespace Veza.Features.Streaming;

/// <summary>A variant behind a signed URL, whole or a range of it: the same file that the playlists address segment by segment. GET and HEAD, ETag, If-Range; no SQL.</summary>
internal static class ServeVariant
{
    private const int CopyBytes = 64 * 1024;

    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapMethods("/stream/{grant}/{trackId}/{revision}/{file}", ["GET", "HEAD"], Handle)
        .WithName("ServeVariant").Anonymous().Unmetered().Produces(StatusCodes.Status200OK, contentType: "audio/mp4").Produces(StatusCodes.Status206PartialContent, contentType: "audio/mp4")
        .Documented("Streaming", "A variant of a track, with byte ranges", errors: [Errors.StreamSignatureInvalid, Errors.StreamNotFound, Errors.RangeUnsatisfiable]);

    private static async Task Handle(
        string grant, Guid trackId, long revision, string file, HttpContext http, StreamGrants grants, Ladders ladders, IObjectStore store, Revocations revocations, CancellationToken ct)
    {
        StreamHeaders.AllowAllOrigins(http.Response);
        if (grants.Refuse(grant, trackId, revision, out var granted) is { } refused) { await ErrorWriter.Write(http, refused); return; }
        var ladder = await ladders.Find(trackId, revision, ct);
        if (ladder?.Renditions.FirstOrDefault(r => r.FileName == file) is not { } rendition) { await ErrorWriter.Write(http, Errors.StreamNotFound); return; }

        var response = http.Response;
        var etag = new EntityTagHeaderValue($"\"{revision}-{rendition.Quality}\"");
        response.Headers.AcceptRanges = "bytes";
        response.Headers.ETag = etag.ToString();
        StreamHeaders.CacheFor(response, granted.SecondsLeft);
        var asked = http.Request.GetTypedHeaders();
        if (asked.IfNoneMatch.Any(tag => tag.Compare(etag, useStrongComparison: false) || tag == EntityTagHeaderValue.Any)) { response.StatusCode = StatusCodes.Status304NotModified; return; }

        var range = asked.IfRange is { } condition && condition.EntityTag?.Compare(etag, useStrongComparison: true) != true ? null : asked.Range;
        var (offset, length) = (0L, rendition.SizeBytes);
        if (range is { Unit.Value: "bytes", Ranges.Count: 1 })
        {
            if (!Within(range.Ranges.First(), rendition.SizeBytes, out offset, out length))
            {
                response.Headers.ContentRange = $"bytes */{rendition.SizeBytes}";
                await ErrorWriter.Write(http, Errors.RangeUnsatisfiable);
                return;
            }

            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = $"bytes {offset}-{offset + length - 1}/{rendition.SizeBytes}";
        }

        response.ContentType = rendition.ContentType;
        response.ContentLength = length;
        if (HttpMethods.IsHead(http.Request.Method)) return;
        // A session that ends in the middle ends what it is hearing too: a whole file may take minutes. So does the end of the track.
        using var watch = granted.SessionId == Guid.Empty ? null : revocations.OnRevoked(granted.SessionId, Revocations.Ended - 1, http.Abort);
        using var withdrawal = revocations.OnRevoked(trackId, granted.TrackEpoch, http.Abort);
        await Send(store, Ladders.PrefixOf(trackId, revision) + file, offset, length, http, ct);
    }

    private static async Task Send(IObjectStore store, string key, long offset, long length, HttpContext http, CancellationToken ct)
    {
        Stream content;
        try
        {
            content = await store.Open(key, offset, length, ct);
        }
        catch (FileNotFoundException)
        {
            // Deleted while its ladder is still remembered.
            await ErrorWriter.Write(http, Errors.StreamNotFound);
            return;
        }

        await using var _ = content;
        var writer = http.Response.BodyWriter;
        for (var left = length; left > 0;)
        {
            var buffer = writer.GetMemory((int)Math.Min(CopyBytes, left));
            var read = await content.ReadAsync(buffer.Length > left ? buffer[..(int)left] : buffer, ct);
            writer.Advance(read);
            left -= read;
            var flushed = await writer.FlushAsync(ct);
            if (flushed.IsCompleted) return;
        }
    }

    private static bool Within(RangeItemHeaderValue range, long size, out long offset, out long length)
    {
        offset = range.From ?? Math.Max(0, size - (range.To ?? 0));
        var last = range.From is null ? size - 1 : Math.Min(range.To ?? size - 1, size - 1);
        length = last - offset + 1;
        return length > 0 && offset < size && (range.From is not null || range.To > 0);
    }
}
