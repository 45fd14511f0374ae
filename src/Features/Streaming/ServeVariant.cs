using FastEndpoints;
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
internal sealed class ServeVariant(
    StreamGrants grants,
    Ladders ladders,
    Delivery delivery,
    IObjectStore store,
    Revocations revocations
) : ResultSlice<ServeVariant.Request>
{
    internal sealed record Request(string Grant, Guid TrackId, long Revision, string File);

    public override void Configure()
    {
        Verbs(Http.GET, Http.HEAD);
        Routes("/stream/{grant}/{trackId}/{revision}/{file}");
        Group<StreamingGroup>();
        Description(route =>
            route
                .Anonymous()
                .Unmetered()
                .Produces(StatusCodes.Status200OK, contentType: "audio/mp4")
                .Produces(StatusCodes.Status206PartialContent, contentType: "audio/mp4")
                .Produces(StatusCodes.Status302Found)
                .Described(
                    "Download a variant of a track, with byte ranges",
                    errors:
                    [
                        StreamingErrors.StreamSignatureInvalid,
                        StreamingErrors.PreviewOnly,
                        StreamingErrors.StreamNotFound,
                        Errors.RangeUnsatisfiable,
                    ]
                )
        );
    }

    public override async Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        var trackId = request.TrackId;
        var revision = request.Revision;
        StreamHeaders.AllowAllOrigins(HttpContext.Response);
        if (grants.Refuse(request.Grant, trackId, revision, out var granted) is { } refused)
            return refused;
        var ladder = await ladders.Find(trackId, revision, ct);
        if (ladder?.Renditions.FirstOrDefault(r => r.FileName == request.File) is not { } rendition)
            return StreamingErrors.StreamNotFound;

        StreamHeaders.Say(HttpContext.Response, granted);
        var answer = new ObjectAnswer(
            Ladders.PrefixOf(trackId, revision) + request.File,
            rendition.SizeBytes,
            new EntityTagHeaderValue($"\"{revision}-{rendition.Quality}\""),
            rendition.ContentType
        );
        if (granted.Terms.PreviewFromMs is { } from)
        {
            // Never handed over: another server reads ranges and conditions in its own way, and might give what was not
            // asked for here.
            if (
                answer.Asked(HttpContext.Request) is not { } asked
                || Preview.Of(ladder, from)?.Covers(rendition, asked) != true
            )
                return StreamingErrors.PreviewOnly;
        }
        else if (delivery.HandOver(HttpContext.Response, answer, granted.SecondsLeft))
        {
            return Results.Empty;
        }

        // A session that ends in the middle ends what it is hearing too: a whole file may take minutes. So does the end
        // of the track.
        using var watch =
            granted.Terms.SessionId == Guid.Empty
                ? null
                : revocations.OnRevoked(granted.Terms.SessionId, Revocations.Ended - 1, HttpContext.Abort);
        using var withdrawal = revocations.OnRevoked(trackId, granted.Terms.TrackEpoch, HttpContext.Abort);
        await answer.Send(HttpContext, store, StreamingErrors.StreamNotFound, ct);
        return Results.Empty;
    }
}
