using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;

namespace Veza.Features.Streaming;

/// <summary>
/// The DASH manifest behind a signed URL, over the same files as the playlists. Made from the ladder; no SQL.
/// </summary>
internal static class ServeManifest
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapMethods("/stream/{grant}/{trackId}/{revision}/manifest.mpd", ["GET", "HEAD"], Handle)
            .WithName("ServeManifest")
            .Anonymous()
            .Unmetered()
            .Produces(StatusCodes.Status200OK, contentType: DashManifest.ContentType)
            .Documented(
                "Streaming",
                "Show a track's DASH manifest",
                errors: [StreamingErrors.StreamSignatureInvalid, StreamingErrors.StreamNotFound]
            );

    private static async Task<IResult> Handle(
        string grant,
        Guid trackId,
        long revision,
        HttpContext http,
        StreamGrants grants,
        Ladders ladders,
        CancellationToken ct
    )
    {
        StreamHeaders.AllowAllOrigins(http.Response);
        if (grants.Refuse(grant, trackId, revision, out var granted) is { } refused)
            return (Answer<Nothing>)refused;
        if (await ladders.FindStored(trackId, revision, ct) is not { } ladder)
            return (Answer<Nothing>)StreamingErrors.StreamNotFound;
        Range? part = null;
        if (granted.Terms.PreviewFromMs is { } from)
        {
            if (Preview.Of(ladder, from) is not { } preview)
                return (Answer<Nothing>)StreamingErrors.PreviewTooShort;
            part = preview.Segments;
        }

        StreamHeaders.Say(http.Response, granted);
        return TypedResults.Bytes(
            DashManifest.Write(ladder, part, Normalization.Notes(granted.Terms)),
            DashManifest.ContentType,
            entityTag: new($"\"{revision}-manifest\"")
        );
    }
}
