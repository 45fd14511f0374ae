using Microsoft.Net.Http.Headers;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Security;

namespace Veza.Features.Streaming;

/// <summary>
/// A variant behind a signed URL, whole or a range of it: the same file that the playlists address segment by segment.
/// GET and HEAD, ETag, If-Range; no SQL. Who was granted a preview gets the preview's bytes and no others. The bytes
/// may be handed over to who delivers them, see <see cref="Delivery"/>.
/// </summary>
internal static class ServeVariant
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapMethods("/stream/{grant}/{trackId}/{revision}/{file}", ["GET", "HEAD"], Handle)
            .WithName("ServeVariant")
            .Anonymous()
            .Unmetered()
            .Produces(StatusCodes.Status200OK, contentType: "audio/mp4")
            .Produces(StatusCodes.Status206PartialContent, contentType: "audio/mp4")
            .Produces(StatusCodes.Status302Found)
            .Documented(
                "Streaming",
                "Download a variant of a track, with byte ranges",
                errors:
                [
                    StreamingErrors.StreamSignatureInvalid,
                    StreamingErrors.PreviewOnly,
                    StreamingErrors.StreamNotFound,
                    Errors.RangeUnsatisfiable,
                ]
            );

    private static async Task Handle(
        string grant,
        Guid trackId,
        long revision,
        string file,
        HttpContext http,
        StreamGrants grants,
        Ladders ladders,
        Delivery delivery,
        IObjectStore store,
        Revocations revocations,
        CancellationToken ct
    )
    {
        StreamHeaders.AllowAllOrigins(http.Response);
        if (grants.Refuse(grant, trackId, revision, out var granted) is { } refused)
        {
            await ErrorWriter.Write(http, refused);
            return;
        }
        var ladder = await ladders.Find(trackId, revision, ct);
        if (ladder?.Renditions.FirstOrDefault(r => r.FileName == file) is not { } rendition)
        {
            await ErrorWriter.Write(http, StreamingErrors.StreamNotFound);
            return;
        }

        StreamHeaders.Say(http.Response, granted);
        var answer = new ObjectAnswer(
            Ladders.PrefixOf(trackId, revision) + file,
            rendition.SizeBytes,
            new EntityTagHeaderValue($"\"{revision}-{rendition.Quality}\""),
            rendition.ContentType
        );
        if (granted.Terms.PreviewFromMs is { } from)
        {
            // Never handed over: another server reads ranges and conditions in its own way, and might give what was not
            // asked for here.
            if (
                answer.Asked(http.Request) is not { } asked
                || Preview.Of(ladder, from)?.Covers(rendition, asked) != true
            )
            {
                await ErrorWriter.Write(http, StreamingErrors.PreviewOnly);
                return;
            }
        }
        else if (delivery.HandOver(http.Response, answer, granted.SecondsLeft))
        {
            return;
        }

        // A session that ends in the middle ends what it is hearing too: a whole file may take minutes. So does the end
        // of the track.
        using var watch =
            granted.Terms.SessionId == Guid.Empty
                ? null
                : revocations.OnRevoked(granted.Terms.SessionId, Revocations.Ended - 1, http.Abort);
        using var withdrawal = revocations.OnRevoked(trackId, granted.Terms.TrackEpoch, http.Abort);
        await answer.Send(http, store, StreamingErrors.StreamNotFound, ct);
    }
}
