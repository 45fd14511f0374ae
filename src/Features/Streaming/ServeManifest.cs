using FastEndpoints;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;

namespace Veza.Features.Streaming;

/// <summary>
/// The DASH manifest behind a signed URL, over the same files as the playlists. Made from the ladder; no SQL.
/// </summary>
internal sealed class ServeManifest(StreamGrants grants, Ladders ladders) : ResultSlice<ServeManifest.Request>
{
    internal sealed record Request(string Grant, Guid TrackId, long Revision);

    public override void Configure()
    {
        Verbs(Http.GET, Http.HEAD);
        Routes("/stream/{grant}/{trackId}/{revision}/manifest.mpd");
        Group<StreamingGroup>();
        Description(route =>
            route
                .Anonymous()
                .Unmetered()
                .Produces(StatusCodes.Status200OK, contentType: DashManifest.ContentType)
                .Described(
                    "Show a track's DASH manifest",
                    errors: [StreamingErrors.StreamSignatureInvalid, StreamingErrors.StreamNotFound]
                )
        );
    }

    public override async Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        StreamHeaders.AllowAllOrigins(HttpContext.Response);
        var (given, refused) = await GrantedLadder.Find(
            grants,
            ladders,
            request.Grant,
            request.TrackId,
            request.Revision,
            ct
        );
        if (given is null)
            return refused!;
        StreamHeaders.Say(HttpContext.Response, given.Grant);
        return TypedResults.Bytes(
            DashManifest.Write(given.Ladder, given.Segments, Normalization.Notes(given.Grant.Terms)),
            DashManifest.ContentType,
            entityTag: new($"\"{request.Revision}-manifest\"")
        );
    }
}
