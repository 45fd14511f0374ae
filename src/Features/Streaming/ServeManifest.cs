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
        var (given, refused) = await GrantedLadder.Find(grants, ladders, grant, trackId, revision, ct);
        if (given is null)
            return (Answer<Nothing>)refused!;
        StreamHeaders.Say(http.Response, given.Grant);
        return TypedResults.Bytes(
            DashManifest.Write(given.Ladder, given.Segments, Normalization.Notes(given.Grant.Terms)),
            DashManifest.ContentType,
            entityTag: new($"\"{revision}-manifest\"")
        );
    }
}
